"""Words, marks and colours that everything in the terminal has in common."""

from __future__ import annotations

import re
from typing import Final

from penguin_pipes.local.records import Status

STYLES: Final = {
    Status.NOT_STARTED: "dim",
    Status.EXECUTING: "cyan",
    Status.SUCCEEDED: "green",
    Status.FAILED: "bold red",
    Status.STOPPED: "yellow",
    Status.SKIPPED: "dim",
}
MARKS: Final = {
    Status.NOT_STARTED: "·",
    Status.SUCCEEDED: "✓",
    Status.FAILED: "✗",
    Status.STOPPED: "■",
    Status.SKIPPED: "-",
}
UNPRINTABLE: Final = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # colours and cursor moves
    r"|\x1b\].*?(?:\x07|\x1b\\)"  # titles and links
    r"|[\x00-\x08\x0a-\x1f\x7f-\x9f]"  # any other control character
)


def printable(line: str) -> str:
    """Return a line of a log without anything that would move the cursor."""
    return UNPRINTABLE.sub("", line.rpartition("\r")[2]).expandtabs(4)


def seconds(value: float | None) -> str:
    """Return a duration as people read it."""
    return "" if value is None else f"{value:.1f} s"


def number(value: float) -> str:
    """Return a metric's value as people read it."""
    return f"{value:.4g}"
