"""Start a pipeline, follow it, stop it, and say how earlier executions went."""

from __future__ import annotations

import time
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from attrs import evolve

from penguin_pipes.aws.deployed import arn_of
from penguin_pipes.aws.failures import translated
from penguin_pipes.aws.records import ENDED, Execution, ExecutionStep
from penguin_pipes.aws.secrets import redact
from penguin_pipes.definition.node import as_text
from penguin_pipes.errors import AwsError, InputError
from penguin_pipes.service import MAX_STARTED_PARAMETER_VALUE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from penguin_pipes.definition import Scalar

JOBS: Final = ("ProcessingJob", "TrainingJob", "TransformJob", "TuningJob", "AutoMLJob")
"""Members of a step's metadata that hold the ARN of a job."""

PAUSE_S: Final = 10.0


def start(
    client: Any,
    name: str,
    *,
    parameters: Mapping[str, Scalar],
    steps: tuple[str, ...] = (),
) -> str:
    """Start a pipeline, and return the execution's ARN.

    Args:
        client: A SageMaker client.
        name: The pipeline's name.
        parameters: Name → value; what is not named has its default.
        steps: Run these alone, on what the latest execution left; none for all.

    Raises:
        InputError: A value is longer than the service takes.
        AwsError: AWS refused, or was not reached.
    """
    request: dict[str, Any] = {"PipelineName": name}
    if parameters:
        request["PipelineParameters"] = [
            {"Name": key, "Value": _value(key, value)}
            for key, value in parameters.items()
        ]
    if steps:
        source = latest(client, name, of={"Succeeded", "Failed", "Stopped"})
        request["SelectiveExecutionConfig"] = {
            "SourcePipelineExecutionArn": source,
            "SelectedSteps": [{"StepName": step} for step in steps],
        }
    what = f"pipeline {name!r} was not started"
    with translated(what, resource=arn_of(client, name)):
        return str(client.start_pipeline_execution(**request)["PipelineExecutionArn"])


def _value(name: str, value: Scalar) -> str:
    text = as_text(value)
    if len(text) > MAX_STARTED_PARAMETER_VALUE:
        msg = (
            f"parameter {name!r}: a start takes {MAX_STARTED_PARAMETER_VALUE} "
            f"characters at most; got {len(text)}. Put the value into an object in S3 "
            "and give its URI"
        )
        raise InputError(msg)
    return text


def stop(client: Any, execution: str) -> None:
    """Stop an execution; its running jobs are stopped with it.

    Raises:
        AwsError: AWS refused, or was not reached.
    """
    with translated(f"{execution} was not stopped", resource=execution):
        client.stop_pipeline_execution(PipelineExecutionArn=execution)


def latest(client: Any, name: str, *, of: set[str] | None = None) -> str:
    """Return the ARN of the latest execution of a pipeline.

    Args:
        client: A SageMaker client.
        name: The pipeline's name.
        of: The statuses that count; None for all.

    Raises:
        AwsError: There is none, AWS refused, or was not reached.
    """
    for summary in _summaries(client, name):
        if of is None or summary["PipelineExecutionStatus"] in of:
            return str(summary["PipelineExecutionArn"])
    kind = "" if of is None else f" that is {' or '.join(sorted(of))}"
    msg = f"pipeline {name!r} has no execution{kind}; --executions lists them all"
    raise AwsError(msg)


def executions(client: Any, name: str, *, most: int) -> Iterator[Execution]:
    """Yield executions of a pipeline with their steps, the latest first.

    Raises:
        AwsError: AWS refused, or was not reached.
    """
    for summary in islice(_summaries(client, name), most):
        yield look_at(client, summary["PipelineExecutionArn"])


def look_at(client: Any, arn: str) -> Execution:
    """Return one execution as it is now.

    Raises:
        AwsError: AWS refused, or was not reached.
    """
    with translated(f"{arn} could not be looked at", resource=arn):
        found = client.describe_pipeline_execution(PipelineExecutionArn=arn)
        pages = client.get_paginator("list_pipeline_execution_steps").paginate(
            PipelineExecutionArn=arn, SortOrder="Ascending"
        )
        steps = tuple(
            _step(step) for page in pages for step in page["PipelineExecutionSteps"]
        )
    status = found["PipelineExecutionStatus"]
    return Execution(
        arn=arn,
        status=status,
        started_at=found["CreationTime"],
        finished_at=found.get("LastModifiedTime") if status in ENDED else None,
        failure=_reason(found),
        steps=steps,
    )


def follow(
    client: Any,
    arn: str,
    *,
    pause_s: float = PAUSE_S,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[Execution]:
    """Yield an execution as it is, again and again, until it has ended.

    Args:
        client: A SageMaker client.
        arn: The execution's ARN.
        pause_s: Seconds between two looks.
        sleep: What waits for so long.

    Raises:
        AwsError: AWS refused, or was not reached.
    """
    while True:
        execution = look_at(client, arn)
        yield execution
        if execution.has_ended:
            return
        sleep(pause_s)


def _summaries(client: Any, name: str) -> Iterator[Mapping[str, Any]]:
    """Yield what the service says of all executions, the latest first."""
    what = f"the executions of pipeline {name!r} could not be listed"
    paginator = client.get_paginator("list_pipeline_executions")
    pages = paginator.paginate(
        PipelineName=name, SortBy="CreationTime", SortOrder="Descending"
    )
    with translated(what, resource=arn_of(client, name)):
        for page in pages:
            yield from page["PipelineExecutionSummaries"]


def _reason(found: Mapping[str, Any]) -> str | None:
    """Return why something failed; jobs quote presigned URLs in their last words."""
    words = found.get("FailureReason")
    return None if words is None else redact(words)


def _step(found: Mapping[str, Any]) -> ExecutionStep:
    """Return one step as the service tells of it."""
    metadata = found.get("Metadata") or {}
    cached = found.get("CacheHitResult") or {}
    jobs = [metadata[kind]["Arn"] for kind in JOBS if "Arn" in metadata.get(kind, {})]
    step = ExecutionStep(
        name=found["StepName"],
        status=found["StepStatus"],
        started_at=found.get("StartTime"),
        finished_at=found.get("EndTime"),
        cached_from=cached.get("SourcePipelineExecutionArn"),
        failure=_reason(found),
        job=jobs[0] if jobs else None,
    )
    attempts = found.get("AttemptCount")
    return evolve(step, attempts=attempts) if attempts else step
