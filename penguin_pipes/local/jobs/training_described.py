"""Say of a training job what the Describe call would."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from penguin_pipes.local.contract.names import arn
from penguin_pipes.local.jobs.base import moment
from penguin_pipes.local.resolve import Unknown

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from penguin_pipes.local.contract.training import TrainingRequest
    from penguin_pipes.local.records import MetricPoint


def training_arn(asked: TrainingRequest, name: str) -> str:
    """Return the ARN that the job would have."""
    return arn("training-job", name, region=asked.region, account=asked.account)


def described(
    asked: TrainingRequest,
    name: str,
    *,
    metrics: Mapping[str, MetricPoint | Unknown],
    started: datetime | None = None,
    ended: datetime | None = None,
) -> dict[str, Any]:
    """Return what the Describe call would say of the finished job."""
    seconds = int((ended - started).total_seconds()) if started and ended else None
    return {
        **asked.raw,
        "TrainingJobName": name,
        "TrainingJobArn": training_arn(asked, name),
        "TrainingJobStatus": "Completed",
        "SecondaryStatus": "Completed",
        "ModelArtifacts": {"S3ModelArtifacts": asked.model_uri(name)},
        "FinalMetricDataList": [_metric(key, value) for key, value in metrics.items()],
        "TrainingTimeInSeconds": Unknown("seconds") if seconds is None else seconds,
        "BillableTimeInSeconds": Unknown("seconds") if seconds is None else seconds,
        "CreationTime": moment(started),
        "TrainingStartTime": moment(started),
        "TrainingEndTime": moment(ended),
        "LastModifiedTime": moment(ended),
    }


def _metric(name: str, value: MetricPoint | Unknown) -> dict[str, Any]:
    """Return one item of ``FinalMetricDataList``."""
    if isinstance(value, Unknown):
        return {"MetricName": name, "Value": value, "Timestamp": value}
    at = moment(value.at)
    return {"MetricName": name, "Value": value.value, "Timestamp": at}
