"""What the engine asks of whoever runs one type of step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeAlias

if TYPE_CHECKING:
    from penguin_pipes.definition import Node
    from penguin_pipes.local.backends import Script
    from penguin_pipes.local.contract.host import Host
    from penguin_pipes.local.contract.requests import DataInput
    from penguin_pipes.local.jobs.base import Job, JobResult
    from penguin_pipes.local.resolve import Unknown
    from penguin_pipes.local.storage import Storage

Registered: TypeAlias = Callable[[str], Mapping[str, Any] | None]
"""Says of the version of a model, by its ARN, what is known if it is registered."""


class JobKind(Protocol):
    """What the engine asks of one kind of job.

    Every `request` has its references resolved; before the run, those that only the
    run can tell are `Unknown`.

    Attributes:
        names_job: The member of a request that names its job, if any does.
    """

    names_job: ClassVar[str | None] = None

    def completed(
        self,
        request: Node,
        steps: Mapping[str, Mapping[str, Any] | Unknown],  # noqa: ARG002
        registered: Registered,  # noqa: ARG002
    ) -> Node:
        """Return *request* with what it names elsewhere looked up: mostly nothing.

        Args:
            request: What is asked for.
            steps: What other steps say of themselves.
            registered: Knows the versions of models that earlier runs registered.
        """
        return request

    def check(self, request: Node, storage: Storage) -> None:
        """Raise a `RequestError` if the job cannot run on this computer."""

    def inputs(self, request: Node) -> tuple[DataInput, ...]:
        """Return what must lie in S3 for the job to start."""

    def outputs(self, request: Node, job_name: str) -> tuple[str, ...]:
        """Return the S3 names at or below which the job's results will lie."""

    def expected(self, request: Node, job_name: str) -> Mapping[str, Any] | Unknown:
        """Return what Describe will say of the finished job, as far as is known."""

    def script(self, request: Node, storage: Storage, host: Host) -> Script | None:
        """Return the script that the job will start, if it can be known of."""

    def run(self, request: Node, job: Job) -> JobResult:
        """Run the job to its end."""
