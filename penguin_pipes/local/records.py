"""What a run was: frozen records of runs, steps and metrics."""

from __future__ import annotations

import difflib
import enum
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

import attrs

from penguin_pipes.definition import Scalar


def now() -> datetime:
    """Return the present moment, in UTC."""
    return datetime.now(UTC)


class Status(enum.StrEnum):
    """How a run or a step stands, in the service's words.

    ``NotStarted`` and ``Skipped`` are ours: the service does not list the steps that it
    did not get to, or that lie in a branch which was not taken.
    """

    NOT_STARTED = "NotStarted"
    EXECUTING = "Executing"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    STOPPED = "Stopped"
    SKIPPED = "Skipped"


@attrs.frozen(kw_only=True)
class MetricPoint:
    """One value that a metric had.

    Attributes:
        at: When its line was read.
        value: The number, in the metric's own unit.
    """

    at: datetime
    value: float


@attrs.frozen(kw_only=True)
class Trial:
    """One training job of a tuning step.

    Attributes:
        number: Which of the step's trials it is, counted from one.
        definition: The name of the training job definition it was made of, if it has
            one.
        job_name: The name of its job.
        hyperparameters: Those that were searched for, as the job was told them.
        status: How it stands. ``Stopped`` has a `stopped_by`, or the run was stopped.
        metric: The objective metric.
        maximize: Whether more of it is better.
        objective: Its last value.
        stopped_by: Why it was stopped before its end, if the search did that.
        failure: Why it failed, or came to no end.
        started_at: When it was begun, if it was.
        finished_at: When it ended, if it did.
        seconds: How long that took.
        exit_code: What its container would have exited with.
        log: The file with everything it printed.
        series: Every value of every metric, in the order of the log.
        artifacts: Where its outputs lie, by their names.
        taken_from: The id of the run that was interrupted after this trial, if it did
            not have to run again.
    """

    number: int
    job_name: str
    log: Path
    definition: str = ""
    hyperparameters: Mapping[str, str] = MappingProxyType({})
    status: Status = Status.NOT_STARTED
    metric: str = ""
    maximize: bool = True
    objective: float | None = None
    stopped_by: str | None = None
    failure: str | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    seconds: float | None = None
    exit_code: int | None = None
    series: Mapping[str, tuple[MetricPoint, ...]] = MappingProxyType({})
    artifacts: Mapping[str, Path] = MappingProxyType({})
    taken_from: str | None = None

    @property
    def is_finished(self) -> bool:
        """Whether there is nothing left to run: it succeeded, or was out of hope."""
        return self.status is Status.SUCCEEDED or self.stopped_by is not None

    @property
    def is_ranked(self) -> bool:
        """Whether it can win: it has an objective, and has left a model."""
        has_model = self.status is Status.SUCCEEDED or "model" in self.artifacts
        return self.is_finished and self.objective is not None and has_model


def gist(reason: str) -> str:
    """Return in one line why a job failed, without the command that everybody knows."""
    return " ".join(reason.split()).partition(' Command "')[0]


def ranked(trials: Iterable[Trial]) -> tuple[Trial, ...]:
    """Return the trials that can win, the best first; of equals, the earlier."""

    def rank(trial: Trial) -> tuple[float, int]:
        value = trial.objective or 0.0
        return -value if trial.maximize else value, trial.number

    return tuple(sorted((each for each in trials if each.is_ranked), key=rank))


@attrs.frozen(kw_only=True)
class StepRun:
    """One step of one run.

    Attributes:
        name: As the definition calls it.
        type: ``Processing``, ``Training`` …
        status: How it stands.
        job_name: The name its job got, made as the service makes them.
        started_at: When its job was begun, if it was.
        finished_at: When it ended, if it did.
        seconds: How long that took, by a clock that cannot be set.
        exit_code: What the container would have exited with, if a job ran.
        failure: Why it failed, in the words of the service's ``FailureReason``.
        log: The file with everything the job printed.
        series: Every value of every metric, in the order of the log.
        artifacts: Where its outputs lie on this computer, by their names.
        reused_from: The id of the run whose result was taken instead of running the
            job again; None if it ran, or has not come to it.
        reasons: Why no earlier result was taken, or why the step was skipped.
        attempts: How often its job was tried.
        properties: What others can refer to: what its Describe call would return.
        trials: Of a tuning step, its training jobs, in the order of their numbers.
    """

    name: str
    type: str
    job_name: str
    log: Path
    status: Status = Status.NOT_STARTED
    started_at: datetime | None = None
    finished_at: datetime | None = None
    seconds: float | None = None
    exit_code: int | None = None
    failure: str | None = None
    series: Mapping[str, tuple[MetricPoint, ...]] = MappingProxyType({})
    artifacts: Mapping[str, Path] = MappingProxyType({})
    reused_from: str | None = None
    reasons: tuple[str, ...] = ()
    attempts: int = 1
    properties: Mapping[str, Any] = attrs.field(
        factory=dict,
        repr=False,
        eq=False,  # a metric may be no number, like no other
    )
    trials: tuple[Trial, ...] = ()

    @property
    def metrics(self) -> dict[str, float]:
        """The last value of each metric: the service's ``FinalMetricDataList``."""
        return {
            name: points[-1].value for name, points in self.series.items() if points
        }

    @property
    def best_trial(self) -> Trial | None:
        """The trial of a tuning step that won, if there is one."""
        return next(iter(ranked(self.trials)), None)


@attrs.frozen(kw_only=True)
class Run:
    """One run of a pipeline.

    Attributes:
        id: Twelve letters and digits, as the service's execution ids.
        pipeline: The pipeline's name.
        status: How it stands.
        parameters: The values it ran with, defaults included.
        started_at: When it began.
        finished_at: When it ended, if it did.
        steps: Its steps, in the order in which they run.
        selected: The names of those that were to run; None if all were.
    """

    id: str
    pipeline: str
    started_at: datetime
    status: Status = Status.EXECUTING
    finished_at: datetime | None = None
    parameters: Mapping[str, Scalar] = MappingProxyType({})
    steps: tuple[StepRun, ...] = ()
    selected: tuple[str, ...] | None = None

    def step(self, name: str) -> StepRun:
        """Return the step called *name*.

        Raises:
            KeyError: If there is none; the message names those there are.
        """
        names = [step.name for step in self.steps]
        if name not in names:
            near = difflib.get_close_matches(name, names, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"there are: {names}"
            msg = f"no step of run {self.id} is called {name!r}; {hint}"
            raise KeyError(msg)
        return self.steps[names.index(name)]

    def with_step(self, step: StepRun) -> Run:
        """Return this run with the step of the same name replaced by *step*."""
        steps = tuple(step if each.name == step.name else each for each in self.steps)
        return attrs.evolve(self, steps=steps)
