"""The command line of the analysis: a CSV file in, a page and figures out."""

from __future__ import annotations

import argparse
import hashlib
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Final

from penguin_pipes.eda.extras import check_libraries
from penguin_pipes.errors import InputError, PenguinPipesError, RequestError
from penguin_pipes.penguins import MISSING, TARGET, shipped

if TYPE_CHECKING:
    from collections.abc import Sequence

DONE: Final = 0
FAILED: Final = 1
REFUSED: Final = 2
INTERRUPTED: Final = 130


class Arguments(argparse.Namespace):
    """The command line, with its types."""

    csv: Path
    out: Path
    target: str
    missing: list[str]
    debug: bool


def parser() -> argparse.ArgumentParser:
    """Return what knows the command line."""
    found = argparse.ArgumentParser(
        prog="python -m penguin_pipes.eda",
        description="Analyse a table: one HTML page that needs no network, and its "
        "figures as PNG files.",
        allow_abbrev=False,
    )
    found.add_argument(
        "csv",
        nargs="?",
        type=Path,
        default=shipped("data/penguins.csv"),
        metavar="CSV",
        help="the table (default: the penguins that ship)",
    )
    found.add_argument(
        "--out",
        type=Path,
        default=Path("eda-report"),
        metavar="FOLDER",
        help="where index.html and the figures are written (default: %(default)s)",
    )
    found.add_argument(
        "--target",
        default=TARGET,
        metavar="COLUMN",
        help="the column to predict (default: %(default)s)",
    )
    found.add_argument(
        "--missing",
        nargs="*",
        default=[MISSING],
        metavar="MARK",
        help=f"cells that are missing, beside NA and the like (default: {MISSING})",
    )
    found.add_argument(
        "--debug", action="store_true", help="show the trace of an error"
    )
    return found


def main(argv: Sequence[str] | None = None) -> int:
    """Write the report that the command line asks for; return the exit code."""
    arguments = parser().parse_args(argv, namespace=Arguments())
    try:
        said = _report(arguments)
    except PenguinPipesError as error:
        if arguments.debug:
            traceback.print_exc()
        sys.stderr.write(f"error: {error}\n")
        return REFUSED if isinstance(error, RequestError) else FAILED
    except KeyboardInterrupt:
        sys.stderr.write("interrupted; nothing was written\n")
        return INTERRUPTED
    sys.stdout.write(f"{said}\n")
    return DONE


def _report(arguments: Arguments) -> str:
    """Read, analyse, draw, write; return what to tell of it."""
    check_libraries()
    from penguin_pipes.eda.analysis import analyse
    from penguin_pipes.eda.page import PAGE, report
    from penguin_pipes.eda.publish import check_folder, publish
    from penguin_pipes.eda.table import read_table

    check_folder(arguments.out)
    path = arguments.csv
    frame = read_table(path)
    try:
        analysis = analyse(
            frame, arguments.target, name=path.name, marks=arguments.missing
        )
    except InputError as error:
        msg = f"{path}: {error}; --target names it"
        raise InputError(msg) from error
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    made = report(analysis, source=f"{path.name}, SHA-256 {digest}")
    publish(arguments.out, PAGE, {PAGE: made.html.encode(), **made.figures})
    return f"{arguments.out / PAGE}: {analysis.lead} {len(made.figures)} figures."
