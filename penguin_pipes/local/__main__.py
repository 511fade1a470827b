"""``python -m penguin_pipes.local FILE``: run any definition on this computer."""

from __future__ import annotations

import argparse
import sys
import traceback
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rich.console import Console

from penguin_pipes.definition import Definition, load, parse, refuse_errors
from penguin_pipes.definition.parameters import from_texts
from penguin_pipes.errors import (
    InputError,
    PenguinPipesError,
    RequestError,
    StepFailedError,
)
from penguin_pipes.experiments.logged import log_run
from penguin_pipes.experiments.shown import show_logged
from penguin_pipes.flags import LocalFlags, add_backend_flags, add_flags, pythons
from penguin_pipes.local.backends import ISOLATIONS, Isolation
from penguin_pipes.local.backends.choice import chosen
from penguin_pipes.local.engine import HOME, How, run
from penguin_pipes.local.explain import explain
from penguin_pipes.local.interrupts import interrupted_by_requests_to_end
from penguin_pipes.local.preparation import Asked
from penguin_pipes.local.records import Run
from penguin_pipes.local.selection import Choice
from penguin_pipes.report import RunProgress, show_explanation, show_failures, show_run
from penguin_pipes.report.page.publish import check, write_report
from penguin_pipes.report.prose import say

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from penguin_pipes.local.backends import Backend
    from penguin_pipes.local.parameters import Given

DONE: Final = 0
FAILED: Final = 1
REFUSED: Final = 2
INTERRUPTED: Final = 130


class Arguments(LocalFlags):
    """The command line, with its types."""

    definition: Path
    file: list[str]
    parameter: list[str]
    parameter_file: list[str]
    home: Path
    name: str
    isolation: Isolation | None
    debug: bool


def parser() -> argparse.ArgumentParser:
    """Return what knows the command line."""
    found = argparse.ArgumentParser(
        prog="python -m penguin_pipes.local",
        description="Run a SageMaker pipeline definition on this computer.",
    )
    found.add_argument(
        "definition", type=Path, metavar="FILE", help="the definition JSON"
    )
    found.add_argument(
        "--file",
        action="append",
        default=[],
        metavar="S3URI=PATH",
        help="the local file or folder that an S3 name or prefix stands for",
    )
    found.add_argument(
        "--parameter",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a value for a parameter of the pipeline",
    )
    found.add_argument(
        "--parameter-file",
        action="append",
        default=[],
        metavar="NAME=PATH",
        help="a local file or folder as the value of a parameter",
    )
    found.add_argument(
        "--home",
        type=Path,
        default=HOME,
        metavar="DIR",
        help="where runs and what they wrote are kept (default: %(default)s)",
    )
    found.add_argument(
        "--name", default="pipeline", help="the pipeline's name (default: %(default)s)"
    )
    add_flags(found.add_argument_group("earlier runs"))
    where = found.add_argument_group("where jobs run")
    add_backend_flags(where)
    where.add_argument(
        "--isolation",
        choices=ISOLATIONS,
        help="how processes find their /opt/ml: really there, in a namespace of their "
        "own, or with rewritten paths (default: auto, the first where Linux allows it)",
    )
    found.add_argument(
        "--debug", action="store_true", help="show the trace of an error"
    )
    return found


def main(argv: Sequence[str] | None = None) -> int:
    """Run the definition that the command line names; return the exit code."""
    arguments = parser().parse_args(argv, namespace=Arguments())
    out, err = Console(highlight=False), Console(stderr=True, highlight=False)
    try:
        with interrupted_by_requests_to_end():
            return DONE if _act(arguments, out, err) else FAILED
    except PenguinPipesError as error:
        if arguments.debug:
            traceback.print_exc()
        err.print(f"error: {error}", markup=False, soft_wrap=True)
        return REFUSED if isinstance(error, RequestError) else FAILED
    except KeyboardInterrupt:
        err.print("interrupted; what had finished is kept")
        return INTERRUPTED


