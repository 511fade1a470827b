"""Run the pipeline on this computer, and show what became of it."""

from __future__ import annotations

import importlib.util
from functools import partial
from typing import TYPE_CHECKING, Final

from penguin_pipes.errors import InputError, StepFailedError
from penguin_pipes.flags import DOCKER, ONLY, USE, pythons

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from rich.console import Console

    from penguin_pipes.aws import Aws
    from penguin_pipes.config import PipelineConfig
    from penguin_pipes.deploy.arguments import Arguments
    from penguin_pipes.deploy.rendered import Rendered
    from penguin_pipes.experiments import Store
    from penguin_pipes.local.backends import Backend
    from penguin_pipes.local.preparation import Asked

LIBRARIES: Final = ("numpy", "pandas", "sklearn", "tensorflow")
"""What the penguins' scripts import, and the extra ``local`` installs."""

FETCHED: Final = "fetched"
"""The folder of a home that keeps what was brought from S3."""


def run_here(
    config: PipelineConfig,
    arguments: Arguments,
    *,
    account: Callable[[], Aws],
    out: Console,
    err: Console,
) -> bool:
    """Run the pipeline, and return whether it succeeded.

    Args:
        config: The pipeline.
        arguments: The command line.
        account: Whose credentials to use, if AWS has to be asked for anything.
        out: Gets what came of it.
        err: Gets what went wrong.

    Raises:
        RequestError: It cannot run; nothing was started.
        HomeError: The home cannot be used.
        AwsError: What was to be fetched cannot be had.
    """
    from penguin_pipes.deploy.rendered import remember, rendered
    from penguin_pipes.local import Run
    from penguin_pipes.local.backends.choice import chosen
    from penguin_pipes.local.explain import explain
    from penguin_pipes.local.interrupts import interrupted_by_requests_to_end
    from penguin_pipes.penguins import shipped
    from penguin_pipes.report import show_explanation
    from penguin_pipes.report.page.publish import check
    from penguin_pipes.report.prose import say

    if arguments.report is not None:
        check(arguments.report_file)
    store = _store(config, arguments)
    backend = chosen(
        arguments,
        isolation=arguments.isolation,
        login=partial(_login, account),
        tell=partial(say, console=err),
    )
    in_this_python = not (
        arguments.backend == DOCKER or arguments.python or arguments.parity
    )
    if in_this_python and config.training.source == shipped("scripts/train.py"):
        _check_libraries()

    with interrupted_by_requests_to_end(), backend:
        # Rendering takes as long as importing what the scripts need: both at once.
        beforehand = partial(_prepare, backend, config, arguments)
        home = arguments.home
        pipeline, folder = rendered(config, home=home, beforehand=beforehand)
        asked = _asked(pipeline, config, arguments, account, err)
        if arguments.explain is not None:
            found = explain(asked, arguments.explain, images=backend.images)
            show_explanation(found, out)
            return True
        failed, record = _run(asked, arguments, backend, out)
        remember(pipeline, folder)
    _show(failed, record, arguments, out=out, err=err)
    if store is not None and isinstance(record, Run):
        from penguin_pipes.experiments.logged import log_run
        from penguin_pipes.experiments.shown import show_logged

        show_logged(log_run(arguments.home, record.id, store=store), out, err)
    return failed is None


def _store(config: PipelineConfig, arguments: Arguments) -> Store | None:
    """Return where the run is to be logged, if anywhere: MLflow takes long to load.

    Raises:
        InputError: It cannot be logged there.
    """
    asked = config.mlflow
    uri = arguments.mlflow or (None if asked is None else asked.tracking_uri)
    if uri is None or arguments.explain is not None:
        return None
    from penguin_pipes.experiments.store import opened

    return opened(uri, (asked and asked.experiment) or config.name)


def _prepare(backend: Backend, config: PipelineConfig, arguments: Arguments) -> None:
    """Have servers started for the scripts that the run is going to need."""
    from penguin_pipes.deploy.expected import expected_scripts
    from penguin_pipes.local.contract.host import this_host
    from penguin_pipes.local.database import FILE

    # Servers are of the Python that runs this.
    if arguments.cache == ONLY or arguments.explain is not None:
        return
    if arguments.python or arguments.parity:
        return
    has_run = arguments.cache == USE and (arguments.home / FILE).exists()
    backend.prepare(expected_scripts(config, this_host(), has_run=has_run))


