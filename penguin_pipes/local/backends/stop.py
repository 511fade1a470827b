"""The request that everything which runs shall end, heard in every thread."""

from __future__ import annotations

import os
import selectors
import threading


class StoppedError(Exception):
    """A job was stopped, or not even started, because its run ends."""


class Signal:
    """Something that is said once, and that `select` hears from then on."""

    def __init__(self) -> None:
        self._ear, self._mouth = os.pipe()
        self._lock = threading.Lock()
        self.is_given = False

    def give(self) -> None:
        """Say it."""
        with self._lock:
            if not self.is_given:
                self.is_given = True
                os.close(self._mouth)

    def fileno(self) -> int:
        """Return a descriptor that can be read from once it was said."""
        return self._ear

    def close(self) -> None:
        """Say it, and let go of the descriptors; nobody may listen any more."""
        self.give()
        os.close(self._ear)


class Stop:
    """Tells the jobs of a run to end.

    Attributes:
        asked: That they shall end, in the time that the backend gives them.
        forced: That they shall end at once.
    """

    def __init__(self) -> None:
        self.asked = Signal()
        self.forced = Signal()

    def close(self) -> None:
        """Let go of the descriptors; no job may run any more."""
        self.asked.close()
        self.forced.close()

    def check(self) -> None:
        """Raise a `StoppedError` if the run ends."""
        if self.asked.is_given:
            msg = "the run was stopped"
            raise StoppedError(msg)

    def wait(self, seconds: float) -> None:
        """Wait for so long.

        Raises:
            StoppedError: The run ends meanwhile.
        """
        with selectors.DefaultSelector() as selector:
            selector.register(self.asked, selectors.EVENT_READ)
            selector.select(seconds)
        self.check()
