"""When a trial has no hope, and when a search is over, as AWS's guide says; pure."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def hopeless(
    series: Sequence[float], others: Iterable[Sequence[float]], *, maximize: bool
) -> str | None:
    """Return why a trial is to be stopped early, or None.

    After each epoch, the objective is compared with the median of the running averages,
    up to the same epoch, of the jobs that have completed before (developer guide,
    automatic-model-tuning-early-stopping).

    Args:
        series: The values of the objective so far, one for each epoch.
        others: Those of the jobs that have completed.
        maximize: Whether more is better.
    """
    epoch = len(series)
    averages = [
        statistics.fmean(other[:epoch]) for other in others if len(other) >= epoch
    ]
    if not epoch or not averages:
        return None
    value, median = series[-1], statistics.median(averages)
    if is_better(median, value, maximize=maximize):
        where = "below" if maximize else "above"
        return (
            f"early stopping: {value:.4g} at epoch {epoch} is {where} the median "
            f"{median:.4g} of those before"
        )
    return None


def is_better(one: float, other: float, *, maximize: bool) -> bool:
    """Return whether *one* objective is better than the *other*."""
    return one > other if maximize else one < other


@attrs.frozen(kw_only=True)
class Completion:
    """When a search is over before all its trials have run.

    Attributes:
        maximize: Whether more is better.
        target: The objective that is good enough, if any is.
        most_not_improving: After how many trials that were no better than the best
            so far; None for never.
        max_runtime_s: How long it may take; None for as long as it likes.
    """

    maximize: bool
    target: float | None = None
    most_not_improving: int | None = None
    max_runtime_s: int | None = None

    @property
    def is_certain(self) -> bool:
        """Whether it will be over some day, however good the trials."""
        return self.most_not_improving is not None or self.max_runtime_s is not None

    def reached(self, objectives: Sequence[float]) -> str | None:
        """Return why the search is over, or None.

        Args:
            objectives: What the trials came to, in the order in which they ended.
        """
        if not objectives:
            return None
        best = max(objectives) if self.maximize else min(objectives)
        if self.target is not None and not is_better(
            self.target, best, maximize=self.maximize
        ):
            return f"the target {self.target:.4g} was reached"
        since = self.not_improving(objectives)
        if self.most_not_improving is not None and since >= self.most_not_improving:
            return f"{since} trials were no better than the best before them"
        return None

    def not_improving(self, objectives: Sequence[float]) -> int:
        """Return how many trials have ended since the best one."""
        best = max(objectives) if self.maximize else min(objectives)
        return len(objectives) - 1 - objectives.index(best)
