"""What the tests of the backends have in common: scripts to run, and a leash."""

from __future__ import annotations

import os
import sys
import textwrap
from typing import TYPE_CHECKING

import pytest

from penguin_pipes.local.backends import Command, Outcome, ProcessBackend

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HOUR = 3600.0


@pytest.fixture
def run(tmp_path: Path, impatient: ProcessBackend) -> Callable[..., Outcome]:
    """Return what runs a Python script to its end, with its log in ``log.txt``."""

    def start(
        script: str = "",
        *,
        backend: ProcessBackend = impatient,
        on_line: Callable[[str], None] = lambda _: None,
        timeout_s: float = HOUR,
        argv: tuple[str, ...] = (),
    ) -> Outcome:
        code = textwrap.dedent(script)
        command = Command(
            argv=argv or (sys.executable, "-u", "-c", code),
            cwd=tmp_path,
            environment={"PATH": os.environ["PATH"], "GREETING": "hello"},
        )
        log = tmp_path / "log.txt"
        return backend.run(command, log=log, on_line=on_line, timeout_s=timeout_s)

    return start


@pytest.fixture
def patient() -> ProcessBackend:
    """Return a backend that waits long for a command that was asked to stop."""
    return ProcessBackend(grace_s=60)


class Leash:
    """A named pipe that tells when every process which holds it is dead."""

    def __init__(self, path: Path) -> None:
        os.mkfifo(path)
        self.path = path
        self._end = os.open(path, os.O_RDONLY | os.O_NONBLOCK)

    def wait(self) -> None:
        """Return when nobody holds the pipe any more; the test's time limit is ours."""
        os.set_blocking(self._end, True)
        while os.read(self._end, 1):
            pass
        os.close(self._end)


@pytest.fixture
def leash(tmp_path: Path) -> Leash:
    """Return a leash that scripts can hold."""
    return Leash(tmp_path / "leash")
