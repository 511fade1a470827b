"""Bring a pipeline to SageMaker: created or updated only where something changed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

from attrs import frozen

from penguin_pipes.aws.deployed import (
    Deployed,
    Wanted,
    arn_of,
    describe,
    differences,
    is_same_definition,
)
from penguin_pipes.aws.failures import translated
from penguin_pipes.service import MAX_INLINE_DEFINITION

DEFINITIONS: Final = "pipelines"
"""The folder, under the prefix, of definitions that are too large to be sent."""


class Action(StrEnum):
    """What a deploy did."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


@frozen(kw_only=True)
class Submitted:
    """What came of a deploy.

    Attributes:
        arn: The pipeline's ARN.
        action: What was done; ``UNCHANGED`` made no call that writes.
    """

    arn: str
    action: Action


@frozen(kw_only=True)
class Shelf:
    """Where a definition is put that is too large to be sent in a call.

    Attributes:
        s3: An S3 client.
        bucket: The bucket.
        prefix: Folders in the bucket, or an empty string.
        options: What every put is called with besides: owner, encryption.
    """

    s3: Any
    bucket: str
    prefix: str = ""
    options: Mapping[str, str]

    def keep(self, name: str, definition: bytes) -> dict[str, str]:
        """Put *definition* under its digest; return where it is."""
        digest = hashlib.sha256(definition).hexdigest()
        parts = (self.prefix, DEFINITIONS, name, f"{digest}.json")
        key = "/".join(part for part in parts if part)
        resource = f"arn:{self.s3.meta.partition}:s3:::{self.bucket}/{key}"
        what = f"s3://{self.bucket}/{key}: the definition was not put there"
        with translated(what, resource=resource, service="s3"):
            self.s3.put_object(
                Bucket=self.bucket, Key=key, Body=definition, **self.options
            )
        return {"Bucket": self.bucket, "ObjectKey": key}


def submit(client: Any, wanted: Wanted, *, shelf: Shelf) -> Submitted:
    """Create or update the pipeline, if anything of it changed.

    Args:
        client: A SageMaker client.
        wanted: The pipeline as it is to be.
        shelf: For a definition past 100 KiB.

    Raises:
        AwsError: AWS refused, or was not reached; what was deployed before still is.
    """
    old = describe(client, wanted.name)
    if old is None:
        return _create(client, wanted, shelf)
    return _update(client, old, wanted, shelf)


def _create(client: Any, wanted: Wanted, shelf: Shelf) -> Submitted:
    resource = arn_of(client, wanted.name)
    tags = [{"Key": key, "Value": value} for key, value in wanted.tags.items()]
    request = {**_definition(wanted, shelf), **({"Tags": tags} if tags else {})}
    if wanted.description:
        request["PipelineDescription"] = wanted.description
    with translated(f"pipeline {wanted.name!r} was not created", resource=resource):
        arn = client.create_pipeline(**request)["PipelineArn"]
    return Submitted(arn=arn, action=Action.CREATED)


def _update(client: Any, old: Deployed, wanted: Wanted, shelf: Shelf) -> Submitted:
    changed = {each.what for each in differences(old, wanted)}
    tags = {what for what in changed if what.startswith("tags.")}
    is_same = is_same_definition(old.definition, wanted.definition)
    if is_same and not changed:
        return Submitted(arn=old.arn, action=Action.UNCHANGED)
    if not is_same or changed - tags:
        request = _definition(wanted, shelf)
        request["PipelineDescription"] = wanted.description
        what = f"pipeline {wanted.name!r} was not updated and is as it was"
        with translated(what, resource=old.arn):
            client.update_pipeline(**request)
    _set_tags(client, old, wanted)
    return Submitted(arn=old.arn, action=Action.UPDATED)


def _definition(wanted: Wanted, shelf: Shelf) -> dict[str, Any]:
    """Return what creating and updating ask for alike."""
    request: dict[str, Any] = {"PipelineName": wanted.name, "RoleArn": wanted.role}
    written = wanted.definition.encode()
    if len(written) < MAX_INLINE_DEFINITION:
        request["PipelineDefinition"] = wanted.definition
    else:
        location = shelf.keep(wanted.name, written)
        request["PipelineDefinitionS3Location"] = location
    if wanted.parallelism is not None:
        request["ParallelismConfiguration"] = {
            "MaxParallelExecutionSteps": wanted.parallelism
        }
    return request


def _set_tags(client: Any, old: Deployed, wanted: Wanted) -> None:
    """Remove the tags that are not wanted any more, then set those that are.

    In this order, so that there are never more than the service allows.
    """
    what = f"the tags of pipeline {wanted.name!r} were not set"
    new = {k: v for k, v in wanted.tags.items() if old.tags.get(k) != v}
    gone = sorted(old.tags.keys() - wanted.tags.keys())
    with translated(what, resource=old.arn):
        if gone:
            client.delete_tags(ResourceArn=old.arn, TagKeys=gone)
        if new:
            tags = [{"Key": key, "Value": value} for key, value in new.items()]
            client.add_tags(ResourceArn=old.arn, Tags=tags)


def delete(client: Any, name: str) -> None:
    """Delete a pipeline; what its jobs wrote stays where it is.

    Raises:
        AwsError: AWS refused, or was not reached.
    """
    resource = arn_of(client, name)
    with translated(f"pipeline {name!r} was not deleted", resource=resource):
        client.delete_pipeline(PipelineName=name)
