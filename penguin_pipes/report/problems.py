"""Problems of a definition in the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Console

    from penguin_pipes.definition.problems import Problem


def show_problems(problems: Iterable[Problem], console: Console) -> None:
    """Print each problem in a line of its own."""
    for problem in problems:
        style = "yellow" if problem.severity == "warning" else "red"
        console.print(Text(f"{problem.severity}: {problem}", style), soft_wrap=True)
