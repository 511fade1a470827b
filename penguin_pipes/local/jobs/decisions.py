"""Steps that take no job: conditions take one of two branches, fails end the run."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from penguin_pipes.local.conditions import all_hold
from penguin_pipes.local.jobs.base import JobResult
from penguin_pipes.local.jobs.kind import JobKind
from penguin_pipes.local.resolve import Unknown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from penguin_pipes.definition import Node
    from penguin_pipes.local.backends import Script
    from penguin_pipes.local.contract.host import Host
    from penguin_pipes.local.contract.requests import DataInput
    from penguin_pipes.local.jobs.base import Job
    from penguin_pipes.local.storage import Storage

OUTCOMES = {True: "True", False: "False"}
"""What the service calls them (``ConditionOutcome``)."""


class Still(JobKind):
    """What steps have in common that read and write nothing in S3."""

    def check(self, request: Node, storage: Storage) -> None:
        """Raise a `RequestError` if the step cannot be run here."""

    def inputs(self, request: Node) -> tuple[DataInput, ...]:  # noqa: ARG002
        """Return what must lie in S3: nothing."""
        return ()

    def outputs(self, request: Node, job_name: str) -> tuple[str, ...]:  # noqa: ARG002
        """Return where results will lie: nowhere."""
        return ()

    def script(
        self,
        request: Node,  # noqa: ARG002 - see above
        storage: Storage,  # noqa: ARG002 - see above
        host: Host,  # noqa: ARG002 - see above
    ) -> Script | None:
        """Return the script that will be started: none."""
        return None


class Decision(Still, ABC):
    """What steps have in common that take no job."""

    @abstractmethod
    def decide(self, request: Node) -> JobResult:
        """Return what comes of the step, in no time."""

    def run(self, request: Node, job: Job) -> JobResult:  # noqa: ARG002
        """Return what comes of the step."""
        return self.decide(request)


class ConditionKind(Decision):
    """Steps of type ``Condition``."""

    def expected(self, request: Node, job_name: str) -> Mapping[str, Any]:  # noqa: ARG002
        """Return what others can refer to: the outcome."""
        return {"Outcome": Unknown("Outcome")}

    def decide(self, request: Node) -> JobResult:
        """Return the outcome.

        Raises:
            DefinitionError: It cannot be decided.
        """
        outcome = OUTCOMES[all_hold(request.all("Conditions"))]
        return JobResult(failure=None, properties={"Outcome": outcome})


class FailKind(Decision):
    """Steps of type ``Fail``."""

    def expected(self, request: Node, job_name: str) -> Mapping[str, Any]:  # noqa: ARG002
        """Return what others can refer to: nothing."""
        return {}

    def decide(self, request: Node) -> JobResult:
        """Fail, with the message that the step has."""
        message = request.text_of("ErrorMessage")
        return JobResult(failure=message or "the step has no ErrorMessage")
