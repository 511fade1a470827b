"""The training jobs of a run, as an experiment is told of them."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import attrs

from penguin_pipes.local.contract.script_mode import decoded, is_reserved
from penguin_pipes.local.contract.search import STATIC
from penguin_pipes.local.records import MetricPoint, Run, Status, StepRun, Trial
from penguin_pipes.service import MASK, SECRET_NAME

if TYPE_CHECKING:
    from collections.abc import Iterator

    from penguin_pipes.local.history import History

REQUEST: Final = "request.json"
TRAINING: Final = "Training"
TUNING: Final = "Tuning"
PREFIX: Final = "penguin_pipes."
PIPELINE: Final = "pipeline."
"""What the names of the pipeline's own parameters begin with."""


@attrs.frozen(kw_only=True)
class Job:
    """One training job, or the tuning job around several.

    Attributes:
        name: The job's own name.
        run: The id of the run that it ran in.
        step: The name of the step that it belongs to.
        status: How it stands.
        started_at: When it began.
        finished_at: When it ended, if that is known.
        parameters: What it was trained with: the script's hyperparameters, and the
            pipeline's parameters behind `PIPELINE`.
        series: Every value of every metric.
        artifacts: What it left, by name.
        tags: What else is to be known of it.
        trials: Of a tuning job, its training jobs.
    """

    name: str
    run: str
    step: str
    status: Status
    started_at: datetime
    finished_at: datetime | None = None
    parameters: Mapping[str, str] = MappingProxyType({})
    series: Mapping[str, tuple[MetricPoint, ...]] = MappingProxyType({})
    artifacts: Mapping[str, Path] = MappingProxyType({})
    tags: Mapping[str, str] = MappingProxyType({})
    trials: tuple[Job, ...] = ()


def jobs(run: Run, history: History) -> Iterator[tuple[StepRun, Job | None]]:
    """Yield the steps of a run that train, each with the job that did it.

    Of a step that was reused that is an earlier run's job: None if that run was taken
    out of the home.

    Args:
        run: The run.
        history: The records of its home.
    """
    for step in run.steps:
        if step.type not in {TRAINING, TUNING}:
            continue
        if step.reused_from is None:
            if step.started_at is not None:
                yield step, _job(run, step, step.started_at)
            continue
        job = None
        with contextlib.suppress(KeyError):
            origin = history.run(step.reused_from)
            worked = origin.step(step.name)
            if worked.started_at is not None:
                job = _job(origin, worked, worked.started_at)
        yield step, job


def _job(run: Run, step: StepRun, started_at: datetime) -> Job:
    """Return the job of a step."""
    request = _request(step.log)
    given = _given(run)
    job = Job(
        name=step.job_name,
        run=run.id,
        step=step.name,
        status=step.status,
        started_at=started_at,
        finished_at=step.finished_at,
        parameters={**given, **_hyperparameters(request.get("HyperParameters"))},
        series=step.series,
        artifacts=step.artifacts,
        tags=_tags(run, step.name, step.job_name, failure=step.failure),
    )
    return job if step.type == TRAINING else _search(job, run, step, request)


def _search(job: Job, run: Run, step: StepRun, request: Mapping[str, Any]) -> Job:
    """Return the job of a tuning step: its winner in numbers, its trials as children.

    What the winner left is with the winner, and not here again.
    """
    best = step.best_trial
    won: dict[str, tuple[MetricPoint, ...]] = {}
    fixed = _hyperparameters(_at(request, "TrainingJobDefinition").get(STATIC))
    tags, parameters = dict(job.tags), {**job.parameters, **fixed}
    if best is not None and best.objective is not None:
        at = best.finished_at or job.started_at
        won = {f"best_{best.metric}": (MetricPoint(at=at, value=best.objective),)}
        tags[f"{PREFIX}best_job"] = best.job_name
        found = _hyperparameters(best.hyperparameters)
        parameters |= {f"best_{name}": value for name, value in found.items()}
    return attrs.evolve(
        job,
        parameters=parameters,
        series=won,
        artifacts={},
        tags=tags,
        trials=tuple(
            _trial(run, step.name, trial, trial.started_at)
            for trial in step.trials
            if trial.started_at is not None
        ),
    )


def _trial(run: Run, step: str, trial: Trial, started_at: datetime) -> Job:
    request = _request(trial.log)
    asked = {**_at(request, "HyperParameters"), **trial.hyperparameters}
    tags = _tags(run, step, trial.job_name, failure=trial.failure)
    tags[f"{PREFIX}trial"] = str(trial.number)
    if trial.stopped_by:
        tags[f"{PREFIX}stopped_by"] = trial.stopped_by
    if trial.taken_from:
        tags[f"{PREFIX}taken_from"] = trial.taken_from
    return Job(
        name=trial.job_name,
        run=run.id,
        step=step,
        status=trial.status,
        started_at=started_at,
        finished_at=trial.finished_at,
        parameters={**_given(run), **_hyperparameters(asked)},
        series=trial.series,
        artifacts=trial.artifacts,
        tags=tags,
    )


def _tags(run: Run, step: str, job: str, *, failure: str | None) -> dict[str, str]:
    """Return by what a job is found again, and why it failed, if it did."""
    tags = {
        f"{PREFIX}pipeline": run.pipeline,
        f"{PREFIX}run": run.id,
        f"{PREFIX}step": step,
        f"{PREFIX}job": job,
    }
    return {**tags, f"{PREFIX}failure": failure} if failure else tags


def _given(run: Run) -> dict[str, str]:
    return {
        f"{PIPELINE}{name}": _unless_secret(name, value)
        for name, value in run.parameters.items()
    }


def _hyperparameters(found: object) -> dict[str, str]:
    """Return what the script was called with, without what is the toolkit's own."""
    if not isinstance(found, dict | Mapping):
        return {}
    return {
        str(name): _unless_secret(name, decoded(str(value)))
        for name, value in found.items()
        if not is_reserved(name)
    }


def _unless_secret(name: str, value: object) -> str:
    if SECRET_NAME.search(name):
        return MASK
    return value if isinstance(value, str) else json.dumps(value)


def _request(log: Path) -> Mapping[str, Any]:
    """Return what a job was asked for; nothing if that is gone."""
    try:
        found = json.loads((log.parent / REQUEST).read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _at(request: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = request.get(name)
    return found if isinstance(found, dict) else {}
