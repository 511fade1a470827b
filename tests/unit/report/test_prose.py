"""Sentences fit the terminal, and stay whole where there is none."""

from __future__ import annotations

import io

from rich.console import Console

from penguin_pipes.report.prose import say

ARN = f"arn:aws:sagemaker:eu-west-1:123456789012:pipeline/{'p' * 60}"
TEXT = f"error: nothing came of it, as far as we know\n  $.Steps[0]: {ARN} is [bold]"


def said(*, terminal: bool) -> list[str]:
    """Return the lines that the text becomes on 40 columns."""
    file = io.StringIO()
    say(TEXT, Console(file=file, width=40, force_terminal=terminal, no_color=True))
    return file.getvalue().splitlines()


def test_a_terminal_gets_lines_that_end_between_words() -> None:
    """An ARN stays in one piece, so that it can be copied; an indent goes on."""
    assert said(terminal=True) == [
        "error: nothing came of it, as far as we",
        "know",
        "  $.Steps[0]:",
        f"  {ARN}",
        "  is [bold]",
    ]


def test_a_file_gets_the_lines_as_they_are() -> None:
    """Whoever searches a log finds the whole sentence in one line."""
    assert said(terminal=False) == TEXT.splitlines()
