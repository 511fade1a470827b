"""What was deployed before, and how it is brought back."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from attrs import frozen

from penguin_pipes.aws.deployed import arn_of
from penguin_pipes.aws.failures import is_absent, translated
from penguin_pipes.errors import AwsError, InputError

if TYPE_CHECKING:
    from collections.abc import Iterator


@frozen(kw_only=True)
class Version:
    """One deploy of a pipeline, as the service keeps it.

    Attributes:
        number: Counted up by the service.
        created_at: When it was deployed.
        last_execution: ARN of the execution that ran it last; None if none did.
    """

    number: int
    created_at: datetime
    last_execution: str | None = None


@frozen(kw_only=True)
class Kept:
    """What one version of a pipeline was.

    Attributes:
        definition: Its definition JSON.
        role: ARN of the role that it assumed.
        description: What it was for.
        parallelism: How many steps could run at once; None where it said nothing.
    """

    definition: str
    role: str
    description: str = ""
    parallelism: int | None = None


def versions(client: Any, name: str) -> Iterator[Version]:
    """Yield the versions of a pipeline, the latest first.

    Raises:
        AwsError: AWS refused, or was not reached.
    """
    what = f"the versions of pipeline {name!r} could not be listed"
    paginator = client.get_paginator("list_pipeline_versions")
    with translated(what, resource=arn_of(client, name)):
        for page in paginator.paginate(PipelineName=name, SortOrder="Descending"):
            for found in page["PipelineVersionSummaries"]:
                yield Version(
                    number=found["PipelineVersionId"],
                    created_at=found["CreationTime"],
                    last_execution=found.get("LastExecutionPipelineExecutionArn"),
                )


def version(client: Any, name: str, number: int) -> Kept:
    """Return what the pipeline *name* was in its version *number*.

    Raises:
        InputError: There is no such version.
        AwsError: AWS refused, or was not reached.
    """
    what = f"version {number} of pipeline {name!r} could not be read"
    try:
        with translated(what, resource=arn_of(client, name)):
            found = client.describe_pipeline(
                PipelineName=name, PipelineVersionId=number
            )
    except AwsError as error:
        if is_absent(error.__cause__):
            msg = f"pipeline {name!r} has no version {number}; --versions lists them"
            raise InputError(msg) from error
        raise
    parallelism = found.get("ParallelismConfiguration") or {}
    return Kept(
        definition=found["PipelineDefinition"],
        role=found.get("RoleArn", ""),
        description=found.get("PipelineDescription") or "",
        parallelism=parallelism.get("MaxParallelExecutionSteps"),
    )
