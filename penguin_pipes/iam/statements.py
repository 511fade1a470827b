"""ARNs and statements of a policy, always written in the same order."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import attrs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from penguin_pipes.definition.needs import Job

Policy: TypeAlias = dict[str, Any]
Statement: TypeAlias = dict[str, Any]

MAX_CHARACTERS: Final = 6144
"""How many characters a managed policy may have, white space not counted."""

SERVICE: Final = "sagemaker.amazonaws.com"
PARTITIONS: Final = {
    "cn-": "aws-cn",
    "us-gov-": "aws-us-gov",
    "us-iso-": "aws-iso",
    "us-isob-": "aws-iso-b",
    "eusc-": "aws-eusc",
}
"""How a region begins → the partition it is in; all others are in ``aws``."""

DATA_KEY: Final = ("kms:Decrypt", "kms:GenerateDataKey")
"""What writing to S3 under a key takes; the parts of a large upload are read back."""

CONTENT_ADDRESSED: Final = re.compile(r"((?:.*/)?)[0-9a-f]{64}/[^/]+")
"""The key of an upload: its folder, then a digest that every change moves."""

LOGS: Final = {
    "AutoML": ("ProcessingJobs", "TrainingJobs", "TransformJobs"),
    "Training": ("TrainingJobs",),
    "Transform": ("TransformJobs",),
    "Tuning": ("TrainingJobs",),
}
"""Type of a step → where its jobs log and measure; all others are processing."""


@attrs.frozen(kw_only=True)
class Arns:
    """Writes ARNs of one account and region."""

    account: str
    region: str

    @property
    def partition(self) -> str:
        """The partition that the region is in."""
        found = (p for start, p in PARTITIONS.items() if self.region.startswith(start))
        return next(found, "aws")

    def of(self, service: str, rest: str) -> str:
        """Return an ARN of this account and region."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{rest}"

    def sagemaker(self, kind: str, name: str) -> str:
        """Return the ARN of something of SageMaker."""
        return self.of("sagemaker", f"{kind}/{name}")

    def s3(self, bucket: str, key: str | None = None) -> str:
        """Return the ARN of a bucket, or of objects in it."""
        rest = bucket if key is None else f"{bucket}/{key.lstrip('/')}"
        return f"arn:{self.partition}:s3:::{rest}"

    def log_groups(self, jobs: Iterable[Job]) -> list[str]:
        """Return the ARNs of the log groups of *jobs*.

        CloudWatch Logs asks for some with a colon and an asterisk after the name.
        """
        names = {group for job in jobs for group in groups(job)}
        found = [self.of("logs", f"log-group:/aws/sagemaker/{name}") for name in names]
        return [*found, *(f"{arn}:*" for arn in found)]

    def log_streams(self, jobs: Iterable[Job]) -> list[str]:
        """Return the ARNs of the log streams of *jobs*, which begin as they do."""
        return [
            self.of(
                "logs", f"log-group:/aws/sagemaker/{group}:log-stream:{job.prefix}-*"
            )
            for job in jobs
            for group in groups(job)
        ]

    def keys(self, names: Iterable[str]) -> Iterator[tuple[list[str], Statement]]:
        """Yield the resources and the condition for keys, however they are named.

        An alias says nothing of its key's ARN; a condition names it instead.
        """
        arns, aliases = [], []
        for name in names:
            last = name.rpartition(":")[2]
            if last.startswith("alias/"):
                aliases.append(last)
            else:
                is_arn = name.startswith("arn:")
                arns.append(name if is_arn else self.of("kms", f"key/{name}"))
        if arns:
            yield arns, {}
        if aliases:
            named = {"kms:ResourceAliases": sorted(set(aliases))}
            yield [self.of("kms", "key/*")], {"ForAnyValue:StringEquals": named}


def groups(job: Job) -> tuple[str, ...]:
    """Return the last parts of the log groups that a job writes to."""
    return LOGS.get(job.type, ("ProcessingJobs",))


def statement(
    sid: str,
    actions: Iterable[str],
    resources: Iterable[str],
    condition: Mapping[str, Any] | None = None,
) -> Statement:
    """Return a statement, in an order that repeats."""
    found = {
        "Sid": sid,
        "Effect": "Allow",
        "Action": sorted(set(actions)),
        "Resource": sorted(set(resources)),
    }
    return {**found, "Condition": dict(condition)} if condition else found


def pass_role(sid: str, roles: Iterable[str]) -> Statement:
    """Return what lets SageMaker, and no other service, be given the *roles*."""
    condition = {"StringEquals": {"iam:PassedToService": SERVICE}}
    return statement(sid, ["iam:PassRole"], roles, condition)


def policy(statements: Iterable[Statement]) -> Policy:
    """Return the policy of those *statements* that have something to allow."""
    found = [each for each in statements if each["Resource"]]
    return {"Version": "2012-10-17", "Statement": found}


def too_long(found: Policy) -> str | None:
    """Return what to do about a policy that IAM would refuse for its length."""
    text = re.sub(r"\s", "", json.dumps(found))
    if len(text) <= MAX_CHARACTERS:
        return None
    return (
        f"the policy has {len(text)} characters, and a managed policy may have "
        f"{MAX_CHARACTERS}. Attach its statements as two policies, or put it into the "
        "role itself, where 10240 are allowed"
    )
