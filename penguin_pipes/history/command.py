"""The command line of the history."""

from __future__ import annotations

import argparse
import json
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rich.console import Console

from penguin_pipes.errors import InputError, PenguinPipesError, RequestError
from penguin_pipes.history.compare import VERSION, Comparison, compare, run_json
from penguin_pipes.history.shown import show_comparison, show_runs
from penguin_pipes.local.finding import existing, find_run
from penguin_pipes.local.history import History
from penguin_pipes.local.kept import kept

if TYPE_CHECKING:
    from collections.abc import Sequence

    from penguin_pipes.local.records import Run

DONE: Final = 0
FAILED: Final = 1
REFUSED: Final = 2
INTERRUPTED: Final = 130
PAIR: Final = 2


class Arguments(argparse.Namespace):
    """The command line, with its types."""

    runs: list[str]
    home: Path
    json: bool
    debug: bool


def parser() -> argparse.ArgumentParser:
    """Return what knows the command line."""
    found = argparse.ArgumentParser(
        prog="python -m penguin_pipes.history",
        usage="%(prog)s [RUN OTHER] [--home DIR] [--json]",
        description="List the local runs, or tell what two of them differ in.",
        allow_abbrev=False,
    )
    found.add_argument(
        "runs",
        nargs="*",
        metavar="RUN",
        help="the ids of two runs to compare; latest is the newest (default: the list)",
    )
    found.add_argument(
        "--home",
        type=Path,
        default=Path(".penguin_pipes"),
        metavar="DIR",
        help="what keeps the runs (default: %(default)s)",
    )
    found.add_argument("--json", action="store_true", help="print it for machines")
    found.add_argument(
        "--debug", action="store_true", help="show the trace of an error"
    )
    return found


def main(argv: Sequence[str] | None = None) -> int:
    """Tell what the command line asks for; return the exit code."""
    arguments = parser().parse_args(argv, namespace=Arguments())
    try:
        _tell(arguments, Console(highlight=False))
    except PenguinPipesError as error:
        if arguments.debug:
            traceback.print_exc()
        sys.stderr.write(f"error: {error}\n")
        return REFUSED if isinstance(error, RequestError) else FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    return DONE


def _tell(arguments: Arguments, out: Console) -> None:
    if len(arguments.runs) not in {0, PAIR}:
        msg = (
            f"{' '.join(arguments.runs)}: name two runs to compare, or none to list all"
        )
        raise InputError(msg)
    if arguments.runs:
        found = _compared(*arguments.runs, home=arguments.home)
        if arguments.json:
            _print(found.to_json(), out)
        else:
            show_comparison(found, out)
        return
    runs = _runs(arguments.home)
    if arguments.json:
        _print({"version": VERSION, "runs": [run_json(run) for run in runs]}, out)
    else:
        show_runs(runs, out)


def _runs(home: Path) -> tuple[Run, ...]:
    with existing(home) as database:
        return History(database).runs()


def _compared(one: str, other: str, *, home: Path) -> Comparison:
    with existing(home) as database:
        old, new = find_run(database, one), find_run(database, other)
    return compare(old, new, old_kept=kept(home, old.id), new_kept=kept(home, new.id))


def _print(value: object, out: Console) -> None:
    text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)
    out.print(text, markup=False, soft_wrap=True)
