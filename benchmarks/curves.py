"""How what something takes grows with its size."""

from __future__ import annotations

import functools
import math
import statistics
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

import attrs

from benchmarks.measure import Contender, alternate

if TYPE_CHECKING:
    from benchmarks.measure import Figures

Sized: TypeAlias = Callable[[int, Path, int], None]
"""Does something of a size in a folder, in the round of a number."""

LINEAR: Final = 1.1
"""The power of the size that counts as linear: figures are never quite steady."""


@attrs.frozen(kw_only=True)
class Curve:
    """Something that is timed at several sizes.

    Attributes:
        name: What the table calls it.
        sizes: At least two of them, the smallest first.
        run: What is timed.
        prepare: What is done beforehand, and not timed.
    """

    name: str
    sizes: tuple[int, ...]
    run: Sized
    prepare: Sized | None = None

    def contenders(self) -> list[Contender]:
        """Return a contender for every size."""
        prepare = self.prepare
        return [
            Contender(
                name=f"{self.name}, {size:,}",
                run=functools.partial(self.run, size),
                prepare=None if prepare is None else functools.partial(prepare, size),
            )
            for size in self.sizes
        ]


@attrs.frozen(kw_only=True)
class Growth:
    """What a curve came to.

    Attributes:
        curve: What was timed.
        seconds: The figures of every size, one per round.
    """

    curve: Curve
    seconds: tuple[tuple[float, ...], ...]

    @property
    def power(self) -> float:
        """The power of the size that the time grows with, between the last two.

        That of the median round: a round has every size in it.
        """
        more = math.log(self.curve.sizes[-1] / self.curve.sizes[-2])
        rounds = zip(self.seconds[-2], self.seconds[-1], strict=True)
        return statistics.median(math.log(most / less) / more for less, most in rounds)

    @property
    def is_within(self) -> bool:
        """Whether it is linear or better."""
        return self.power <= LINEAR


def measure(curves: Sequence[Curve], *, rounds: int) -> list[Growth]:
    """Time every curve, its sizes in turn."""
    return [
        _growth(each, alternate(each.contenders(), rounds=rounds)) for each in curves
    ]


def _growth(curve: Curve, figures: Sequence[Figures]) -> Growth:
    return Growth(curve=curve, seconds=tuple(each.seconds for each in figures))


def table(found: Sequence[Growth]) -> Iterator[str]:
    """Yield the lines of a table."""
    yield (
        "| | seconds at each size: median | at the last size, least to most "
        f"| grows with the size to the power of, to stay below {LINEAR} |"
    )
    yield "| --- | --- | ---: | ---: |"
    for each in found:
        sizes = zip(each.curve.sizes, each.seconds, strict=True)
        told = "; ".join(
            f"{size:,}: {statistics.median(seconds):.3f}" for size, seconds in sizes
        )
        last = each.seconds[-1]
        mark = "" if each.is_within else " **missed**"
        yield (
            f"| {each.curve.name} | {told} | {min(last):.3f} to {max(last):.3f} "
            f"| {each.power:.2f}{mark} |"
        )
