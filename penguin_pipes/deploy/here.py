"""Run the pipeline on this computer, and show what became of it."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING, Final

from penguin_pipes.errors import InputError, StepFailedError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from rich.console import Console

    from penguin_pipes.config import PipelineConfig
    from penguin_pipes.local.backends import Isolation

LIBRARIES: Final = ("numpy", "pandas", "sklearn", "tensorflow")
"""What the penguins' scripts import, and the extra ``local`` installs."""


def run_here(
    config: PipelineConfig,
    *,
    home: Path,
    parameters: Sequence[str],
    isolation: Isolation,
    out: Console,
    err: Console,
) -> bool:
    """Run the pipeline, and return whether it succeeded.

    Args:
        config: What pipeline.
        home: What keeps the runs.
        parameters: Values for its parameters, as ``NAME=VALUE``.
        isolation: How jobs find their ``/opt/ml``.
        out: Where what happens is shown.
        err: Where a failure is explained.

    Raises:
        RequestError: It cannot run; nothing was started.
        HomeError: The home cannot be used.
    """
    from penguin_pipes.definition import parse
    from penguin_pipes.definition.parameters import from_texts
    from penguin_pipes.local import Run, run_locally
    from penguin_pipes.local.backends import ProcessBackend
    from penguin_pipes.local.interrupts import interrupted_by_requests_to_end
    from penguin_pipes.penguins import shipped
    from penguin_pipes.pipeline import build_pipeline
    from penguin_pipes.report import RunProgress, show_failure, show_run

    if config.training.source == shipped("scripts/train.py"):
        _check_libraries()
    with (
        interrupted_by_requests_to_end(),
        ProcessBackend(isolation=isolation) as backend,
    ):
        pipeline = build_pipeline(config)
        definition = pipeline.definition()
        try:
            run = run_locally(
                definition,
                files=pipeline.files,
                parameters=from_texts(parse(definition), parameters),
                home=home,
                name=config.name,
                watch=RunProgress(out),
                backend=backend,
            )
        except StepFailedError as error:
            if isinstance(error.run, Run):
                show_run(error.run, out)
                show_failure(error.run.step(error.step), err)
            return False
    show_run(run, out)
    return True


def _check_libraries() -> None:
    """Refuse a run whose scripts would fail at their first import."""
    missing = [name for name in LIBRARIES if importlib.util.find_spec(name) is None]
    if missing:
        msg = (
            f"--local: the penguins' scripts need {', '.join(missing)}, which this "
            "Python does not have; pip install 'penguin-pipes[local]'"
        )
        raise InputError(msg)
