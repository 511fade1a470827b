"""When a trial has no hope, and when a search is over, as AWS's guide says; pure."""

from __future__ import annotations

import bisect
import math
import statistics
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from collections.abc import Sequence


class Medians:
    """The medians of the running averages of the jobs that have completed.

    Kept up to date as jobs complete, for there is a question at every epoch of every
    job that runs.
    """

    def __init__(self) -> None:
        self._averages: list[list[float]] = []

    def add(self, series: Sequence[float]) -> None:
        """Take the values of the objective that a job had, one for each epoch."""
        for epoch in range(1, len(series) + 1):
            if epoch > len(self._averages):
                self._averages.append([])
            average = statistics.fmean(series[:epoch])
            if not math.isnan(average):  # it has no place among the others
                bisect.insort(self._averages[epoch - 1], average)

    def at(self, epoch: int) -> float | None:
        """Return the median at an epoch, counted from one; None if nobody got there."""
        if not 0 < epoch <= len(self._averages) or not self._averages[epoch - 1]:
            return None
        averages = self._averages[epoch - 1]
        middle = len(averages) // 2
        if len(averages) % 2:
            return averages[middle]
        return (averages[middle - 1] + averages[middle]) / 2


def hopeless(
    series: Sequence[float], medians: Medians, *, maximize: bool
) -> str | None:
    """Return why a trial is to be stopped early, or None.

    After each epoch, the objective is compared with the median of the running averages,
    up to the same epoch, of the jobs that have completed before (developer guide,
    automatic-model-tuning-early-stopping).

    Args:
        series: The values of the objective so far, one for each epoch.
        medians: Of the jobs that have completed.
        maximize: Whether more is better.
    """
    epoch = len(series)
    median = medians.at(epoch)
    if median is None:
        return None
    value = series[-1]
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
