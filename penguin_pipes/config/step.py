"""What steps of every kind are configured with."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from attrs import field, frozen

from penguin_pipes import service
from penguin_pipes.config import checks
from penguin_pipes.config.checks import maybe, on, or_variable
from penguin_pipes.config.records import (
    CachePolicy,
    Compute,
    Image,
    Security,
    Text,
    texts,
)
from penguin_pipes.config.retry import Retry, retries

ROLE = on(
    maybe(
        or_variable(
            checks.matches(
                service.ROLE_ARN,
                "a role's ARN such as 'arn:aws:iam::123456789012:role/pipelines' "
                "(a name would cost a call to IAM)",
            )
        )
    )
)
REGION = on(maybe(checks.matches(service.REGION, "a region such as 'us-east-1'")))
BUCKET = on(maybe(checks.matches(service.BUCKET, "a bucket's name, without s3://")))
PREFIX = on(
    maybe(
        checks.matches(
            re.compile(r"|[^/\s]+(/[^/\s]+)*"),
            "folders such as 'team/models', without slashes around them",
        )
    )
)
TAGS = on(
    checks.mapping(
        checks.text(service.MAX_TAG_KEY, least=1),
        or_variable(checks.text(service.MAX_TAG_VALUE)),
        most=service.MAX_TAGS,
    )
)


def environment(most: int, longest: int) -> checks.Validator:
    """Return a validator for environment variables within the service's limits."""
    return on(
        checks.mapping(
            checks.matches(service.ENVIRONMENT_KEY, "letters, digits and _ only"),
            or_variable(checks.text(longest)),
            most=most,
        )
    )


@frozen(kw_only=True)
class StepConfig:
    """What steps of every kind have in common.

    Whatever is None is taken from the `PipelineConfig`, or from the session that
    the factory is given.

    Attributes:
        role: ARN of the role that the job runs as.
        region: Region whose images are used.
        bucket: Bucket for code and outputs.
        prefix: Folders inside that bucket.
        security: Network and encryption.
        cache: For how long the service may reuse the step's results.
        base_job_name: Start of the job's name; the step's name by default. It
            shows where the pipeline's custom job prefix is on.
        tags: Tags of the job.
        retry: After which errors the step is tried again; one record for each way.
        display_name: What Studio shows in the place of the step's name.
        description: What the step is for.
        python: The interpreter that a local run starts the step's script with, in
            the place of its own; no part of the definition.
    """

    role: Text | None = field(default=None, validator=ROLE)
    region: str | None = field(default=None, validator=REGION)
    bucket: str | None = field(default=None, validator=BUCKET)
    prefix: str | None = field(default=None, validator=PREFIX)
    security: Security | None = field(
        default=None, validator=on(maybe(checks.a(Security, "a Security record")))
    )
    cache: CachePolicy = field(
        factory=CachePolicy, validator=on(checks.a(CachePolicy, "a CachePolicy record"))
    )
    base_job_name: str | None = field(
        default=None,
        validator=on(
            maybe(
                checks.matches(
                    service.JOB_NAME, "up to 63 letters, digits and inner hyphens"
                )
            )
        ),
    )
    tags: Mapping[str, Text] = field(factory=dict, converter=texts, validator=TAGS)
    retry: tuple[Retry, ...] = field(
        default=(),
        converter=retries,
        validator=on(checks.each(checks.a(Retry, "a Retry record"))),
    )
    display_name: str | None = field(
        default=None,
        validator=on(maybe(checks.text(service.MAX_DISPLAY_NAME, least=1))),
    )
    description: str | None = field(
        default=None,
        validator=on(maybe(checks.text(service.MAX_STEP_DESCRIPTION, least=1))),
    )
    python: Path | None = field(
        default=None,
        converter=checks.to_optional_path,
        validator=on(maybe(checks.local_path)),
    )


IMAGE = on(
    or_variable(
        checks.a((str, Image), "an image's URI, or Image(framework=…, version=…)")
    )
)
COMPUTE = on(checks.a(Compute, "a Compute record"))
