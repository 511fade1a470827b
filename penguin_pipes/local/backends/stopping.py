"""Ask a command to end that another thread follows."""

from __future__ import annotations

import contextlib
import selectors
import socket
from typing import Self


class StoppedError(Exception):
    """A job was stopped, or not even started, because the whole run ends."""


class Stop:
    """A request to end, which whoever follows the command can wait for.

    Attributes:
        is_asked: Whether it was asked to end.
        is_urgent: Whether it is the user who stops everything.
        is_forced: Whether the user has no time at all.
    """

    def __init__(self) -> None:
        self.is_asked = False
        self.is_urgent = False
        self.is_forced = False
        self._ear, self._mouth = socket.socketpair()
        self._ear.settimeout(0)
        self._mouth.settimeout(0)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def ask(self, *, urgent: bool = False, forced: bool = False) -> None:
        """Ask the command to end.

        Asked again, urgently, it has less time to do so; if it is forced, none.
        """
        self.is_asked = True
        self.is_urgent = self.is_urgent or urgent or forced
        self.is_forced = self.is_forced or forced
        with contextlib.suppress(OSError):  # it is over, or asked many times
            self._mouth.send(b"!")

    def fileno(self) -> int:
        """Return a descriptor that can be read from once more was asked."""
        return self._ear.fileno()

    def heard(self) -> None:
        """Take note of what was asked, so that only more can be read."""
        with contextlib.suppress(BlockingIOError):
            while self._ear.recv(1):
                pass

    def wait(self, seconds: float) -> None:
        """Let time pass, but no longer than until it is asked to end."""
        with selectors.DefaultSelector() as selector:
            selector.register(self, selectors.EVENT_READ)
            selector.select(seconds)

    def close(self) -> None:
        """Let go of the descriptors."""
        self._ear.close()
        self._mouth.close()
