"""Which steps are not run at all: those of branches not taken, and what needs them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping

    from penguin_pipes.definition import Step

OUTCOME_OF: Final = {"IfSteps": "True", "ElseSteps": "False"}
"""With which outcome of its condition a branch is taken."""


def why_skipped(
    step: Step,
    *,
    needs: Iterable[str],
    described: Mapping[str, Mapping[str, Any]],
    skipped: Container[str],
) -> str | None:
    """Return why a step is not to run, or None if it is.

    Args:
        step: The step, all it needs being over.
        needs: What that was.
        described: What every step that has succeeded says of itself.
        skipped: The steps that were not run.
    """
    for condition, branch in step.within[-1:]:
        outcome = described.get(condition, {}).get("Outcome")
        if outcome is not None and outcome != OUTCOME_OF[branch]:
            return f"condition {condition} is {outcome.lower()}"
    return next((f"{need} was skipped" for need in needs if need in skipped), None)
