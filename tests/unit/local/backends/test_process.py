"""What is promised of running commands as processes."""

from __future__ import annotations

import os
import signal
import sys
import time
from typing import TYPE_CHECKING

import pytest

from penguin_pipes.local.backends import Command, Outcome, ProcessBackend, last_lines
from penguin_pipes.local.backends.lines import LONGEST_LINE, LineSplitter
from penguin_pipes.local.backends.plain import PlainProcess
from penguin_pipes.local.backends.running import Watch

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.unit.local.backends.conftest import Leash

HOUR = 3600.0


class TestOutput:
    """What a command prints."""

    def test_both_streams_reach_log_and_lines(
        self, run: Callable[..., Outcome], tmp_path: Path
    ) -> None:
        """Standard output and error arrive in one order, the last line included."""
        lines: list[str] = []
        script = """
            import sys
            print("one")
            print("two", file=sys.stderr)
            print("three", end="")
        """

        outcome = run(script, on_line=lines.append)

        assert outcome == Outcome(exit_code=0)
        assert lines == ["one", "two", "three"]
        assert (tmp_path / "log.txt").read_bytes() == b"one\ntwo\nthree"

    def test_bytes_that_are_no_text_do_no_harm(
        self, run: Callable[..., Outcome], tmp_path: Path
    ) -> None:
        """The log keeps every byte; lines have a sign for what is no text."""
        lines: list[str] = []
        script = "import os; os.write(1, bytes(range(256)))"

        run(script, on_line=lines.append)

        assert (tmp_path / "log.txt").read_bytes() == bytes(range(256))
        assert lines[1].endswith("\N{REPLACEMENT CHARACTER}")

    def test_endless_line_is_told_in_pieces(
        self, run: Callable[..., Outcome], tmp_path: Path
    ) -> None:
        """Megabytes without an end of line are all logged, and told in pieces."""
        lengths: list[int] = []
        script = "import sys; sys.stdout.write('x' * 3_000_000)"

        run(script, on_line=lambda line: lengths.append(len(line)))

        assert sum(lengths) == (tmp_path / "log.txt").stat().st_size == 3_000_000
        assert max(lengths) <= LONGEST_LINE

    def test_silent_command_has_an_empty_log(
        self, run: Callable[..., Outcome], tmp_path: Path
    ) -> None:
        """A command that says nothing still has a log."""
        run("pass")

        assert (tmp_path / "log.txt").read_bytes() == b""

    def test_environment_is_exactly_what_was_asked(
        self, run: Callable[..., Outcome], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Nothing of the caller's environment leaks into the command's."""
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "leak")
        lines: list[str] = []
        script = "import os; print(sorted(os.environ)); print(os.environ['GREETING'])"

        run(script, on_line=lines.append)

        assert "AWS_SECRET_ACCESS_KEY" not in lines[0]
        assert lines[1] == "hello"


class TestEnd:
    """How a command ends."""

    def test_exit_code_is_the_commands(self, run: Callable[..., Outcome]) -> None:
        """The command's own exit code comes back."""
        assert run("raise SystemExit(3)").exit_code == 3

    def test_killed_command_has_a_negative_code(
        self, run: Callable[..., Outcome]
    ) -> None:
        """A command ended by a signal has its number, negative."""
        script = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"

        assert run(script).exit_code == -signal.SIGKILL

    @pytest.mark.parametrize(
        ("name", "mode", "code"), [("gone", None, 127), ("locked", 0o600, 126)]
    )
    def test_command_that_cannot_start_says_so_in_its_log(
        self,
        run: Callable[..., Outcome],
        tmp_path: Path,
        name: str,
        mode: int | None,
        code: int,
    ) -> None:
        """A missing or locked program gives a shell's exit code and a line."""
        program = tmp_path / name
        if mode is not None:
            program.touch(mode=mode)

        outcome = run(argv=(str(program),))

        assert outcome.exit_code == code
        assert "cannot start" in (tmp_path / "log.txt").read_text()

    def test_argument_that_no_system_takes_says_so_in_the_log(
        self, run: Callable[..., Outcome], tmp_path: Path
    ) -> None:
        """A zero byte in an argument fails the command, not the run."""
        outcome = run(argv=("echo", "a\0b"))

        assert outcome.exit_code == 126
        assert (
            "cannot start 'echo': embedded null" in (tmp_path / "log.txt").read_text()
        )

    def test_child_that_outlives_its_parent_is_ended(
        self, run: Callable[..., Outcome], leash: Leash
    ) -> None:
        """A child that holds the pipe neither hangs the run nor survives it."""
        script = f"""
            import os, subprocess
            os.set_inheritable(os.open({str(leash.path)!r}, os.O_WRONLY), True)
            subprocess.Popen(["sleep", "3600"], close_fds=False)
        """

        outcome = run(script)

        leash.wait()
        assert outcome == Outcome(exit_code=0)

    @pytest.mark.skipif(sys.platform != "linux", reason="only Linux can find it")
    def test_daemon_is_ended(self, run: Callable[..., Outcome], leash: Leash) -> None:
        """Not even a child in a session of its own, its parent gone, survives."""
        script = f"""
            import os, time
            os.open({str(leash.path)!r}, os.O_WRONLY)
            if os.fork() == 0:
                os.setsid()
                if os.fork() == 0:
                    time.sleep(3600)
        """

        outcome = run(script)

        leash.wait()
        assert outcome == Outcome(exit_code=0)

    def test_daemon_that_cannot_be_found_does_not_hang_the_run(
        self, tmp_path: Path
    ) -> None:
        """Where the system cannot tell whose it is, a run does not wait for it."""
        null = os.open(os.devnull, os.O_WRONLY)
        pipe, output = os.pipe()
        command = Command(argv=("true",), cwd=tmp_path, environment=os.environ)
        log, lines = (tmp_path / "log").open("wb"), LineSplitter(lambda _: None)

        with log, Watch(PlainProcess(command, null), pipe, log=log, lines=lines) as it:
            # This test holds the other end of the pipe, as the daemon would.
            assert it.read(until=time.monotonic() + HOUR)

        os.close(output)
        os.close(null)
        assert it.exit_code == 0

    def test_child_that_closes_its_output_is_waited_for(
        self, run: Callable[..., Outcome]
    ) -> None:
        """A command that closes its output is followed to its end all the same."""
        script = (
            "import os, time; os.close(1); os.close(2); time.sleep(0.05); os._exit(4)"
        )

        assert run(script).exit_code == 4


class TestTime:
    """What happens when time is up."""

    def test_command_that_takes_too_long_is_asked_to_stop(
        self, run: Callable[..., Outcome], patient: ProcessBackend
    ) -> None:
        """When time is up a command gets SIGTERM, and may still say something."""
        lines: list[str] = []
        script = """
            trap 'echo stopping; exit 0' TERM
            echo ready
            while :; do sleep 0.05; done
        """

        outcome = run(
            argv=("/bin/sh", "-c", script),
            backend=patient,
            on_line=lines.append,
            timeout_s=1.0,
        )

        assert outcome == Outcome(exit_code=0, timed_out=True)
        assert (lines[0], lines[-1]) == ("ready", "stopping")

    def test_command_that_will_not_stop_is_killed(
        self, run: Callable[..., Outcome]
    ) -> None:
        """A command that ignores SIGTERM is killed after the grace."""
        script = "trap '' TERM; while :; do sleep 0.05; done"

        outcome = run(argv=("/bin/sh", "-c", script), timeout_s=1.0)

        assert outcome == Outcome(exit_code=-signal.SIGKILL, timed_out=True)


def test_interrupt_ends_the_command(run: Callable[..., Outcome], leash: Leash) -> None:
    """Ctrl-C stops the command and whatever it started, and is passed on."""

    def interrupt(_: str) -> None:
        raise KeyboardInterrupt

    script = f"""
        import os, subprocess, time
        os.set_inheritable(os.open({str(leash.path)!r}, os.O_WRONLY), True)
        subprocess.Popen(["sleep", "3600"], close_fds=False)
        print("ready")
        time.sleep(3600)
    """

    with pytest.raises(KeyboardInterrupt):
        run(script, on_line=interrupt)

    leash.wait()


class TestLines:
    """Bytes become lines."""

    def test_line_cut_by_a_chunk_is_one(self) -> None:
        """A line, and a letter, may come in pieces."""
        lines: list[str] = []
        splitter = LineSplitter(lines.append)

        for byte in "first\r\nzwölf\n".encode():
            splitter.feed(bytes([byte]))
        splitter.close()

        assert lines == ["first", "zwölf"]

    def test_last_lines_are_cut_to_a_readable_length(self, tmp_path: Path) -> None:
        """The end of a log is a few lines of sensible length, whatever it holds."""
        log = tmp_path / "log.txt"
        log.write_bytes(b"\xff" * 200_000 + b"\n" + b"x" * 9_000 + b"\nlast\n")

        *_, long, last = last_lines(log, 2)

        assert len(long) < 600
        assert last == "last"

    def test_missing_log_has_no_lines(self, tmp_path: Path) -> None:
        """A job that never started has no last lines."""
        assert last_lines(tmp_path / "gone") == ()
