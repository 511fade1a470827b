"""What a page shows of an output, held against what a command printed."""

from __future__ import annotations

import re

GAP = "…"
"""A line of its own that stands for any lines."""

RUN = re.compile(r"\b(?=[a-z]*\d)(?=\d*[a-z])[a-z0-9]{12}\b")
"""The name of a run; the number of an account has no letters."""

_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e-?\d+)?")
_DRAWN = re.compile(r"[─\s]+")


def shows(expected: str, printed: str) -> bool:
    """Tell whether a page's lines stand in what was printed, in one piece.

    Numbers, the names of runs and the widths of tables may be others each time.
    """
    lines = [_shape(line) for line in printed.splitlines()]
    pieces: list[list[str]] = [[]]
    for line in expected.strip("\n").splitlines():
        if line.strip() == GAP:
            pieces.append([])
        else:
            pieces[-1].append(_shape(line))
    start = 0
    for piece in pieces:
        found = _find(piece, lines, start)
        if found is None:
            return False
        start = found + len(piece)
    return True


def _find(piece: list[str], lines: list[str], start: int) -> int | None:
    for index in range(start, len(lines) - len(piece) + 1):
        if lines[index : index + len(piece)] == piece:
            return index
    return None


def _shape(line: str) -> str:
    """Return a line without what changes from run to run."""
    return _DRAWN.sub(" ", _NUMBER.sub("#", RUN.sub("#", line))).strip()
