"""Run the pipeline on this computer, and show what became of it."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING, Final

from penguin_pipes.errors import InputError, StepFailedError
from penguin_pipes.flags import ONLY

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from rich.console import Console

    from penguin_pipes.config import PipelineConfig
    from penguin_pipes.deploy.rendered import Rendered
    from penguin_pipes.flags import LocalFlags
    from penguin_pipes.local.backends import Backend, Isolation
    from penguin_pipes.local.preparation import Asked

LIBRARIES: Final = ("numpy", "pandas", "sklearn", "tensorflow")
"""What the penguins' scripts import, and the extra ``local`` installs."""


def run_here(
    config: PipelineConfig,
    *,
    flags: LocalFlags,
    home: Path,
    parameters: Sequence[str],
    isolation: Isolation,
    out: Console,
    err: Console,
) -> bool:
    """Run the pipeline, and return whether it succeeded.

    Args:
        config: The pipeline.
        flags: What the command line says about local runs.
        home: What local runs keep.
        parameters: ``NAME=VALUE``, for the pipeline's parameters.
        isolation: How jobs find their ``/opt/ml``.
        out: Gets what came of it.
        err: Gets what went wrong.

    Raises:
        RequestError: It cannot run; nothing was started.
        HomeError: The home cannot be used.
    """
    from penguin_pipes.deploy.expected import expected_scripts
    from penguin_pipes.deploy.rendered import remember, rendered
    from penguin_pipes.local.backends import ProcessBackend
    from penguin_pipes.local.contract.host import this_host
    from penguin_pipes.local.explain import explain
    from penguin_pipes.local.interrupts import interrupted_by_requests_to_end
    from penguin_pipes.penguins import shipped
    from penguin_pipes.report import show_explanation

    if config.training.source == shipped("scripts/train.py"):
        _check_libraries()
    name = config.name
    with interrupted_by_requests_to_end():
        if flags.explain is not None:
            pipeline, _ = rendered(config, home=home)
            asked = _asked(
                pipeline, name, flags=flags, home=home, parameters=parameters
            )
            show_explanation(explain(asked, flags.explain), out)
            return True
        with ProcessBackend(isolation=isolation, warm=not flags.cold) as backend:

            def prepare() -> None:
                if flags.cache != ONLY:
                    backend.prepare(expected_scripts(config, this_host()))

            # Rendering takes as long as importing what the scripts need: both at once.
            pipeline, folder = rendered(config, home=home, beforehand=prepare)
            asked = _asked(
                pipeline, name, flags=flags, home=home, parameters=parameters
            )
            failed, found = _run(asked, flags, backend, out)
        remember(pipeline, folder)
    _show(failed, found, out=out, err=err)
    return failed is None


def _asked(
    pipeline: Rendered,
    name: str,
    *,
    flags: LocalFlags,
    home: Path,
    parameters: Sequence[str],
) -> Asked:
    """Return what is to be run, as the engine is asked for it."""
    from penguin_pipes.definition import parse
    from penguin_pipes.definition.parameters import from_texts
    from penguin_pipes.local.preparation import Asked
    from penguin_pipes.local.selection import Choice

    definition = parse(pipeline.definition)
    return Asked(
        definition=definition.raw,
        files=pipeline.files,
        parameters=from_texts(definition, parameters),
        home=home,
        name=name,
        choice=Choice(start=flags.from_step, only=flags.only),
        resume=flags.resume,
        warnings=pipeline.warnings,
    )


def _run(
    asked: Asked, flags: LocalFlags, backend: Backend, out: Console
) -> tuple[StepFailedError | None, object]:
    """Run what is asked for; return the failure, if there is one, and the record."""
    from penguin_pipes.local.engine import How, run
    from penguin_pipes.report import RunProgress

    try:
        return None, run(asked, How.of(flags), watch=RunProgress(out), backend=backend)
    except StepFailedError as error:
        return error, error.run


def _show(
    failed: StepFailedError | None, found: object, *, out: Console, err: Console
) -> None:
    """Print what came of a run, and why a step of it failed."""
    from penguin_pipes.local import Run
    from penguin_pipes.report import show_failures, show_run

    if isinstance(found, Run):
        show_run(found, out)
        if failed is not None:
            show_failures(found, err)


def _check_libraries() -> None:
    """Refuse a run whose scripts would fail at their first import."""
    missing = [name for name in LIBRARIES if importlib.util.find_spec(name) is None]
    if missing:
        msg = (
            f"--local: the penguins' scripts need {', '.join(missing)}, which this "
            "Python does not have; pip install 'penguin-pipes[local]'"
        )
        raise InputError(msg)
