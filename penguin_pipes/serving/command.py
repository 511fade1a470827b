"""The command line: serve a run's model, or a folder's, until it is stopped."""

from __future__ import annotations

import argparse
import importlib.util
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Final

from penguin_pipes.errors import InputError, PenguinPipesError, RequestError

if TYPE_CHECKING:
    from collections.abc import Sequence

DONE: Final = 0
FAILED: Final = 1
REFUSED: Final = 2
LAST_PORT: Final = 65535
LIBRARIES: Final = ("flask", "gunicorn", "joblib", "sklearn", "tensorflow")


class Arguments(argparse.Namespace):
    """The command line, with its types."""

    run: str
    home: Path
    host: str
    port: int
    workers: int
    threads: int
    debug: bool


def parser() -> argparse.ArgumentParser:
    """Return what knows the command line."""
    found = argparse.ArgumentParser(
        prog="python -m penguin_pipes.serving",
        description="Serve a trained model: a page with a form at /, and SageMaker's "
        "hosting contract (/ping, /invocations).",
        allow_abbrev=False,
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    found.add_argument(
        "--run",
        default="latest",
        metavar="RUN",
        help="latest, the id of a run, or a folder with model.tar.gz and SHA256SUMS",
    )
    found.add_argument(
        "--home", type=Path, default=Path(".penguin_pipes"), help="where the runs are"
    )
    found.add_argument("--host", default="127.0.0.1", help="the address to listen at")
    found.add_argument(
        "--port", type=_at_least(0), default=8080, help="its port; 0 is any free one"
    )
    found.add_argument(
        "--workers", type=_at_least(1), default=1, help="processes, each with the model"
    )
    found.add_argument(
        "--threads", type=_at_least(1), default=8, help="requests at once in each"
    )
    found.add_argument(
        "--debug", action="store_true", help="show the trace of an error"
    )
    return found


class _at_least:  # noqa: N801 - argparse prints the name, and this is used as a type
    """Reads a number from a least one to the last port."""

    def __init__(self, least: int) -> None:
        self._least = least

    def __call__(self, text: str) -> int:
        """Return the number that *text* writes."""
        if text.isascii() and text.isdigit() and self._least <= int(text) <= LAST_PORT:
            return int(text)
        msg = f"{text!r} is no number from {self._least} to {LAST_PORT}"
        raise argparse.ArgumentTypeError(msg)


def main(argv: Sequence[str] | None = None) -> int:
    """Serve what the command line asks for; return the exit code."""
    arguments = parser().parse_args(argv, namespace=Arguments())
    try:
        _check_libraries()
        _serve(arguments)
    except PenguinPipesError as error:
        if arguments.debug:
            traceback.print_exc()
        sys.stderr.write(f"error: {error}\n")
        return REFUSED if isinstance(error, RequestError) else FAILED
    return DONE


def _check_libraries() -> None:
    missing = [name for name in LIBRARIES if importlib.util.find_spec(name) is None]
    if missing:
        msg = (
            f"serving needs {', '.join(missing)}, which this Python does not have; "
            "pip install 'penguin-pipes[serving]'"
        )
        raise InputError(msg)


def _serve(arguments: Arguments) -> None:
    from penguin_pipes.serving.artifacts import find
    from penguin_pipes.serving.server import Server

    # Before the first worker: what was changed is refused once, in one sentence.
    artifacts = find(arguments.run, arguments.home)
    Server(
        artifacts,
        host=arguments.host,
        port=arguments.port,
        workers=arguments.workers,
        threads=arguments.threads,
    ).run()
