"""Sentences in the terminal: broken between words, never inside an ARN."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from rich.text import Text

if TYPE_CHECKING:
    from rich.console import Console


def say(text: str, console: Console, *, style: str = "") -> None:
    """Print *text*, on a terminal with its lines broken between words.

    Elsewhere each line stays one, for whoever searches it.
    """
    if console.is_terminal:
        text = "\n".join(_wrapped(line, console.width) for line in text.splitlines())
    console.print(Text(text, style), soft_wrap=True)


def _wrapped(line: str, width: int) -> str:
    """Return one line as several; what is longer than the terminal stays whole."""
    indent = " " * (len(line) - len(line.lstrip()))
    return textwrap.fill(
        line,
        width,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
