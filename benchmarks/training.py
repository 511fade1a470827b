"""The training script beside plain `model.fit` on arrays, on a million rows."""

from __future__ import annotations

import os
import re
import statistics
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

import attrs

from benchmarks import grown, preprocessing
from penguin_pipes.metrics import KERAS_METRICS
from penguin_pipes.penguins import shipped
from penguin_pipes.scripts import train

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    Command = Callable[[Path, Path], Sequence[str | Path]]
    """What is run on a folder with the data, to save a model in another."""

TITLE: Final = "Training on a million rows"
SIZES: Final = (1_000_000,)
EPOCHS: Final = 1
SPEED_LIMIT: Final = 1.0
ALIKE: Final = 0.02
"""How far the validation accuracies may be apart: the rows' order differs."""

BY_HAND: Final = Path(__file__).with_name("training_by_hand.py")
CHANNELS: Final = ("train", "validation")
IN_MEMORY: Final = "train.py, data that fits"


@attrs.frozen(kw_only=True)
class Runs:
    """What one program took for so many rows, round by round."""

    name: str
    rows: int
    seconds: tuple[float, ...]
    memory_mb: tuple[float, ...]
    ratio: float
    limit: float | None = None

    @property
    def is_within(self) -> bool:
        """Whether it is as fast as it is to be."""
        return self.limit is None or self.ratio <= self.limit


def by_hand(data: Path, model: Path) -> Sequence[str | Path]:
    """Return the obvious program's command."""
    tables = (data / name / f"{name}.csv" for name in CHANNELS)
    return (BY_HAND, *tables, model / train.VERSION, str(EPOCHS))


def in_memory(_: Path, model: Path) -> Sequence[str | Path]:
    """Return the script's command, all memory being allowed."""
    return _ours(model, share=1)


def streamed(data: Path, model: Path) -> Sequence[str | Path]:
    """Return the script's command with a little less memory than the data takes."""
    taken = sum(train.estimate_bytes(data / name) for name in CHANNELS)
    return _ours(model, share=0.9 * taken / train.find_memory())


def _ours(model: Path, *, share: float) -> Sequence[str | Path]:
    return (
        shipped("scripts/train.py"),
        *("--model_dir", model, "--epochs", str(EPOCHS), "--memory_share", str(share)),
    )


PROGRAMS: Final[dict[str, Command]] = {
    "pandas, model.fit": by_hand,
    IN_MEMORY: in_memory,
    "train.py, data that is streamed": streamed,
}


def measure(*, rounds: int, sizes: Sequence[int] = SIZES) -> Iterator[Runs]:
    """Run all programs on each size, in turn, after a round that is not counted."""
    for rows in sizes:
        with tempfile.TemporaryDirectory(prefix="penguin-bench-") as name:
            data = Path(name)
            grown.grow(data / preprocessing.ROWS, rows)
            preprocessing.run(preprocessing.ours(data, data))
            yield from _rounds(data, rows, rounds)


def _rounds(data: Path, rows: int, rounds: int) -> Iterator[Runs]:
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in PROGRAMS}
    channels = {f"SM_CHANNEL_{name.upper()}": str(data / name) for name in CHANNELS}
    environ = {**os.environ, **channels}
    for number in range(rounds + 1):
        turn = number % len(PROGRAMS)
        programs = [*PROGRAMS.items()]
        accuracies = []
        for name, command in (*programs[turn:], *programs[:turn]):
            with tempfile.TemporaryDirectory(dir=data) as folder:
                log = Path(folder, "log")
                with log.open("wb") as stream:
                    spent = preprocessing.run(
                        command(data, Path(folder)), environ=environ, stdout=stream
                    )
                accuracies.append(accuracy(log.read_text(encoding="utf-8")))
            print(
                f"  {rows} rows, round {number}: {name} {spent[0]:.2f} s, "
                f"{spent[1]:.0f} MB, accuracy {accuracies[-1]:.4f}",
                flush=True,
            )
            if number:
                taken[name].append(spent)
        compare(accuracies)
    base = [seconds for seconds, _ in next(iter(taken.values()))]
    for name, spent_by_round in taken.items():
        seconds, memory = zip(*spent_by_round, strict=True)
        yield Runs(
            name=name,
            rows=rows,
            seconds=seconds,
            memory_mb=memory,
            ratio=statistics.median(map(float.__truediv__, seconds, base)),
            limit=SPEED_LIMIT if name == IN_MEMORY else None,
        )


def accuracy(log: str) -> float:
    """Return the validation accuracy after the last epoch."""
    return float(re.findall(KERAS_METRICS["val_accuracy"], log)[-1])


def compare(accuracies: Sequence[float]) -> None:
    """Refuse programs of which one has learnt less than another.

    Raises:
        RuntimeError: One has.
    """
    if max(accuracies) - min(accuracies) > ALIKE:
        msg = f"the programs have not learnt the same: accuracies {accuracies}"
        raise RuntimeError(msg)


def table(found: Sequence[Runs]) -> Iterator[str]:
    """Yield the lines of a table."""
    yield (
        "| rows | | seconds: median (least to most) | ratio | memory at most, MB "
        "| to stay below |"
    )
    yield "| ---: | --- | ---: | ---: | ---: | ---: |"
    for each in found:
        limit = "" if each.limit is None else f"{each.limit:.2f}"
        mark = "" if each.is_within else " **missed**"
        yield (
            f"| {each.rows:,} | {each.name} | {statistics.median(each.seconds):.2f} "
            f"({min(each.seconds):.2f} to {max(each.seconds):.2f}) | {each.ratio:.3f} "
            f"| {max(each.memory_mb):.0f} | {limit}{mark} |"
        )
