"""Problems of a definition in the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from penguin_pipes.report.prose import say

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Console

    from penguin_pipes.definition.problems import Problem


def show_problems(problems: Iterable[Problem], console: Console) -> None:
    """Print each problem in a paragraph of its own."""
    for problem in problems:
        style = "yellow" if problem.severity == "warning" else "red"
        say(f"{problem.severity}: {problem}", console, style=style)
