"""Time commands in turn, each in a folder of its own."""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

import attrs

Step: TypeAlias = Callable[[Path, int], None]
"""Does something in a folder, in the round of a number; what it takes may be timed."""


@attrs.frozen(kw_only=True)
class Contender:
    """Something that is timed beside others.

    Attributes:
        name: What the table calls it.
        run: What is timed.
        prepare: What is done beforehand, and not timed.
        limit: The ratio to the first contender that it is to stay below, if any.
    """

    name: str
    run: Step
    prepare: Step | None = None
    limit: float | None = None


@attrs.frozen(kw_only=True)
class Figures:
    """What a contender took.

    Attributes:
        name: What the table calls it.
        seconds: Wall-clock time, a figure per round.
        ratios: The same by what the first contender took in that round.
        limit: What the ratio is to stay below, if anything.
    """

    name: str
    seconds: tuple[float, ...]
    ratios: tuple[float, ...]
    limit: float | None

    @property
    def ratio(self) -> float:
        """The median of the ratios."""
        return statistics.median(self.ratios)

    @property
    def shown(self) -> str:
        """The seconds as tables have them."""
        least, most = min(self.seconds), max(self.seconds)
        return f"{statistics.median(self.seconds):.2f} ({least:.2f} to {most:.2f})"

    @property
    def is_within(self) -> bool:
        """Whether it stays below its limit."""
        return self.limit is None or self.ratio <= self.limit


def alternate(contenders: Sequence[Contender], *, rounds: int) -> list[Figures]:
    """Time every contender once a round, after a round that is not counted.

    Args:
        contenders: The first one is what the others are measured by.
        rounds: How many rounds count.
    """
    taken: Mapping[str, list[float]] = {each.name: [] for each in contenders}
    for number in range(rounds + 1):
        # Nobody always comes after the same: a cache that one fills serves the next.
        turn = number % len(contenders)
        for each in (*contenders[turn:], *contenders[:turn]):
            seconds = _time(each, number)
            print(f"  round {number}: {each.name} {seconds:.2f} s", flush=True)
            if number:
                taken[each.name].append(seconds)
    base = taken[contenders[0].name]
    return [
        Figures(
            name=each.name,
            seconds=tuple(taken[each.name]),
            ratios=tuple(
                mine / other for mine, other in zip(taken[each.name], base, strict=True)
            ),
            limit=each.limit,
        )
        for each in contenders
    ]


def _time(contender: Contender, number: int) -> float:
    folder = Path(tempfile.mkdtemp(prefix="penguin-bench-"))
    try:
        if contender.prepare is not None:
            contender.prepare(folder, number)
        began = time.perf_counter()
        contender.run(folder, number)
        return time.perf_counter() - began
    finally:
        shutil.rmtree(folder)


def python(
    *words: str | Path, cwd: Path, environ: Mapping[str, str] | None = None
) -> None:
    """Run this Python with *words* to its end.

    Raises:
        RuntimeError: It failed; the error has what it printed.
    """
    run(sys.executable, *words, cwd=cwd, environ=environ)


def run(
    program: str | Path,
    *words: str | Path,
    cwd: Path,
    environ: Mapping[str, str] | None = None,
) -> None:
    """Run a program with *words* to its end.

    Raises:
        RuntimeError: It failed; the error has what it printed.
    """
    done = subprocess.run(
        [str(program), *map(str, words)],
        check=False,
        cwd=cwd,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode:
        msg = (
            f"{' '.join(map(str, words))} ended with {done.returncode}:\n{done.stdout}"
        )
        raise RuntimeError(msg)
