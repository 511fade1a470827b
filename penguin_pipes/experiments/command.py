"""The command line: a run of a home in, an MLflow experiment out."""

from __future__ import annotations

import argparse
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Final

from penguin_pipes.errors import PenguinPipesError, RequestError

if TYPE_CHECKING:
    from collections.abc import Sequence

DONE: Final = 0
FAILED: Final = 1
REFUSED: Final = 2
INTERRUPTED: Final = 130


class Arguments(argparse.Namespace):
    """The command line, with its types."""

    run: str
    mlflow: str
    experiment: str | None
    home: Path
    debug: bool


def parser() -> argparse.ArgumentParser:
    """Return what knows the command line."""
    found = argparse.ArgumentParser(
        prog="python -m penguin_pipes.experiments",
        description="Log the training jobs of a local run to MLflow, as --mlflow does "
        "when the run is over. What is there already is not logged again.",
        allow_abbrev=False,
    )
    found.add_argument(
        "run",
        nargs="?",
        default="latest",
        metavar="RUN",
        help="the id of the run (default: the latest one)",
    )
    found.add_argument(
        "--mlflow",
        required=True,
        metavar="URI",
        help="the MLflow store, such as sqlite:///mlflow.db or http://127.0.0.1:5000",
    )
    found.add_argument(
        "--experiment",
        metavar="NAME",
        help="the experiment (default: the pipeline's name)",
    )
    found.add_argument(
        "--home",
        type=Path,
        default=Path(".penguin_pipes"),
        metavar="DIR",
        help="what keeps the run (default: %(default)s)",
    )
    found.add_argument(
        "--debug", action="store_true", help="show the trace of an error"
    )
    return found


def main(argv: Sequence[str] | None = None) -> int:
    """Log the run that the command line names; return the exit code."""
    arguments = parser().parse_args(argv, namespace=Arguments())
    try:
        return _log(arguments)
    except PenguinPipesError as error:
        if arguments.debug:
            traceback.print_exc()
        sys.stderr.write(f"error: {error}\n")
        return REFUSED if isinstance(error, RequestError) else FAILED
    except KeyboardInterrupt:
        sys.stderr.write("interrupted; the next time goes on from here\n")
        return INTERRUPTED


def _log(arguments: Arguments) -> int:
    from rich.console import Console

    from penguin_pipes.experiments.logged import log_run
    from penguin_pipes.experiments.shown import show_logged

    found = log_run(
        arguments.home,
        arguments.run,
        uri=arguments.mlflow,
        experiment=arguments.experiment,
    )
    err = Console(stderr=True, highlight=False)
    show_logged(found, Console(highlight=False), err)
    return DONE if found.is_whole else FAILED
