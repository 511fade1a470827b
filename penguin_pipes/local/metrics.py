"""Read metrics out of log lines, by the regular expressions of a request."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from penguin_pipes.local.records import MetricPoint

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from penguin_pipes.definition import Node


class MetricReader:
    """Finds values in lines, and keeps them.

    Args:
        definitions: Names, each with the regular expression whose first group is the
            value.
    """

    def __init__(self, definitions: Iterable[tuple[str, str]]) -> None:
        self._patterns = [(name, re.compile(regex)) for name, regex in definitions]
        self._series: dict[str, list[MetricPoint]] = {}

    @property
    def series(self) -> dict[str, tuple[MetricPoint, ...]]:
        """Every value so far, by the metric's name."""
        return {name: tuple(points) for name, points in self._series.items()}

    def feed(self, line: str, at: datetime) -> Iterator[tuple[str, MetricPoint]]:
        """Yield the values that *line* holds, having kept them."""
        for name, pattern in self._patterns:
            value = _value(pattern.search(line))
            if value is not None:
                point = MetricPoint(at=at, value=value)
                self._series.setdefault(name, []).append(point)
                yield name, point


def check_metrics(request: Node) -> None:
    """Raise a `DefinitionError` if an expression of *request* cannot be used."""
    for node in request.need("AlgorithmSpecification").all("MetricDefinitions"):
        regex = node.need("Regex")
        try:
            re.compile(regex.text())
        except (re.error, RecursionError) as error:
            regex.refuse(f"{regex.text()!r} is no regular expression: {error}")


def _value(match: re.Match[str] | None) -> float | None:
    """Return the number that a match holds, or None if it is none."""
    if match is None:
        return None
    try:
        return float(match[1] if match.re.groups else match[0])
    except (TypeError, ValueError):
        return None
