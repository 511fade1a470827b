"""What ran when: a bar for every job, on one axis of seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from penguin_pipes.report.page.plot import ticks
from penguin_pipes.report.page.steps import shown_status
from penguin_pipes.report.words import seconds

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime, timedelta

    from penguin_pipes.local.records import Run, StepRun, Trial


@attrs.frozen(kw_only=True)
class Bar:
    """One step or trial in its time.

    Attributes:
        name: What it is called.
        status: How it stands.
        start_s: When it began, in seconds after the run did.
        seconds: How long it took.
        is_trial: Whether it is part of the step before it.
    """

    name: str
    status: str
    start_s: float
    seconds: float
    is_trial: bool = False

    @property
    def words(self) -> str:
        """When it ran, as people read it."""
        return f"from {seconds(self.start_s)}, for {seconds(self.seconds)}"


@attrs.frozen(kw_only=True)
class Timeline:
    """All bars, and the axis.

    Attributes:
        bars: In the order of the steps.
        seconds: How long the axis is.
        ticks: Where it has numbers.
    """

    bars: tuple[Bar, ...]
    seconds: float
    ticks: tuple[float, ...]

    def percent(self, value: float) -> str:
        """Return where a moment lies on the axis, in percent."""
        return f"{100 * value / self.seconds:.3f}"


def timeline(run: Run) -> Timeline:
    """Return what ran when.

    Steps that did not start, and trials that were taken from earlier runs, have no
    bar. What has no end yet, or never had, lasts as long as the run is known to.
    """
    bars = tuple(_bars(run, _last(run)))
    longest = max((bar.start_s + bar.seconds for bar in bars), default=0.0) or 1.0
    return Timeline(bars=bars, seconds=longest, ticks=ticks(0.0, longest))


def _bars(run: Run, last: datetime) -> Iterator[Bar]:
    """Yield the bars of all steps, each before those of its trials."""
    for step in run.steps:
        if step.started_at is None:
            continue
        yield _bar(step.name, shown_status(step), step, run, last)
        for trial in () if step.reused_from else step.trials:
            if trial.started_at is not None and trial.taken_from is None:
                bar = _bar(f"trial {trial.number}", str(trial.status), trial, run, last)
                yield attrs.evolve(bar, is_trial=True)


def _bar(name: str, status: str, job: StepRun | Trial, run: Run, last: datetime) -> Bar:
    start = job.started_at or run.started_at
    spent = (job.finished_at or last) - start
    return Bar(
        name=name,
        status=status,
        start_s=_positive(start - run.started_at),  # clocks are set back
        seconds=_positive(spent) if job.seconds is None else job.seconds,
    )


def _positive(span: timedelta) -> float:
    return max(0.0, span.total_seconds())


def _last(run: Run) -> datetime:
    """Return the last moment that is known of a run."""
    known = [run.started_at, run.finished_at]
    for step in run.steps:
        known += [step.started_at, step.finished_at]
        known += [points[-1].at for points in step.series.values() if points]
    return max(moment for moment in known if moment is not None)
