"""Import what scripts will import, before there is a script."""

from __future__ import annotations

import gc
import os
import sys
import threading
from typing import Any, Final

CHUNK: Final = 64 * 1024


class Preload:
    """What was imported, and for which scripts that will do.

    Attributes:
        said: What importing printed.
    """

    def __init__(self, told: dict[str, Any]) -> None:
        scope: dict[str, Any] = {"os": os}
        # Jobs write no bytecode, as in AWS's images. What is installed is compiled once
        # all the same, or every run would compile TensorFlow anew where an installer
        # has not (uv does not unless it is asked to).
        jobs_write_none = sys.dont_write_bytecode
        sys.dont_write_bytecode = not told["bytecode"]
        for statement in told["statements"]:
            try:
                exec(statement, scope)  # noqa: S102 - imports, out of the job's script
            except BaseException:  # noqa: BLE001, S112 - the job itself will show it
                continue
        sys.dont_write_bytecode = jobs_write_none
        scope.clear()
        # A fork that the collector walks through is a fork that is copied.
        gc.freeze()
        self.said = _read(told["output"])
        self._names = {name.partition(".")[0] for name in sys.modules} - {"__main__"}

    def unfit(self, request: dict[str, Any]) -> str | None:
        """Return why a script must be started cold; None if it need not."""
        if threading.active_count() > 1:
            return "a module that it imports starts threads"
        for folder in request["script"]["folders"]:
            for name in sorted(_modules(folder) & self._names):
                return f"its own module {name} has the name of another"
        return None


def _read(pipe: int) -> bytes:
    """Return what is in a pipe, and close it."""
    os.set_blocking(pipe, False)
    found = b""
    try:
        while data := os.read(pipe, CHUNK):
            found += data
    except BlockingIOError:
        pass
    os.close(pipe)
    return found


def _modules(folder: str) -> set[str]:
    """Return the names under which a folder's files can be imported."""
    try:
        entries = list(os.scandir(folder))
    except OSError:
        return set()
    return {
        entry.name.partition(".")[0]
        for entry in entries
        if entry.name.endswith((".py", ".pyc", ".so"))
        or os.path.exists(f"{entry.path}/__init__.py")
    }
