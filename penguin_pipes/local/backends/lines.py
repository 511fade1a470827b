"""Cut a stream of bytes into lines of text, whatever the bytes are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

LONGEST_LINE: Final = 64 * 1024
"""Longer lines are told in pieces: a job that never ends its line must not fill the
memory of the run."""


class LineSplitter:
    """Tells *on_line* each line of what it is fed, without its end.

    Bytes that are not UTF-8 become the replacement character.
    """

    def __init__(self, on_line: Callable[[str], None]) -> None:
        self._on_line = on_line
        self._rest = bytearray()

    def feed(self, data: bytes) -> None:
        """Take more bytes."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        while len(self._rest) > LONGEST_LINE:
            lines.append(self._rest[:LONGEST_LINE])
            self._rest = self._rest[LONGEST_LINE:]
        for line in lines:
            self._tell(line)

    def close(self) -> None:
        """Tell the last line, if it had no end."""
        if self._rest:
            self._tell(self._rest)
        self._rest = bytearray()

    def _tell(self, line: bytearray) -> None:
        """Tell one line."""
        self._on_line(line.decode(errors="replace").rstrip("\r"))
