"""The command line of the report: a run of a home in, a page out."""

from __future__ import annotations

import argparse
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Final

from penguin_pipes.errors import PenguinPipesError, RequestError
from penguin_pipes.local.finding import LATEST
from penguin_pipes.report.page.publish import check, write_report

if TYPE_CHECKING:
    from collections.abc import Sequence

DONE: Final = 0
FAILED: Final = 1
REFUSED: Final = 2
INTERRUPTED: Final = 130


class Arguments(argparse.Namespace):
    """The command line, with its types."""

    run: str
    home: Path
    out: Path | None
    debug: bool


def parser() -> argparse.ArgumentParser:
    """Return what knows the command line."""
    found = argparse.ArgumentParser(
        prog="python -m penguin_pipes.report",
        description="Write a local run as one HTML page that needs no network.",
        allow_abbrev=False,
    )
    found.add_argument(
        "run",
        nargs="?",
        default=LATEST,
        metavar="RUN",
        help="the id of the run (default: the latest one)",
    )
    found.add_argument(
        "--home",
        type=Path,
        default=Path(".penguin_pipes"),
        metavar="DIR",
        help="what keeps the run (default: %(default)s)",
    )
    found.add_argument(
        "--out",
        type=Path,
        metavar="FILE",
        help="the page (default: report.html in the folder of the run)",
    )
    found.add_argument(
        "--debug", action="store_true", help="show the trace of an error"
    )
    return found


def main(argv: Sequence[str] | None = None) -> int:
    """Write the page that the command line asks for; return the exit code."""
    arguments = parser().parse_args(argv, namespace=Arguments())
    try:
        check(arguments.out)
        place = write_report(arguments.home, arguments.run, arguments.out)
    except PenguinPipesError as error:
        if arguments.debug:
            traceback.print_exc()
        sys.stderr.write(f"error: {error}\n")
        return REFUSED if isinstance(error, RequestError) else FAILED
    except KeyboardInterrupt:
        sys.stderr.write("interrupted; nothing was written\n")
        return INTERRUPTED
    sys.stdout.write(f"report: {place}\n")
    return DONE
