"""Lines and dots on two axes, as the numbers of an SVG."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import attrs

from penguin_pipes.report.words import number

if TYPE_CHECKING:
    from collections.abc import Sequence

Point = tuple[float, float]

WIDTH: Final = 480
HEIGHT: Final = 250
LEFT: Final = 58
RIGHT: Final = 14
TOP: Final = 12
BOTTOM: Final = 40
MANY: Final = 400
"""More points than there are pixels show nothing more."""

LARGEST: Final = 1e300
"""Differences of greater numbers would be infinite."""

STEPS: Final = (1.0, 2.0, 2.5, 5.0, 10.0)
ABOUT: Final = 5
"""How many numbers an axis has, about."""


@attrs.frozen(kw_only=True)
class Line:
    """A named line.

    Attributes:
        name: What it shows.
        points: Its points; where a value is no number, it is broken.
        is_dots: Whether it is drawn as dots.
    """

    name: str
    points: tuple[Point, ...]
    is_dots: bool = False

    @property
    def finite(self) -> tuple[Point, ...]:
        """Those of its points that can be drawn."""
        return tuple(point for point in self.points if is_drawable(point[1]))


@attrs.frozen(kw_only=True)
class Chart:
    """A chart as data.

    Attributes:
        title: What it shows.
        x: What its horizontal axis is.
        lines: What is drawn.
        alt: What it says, for those who do not see it.
    """

    title: str
    x: str
    lines: tuple[Line, ...]
    alt: str


@attrs.frozen(kw_only=True)
class Tick:
    """A number on an axis: where, and what."""

    at: float
    text: str


@attrs.frozen(kw_only=True)
class Stroke:
    """A line as it is drawn: paths without a break, or dots."""

    name: str
    paths: tuple[str, ...]
    dots: tuple[Point, ...]


@attrs.frozen(kw_only=True)
class Plot:
    """A chart as it is drawn."""

    chart: Chart
    strokes: tuple[Stroke, ...]
    across: tuple[Tick, ...]
    up: tuple[Tick, ...]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    bottom: int = HEIGHT - BOTTOM
    top: int = TOP


def is_drawable(value: float) -> bool:
    """Return whether a value has a place on an axis."""
    return abs(value) <= LARGEST  # no comparison holds for what is no number


def ticks(low: float, high: float) -> tuple[float, ...]:
    """Return round numbers from *low* to *high*, about five."""
    rough = (high - low) / ABOUT
    if not rough > 0 or not math.isfinite(rough):
        return (low,)
    size = 10.0 ** math.floor(math.log10(rough))
    step = next(each for each in STEPS if each * size >= rough * (1 - 1e-9)) * size
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return tuple(float(f"{index * step:.12g}") for index in range(first, last + 1))


def plot(chart: Chart) -> Plot | None:
    """Return a chart as it is drawn; None if it has no point that can be."""
    points = [point for line in chart.lines for point in line.finite]
    if not points:
        return None
    xs, ys = _span([x for x, _ in points], 0.0), _span([y for _, y in points], 0.05)
    return Plot(
        chart=chart,
        strokes=tuple(_stroke(line, xs, ys) for line in chart.lines),
        across=tuple(
            Tick(at=_x(each, xs), text=number(each))
            for each in ticks(*xs)
            if each.is_integer()  # values and trials are counted
        ),
        up=tuple(Tick(at=_y(each, ys), text=number(each)) for each in ticks(*ys)),
    )


def _span(values: Sequence[float], room: float) -> tuple[float, float]:
    """Return the ends of an axis, with some *room* beyond the values."""
    low, high = min(values), max(values)
    if low == high:
        half = abs(low) / 2 or 0.5
        return low - half, high + half
    return low - (high - low) * room, high + (high - low) * room


def _x(value: float, span: tuple[float, float]) -> float:
    share = (value - span[0]) / (span[1] - span[0])
    return round(LEFT + share * (WIDTH - LEFT - RIGHT), 1)


def _y(value: float, span: tuple[float, float]) -> float:
    share = (value - span[0]) / (span[1] - span[0])
    return round(HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM), 1)


def _stroke(line: Line, xs: tuple[float, float], ys: tuple[float, float]) -> Stroke:
    """Return a line as it is drawn; a point without neighbours is a dot."""
    pieces: list[list[Point]] = [[]]
    for x, y in thinned(line.points):
        if is_drawable(y):
            pieces[-1].append((_x(x, xs), _y(y, ys)))
        elif pieces[-1]:
            pieces.append([])
    if line.is_dots:
        dots = [point for piece in pieces for point in piece]
        return Stroke(name=line.name, paths=(), dots=tuple(dots))
    return Stroke(
        name=line.name,
        paths=tuple(
            " ".join(f"{x:g},{y:g}" for x, y in piece)
            for piece in pieces
            if len(piece) > 1
        ),
        dots=tuple(piece[0] for piece in pieces if len(piece) == 1),
    )


def thinned(points: Sequence[Point], most: int = MANY) -> tuple[Point, ...]:
    """Return points that look the same: of many, the ends, lows and highs of parts."""
    if len(points) <= most:
        return tuple(points)
    size = math.ceil(len(points) / (most // 4))
    found: list[Point] = []
    for start in range(0, len(points), size):
        part = points[start : start + size]
        finite = [each for each in part if is_drawable(each[1])] or [part[0]]
        low = min(finite, key=lambda each: each[1])
        high = max(finite, key=lambda each: each[1])
        found += sorted({part[0], low, high, part[-1]}, key=lambda each: each[0])
    return tuple(found)