def _act(arguments: Arguments, out: Console, err: Console) -> bool:
    """Run, or explain, what the command line asks for; tell whether it succeeded."""
    if arguments.idle_flag is not None:
        msg = f"{arguments.idle_flag}: --explain runs nothing; leave one of them out"
        raise InputError(msg)
    if arguments.report is not None:
        check(arguments.report_file)
    tell = partial(say, console=err)
    asked = _asked(arguments, tell)
    store = None
    if arguments.mlflow is not None:
        # MLflow takes longer to load than all of this.
        from penguin_pipes.experiments.store import opened

        store = opened(arguments.mlflow, arguments.name)
    with chosen(arguments, isolation=arguments.isolation, tell=tell) as backend:
        if arguments.explain is not None:
            found = explain(asked, arguments.explain, images=backend.images)
            show_explanation(found, out)
            return True
        failed, record = _run(asked, arguments, backend, out)
    show_run(record, out)
    if failed is not None:
        if arguments.debug:
            traceback.print_exception(failed)
        show_failures(record, err)
    try:
        _report(record, arguments, out)
    except PenguinPipesError as error:
        if failed is None:
            raise
        err.print(f"error: {error}", markup=False, soft_wrap=True)
    if store is not None:
        show_logged(log_run(arguments.home, record.id, store=store), out, err)
    return failed is None


def _run(
    asked: Asked, arguments: Arguments, backend: Backend, out: Console
) -> tuple[StepFailedError | None, Run]:
    """Run what is asked for; return the failure, if there is one, and the record."""
    how, watch = How.of(arguments), RunProgress(out)
    try:
        return None, run(asked, how, watch=watch, backend=backend)
    except StepFailedError as error:
        if not isinstance(error.run, Run):
            raise
        return error, error.run


def _report(record: Run, arguments: Arguments, out: Console) -> None:
    """Write the page of a run, if the command line asks for it."""
    if arguments.report is not None:
        place = write_report(arguments.home, record.id, arguments.report_file)
        out.print(f"report: {place}", markup=False, soft_wrap=True)


def _asked(arguments: Arguments, tell: Callable[[str], object]) -> Asked:
    """Return what the command line asks to be run."""
    files = dict(map(_file, arguments.file))
    raw = load(arguments.definition)
    warnings = refuse_errors(raw, files=files)
    return Asked(
        definition=raw,
        files=files,
        parameters=_parameters(parse(raw), arguments),
        name=arguments.name,
        home=arguments.home,
        choice=Choice(start=arguments.from_step, only=arguments.only),
        resume=arguments.resume,
        python=pythons(arguments.python),
        parity=arguments.parity,
        tell=tell,
        warnings=warnings,
    )


def _parameters(definition: Definition, arguments: Arguments) -> dict[str, Given]:
    """Return the given values, each of the type its parameter declares."""
    found: dict[str, Given] = {**from_texts(definition, arguments.parameter)}
    for text in arguments.parameter_file:
        name, value = _halves(text, "--parameter-file NAME=PATH")
        found[name] = Path(value)
    return found


def _halves(text: str, form: str) -> tuple[str, str]:
    """Return what stands before and after the first ``=``."""
    name, equals, value = text.partition("=")
    if not equals or not name:
        msg = f"{text!r}: expected {form}"
        raise InputError(msg)
    return name, value


def _file(text: str) -> tuple[str, Path]:
    """Return an S3 name and its path; either may have an ``=`` of its own."""
    places = [index for index, sign in enumerate(text) if sign == "="]
    for index in places:
        if text[index + 1 :] and Path(text[index + 1 :]).exists():
            return text[:index], Path(text[index + 1 :])
    name, path = _halves(text, "--file S3URI=PATH")
    msg = f"--file {name}={path}: there is nothing at {path!r}"
    raise InputError(msg)


if __name__ == "__main__":
    sys.exit(main())
