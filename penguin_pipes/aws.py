"""The calls to AWS beyond uploads: create or update a pipeline, start it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from penguin_pipes.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Iterator


class Deployable(Protocol):
    """What is deployed: a `penguin_pipes.Pipeline`."""

    name: str

    def upsert(self) -> dict[str, Any]:
        """Create the pipeline, or update it where it exists."""

    def start(self) -> Any:
        """Start an execution."""


def deploy(pipeline: Deployable) -> str:
    """Upload what is missing, create or update the pipeline, return its ARN.

    Raises:
        AwsError: AWS refused, or was not reached.
        UploadError: An object did not get to S3.
    """
    with _translated(f"pipeline {pipeline.name!r} was not deployed"):
        return str(pipeline.upsert()["PipelineArn"])


def start(pipeline: Deployable) -> str:
    """Start the pipeline as it is deployed, and return the execution's ARN.

    Raises:
        AwsError: AWS refused, or was not reached.
    """
    with _translated(f"pipeline {pipeline.name!r} was not started"):
        return str(pipeline.start().arn)


@contextmanager
def _translated(what: str) -> Iterator[None]:
    """Turn botocore's errors into ours: what failed, in AWS's words, the way out."""
    try:
        yield
    except ClientError as error:
        message = error.response.get("Error", {}).get("Message", str(error))
        msg = (
            f"{what}: {error.operation_name} answered {message!r}. Mend the request, "
            "or grant the credentials in use this call, and run the command again"
        )
        raise AwsError(msg) from error
    except BotoCoreError as error:
        msg = (
            f"{what}: {error} Check credentials (aws configure, AWS_PROFILE) and "
            "network, and run the command again"
        )
        raise AwsError(msg) from error
