"""Time every tool at every action, in turn, and write down who was ahead."""

from __future__ import annotations

import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, TypeAlias

import attrs

TITLE: Final = "The penguins beside the peers"
COLD, AGAIN, CHANGED, TUNING = ACTIONS = (
    "cold",
    "unchanged",
    "new learning rate",
    "three learning rates",
)
OURS: Final = "penguin_pipes"

Act: TypeAlias = Callable[[Path, int], None]
"""Does something in the folder of a project, in the round of a number."""


@attrs.frozen(kw_only=True)
class Tool:
    """One that can run the penguins.

    Attributes:
        name: What the table calls it, with its version.
        setup: Lays a fresh project into a folder; not timed.
        actions: What is timed, by its name; done one after the other in one project.
        notes: What is to be known of an action, or why there is none of this name.
    """

    name: str
    setup: Act
    actions: Mapping[str, Act]
    notes: Mapping[str, str] = attrs.field(factory=dict)


@attrs.frozen(kw_only=True)
class Standing:
    """What the tools took.

    Attributes:
        tools: All of them; the first is what the others are measured by.
        seconds: Figures per round, by the action and the tool's name.
    """

    tools: tuple[Tool, ...]
    seconds: Mapping[tuple[str, str], tuple[float, ...]]

    def ratio(self, action: str, tool: str) -> float | None:
        """Return the median of the ratios to the first tool; None if there is none."""
        mine = self.seconds.get((action, tool))
        base = self.seconds[action, self.tools[0].name]
        if not mine:
            return None
        pairs = zip(mine, base, strict=True)
        return statistics.median(one / other for one, other in pairs)

    def ahead(self, action: str) -> tuple[str, ...]:
        """Return the peers that were faster than penguin_pipes."""
        own = [each.name for each in self.tools if each.name.startswith(OURS)]
        best = self.ratio(action, own[0]) if own else None
        if best is None:
            return ()
        found = []
        for tool in self.tools[1:]:
            ratio = self.ratio(action, tool.name)
            if tool.name != own[0] and ratio is not None and ratio < best:
                found.append(tool.name)
        return tuple(found)

    @property
    def is_within(self) -> bool:
        """Whether penguin_pipes is ahead in every row."""
        return not any(map(self.ahead, ACTIONS))


def race(tools: Sequence[Tool], *, rounds: int) -> Standing:
    """Time all of them, after a round that is not counted."""
    taken: dict[tuple[str, str], list[float]] = {}
    for number in range(rounds + 1):
        # Nobody always comes after the same.
        turn = number % len(tools)
        for tool in (*tools[turn:], *tools[:turn]):
            for action, seconds in _in_turn(tool, number):
                print(f"  round {number}: {tool.name}, {action} {seconds:.2f} s")
                if number:
                    taken.setdefault((action, tool.name), []).append(seconds)
    figures = {key: tuple(seconds) for key, seconds in taken.items()}
    return Standing(tools=tuple(tools), seconds=figures)


def _in_turn(tool: Tool, number: int) -> Iterator[tuple[str, float]]:
    """Yield what a tool takes for each action in a fresh project."""
    folder = Path(tempfile.mkdtemp(prefix="penguin-bench-"))
    try:
        tool.setup(folder, number)
        for action in ACTIONS:
            act = tool.actions.get(action)
            if act is not None:
                began = time.perf_counter()
                act(folder, number)
                yield action, time.perf_counter() - began
    finally:
        shutil.rmtree(folder)


def table(found: Standing) -> Iterator[str]:
    """Yield the lines of a table: a row for each action, a column for each tool."""
    notes: list[str] = []
    yield f"| | {' | '.join(tool.name for tool in found.tools)} |"
    yield f"| --- |{' ---: |' * len(found.tools)}"
    for action in ACTIONS:
        cells = [_cell(found, action, tool, notes) for tool in found.tools]
        ahead = found.ahead(action)
        lost = f" **lost to {' and '.join(ahead)}**" if ahead else ""
        yield f"| {action}{lost} | {' | '.join(cells)} |"
    yield ""
    yield (
        f"In each cell: the ratio to {found.tools[0].name}, and the median of the "
        "seconds (least to most)."
    )
    for number, note in enumerate(notes, start=1):
        yield f"{number}. {note}"


def _cell(found: Standing, action: str, tool: Tool, notes: list[str]) -> str:
    """Return what one tool took for one action; a note is counted when it is new."""
    text = "—"
    ratio = found.ratio(action, tool.name)
    if ratio is not None:
        seconds = found.seconds[action, tool.name]
        least, most = min(seconds), max(seconds)
        middle = statistics.median(seconds)
        text = f"{ratio:.3f}, {middle:.1f} ({least:.1f} to {most:.1f})"
    note = tool.notes.get(action)
    if note is None:
        return text
    if note not in notes:
        notes.append(note)
    return f"{text} [{notes.index(note) + 1}]"
