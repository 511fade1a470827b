"""Read the end of a log file."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CHUNK: Final = 64 * 1024
LONGEST_SHOWN: Final = 500


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
