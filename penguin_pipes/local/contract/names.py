"""The names that the service would give to jobs, executions and what they are."""

from __future__ import annotations

import re
import secrets
import string
from typing import Final

REGION: Final = "us-east-1"
ACCOUNT: Final = "000000000000"
"""Stand in where a request does not say; nothing is looked up."""

MAX_JOB_NAME: Final = 63
MAX_TUNING_JOB_NAME: Final = 32
SUFFIX: Final = 10
EXECUTION_ID: Final = 12

IMAGE_REGION: Final = re.compile(r"\.dkr\.ecr(?:-fips)?\.([a-z0-9-]+)\.")
ROLE_ACCOUNT: Final = re.compile(r"arn:aws[a-z-]*:iam::(\d{12}):")


def execution_id() -> str:
    """Return a new id, in the shape of the service's."""
    return _letters(string.ascii_lowercase + string.digits, EXECUTION_ID)


def job_name(execution: str, step: str, *, prefix: str = "") -> str:
    """Return a name for a step's job, as the service makes them.

    Args:
        execution: The id of the run.
        step: The name of the step.
        prefix: The job name of the request, if it has one of its own.
    """
    suffix = _letters(string.ascii_letters + string.digits, SUFFIX)
    room = MAX_JOB_NAME - len(suffix) - 1
    head = f"{prefix}-{execution}" if prefix else f"pipelines-{execution}-{step}"
    head = re.sub(r"[^A-Za-z0-9-]", "-", head)
    if prefix and len(head) > room:
        head = f"{head[: room - len(execution) - 1]}-{execution}"
    return f"{head[:room]}-{suffix}"


def tuning_job_name(execution: str, step: str, *, prefix: str = "") -> str:
    """Return a name for a tuning job: shorter, for its trials' names begin with it.

    Args:
        execution: The id of the run.
        step: The name of the step.
        prefix: The job name of the request, if it has one of its own.
    """
    suffix = _letters(string.ascii_letters + string.digits, SUFFIX)
    room = MAX_TUNING_JOB_NAME - len(execution) - len(suffix) - 2
    head = re.sub(r"[^A-Za-z0-9-]", "-", prefix or step)[:room]
    return f"{execution}-{head}-{suffix}"


def _letters(alphabet: str, count: int) -> str:
    """Return *count* letters drawn by lot."""
    return "".join(secrets.choice(alphabet) for _ in range(count))


def region_of(image: str, *, default: str = REGION) -> str:
    """Return the region whose registry the *image* is in."""
    found = IMAGE_REGION.search(image)
    return found[1] if found else default


def account_of(role: str) -> str:
    """Return the account that the *role* belongs to."""
    found = ROLE_ACCOUNT.match(role)
    return found[1] if found else ACCOUNT


def arn(kind: str, name: str, *, region: str = REGION, account: str = ACCOUNT) -> str:
    """Return the ARN of a job, a pipeline or an execution."""
    return f"arn:aws:sagemaker:{region}:{account}:{kind}/{name}"
