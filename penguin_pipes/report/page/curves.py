"""Learning curves: what became of the metrics of every training job."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Final

import attrs

from penguin_pipes.report.page.plot import Chart, Line, is_drawable
from penguin_pipes.report.page.tables import Table, texts
from penguin_pipes.report.words import number

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from penguin_pipes.local.records import MetricPoint, Run

    Series = Mapping[str, tuple[MetricPoint, ...]]

SPLIT: Final = re.compile(r"^(?:val|valid|validation|train|training|test|eval)[_:./ -]")
"""What a metric is measured on: one chart has the same measure of all splits."""

MOST_ROWS: Final = 500


@attrs.frozen(kw_only=True)
class Curves:
    """The curves of one job.

    Attributes:
        job: The step's name, or the trial's.
        charts: One for each measure.
        table: All values; the last ones if there are too many.
        is_trial: Whether it is part of a tuning step.
    """

    job: str
    charts: tuple[Chart, ...]
    table: Table
    is_trial: bool = False


def curves(run: Run) -> tuple[Curves, ...]:
    """Return the curves of every training job that told of a metric."""
    return tuple(_curves(run))


def _curves(run: Run) -> Iterator[Curves]:
    for step in run.steps:
        if step.trials:
            for trial in step.trials:
                if trial.series:
                    name = f"{step.name}, trial {trial.number}"
                    yield _of_job(name, trial.series, is_trial=True)
        elif step.series:
            yield _of_job(step.name, step.series)


def _of_job(job: str, series: Series, *, is_trial: bool = False) -> Curves:
    return Curves(
        job=job,
        charts=tuple(
            _chart(base, {name: series[name] for name in names})
            for base, names in grouped(series).items()
        ),
        table=_table(job, series),
        is_trial=is_trial,
    )


def grouped(names: Mapping[str, object] | Sequence[str]) -> dict[str, list[str]]:
    """Return names of metrics by what they measure: ``val_loss`` with ``loss``."""
    found: dict[str, list[str]] = {}
    for name in names:
        found.setdefault(SPLIT.sub("", name) or name, []).append(name)
    return found


def _chart(base: str, series: Series) -> Chart:
    lines = tuple(
        Line(
            name=name,
            points=tuple(
                (float(place), point.value)
                for place, point in enumerate(points, start=1)
            ),
        )
        for name, points in series.items()
    )
    told = " ".join(_told(line) for line in lines)
    return Chart(title=base, x="value, in the order of the log", lines=lines, alt=told)


def _told(line: Line) -> str:
    """Return what a curve says, in a sentence."""
    found = line.finite
    if not found:
        return f"{line.name} has no number to draw."
    if len(found) == 1:
        return f"{line.name} is {number(found[0][1])}."
    low = min(found, key=lambda each: each[1])
    high = max(found, key=lambda each: each[1])
    return (
        f"{line.name} goes from {number(found[0][1])} to {number(found[-1][1])} in "
        f"{len(line.points)} values; its lowest is {number(low[1])} (the {low[0]:g}.), "
        f"its highest {number(high[1])} (the {high[0]:g}.)."
    )


def _table(job: str, series: Series) -> Table:
    longest = max(map(len, series.values()))
    first = max(0, longest - MOST_ROWS)
    more = f", the last {MOST_ROWS} of {longest}" if first else ""
    rows = [
        texts(str(place + 1), *(_value(points, place) for points in series.values()))
        for place in range(first, longest)
    ]
    return Table(
        caption=f"Metrics of {job}{more}",
        columns=("value", *series),
        rows=tuple(rows),
        numeric=frozenset(range(len(series) + 1)),
    )


def _value(points: Sequence[MetricPoint], place: int) -> str:
    if place >= len(points):
        return ""
    value = points[place].value
    if is_drawable(value) or math.isinf(value):
        return number(value)
    return "not a number" if math.isnan(value) else repr(value)
