"""Run a job's command as a process, and leave nothing of it behind."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import threading
import time
from typing import TYPE_CHECKING, BinaryIO, Final, Self

import attrs

from penguin_pipes.local.backends.base import Command, Outcome
from penguin_pipes.local.backends.lines import LineSplitter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

CHUNK: Final = 64 * 1024
NOT_FOUND: Final = 127
NOT_STARTED: Final = 126
LONGEST_SHOWN: Final = 500
LAST_LOOK_S: Final = 0.2
"""How long to go on reading after everything was killed. Only a process that left
its group can still hold the pipe then, and a run must not wait for it."""


@attrs.frozen(kw_only=True)
class ProcessBackend:
    """Runs each command in a session of its own, with its output in one stream.

    Attributes:
        grace_s: How long a job that ran out of time has between being asked and
            being made to stop; the service gives it two minutes.
        interrupt_grace_s: The same, when it is the user who stops the run.
    """

    grace_s: float = 120.0
    interrupt_grace_s: float = 5.0

    def run(
        self,
        command: Command,
        *,
        log: Path,
        on_line: Callable[[str], None],
        timeout_s: float,
    ) -> Outcome:
        """Run *command* to its end, as `Backend.run` says."""
        lines = LineSplitter(on_line)
        with log.open("ab", buffering=0) as file:
            pipe, output = os.pipe()
            try:
                process = _start(command, output)
            except (OSError, ValueError) as error:
                os.close(pipe)
                return _refused(command, error, file, lines)
            finally:
                os.close(output)
            with _Watch(process, pipe, log=file, lines=lines) as watch:
                timed_out = self._follow(watch, timeout_s)
            lines.close()
        return Outcome(exit_code=process.wait(), timed_out=timed_out)

    def _follow(self, watch: _Watch, timeout_s: float) -> bool:
        """Read until the process has ended; return whether it had to be stopped."""
        try:
            if watch.read(until=time.monotonic() + timeout_s):
                return False
            watch.signal(signal.SIGTERM)
            watch.read(until=time.monotonic() + self.grace_s)
        except KeyboardInterrupt:
            watch.signal(signal.SIGTERM)
            watch.read(until=time.monotonic() + self.interrupt_grace_s)
            raise
        return True


class _Watch:
    """One running process, the pipe it writes to, and the moment it ends.

    On leaving, the process and everything in its group are dead: as in a container,
    nothing outlives the main process.
    """

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        pipe: int,
        *,
        log: BinaryIO,
        lines: LineSplitter,
    ) -> None:
        self._process = process
        self._log = log
        self._lines = lines
        self._pipe = pipe
        self._ended, self._tell = os.pipe()
        self._selector = selectors.DefaultSelector()

    def __enter__(self) -> Self:
        os.set_blocking(self._pipe, False)
        self._selector.register(self._pipe, selectors.EVENT_READ)
        self._selector.register(self._ended, selectors.EVENT_READ)
        # A thread waits, so that a child which keeps the pipe open cannot hide that
        # the process itself has ended.
        threading.Thread(target=self._await_end, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self.signal(signal.SIGKILL)
            self._process.wait()
            self._drain(until=time.monotonic() + LAST_LOOK_S)
        finally:
            self._selector.close()
            os.close(self._ended)
            os.close(self._pipe)

    def _await_end(self) -> None:
        """Close a pipe of our own when the process has ended."""
        self._process.wait()
        os.close(self._tell)

    def signal(self, number: int) -> None:
        """Send a signal to the process and everything it started."""
        # macOS says "not permitted" of a group in which only a zombie is left.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)

    def read(self, *, until: float) -> bool:
        """Copy output until the process has ended; return False if time ran out."""
        while (left := until - time.monotonic()) > 0:
            ready = {key.fd for key, _ in self._selector.select(left)}
            if self._pipe in ready and not self._copy():
                self._selector.unregister(self._pipe)
            if self._ended in ready:
                return True
        return False

    def _drain(self, *, until: float) -> None:
        """Copy what is still in the pipe, if anybody wrote anything."""
        if self._pipe not in self._selector.get_map():
            return
        self._selector.unregister(self._ended)
        while (left := until - time.monotonic()) > 0:
            if not self._selector.select(left) or not self._copy():
                return

    def _copy(self) -> bool:
        """Copy what there is to the log and the lines; return False at the end."""
        try:
            data = os.read(self._pipe, CHUNK)
        except BlockingIOError:
            return True
        self._log.write(data)
        self._lines.feed(data)
        return bool(data)


def _start(command: Command, output: int) -> subprocess.Popen[bytes]:
    """Start a process that is the head of its own session and process group."""
    return subprocess.Popen(
        command.argv,
        cwd=command.cwd,
        env=dict(command.environment),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def _refused(
    command: Command, error: OSError | ValueError, log: BinaryIO, lines: LineSplitter
) -> Outcome:
    """Say in the log that the system would not start the command."""
    why = (error.strerror if isinstance(error, OSError) else None) or error
    text = f"cannot start {command.argv[0]!r}: {why}\n".encode()
    log.write(text)
    lines.feed(text)
    missing = isinstance(error, FileNotFoundError)
    return Outcome(exit_code=NOT_FOUND if missing else NOT_STARTED)


def last_lines(log: Path, count: int = 20) -> tuple[str, ...]:
    """Return the last lines of a log file, however big and strange it is."""
    return tuple(_tail(log))[-count:]


def _tail(log: Path) -> Iterator[str]:
    """Yield the lines of the last chunk of a file, each cut to a readable length."""
    try:
        with log.open("rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - CHUNK))
            for line in file.read().decode(errors="replace").splitlines():
                yield line if len(line) <= LONGEST_SHOWN else f"{line[:LONGEST_SHOWN]}…"
    except FileNotFoundError:
        return
