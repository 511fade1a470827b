"""Values of records as the database keeps them, and back; pure."""

from __future__ import annotations

import math
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from penguin_pipes.local.records import MetricPoint

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator

    from penguin_pipes.local.records import StepRun

T = TypeVar("T")


def in_order(table: dict[str, T], names: list[str]) -> dict[str, T]:
    """Return *table* in the order of *names*; homes of old layouts know none."""
    return {name: table[name] for name in names if name in table} or table


def text_of(at: datetime | None) -> str | None:
    """Return a moment as it is kept."""
    return None if at is None else at.isoformat()


def moment_of(text: str | None) -> datetime | None:
    """Return a kept moment."""
    return None if text is None else datetime.fromisoformat(text)


def metric_rows(run: str, step: StepRun) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a step's metrics; SQLite has NULL for not-a-number."""
    for name, points in step.series.items():
        for position, point in enumerate(points):
            value = None if math.isnan(point.value) else point.value
            yield run, step.name, name, position, point.at.isoformat(), value


def series_of(rows: Iterable[sqlite3.Row]) -> dict[str, tuple[MetricPoint, ...]]:
    """Return the metrics in *rows*."""
    found: dict[str, list[MetricPoint]] = {}
    for row in rows:
        value = math.nan if row["value"] is None else row["value"]
        at = datetime.fromisoformat(row["at"])
        found.setdefault(row["name"], []).append(MetricPoint(at=at, value=value))
    return {name: tuple(points) for name, points in found.items()}
