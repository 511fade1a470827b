"""The preprocessor beside the obvious program, on rows by the million."""

from __future__ import annotations

import itertools
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

import attrs
import numpy as np
import pandas as pd

from benchmarks import grown
from penguin_pipes.penguins import shipped
from penguin_pipes.scripts import preprocessor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    Command = Callable[[Path, Path], Sequence[str | Path]]
    """What is run on a folder with the data, to write into another."""

TITLE: Final = "Preprocessing rows by the million"
SIZES: Final = (10_000, 100_000, 1_000_000)
LARGE: Final = 10_000_000
"""Rows from which on the limits hold; fewer take little but starting up."""

SPEED_LIMIT: Final = 0.25
MEMORY_LIMIT_MB: Final = 1_500
EXACT: Final = 1e-9
BY_HAND: Final = Path(__file__).with_name("preprocessing_by_hand.py")
ROWS, PARTS = "rows.csv", "parts.npy"


@attrs.frozen(kw_only=True)
class Runs:
    """What one program took for so many rows, round by round."""

    name: str
    rows: int
    seconds: tuple[float, ...]
    memory_mb: tuple[float, ...]
    ratio: float
    is_limited: bool

    @property
    def is_within(self) -> bool:
        """Whether it is as fast and as modest as it is to be."""
        is_modest = max(self.memory_mb) <= MEMORY_LIMIT_MB
        return not self.is_limited or (self.ratio <= SPEED_LIMIT and is_modest)


def by_hand(data: Path, output: Path) -> Sequence[str | Path]:
    """Return the obvious program's command."""
    return (BY_HAND, data / ROWS, data / PARTS, output)


def ours(data: Path, output: Path) -> Sequence[str | Path]:
    """Return the preprocessor's command."""
    return (
        shipped("scripts/preprocessor.py"),
        *("--input", data / ROWS, "--output", output, "--message", data / "message"),
        *("--target", grown.TARGET, "--missing", "."),
        *("--numeric", *grown.NUMERIC, "--categorical", *grown.CATEGORICAL),
    )


PROGRAMS: Final[dict[str, Command]] = {
    "pandas, ColumnTransformer, to_csv": by_hand,
    "preprocessor.py": ours,
}


def measure(*, rounds: int, sizes: Sequence[int] = SIZES) -> Iterator[Runs]:
    """Run both programs on each size, in turn, after a round that is not counted."""
    for rows in sizes:
        with tempfile.TemporaryDirectory(prefix="penguin-bench-") as name:
            data = Path(name)
            grown.grow(data / ROWS, rows)
            # As categories: what this process holds, its children's peaks begin with.
            frame = pd.read_csv(data / ROWS, usecols=[grown.TARGET], dtype="category")
            species = frame[grown.TARGET].cat
            parts = preprocessor.split(species.codes.to_numpy(), [*species.categories])
            np.save(data / PARTS, parts)
            del frame, species, parts
            yield from _rounds(data, rows, rounds)


def _rounds(data: Path, rows: int, rounds: int) -> Iterator[Runs]:
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in PROGRAMS}
    for number in range(rounds + 1):
        turn = number % len(PROGRAMS)
        programs = [*PROGRAMS.items()]
        for name, command in (*programs[turn:], *programs[:turn]):
            with tempfile.TemporaryDirectory(dir=data) as output:
                spent = run(command(data, Path(output, name)))
                if not number:
                    Path(output, name).rename(data / name)
            print(
                f"  {rows} rows, round {number}: {name} {spent[0]:.2f} s, "
                f"{spent[1]:.0f} MB",
                flush=True,
            )
            if number:
                taken[name].append(spent)
        if not number:
            compare(*(data / name for name in PROGRAMS))
    base = [seconds for seconds, _ in next(iter(taken.values()))]
    for name, spent_by_round in taken.items():
        seconds, memory = zip(*spent_by_round, strict=True)
        yield Runs(
            name=name,
            rows=rows,
            seconds=seconds,
            memory_mb=memory,
            ratio=statistics.median(map(float.__truediv__, seconds, base)),
            is_limited=PROGRAMS[name] is ours and rows >= LARGE,
        )


def run(
    words: Sequence[str | Path],
    *,
    environ: Mapping[str, str] | None = None,
    stdout: int | IO[bytes] = subprocess.DEVNULL,
) -> tuple[float, float]:
    """Run this Python with *words*; return seconds, and megabytes at the most.

    Raises:
        RuntimeError: It failed.
    """
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, *map(str, words)], env=environ, stdout=stdout
    )
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        msg = f"{words[0]} ended with {process.returncode}"
        raise RuntimeError(msg)
    return seconds, usage.ru_maxrss / 1024


def compare(one: Path, other: Path) -> None:
    """Refuse results that are not the same numbers.

    Raises:
        RuntimeError: They are not.
    """
    for name in preprocessor.TABLES:
        files = (
            pd.read_csv(folder / name, chunksize=grown.AT_ONCE)
            for folder in (one, other)
        )
        for ours, theirs in itertools.zip_longest(*files):
            if list(ours) != list(theirs) or not np.allclose(
                ours, theirs, rtol=0, atol=EXACT
            ):
                msg = f"{name}: the programs' numbers are not the same"
                raise RuntimeError(msg)


def table(found: Sequence[Runs]) -> Iterator[str]:
    """Yield the lines of a table."""
    yield (
        "| rows | | seconds: median (least to most) | rows per second | ratio "
        "| memory at most, MB | to stay below |"
    )
    yield "| ---: | --- | ---: | ---: | ---: | ---: | ---: |"
    for each in found:
        median = statistics.median(each.seconds)
        limit = f"{SPEED_LIMIT}, {MEMORY_LIMIT_MB} MB" if each.is_limited else ""
        mark = "" if each.is_within else " **missed**"
        yield (
            f"| {each.rows:,} | {each.name} "
            f"| {median:.2f} ({min(each.seconds):.2f} to {max(each.seconds):.2f}) "
            f"| {each.rows / median:,.0f} | {each.ratio:.3f} "
            f"| {max(each.memory_mb):.0f} | {limit}{mark} |"
        )
