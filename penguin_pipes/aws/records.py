"""Executions of a pipeline as SageMaker tells of them: frozen records."""

from __future__ import annotations

from datetime import datetime

from attrs import frozen

ENDED = frozenset({"Stopped", "Failed", "Succeeded", "CompletedWithFailures"})
"""What an execution, or a step of one, does not leave any more."""


@frozen(kw_only=True)
class ExecutionStep:
    """One step of an execution.

    Attributes:
        name: As the definition calls it.
        status: ``Starting``, ``Executing``, ``Stopping``, ``Stopped``, ``Failed`` or
            ``Succeeded``.
        started_at: None if it has not.
        finished_at: None if it has not.
        cached_from: The execution whose result was reused; None if it ran.
        failure: Why it failed, in the service's words.
        job: ARN of the job that it started, if it is of a kind that has one.
        attempts: How often it was tried.
    """

    name: str
    status: str
    started_at: datetime | None = None
    finished_at: datetime | None = None
    cached_from: str | None = None
    failure: str | None = None
    job: str | None = None
    attempts: int = 1

    @property
    def seconds(self) -> float | None:
        """How long it took; None while it goes on."""
        if self.started_at is None or self.finished_at is None:
            return None
        return (self.finished_at - self.started_at).total_seconds()


@frozen(kw_only=True)
class Execution:
    """One execution and its steps.

    Attributes:
        arn: The execution's ARN.
        status: ``Executing``, ``Stopping`` or one of `ENDED`.
        started_at: When it was created.
        finished_at: When it was last changed, if it has ended.
        failure: Why it failed, in the service's words.
        steps: Those that were started so far, the first one first.
    """

    arn: str
    status: str
    started_at: datetime
    finished_at: datetime | None = None
    failure: str | None = None
    steps: tuple[ExecutionStep, ...] = ()

    @property
    def id(self) -> str:
        """What the ARN ends with."""
        return self.arn.rpartition("/")[2]

    @property
    def has_ended(self) -> bool:
        """Whether nothing more will happen."""
        return self.status in ENDED

    @property
    def seconds(self) -> float | None:
        """How long it took; None while it goes on."""
        if self.finished_at is None:
            return None
        return (self.finished_at - self.started_at).total_seconds()