def _pythons(config: PipelineConfig, arguments: Arguments) -> Mapping[str, str] | None:
    """Return the interpreters of steps by name: the command line's, or the config's."""
    if arguments.backend == DOCKER:
        return None
    found = {config.processing_step_name: config.processing.python}
    if config.use_tuning:
        training = config.tuning.training or config.training
        found[config.tuning_step_name] = config.tuning.python or training.python
    else:
        found[config.training_step_name] = config.training.python
    register = config.register
    if register is not None:
        found[register.evaluation_step_name] = register.evaluation.python
        found[register.packaging_step_name] = register.packaging.python
    own = {step: str(python) for step, python in found.items() if python is not None}
    return {**own, **(pythons(arguments.python) or {})} or None


def _login(account: Callable[[], Aws], registry: str) -> tuple[str, str]:
    """Return the user and the password for a registry of ECR."""
    from penguin_pipes.aws.ecr import registry_login

    return registry_login(account(), registry)


def _asked(
    pipeline: Rendered,
    config: PipelineConfig,
    arguments: Arguments,
    account: Callable[[], Aws],
    err: Console,
) -> Asked:
    """Return what is to be run, as the engine is asked for it."""
    from penguin_pipes.definition import parse
    from penguin_pipes.definition.parameters import from_texts
    from penguin_pipes.local.preparation import Asked
    from penguin_pipes.local.selection import Choice
    from penguin_pipes.report.prose import say

    definition = parse(pipeline.definition)
    store = arguments.home.absolute() / FETCHED
    return Asked(
        definition=definition.raw,
        files=pipeline.files,
        parameters=from_texts(definition, arguments.parameter),
        home=arguments.home,
        name=config.name,
        choice=Choice(start=arguments.from_step, only=arguments.only),
        resume=arguments.resume,
        python=_pythons(config, arguments),
        parity=arguments.parity,
        tell=partial(say, console=err),
        warnings=pipeline.warnings,
        fetch=partial(_fetch, account, store, err) if arguments.fetch else None,
    )


def _fetch(
    account: Callable[[], Aws], store: Path, err: Console, uri: str
) -> Mapping[str, Path]:
    """Bring what lies in S3 at or below a name."""
    from penguin_pipes.aws.fetch import fetch
    from penguin_pipes.report.transfers import FetchProgress

    with FetchProgress(err) as watch:
        return fetch(uri, client=account().s3, store=store, watch=watch)


def _run(
    asked: Asked, arguments: Arguments, backend: Backend, out: Console
) -> tuple[StepFailedError | None, object]:
    """Run what is asked for; return the failure, if there is one, and the record."""
    from penguin_pipes.local.engine import How, run
    from penguin_pipes.report import RunProgress

    how, watch = How.of(arguments), RunProgress(out)
    try:
        return None, run(asked, how, watch=watch, backend=backend)
    except StepFailedError as error:
        return error, error.run


def _show(
    failed: StepFailedError | None,
    found: object,
    arguments: Arguments,
    *,
    out: Console,
    err: Console,
) -> None:
    """Print what came of a run, why a step of it failed, and where its page is."""
    from penguin_pipes.local import Run
    from penguin_pipes.report import show_failures, show_run

    if isinstance(found, Run):
        show_run(found, out)
        if failed is not None:
            show_failures(found, err)
        if arguments.report is not None:
            from penguin_pipes.report.page.publish import write_report

            place = write_report(arguments.home, found.id, arguments.report_file)
            out.print(f"report: {place}", markup=False, soft_wrap=True)


def _check_libraries() -> None:
    """Refuse a run whose scripts would fail at their first import."""
    missing = [name for name in LIBRARIES if importlib.util.find_spec(name) is None]
    if missing:
        msg = (
            f"--local: the penguins' scripts need {', '.join(missing)}, which this "
            "Python does not have; pip install 'penguin-pipes[local]'"
        )
        raise InputError(msg)
