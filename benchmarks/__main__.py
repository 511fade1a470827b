"""``python -m benchmarks [NAME …]``: run them, and write down what came of it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import overhead, pipeline, tuning
from benchmarks.measure import alternate
from benchmarks.results import Results

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.measure import Contender

RESULTS = Path(__file__).with_name("RESULTS.md")
BENCHMARKS: dict[str, tuple[str, Callable[[], Sequence[Contender]]]] = {
    "engine": ("The engine, on a definition that is ready", pipeline.engine),
    "command": ("The whole command", pipeline.command),
    "tuning": ("A tuning step", tuning.contenders),
    "overhead": ("Steps that do nothing", overhead.contenders),
}
SERVING = "serving"
PREPROCESSING = "preprocessing"
NAMES = (*BENCHMARKS, SERVING, PREPROCESSING)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmarks that are named, all of them if none is.

    Returns:
        1 if a figure is above its limit, else 0.
    """
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[[], *NAMES], metavar="NAME")
    parser.add_argument("--rounds", type=int, default=5, help="default: %(default)s")
    parser.add_argument(
        "--out", type=Path, default=RESULTS, help="default: %(default)s"
    )
    parser.add_argument(
        "--rows",
        type=int,
        nargs="+",
        metavar="ROWS",
        help=f"for {PREPROCESSING}; default: up to a million",
    )
    arguments = parser.parse_args(argv)
    results = Results(arguments.out)
    are_within = True
    for name in arguments.names or NAMES:
        if name == SERVING:
            are_within &= _serve(results, arguments.rounds)
            continue
        if name == PREPROCESSING:
            are_within &= _preprocess(results, arguments.rounds, arguments.rows)
            continue
        title, contenders = BENCHMARKS[name]
        print(f"{name}: {title}", flush=True)
        figures = alternate(contenders(), rounds=arguments.rounds)
        print(results.put(name, title, figures), flush=True)
        are_within &= all(each.is_within for each in figures)
    return 0 if are_within else 1


def _serve(results: Results, rounds: int) -> bool:
    """Put the served model under load; return whether its memory is steady."""
    # What only this benchmark needs: the extra [serving], and psutil.
    from benchmarks import serving

    print(f"{SERVING}: {serving.TITLE}", flush=True)
    loads = serving.loads(rounds=rounds)
    print(results.put_table(SERVING, serving.TITLE, serving.table(loads)), flush=True)
    return all(each.is_within for each in loads)


def _preprocess(results: Results, rounds: int, sizes: Sequence[int] | None) -> bool:
    """Preprocess many rows; return whether that is as fast as it is to be."""
    from benchmarks import preprocessing as bench

    print(f"{PREPROCESSING}: {bench.TITLE}", flush=True)
    found = [*bench.measure(rounds=rounds, sizes=sizes or bench.SIZES)]
    table = results.put_table(PREPROCESSING, bench.TITLE, bench.table(found))
    print(table, flush=True)
    return all(each.is_within for each in found)


if __name__ == "__main__":
    sys.exit(main())
