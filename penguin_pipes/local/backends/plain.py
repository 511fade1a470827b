"""Start a command as an ordinary child process: what every system can do."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from penguin_pipes.local.backends.base import Command


class PlainProcess:
    """A child process that is the head of its own session and process group."""

    is_lost = False

    def __init__(self, command: Command, output: int) -> None:
        self._process = subprocess.Popen(
            command.argv,
            cwd=command.cwd,
            env=dict(command.environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self._ended, self._tell = os.pipe()
        # A thread waits, so that a child which keeps the output open cannot hide that
        # the process itself has ended.
        threading.Thread(target=self._await_end, daemon=True).start()

    def _await_end(self) -> None:
        """Close a pipe of our own when the process has ended."""
        self._process.wait()
        os.close(self._tell)

    def fileno(self) -> int:
        """Return what can be read from at the end."""
        return self._ended

    def has_ended(self) -> bool:
        """Return that it has, for nothing else happens."""
        return True

    def signal(self, number: int) -> None:
        """Send a signal to the process and everything in its group."""
        # macOS says "not permitted" of a group in which only a zombie is left.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)

    def end(self) -> int:
        """Kill the group; return the exit code."""
        self.signal(signal.SIGKILL)
        code = self._process.wait()
        os.close(self._ended)
        return code
