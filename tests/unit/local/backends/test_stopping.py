"""What is promised of commands that another thread asks to end."""

from __future__ import annotations

import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from penguin_pipes.local.backends import Command, Outcome, ProcessBackend, Stop
from penguin_pipes.local.contract.host import this_host

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

OBEDIENT = """
import signal, sys, time
def end(*_):
    print("saving", flush=True)
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
print("ready", flush=True)
time.sleep(600)
"""
STUBBORN = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("ready", flush=True)
time.sleep(600)
"""


@pytest.fixture
def backend() -> Iterator[ProcessBackend]:
    """Return a backend that gives jobs a long time to end, unless it is urgent."""
    with ProcessBackend(grace_s=600, interrupt_grace_s=0.2) as found:
        yield found


def start(
    backend: ProcessBackend,
    folder: Path,
    script: str,
    on_line: Callable[[str], object],
    stop: Stop,
) -> Outcome:
    """Run a script until it ends."""
    folder.mkdir()
    (folder / "script.py").write_text(script)
    command = Command(
        argv=(sys.executable, "script.py"),
        cwd=folder,
        environment=this_host().base_environment,
    )
    return backend.run(
        command,
        log=folder / "log.txt",
        on_line=lambda line: (on_line(line), None)[1],
        timeout_s=600,
        stop=stop,
    )


def test_command_that_is_asked_ends_in_its_own_way(
    backend: ProcessBackend, tmp_path: Path
) -> None:
    """It has the time to save what it has, and is told from one that timed out."""
    lines: list[str] = []

    with Stop() as stop:

        def see(line: str) -> None:
            lines.append(line)
            if line == "ready":
                threading.Thread(target=stop.ask).start()

        outcome = start(backend, tmp_path / "job", OBEDIENT, see, stop)

    assert outcome == Outcome(exit_code=0, stopped=True)
    assert lines == ["ready", "saving"]


def test_urgent_request_shortens_the_time(
    backend: ProcessBackend, tmp_path: Path
) -> None:
    """Who was asked politely before and does not end is made to, once it is urgent."""
    with Stop() as stop:

        def see(_: str) -> None:
            stop.ask()
            threading.Timer(0.2, stop.ask, kwargs={"urgent": True}).start()

        outcome = start(backend, tmp_path / "job", STUBBORN, see, stop)

    assert outcome == Outcome(exit_code=-9, stopped=True)


def test_command_that_was_asked_before_does_not_start(
    backend: ProcessBackend, tmp_path: Path
) -> None:
    """Nothing is started only to be stopped."""
    with Stop() as stop:
        stop.ask()

        outcome = start(backend, tmp_path / "job", OBEDIENT, pytest.fail, stop)

    assert outcome.stopped


def test_request_that_comes_too_late_changes_nothing(
    backend: ProcessBackend, tmp_path: Path
) -> None:
    """A command that has ended by itself was not stopped."""
    with Stop() as stop:
        outcome = start(backend, tmp_path / "job", "print(1)", lambda _: None, stop)
        stop.ask()
    stop.ask(urgent=True)

    assert outcome == Outcome(exit_code=0)


def test_many_threads_can_run_commands_at_once(
    backend: ProcessBackend, tmp_path: Path
) -> None:
    """Each gets its own lines and its own exit code."""

    def run(number: int) -> tuple[int, list[str]]:
        lines: list[str] = []
        script = f"import sys\nfor _ in range(50): print({number})\nsys.exit({number})"
        with Stop() as stop:
            outcome = start(backend, tmp_path / str(number), script, lines.append, stop)
        return outcome.exit_code, lines

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(run, range(16)))

    assert found == [(number, [str(number)] * 50) for number in range(16)]
