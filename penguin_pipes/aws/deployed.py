"""What SageMaker holds of a pipeline, what is wanted of it, and how they differ."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, Protocol

from attrs import frozen

from penguin_pipes.aws.failures import is_absent, translated
from penguin_pipes.errors import AwsError

OWN_TAGS: Final = ("aws:", "sagemaker:")
"""Tags that AWS sets; they are nobody's to remove."""


class Deployable(Protocol):
    """What is deployed: a `penguin_pipes.Pipeline`."""

    name: str
    role: str | None
    description: str | None
    parallelism: int | None

    @property
    def tags(self) -> Mapping[str, str]:
        """Tags of the pipeline itself."""

    def definition(self) -> str:
        """Render the definition."""


@frozen(kw_only=True)
class Wanted:
    """A pipeline as it is to be at SageMaker.

    Attributes:
        name: The pipeline's name.
        definition: The definition JSON.
        role: ARN of the role that the pipeline assumes.
        description: What the pipeline is for.
        tags: All of its tags but AWS's own.
        parallelism: How many steps may run at once; None leaves it as it is.
    """

    name: str
    definition: str
    role: str
    description: str = ""
    tags: Mapping[str, str] = MappingProxyType({})
    parallelism: int | None = None

    @classmethod
    def of(cls, pipeline: Deployable) -> Wanted:
        """Return what *pipeline* asks for, rendered.

        Raises:
            AwsError: It names no role.
        """
        if pipeline.role is None:
            msg = (
                f"pipeline {pipeline.name!r} was not deployed: it names no role. Give "
                "it the ARN of one that SageMaker may assume"
            )
            raise AwsError(msg)
        return cls(
            name=pipeline.name,
            definition=pipeline.definition(),
            role=pipeline.role,
            description=pipeline.description or "",
            tags=pipeline.tags,
            parallelism=pipeline.parallelism,
        )


@frozen(kw_only=True)
class Deployed(Wanted):
    """A pipeline as SageMaker holds it.

    Attributes:
        arn: The pipeline's ARN.
    """

    arn: str


@frozen(kw_only=True)
class Difference:
    """One thing that a deploy changes beside the definition.

    Attributes:
        what: Such as ``description`` or ``tags.team``.
        old: What SageMaker holds; None for nothing.
        new: What is wanted; None for nothing.
    """

    what: str
    old: Any
    new: Any


def describe(client: Any, name: str) -> Deployed | None:
    """Return what SageMaker holds of the pipeline *name*, or None if it has none.

    Raises:
        AwsError: AWS refused, or was not reached.
    """
    what = f"pipeline {name!r} could not be looked up"
    resource = arn_of(client, name)
    try:
        with translated(what, resource=resource):
            found = client.describe_pipeline(PipelineName=name)
    except AwsError as error:
        if is_absent(error.__cause__):
            return None
        raise
    if found.get("PipelineStatus") == "Deleting":
        msg = f"{what}: it is just being deleted. Wait until it is gone and try again"
        raise AwsError(msg)
    with translated(what, resource=resource):
        pages = client.get_paginator("list_tags").paginate(
            ResourceArn=found["PipelineArn"]
        )
        tags = {tag["Key"]: tag["Value"] for page in pages for tag in page["Tags"]}
    parallelism = found.get("ParallelismConfiguration") or {}
    return Deployed(
        name=name,
        arn=found["PipelineArn"],
        definition=found["PipelineDefinition"],
        role=found.get("RoleArn", ""),
        description=found.get("PipelineDescription") or "",
        tags={k: v for k, v in tags.items() if not k.startswith(OWN_TAGS)},
        parallelism=parallelism.get("MaxParallelExecutionSteps"),
    )


def arn_of(client: Any, name: str) -> str:
    """Return the pattern of a pipeline's ARN, whose account is not known yet."""
    partition, region = client.meta.partition, client.meta.region_name
    return f"arn:{partition}:sagemaker:{region}:*:pipeline/{name}"


def is_same_definition(old: str, new: str) -> bool:
    """Return whether two definitions say the same, however they are written."""
    if old == new:
        return True
    try:
        return bool(json.loads(old) == json.loads(new))
    except ValueError:
        return False


def differences(old: Deployed, new: Wanted) -> tuple[Difference, ...]:
    """Return what differs beside the definition, in a steady order."""
    found = [
        Difference(what=what, old=getattr(old, what), new=getattr(new, what))
        for what in ("description", "role", "parallelism")
    ]
    if new.parallelism is None:
        found.pop()
    found += [
        Difference(what=f"tags.{key}", old=old.tags.get(key), new=new.tags.get(key))
        for key in sorted({*old.tags, *new.tags})
    ]
    return tuple(each for each in found if each.old != each.new)
