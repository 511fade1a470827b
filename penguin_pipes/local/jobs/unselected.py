"""Steps that are not run because others were selected."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from penguin_pipes.local.jobs.base import JobResult
from penguin_pipes.local.jobs.decisions import Still
from penguin_pipes.local.resolve import Unknown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from penguin_pipes.definition import Node
    from penguin_pipes.local.jobs.base import Job
    from penguin_pipes.local.records import StepRun


class UnselectedKind(Still):
    """A step that is not run.

    Args:
        taken: What it came to in the run that others refer to, if they do.
    """

    def __init__(self, taken: StepRun | None) -> None:
        self.taken = taken

    def expected(
        self,
        request: Node,  # noqa: ARG002 - nothing will come of it
        job_name: str,  # noqa: ARG002 - there is no job
    ) -> Mapping[str, Any] | Unknown:
        """Return what others can refer to: what there was."""
        return Unknown("nothing") if self.taken is None else self.taken.properties

    def run(self, request: Node, job: Job) -> JobResult:  # noqa: ARG002
        """Return what there was."""
        if self.taken is None:
            return JobResult(failure="it was not selected")
        return JobResult(
            failure=None,
            exit_code=self.taken.exit_code,
            properties=self.taken.properties,
            artifacts=self.taken.artifacts,
            series=self.taken.series,
        )
