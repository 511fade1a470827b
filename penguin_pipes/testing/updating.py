"""Whether snapshots are to be rewritten: what the command line of pytest said.

Plain functions cannot ask pytest, so the plugin tells it here. A pytest that runs
inside of another (`pytester`) has its own answer, hence the stack.
"""

from __future__ import annotations

FLAG = "--penguin-pipes-update"
_answers: list[bool] = []


def push(*, update: bool) -> None:
    """Begin a pytest run that has the flag, or has it not."""
    _answers.append(update)


def pop() -> None:
    """End the pytest run that was begun last."""
    _answers.pop()


def is_updating() -> bool:
    """Return whether the pytest run that is on has the flag."""
    return bool(_answers) and _answers[-1]
