"""Follow a command that runs: what it prints, and when and how it ends."""

from __future__ import annotations

import os
import selectors
import signal
import time
from typing import TYPE_CHECKING, BinaryIO, Final, Protocol, Self

if TYPE_CHECKING:
    from penguin_pipes.local.backends.lines import LineSplitter
    from penguin_pipes.local.backends.stopping import Stop

CHUNK: Final = 64 * 1024
LAST_LOOK_S: Final = 0.2
"""How long to go on reading after everything was killed. Only a process that could
not be killed can still hold the pipe then, and a run must not wait for it."""


class Running(Protocol):
    """A command that has been started.

    Attributes:
        is_lost: Whether it was not the command itself that was killed, but who watched
            over it.
    """

    is_lost: bool

    def fileno(self) -> int:
        """Return a descriptor which can be read from when something happened."""

    def has_ended(self) -> bool:
        """Look at what happened, and return whether the command has ended."""

    def signal(self, number: int) -> None:
        """Send a signal to the command and everything it started."""

    def end(self) -> int:
        """Kill what is left; return the exit code, negative for a signal."""


class Watch:
    """One running command, and the pipe it writes to.

    On leaving, the command and everything it started are dead: as in a container,
    nothing outlives the main process.

    Attributes:
        exit_code: How it ended, once it has.
        is_lost: As `Running` says, once it has ended.
    """

    def __init__(
        self,
        running: Running,
        pipe: int,
        *,
        log: BinaryIO,
        lines: LineSplitter,
        stop: Stop | None = None,
    ) -> None:
        self._running = running
        self._pipe = pipe
        self._log = log
        self._lines = lines
        self._stop = stop
        self._selector = selectors.DefaultSelector()
        self.exit_code = -signal.SIGKILL
        self.is_lost = False

    def __enter__(self) -> Self:
        os.set_blocking(self._pipe, False)
        self._selector.register(self._pipe, selectors.EVENT_READ)
        self._selector.register(self._running, selectors.EVENT_READ)
        if self._stop is not None:
            self._selector.register(self._stop, selectors.EVENT_READ)
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self._selector.unregister(self._running)
            if self._stop is not None:
                self._selector.unregister(self._stop)
            self.exit_code = self._running.end()
            self.is_lost = self._running.is_lost
            self._drain(until=time.monotonic() + LAST_LOOK_S)
        finally:
            self._selector.close()
            os.close(self._pipe)

    def signal(self, number: int) -> None:
        """Send a signal to the command and everything it started."""
        self._running.signal(number)

    def read(self, *, until: float) -> bool:
        """Copy output until the command has ended.

        Returns:
            False if time ran out before, or the command was asked to end.
        """
        own = self._running.fileno()
        while (left := until - time.monotonic()) > 0:
            ready = {key.fd for key, _ in self._selector.select(left)}
            if self._pipe in ready and not self._copy():
                self._selector.unregister(self._pipe)
            if own in ready and self._running.has_ended():
                return True
            if ready - {self._pipe, own} and self._stop is not None:
                self._stop.heard()
                return False
        return False

    def follow(
        self, timeout_s: float, *, grace_s: float, interrupt_grace_s: float
    ) -> bool:
        """Read until the command has ended; return whether it had to be stopped.

        Args:
            timeout_s: How long it may take before it is asked to stop.
            grace_s: How long it has between being asked and being made to stop.
            interrupt_grace_s: The same, when it is the user who stops the run.
        """
        try:
            if self.read(until=time.monotonic() + timeout_s):
                return False
            self.signal(signal.SIGTERM)
            self._wait(grace_s, interrupt_grace_s)
        except KeyboardInterrupt:
            self.signal(signal.SIGTERM)
            self.read(until=time.monotonic() + interrupt_grace_s)
            raise
        return True

    def _wait(self, grace_s: float, interrupt_grace_s: float) -> None:
        """Read until the command has ended, or had its time to."""
        until = time.monotonic() + grace_s
        while True:
            if self._stop is not None and self._stop.is_urgent:
                until = min(until, time.monotonic() + interrupt_grace_s)
            if self._stop is not None and self._stop.is_forced:
                return
            if self.read(until=until) or time.monotonic() >= until:
                return

    def _drain(self, *, until: float) -> None:
        """Copy what is still in the pipe, if anybody wrote anything."""
        if self._pipe not in self._selector.get_map():
            return
        while (left := until - time.monotonic()) > 0:
            if not self._selector.select(left) or not self._copy():
                return

    def _copy(self) -> bool:
        """Copy what there is to the log and the lines; return False at the end."""
        try:
            data = os.read(self._pipe, CHUNK)
        except BlockingIOError:
            return True
        # A file without a buffer may take a part of it: on a disk that is nearly full,
        # it is the next write that fails.
        left = memoryview(data)
        while left:
            left = left[self._log.write(left) :]
        self._lines.feed(data)
        return bool(data)
