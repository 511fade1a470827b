"""Definitions and plans as an assertion's message shows them."""

from __future__ import annotations

import difflib
import io
import json
from typing import TYPE_CHECKING, Any, Final

from rich.console import Console

from penguin_pipes.report.plan import show_plan

if TYPE_CHECKING:
    from penguin_pipes.definition.plan import Plan

MOST_LINES: Final = 50
WIDTH: Final = 100


def pretty(document: Any, *, ordered: bool = True) -> str:
    """Return a JSON document as lines, ending in a newline.

    Args:
        document: The document.
        ordered: Whether members are in the order of their names; or as they come.
    """
    text = json.dumps(document, indent=2, sort_keys=ordered, ensure_ascii=False)
    return f"{text}\n"


def difference(
    old: str, new: str, *, old_name: str, new_name: str, rest: str = "left out"
) -> str:
    """Return where two texts differ, as far as one can read.

    Args:
        old: The one.
        new: The other.
        old_name: What the one is called.
        new_name: What the other is called.
        rest: What is said of the lines that are too many.
    """
    lines = list(
        difflib.unified_diff(
            old.splitlines(), new.splitlines(), old_name, new_name, lineterm="", n=2
        )
    )
    return _cut(lines, rest)


def plan_text(plan: Plan) -> str:
    """Return a plan as the command line shows it, as far as one can read."""
    out = io.StringIO()
    show_plan(plan, Console(file=out, width=WIDTH, color_system=None))
    return _cut(out.getvalue().splitlines(), "left out")


def _cut(lines: list[str], rest: str) -> str:
    """Return lines as text, with a word about those that are too many."""
    more = len(lines) - MOST_LINES
    if more > 0:
        lines = [*lines[:MOST_LINES], f"… {more} more lines; {rest}"]
    return "\n".join(lines)
