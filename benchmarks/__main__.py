"""``python -m benchmarks [NAME …]``: run them, and write down what came of it."""

from __future__ import annotations

import argparse
import functools
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import curves, growth, overhead, pipeline, readme, tuning
from benchmarks.building import compare
from benchmarks.measure import alternate
from benchmarks.peers import race, tools
from benchmarks.peers.environments import FOLDER
from benchmarks.results import Results

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.measure import Contender

RESULTS = Path(__file__).with_name("RESULTS.md")
README = RESULTS.parents[1] / "README.md"
BENCHMARKS: dict[str, tuple[str, Callable[[], Sequence[Contender]]]] = {
    "engine": ("The engine, on a definition that is ready", pipeline.engine),
    "command": ("The whole command", pipeline.command),
    "tuning": ("A tuning step", tuning.contenders),
    "overhead": ("Steps that do nothing", overhead.contenders),
}


def _compare(name: str, results: Results, rounds: int) -> bool:
    """Time contenders beside each other; return whether each is within its limit."""
    title, contenders = BENCHMARKS[name]
    print(f"{name}: {title}", flush=True)
    figures = alternate(contenders(), rounds=rounds)
    print(results.put(name, title, figures), flush=True)
    return all(each.is_within for each in figures)


def _serve(results: Results, rounds: int) -> bool:
    """Put the served model under load; return whether its memory is steady."""
    # What only this benchmark needs: the extra [serving], and psutil.
    from benchmarks import serving

    print(f"serving: {serving.TITLE}", flush=True)
    loads = serving.loads(rounds=rounds)
    print(results.put_table("serving", serving.TITLE, serving.table(loads)), flush=True)
    return all(each.is_within for each in loads)


def _grow(results: Results, rounds: int) -> bool:
    """Time what grows at several sizes; return whether all of it is linear."""
    print(f"growth: {growth.TITLE}", flush=True)
    found = curves.measure(growth.curves(), rounds=rounds)
    print(results.put_table("growth", growth.TITLE, curves.table(found)), flush=True)
    return all(each.is_within for each in found)


def _build(results: Results, rounds: int) -> bool:
    """Build in both ways; return whether ours is no slower, and asks nobody."""
    print(f"building: {compare.TITLE}", flush=True)
    found = compare.measure(rounds=rounds)
    print(results.put_table("building", compare.TITLE, compare.table(found)))
    return found.is_within


def _race(results: Results, rounds: int, *, environments: Path) -> bool:
    """Run the penguins beside the peers; return whether nobody else is ahead."""
    print(f"peers: {race.TITLE}", flush=True)
    there, missing = tools.everybody(environments)
    found = race.race(there, rounds=rounds)
    lines = [*race.table(found), *missing]
    print(results.put_table("peers", race.TITLE, lines), flush=True)
    return found.is_within


def _preprocess(results: Results, rounds: int, *, sizes: Sequence[int] | None) -> bool:
    """Preprocess many rows; return whether that is as fast as it is to be."""
    from benchmarks import preprocessing as bench

    print(f"preprocessing: {bench.TITLE}", flush=True)
    found = [*bench.measure(rounds=rounds, sizes=sizes or bench.SIZES)]
    table = results.put_table("preprocessing", bench.TITLE, bench.table(found))
    print(table, flush=True)
    return all(each.is_within for each in found)


def _train(results: Results, rounds: int, *, sizes: Sequence[int] | None) -> bool:
    """Train on many rows; return whether that is no slower than on arrays."""
    from benchmarks import training as bench

    print(f"training: {bench.TITLE}", flush=True)
    found = [*bench.measure(rounds=rounds, sizes=sizes or bench.SIZES)]
    print(results.put_table("training", bench.TITLE, bench.table(found)), flush=True)
    return all(each.is_within for each in found)


RUN: dict[str, Callable[[Results, int], bool]] = {
    **{name: functools.partial(_compare, name) for name in BENCHMARKS},
    "serving": _serve,
    "growth": _grow,
    "building": _build,
    "preprocessing": functools.partial(_preprocess, sizes=None),
    "training": functools.partial(_train, sizes=None),
}
"""What runs each benchmark, and tells whether it is within its limits."""

PEERS = "peers"
"""Only where it is named: it installs four others, and takes most of an hour."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmarks that are named, all but the peers if none is.

    Returns:
        1 if a figure is above its limit, else 0.
    """
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[[], *RUN, PEERS], metavar="NAME")
    parser.add_argument("--rounds", type=int, default=5, help="default: %(default)s")
    parser.add_argument(
        "--out", type=Path, default=RESULTS, help="default: %(default)s"
    )
    parser.add_argument(
        "--environments",
        type=Path,
        default=FOLDER,
        help="where the peers are installed (default: %(default)s)",
    )
    parser.add_argument(
        "--rows",
        type=int,
        nargs="+",
        metavar="ROWS",
        help="for preprocessing and training; default: up to a million",
    )
    arguments = parser.parse_args(argv)
    results = Results(arguments.out)
    known: dict[str, Callable[[Results, int], bool]] = {
        **RUN,
        "preprocessing": functools.partial(_preprocess, sizes=arguments.rows),
        "training": functools.partial(_train, sizes=arguments.rows),
        PEERS: functools.partial(_race, environments=arguments.environments),
    }
    names = arguments.names or RUN
    are_within = [known[name](results, arguments.rounds) for name in names]
    if results.path == RESULTS:
        readme.update(README, results.sections())
    return 0 if all(are_within) else 1


if __name__ == "__main__":
    # All contenders find what they import compiled, from the first counted round on.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.exit(main())
