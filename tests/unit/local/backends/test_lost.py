"""What is promised when a helper of the backend, or the run itself, is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

from penguin_pipes.local.backends import Command, Fault, Outcome, ProcessBackend, Script
from penguin_pipes.local.backends.forked import ServerLostError
from penguin_pipes.local.backends.pool import MOST_SERVERS, WarmPool
from penguin_pipes.local.backends.warm import Start

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.unit.local.backends.conftest import Leash

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="has no fork servers")

ENVIRONMENT = {"PATH": os.environ["PATH"], "PYTHONUNBUFFERED": "1"}


@pytest.fixture
def backend() -> Iterator[ProcessBackend]:
    """Return a backend that is closed in the end."""
    with ProcessBackend(grace_s=0.2, interrupt_grace_s=0.2) as found:
        yield found


class Scripts:
    """Runs scripts, and keeps what is said of them."""

    def __init__(self, folder: Path, backend: ProcessBackend) -> None:
        self.folder = folder
        self.backend = backend
        self.warnings: list[str] = []
        self.lines: list[str] = []

    def command(self, script: str) -> Command:
        """Return the command that starts a script."""
        (self.folder / "job.py").write_text(textwrap.dedent(script))
        return Command(
            argv=(sys.executable, "job.py"), cwd=self.folder, environment=ENVIRONMENT
        )

    def run(
        self, script: str = "", act: Callable[[str], object] = lambda _: None
    ) -> Outcome:
        """Run a script to its end, acting at each line."""

        def told(line: str) -> None:
            self.lines[:] = [*self.lines[-9:], line]
            act(line)

        return self.backend.run(
            self.command(script),
            log=self.folder / "log",
            on_line=told,
            timeout_s=600,
            warn=self.warnings.append,
        )

    def expected(self, script: str) -> Script:
        """Return what a server for a script must be like."""
        start = Start.read(self.command(script), stands=False)
        assert start is not None
        return start.script


@pytest.fixture
def scripts(tmp_path: Path, backend: ProcessBackend) -> Scripts:
    """Return what runs scripts."""
    return Scripts(tmp_path, backend)


def kill(pid: int) -> None:
    """Kill a process, and wait until it is dead."""
    os.kill(pid, signal.SIGKILL)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)


class TestLostServer:
    """A server that is killed loses no job."""

    def test_before_a_job_it_starts_cold_and_says_so(self, scripts: Scripts) -> None:
        """If the server is gone, the job runs all the same, with a warning."""
        scripts.run("print('warm')")
        [pid] = scripts.backend._pool.pids
        kill(pid)

        outcome = scripts.run("print('cold')")

        assert outcome == Outcome(exit_code=0)
        assert scripts.lines == ["warm", "cold"]
        [warning] = scripts.warnings
        assert warning.startswith("the server for warm starts was lost: it ended")
        assert warning.endswith("the job starts cold")

    def test_next_job_gets_a_new_one(self, scripts: Scripts) -> None:
        """A server that was of use is replaced."""
        scripts.run()
        [first] = scripts.backend._pool.pids
        kill(first)
        scripts.run()

        scripts.run()

        [second] = scripts.backend._pool.pids
        assert second != first
        assert len(scripts.warnings) == 1

    def test_one_that_always_dies_is_not_tried_again(self, scripts: Scripts) -> None:
        """A server that never forked anything is given up, and said so once."""
        scripts.backend.prepare([scripts.expected("print('x')")])
        [pid] = scripts.backend._pool.pids
        kill(pid)

        outcomes = [scripts.run("print('x')") for _ in "ab"]

        assert outcomes == [Outcome(exit_code=0)] * 2
        assert len(scripts.warnings) == 1
        assert scripts.backend._pool.pids == ()

    def test_one_that_dies_of_its_imports_starts_nothing(self, tmp_path: Path) -> None:
        """A server that dies of what it imports says so, and is not tried again."""
        deadly = Script(
            environment=tuple(sorted(ENVIRONMENT.items())),
            statements=("os.kill(os.getpid(), 9)",),
        )
        start = Start(script=deadly, words=("job.py",), folders=(tmp_path,))
        pool = WarmPool()

        with Path(os.devnull).open("wb") as null, pytest.raises(ServerLostError):
            pool.start(start, {}, null.fileno())

        assert pool.pids == ()
        assert pool.start(start, {}, 1) is None

    def test_while_a_job_runs_the_job_goes_on(self, scripts: Scripts) -> None:
        """A job that runs does not need the server any more."""
        gate = scripts.folder / "gate"
        os.mkfifo(gate)

        def act(line: str) -> None:
            if line == "started":
                [pid] = scripts.backend._pool.pids
                kill(pid)
                gate.open("w").close()

        outcome = scripts.run(
            f"print('started'); open({str(gate)!r}).read(); print('done')", act
        )

        assert outcome == Outcome(exit_code=0)
        assert scripts.lines == ["started", "done"]
        assert scripts.warnings == []

    def test_launcher_is_replaced(self, scripts: Scripts) -> None:
        """The process that starts programs is replaced, too, with a warning."""
        backend = scripts.backend
        assert backend._launcher._server is not None
        kill(backend._launcher._server.pid)
        command = Command(argv=("true",), cwd=scripts.folder, environment=ENVIRONMENT)

        outcome = backend.run(
            command,
            log=scripts.folder / "log",
            on_line=print,
            timeout_s=60,
            warn=scripts.warnings.append,
        )

        assert outcome == Outcome(exit_code=0)
        [warning] = scripts.warnings
        assert warning.startswith("the process that starts jobs was lost")


def test_killed_supervisor_takes_its_job_along(scripts: Scripts, leash: Leash) -> None:
    """If who watches over a job is killed, the job is, all of it, and one is told."""

    def act(line: str) -> None:
        os.kill(int(line), signal.SIGKILL)

    outcome = scripts.run(
        f"""
        import os, time
        os.open({str(leash.path)!r}, os.O_WRONLY)
        if os.fork() == 0:
            os.setsid()
            time.sleep(3600)
        print(os.getppid())
        time.sleep(3600)
        """,
        act,
    )

    leash.wait()
    assert outcome == Outcome(exit_code=-signal.SIGKILL, fault=Fault.LOST)
    assert scripts.warnings == [
        "the process that watched over the job was killed, and the job too"
    ]


@pytest.mark.parametrize("is_warm", [True, False], ids=["warm", "cold"])
def test_killed_run_leaves_nothing_behind(
    tmp_path: Path, leash: Leash, is_warm: bool
) -> None:
    """After kill -9 of the run its jobs, their daemons and all helpers are gone."""
    (tmp_path / "job.py").write_text(
        textwrap.dedent(f"""
        import os, time
        os.set_inheritable(os.open({str(leash.path)!r}, os.O_WRONLY), True)
        if os.fork() == 0:
            os.setsid()
            if os.fork():
                os._exit(0)
            time.sleep(3600)
        print("ready", flush=True)
        time.sleep(3600)
        """)
    )
    program = f"""
        import sys
        from pathlib import Path
        from penguin_pipes.local.backends import Command, ProcessBackend
        with ProcessBackend(warm={is_warm}) as backend:
            here = Path({str(tmp_path)!r})
            command = Command(argv=(sys.executable, "job.py"), cwd=here, environment={{}})
            say = lambda line: print(line, flush=True)
            backend.run(command, log=here / "log", on_line=say, timeout_s=600)
    """
    run = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program)], stdout=subprocess.PIPE
    )
    assert run.stdout is not None
    assert run.stdout.readline() == b"ready\n"
    helpers = psutil.Process(run.pid).children(recursive=True)

    run.kill()

    leash.wait()
    run.wait()
    run.stdout.close()
    assert len(helpers) > 2
    _, alive = psutil.wait_procs(helpers, timeout=60)
    assert alive == []


def test_closed_pool_leaves_nothing_behind(scripts: Scripts) -> None:
    """Closing ends every server, also one that is in the middle of an import."""
    slow = Script(environment=(), statements=("import time; time.sleep(3600)",))
    scripts.run()
    scripts.backend.prepare([slow])
    servers = [psutil.Process(pid) for pid in scripts.backend._pool.pids]

    scripts.backend.close()

    assert len(servers) == 2
    assert not any(server.is_running() for server in servers)


def test_pool_holds_a_few_servers(scripts: Scripts) -> None:
    """The servers that were not used for longest go; the others stay."""
    many = [
        Script(environment=(("N", str(n)),), statements=())
        for n in range(MOST_SERVERS + 2)
    ]

    scripts.backend.prepare(many[:-1])
    first = scripts.backend._pool.pids
    scripts.backend.prepare([many[1], many[-1]])

    kept = scripts.backend._pool.pids
    assert len(first) == len(kept) == MOST_SERVERS
    assert first[0] in kept
    assert first[1] not in kept


def test_cold_backend_prepares_nothing(tmp_path: Path) -> None:
    """Who wants no warm starts gets no servers."""
    with ProcessBackend(warm=False) as backend:
        scripts = Scripts(tmp_path, backend)
        backend.prepare([scripts.expected("pass")])
        scripts.run()

        assert backend._pool.pids == ()


def test_gigabyte_of_output_is_logged_but_not_held(scripts: Scripts) -> None:
    """A job may print what it likes: the log grows, the memory of the run does not."""
    process, sizes = psutil.Process(), list[int]()
    script = """
        import os
        chunk = (b"x" * 65535 + b"\\n") * 16
        for _ in range(1000):
            os.write(1, chunk)
        print("accuracy: 0.5")
    """

    outcome = scripts.run(script, lambda _: sizes.append(process.memory_info().rss))

    assert outcome == Outcome(exit_code=0)
    assert scripts.lines[-1] == "accuracy: 0.5"
    assert (scripts.folder / "log").stat().st_size > 10**9
    assert max(sizes) - sizes[0] < 100 * 2**20
