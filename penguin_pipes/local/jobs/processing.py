"""Run processing jobs: a request in, published folders and a description out."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import attrs

from penguin_pipes.local.contract import processing
from penguin_pipes.local.contract.failure import LONGEST_REASON, reason
from penguin_pipes.local.contract.names import account_of, arn, region_of
from penguin_pipes.local.contract.processing import ProcessingRequest
from penguin_pipes.local.contract.requests import refuse_cluster_in_images
from penguin_pipes.local.jobs.base import (
    Job,
    JobResult,
    container_code,
    failure_of,
    moment,
)
from penguin_pipes.local.jobs.cluster import Ended, gather, on_each
from penguin_pipes.local.jobs.kind import JobKind
from penguin_pipes.local.jobs.scripts import processing_script
from penguin_pipes.local.records import now
from penguin_pipes.local.resolve import Unknown

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from penguin_pipes.definition import Node
    from penguin_pipes.local.backends import Script
    from penguin_pipes.local.contract.host import Host
    from penguin_pipes.local.contract.requests import DataInput
    from penguin_pipes.local.contract.tree import WorkTree
    from penguin_pipes.local.storage import Storage


@attrs.frozen
class ProcessingKind(JobKind):
    """Steps of type ``Processing``.

    Attributes:
        in_image: Whether they run in the images that they name.
    """

    names_job = "ProcessingJobName"
    in_image: bool = False

    def check(
        self,
        request: Node,
        storage: Storage,  # noqa: ARG002 - what others look at, this kind need not
    ) -> None:
        """Raise a `RequestError` if the job cannot run on this computer."""
        asked = ProcessingRequest.read(request)
        if self.in_image:
            refuse_cluster_in_images(request, asked.instances)
        else:
            processing.need_entrypoint(request)

    def inputs(self, request: Node) -> tuple[DataInput, ...]:
        """Return what must lie in S3 for the job to start."""
        return ProcessingRequest.read(request).inputs

    def outputs(
        self,
        request: Node,
        job_name: str,  # noqa: ARG002 - only some kinds name their results by it
    ) -> tuple[str, ...]:
        """Return the S3 names at or below which the job's results will lie."""
        return tuple(output.uri for output in ProcessingRequest.read(request).outputs)

    def expected(self, request: Node, job_name: str) -> Mapping[str, Any]:
        """Return what Describe will say of the finished job, as far as is known."""
        message = Unknown("ExitMessage")
        return _described(ProcessingRequest.read(request), job_name, message=message)

    def script(self, request: Node, storage: Storage, host: Host) -> Script | None:
        """Return the script that the job will start, if it can be known of."""
        return processing_script(ProcessingRequest.read(request), storage, host)

    def run(self, request: Node, job: Job) -> JobResult:
        """Run the job to its end."""
        asked = ProcessingRequest.read(request)
        started = now()
        together = on_each(job, asked.instances, partial(_run_on_one, asked))
        end = together.decisive
        message = _message(end.job.tree)
        failure = failure_of(
            end.outcome,
            max_runtime_s=asked.max_runtime_s,
            reason=reason(message or "", end.code),
        )
        artifacts = {}
        if failure is None:
            gather(job, together.parts, [output.path for output in asked.outputs])
            artifacts = job.publish(asked.outputs)
        return JobResult(
            failure=failure,
            exit_code=end.code,
            properties=_described(
                asked, job.name, message=message, started=started, ended=now()
            ),
            artifacts=artifacts,
            fault=end.outcome.fault,
        )


def _run_on_one(asked: ProcessingRequest, job: Job) -> Ended:
    """Run what one computer of the job runs to its end."""
    job.make_folders("/opt/ml/output", *(output.path for output in asked.outputs))
    job.stage(asked.inputs)
    arn = _arn(asked, job.name)
    job.write_config(
        processing.config_files(asked, name=job.name, arn=arn, instance=job.instance)
    )
    outcome = job.run(
        processing.argv(asked, job.tree, job.host),
        processing.environment(asked, job.tree, job.host),
        network=asked.network,
        image=asked.image,
        replaces_entrypoint=bool(asked.entrypoint),
        timeout_s=asked.max_runtime_s,
    )
    return Ended(job=job, outcome=outcome, code=container_code(outcome))


def _arn(request: ProcessingRequest, name: str) -> str:
    """Return the ARN that the job would have."""
    return arn(
        "processing-job",
        name,
        region=region_of(request.image),
        account=account_of(request.role),
    )


def _message(tree: WorkTree) -> str | None:
    """Return what the job left as its last words."""
    try:
        text = tree.at(processing.MESSAGE).read_bytes().decode()
    except UnicodeDecodeError:
        return f"ClientError: {processing.MESSAGE} is not UTF-8"
    except OSError:
        return None
    return text[:LONGEST_REASON]


def _described(
    request: ProcessingRequest,
    name: str,
    *,
    message: str | None,
    started: datetime | None = None,
    ended: datetime | None = None,
) -> dict[str, Any]:
    """Return what the Describe call would say of the finished job."""
    return {
        **request.raw,
        "ProcessingJobName": name,
        "ProcessingJobArn": _arn(request, name),
        "ProcessingJobStatus": "Completed",
        "CreationTime": moment(started),
        "ProcessingStartTime": moment(started),
        "ProcessingEndTime": moment(ended),
        "LastModifiedTime": moment(ended),
        **({} if message is None else {"ExitMessage": message}),
    }
