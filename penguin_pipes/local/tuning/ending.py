"""What came of a trial, and of all: the record of one, the order of many."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Final

import attrs

from penguin_pipes.local.records import Status, gist, now
from penguin_pipes.local.uris import S3Uri

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from penguin_pipes.local.contract.tuning import Algorithm
    from penguin_pipes.local.jobs.base import JobResult
    from penguin_pipes.local.records import MetricPoint, Trial
    from penguin_pipes.local.storage import Storage
    from penguin_pipes.local.tuning.live import LiveTrial

FILES: Final = {
    "model": ("model.tar.gz", "model"),
    "output": ("output.tar.gz",),
}
"""What the artifacts of a training job are called below its folder of S3."""


def objective_of(
    series: Mapping[str, tuple[MetricPoint, ...]], algorithm: Algorithm
) -> list[float]:
    """Return every value of the objective."""
    return [point.value for point in series.get(algorithm.metric, ())]


def ended(live: LiveTrial, result: JobResult) -> Trial:
    """Return the record of a trial whose job has ended by itself, or was stopped."""
    values = objective_of(result.series, live.algorithm)
    last = values[-1] if values and math.isfinite(values[-1]) else None
    trial = attrs.evolve(
        live.trial,
        objective=last,
        failure=result.failure,
        exit_code=result.exit_code,
        series=result.series,
        artifacts=result.artifacts,
        finished_at=now(),
        seconds=time.perf_counter() - live.began,
    )
    if result.stopped:
        return attrs.evolve(trial, status=Status.STOPPED)
    # It may have come to its end before it heard that it should stop.
    trial = attrs.evolve(trial, stopped_by=None)
    if result.failure is not None:
        return attrs.evolve(trial, status=Status.FAILED)
    if last is None:
        why = _missing(values, live.algorithm)
        return attrs.evolve(trial, status=Status.FAILED, failure=why)
    return attrs.evolve(trial, status=Status.SUCCEEDED)


def lost(live: LiveTrial, why: str) -> Trial:
    """Return the record of a trial that came to no end."""
    return attrs.evolve(
        live.trial,
        status=Status.STOPPED,
        stopped_by=None,
        failure=why,
        finished_at=now(),
        seconds=time.perf_counter() - live.began,
    )


def _missing(values: list[float], algorithm: Algorithm) -> str:
    """Return why a trial has no objective."""
    if values:
        return f"the objective metric {algorithm.metric!r} ended as {values[-1]}"
    return (
        f"no objective metric: no line of its log holds {algorithm.metric!r}; look at "
        "its Regex under MetricDefinitions"
    )


def brought(trial: Trial, algorithm: Algorithm, storage: Storage) -> Trial:
    """Return a trial of another run with its artifacts where this run looks for them.

    That is where they are, unless the request names another place for each run.
    """
    output = algorithm.definition.need("OutputDataConfig").need("S3OutputPath").text()
    root = f"{output.rstrip('/')}/{trial.job_name}/output"
    artifacts = dict(trial.artifacts)
    for name, path in trial.artifacts.items():
        if name in FILES and path.name in FILES[name]:
            uri = S3Uri.parse(f"{root}/{path.name}")
            if storage.place(uri) != path:
                artifacts[name] = storage.publish(path, uri)
    return attrs.evolve(trial, artifacts=artifacts)


def why_none(trials: Iterable[Trial]) -> str:
    """Return in one sentence why there is no winner."""
    reasons: dict[str, list[int]] = {}
    for trial in sorted(trials, key=lambda each: each.number):
        why = gist(trial.failure or trial.stopped_by or "it was stopped")
        reasons.setdefault(why, []).append(trial.number)
    if not reasons:
        return "no trial was run"
    told = "; ".join(
        f"trial{'s' if len(numbers) > 1 else ''} {', '.join(map(str, numbers))}: {why}"
        for why, numbers in reasons.items()
    )
    count = sum(map(len, reasons.values()))
    return f"none of {count} trials has a model and an objective: {told}"
