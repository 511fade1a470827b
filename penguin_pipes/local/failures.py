"""Say why a step failed, with what is needed to go on from there."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Final

from penguin_pipes.local.backends import last_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from penguin_pipes.local.records import StepRun

SHOWN: Final = 15
"""How many of the last lines of a log a message shows."""


def failure_message(step: StepRun) -> str:
    """Return what is to be said of a *step* that failed: reason, end of log, files."""
    lines = last_lines(step.log, SHOWN)
    ending = "" if step.exit_code is None else f" with exit code {step.exit_code}"
    parts = [f"step {step.name!r} failed{ending}: {step.failure}"]
    if lines:
        log = textwrap.indent("\n".join(lines), "    ")
        parts.append(f"the last lines of its log:\n{log}")
        parts.append(f"the whole log: {step.log}")
    if step.log.parent.exists():
        parts.append(f"what the job saw is kept in: {step.log.parent}")
    return "\n".join(parts)


def failures_message(steps: Sequence[StepRun]) -> str:
    """Return what is to be said of the first of *steps*, and that others failed too."""
    first, *others = steps
    message = failure_message(first)
    if others:
        names = ", ".join(repr(step.name) for step in others)
        message = f"{message}\nfailed as well: {names}"
    return message
