"""The graph of a run's steps, laid out in ranks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from penguin_pipes.report.page.steps import StepFacts

WIDTH: Final = 154
"""Six steps one after another fit beside each other on a page that is not narrow."""

HEIGHT: Final = 66
ALONG: Final = 36
"""Between two ranks."""

ACROSS: Final = 20
"""Between two steps of a rank."""

EDGE: Final = 6
LETTERS: Final = 19


@attrs.frozen(kw_only=True)
class Box:
    """One step where it is drawn."""

    name: str
    label: str
    type: str
    status: str
    x: int
    y: int
    width: int = WIDTH
    height: int = HEIGHT


@attrs.frozen(kw_only=True)
class Graph:
    """The steps and their arrows.

    Attributes:
        boxes: The steps.
        arrows: From a step to one that needs it, as the path of a line.
        edges: The same, by their names.
        width: Of the drawing.
        height: Of the drawing.
    """

    boxes: tuple[Box, ...]
    arrows: tuple[str, ...]
    edges: tuple[tuple[str, str], ...]
    width: int
    height: int


def ranks(needs: Mapping[str, Sequence[str]], names: Sequence[str]) -> dict[str, int]:
    """Return for each step how many others, at most, come one after another before it.

    Args:
        needs: For every step, those that it waits for.
        names: All steps, each after those that it needs.
    """
    found: dict[str, int] = {}
    for name in names:
        above = [found[each] for each in needs.get(name, ()) if each in found]
        found[name] = max(above, default=-1) + 1
    return found


def direct(needs: Mapping[str, Sequence[str]]) -> list[tuple[str, str]]:
    """Return who leads to whom, without what a way over others says already.

    Args:
        needs: For every step, those that it waits for; in an order in which each
            follows those.
    """
    above: dict[str, set[str]] = {}
    found: list[tuple[str, str]] = []
    for name in needs:
        nearest = [one for one in needs[name] if one in above]
        beyond = set().union(*(above[one] for one in nearest))
        above[name] = beyond.union(nearest)
        found += [(one, name) for one in nearest if one not in beyond]
    return found


def graph(steps: Sequence[StepFacts], *, is_upright: bool = False) -> Graph:
    """Return the graph of the steps, from left to right, or upright from the top."""
    needs = {step.name: step.needs or () for step in steps}
    rank = ranks(needs, list(needs))
    taken: dict[int, int] = {}
    places: dict[str, tuple[int, int]] = {}
    for step in steps:
        along, across = rank[step.name], taken.get(rank[step.name], 0)
        taken[along] = across + 1
        places[step.name] = _place(along, across, is_upright=is_upright)
    edges = direct(needs)
    return Graph(
        boxes=tuple(_box(step, *places[step.name]) for step in steps),
        arrows=tuple(
            _arrow(places[a], places[b], is_upright=is_upright) for a, b in edges
        ),
        edges=tuple(edges),
        width=max((x for x, _ in places.values()), default=0) + WIDTH + EDGE,
        height=max((y for _, y in places.values()), default=0) + HEIGHT + EDGE,
    )


def _place(along: int, across: int, *, is_upright: bool) -> tuple[int, int]:
    """Return the upper left corner of a step."""
    if is_upright:
        return across * (WIDTH + ACROSS) + EDGE, along * (HEIGHT + ALONG) + EDGE
    return along * (WIDTH + ALONG) + EDGE, across * (HEIGHT + ACROSS) + EDGE


def _box(step: StepFacts, x: int, y: int) -> Box:
    is_long = len(step.name) > LETTERS
    label = f"{step.name[: LETTERS - 1]}…" if is_long else step.name
    return Box(
        name=step.name, label=label, type=step.type, status=step.status, x=x, y=y
    )


def _arrow(start: tuple[int, int], end: tuple[int, int], *, is_upright: bool) -> str:
    """Return a curve from the side of one step to the side of another."""
    if is_upright:
        x, y = start[0] + WIDTH // 2, start[1] + HEIGHT
        to_x, to_y = end[0] + WIDTH // 2, end[1] - 2
        bend = (to_y - y) // 2
        return f"M{x} {y}C{x} {y + bend} {to_x} {to_y - bend} {to_x} {to_y}"
    x, y = start[0] + WIDTH, start[1] + HEIGHT // 2
    to_x, to_y = end[0] - 2, end[1] + HEIGHT // 2
    bend = (to_x - x) // 2
    return f"M{x} {y}C{x + bend} {y} {to_x - bend} {to_y} {to_x} {to_y}"
