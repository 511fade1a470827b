"""The last lines that a job of SageMaker printed."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, Final

from penguin_pipes.aws.failures import is_absent, translated
from penguin_pipes.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

GROUPS: Final[Mapping[str, str]] = {
    "processing-job": "/aws/sagemaker/ProcessingJobs",
    "training-job": "/aws/sagemaker/TrainingJobs",
    "transform-job": "/aws/sagemaker/TransformJobs",
}
"""Kind of job, as its ARN says it → CloudWatch log group.

A tuning job prints nothing: its training jobs do.
"""

MOST_STREAMS: Final = 5


def last_lines(client: Any, job: str, *, most: int) -> tuple[str, ...]:
    """Return the last lines that a job printed, or none if it printed nothing.

    Args:
        client: A CloudWatch Logs client.
        job: The job's ARN.
        most: How many lines.

    Raises:
        AwsError: AWS refused, or was not reached.
    """
    kind, _, name = job.rpartition(":")[2].partition("/")
    group = GROUPS.get(kind)
    if group is None:
        return ()
    resource = f"{job.partition(':sagemaker:')[0]}:logs:*:*:log-group:{group}:*"
    what = f"the log of {name} could not be read"
    try:
        with translated(what, resource=resource, service="logs"):
            streams = client.describe_log_streams(
                logGroupName=group, logStreamNamePrefix=f"{name}/", limit=MOST_STREAMS
            )["logStreams"]
            found = [
                event
                for stream in streams
                for event in _tail(client, group, stream["logStreamName"], most)
            ]
    except AwsError as error:
        if is_absent(error.__cause__):
            return ()
        raise
    found.sort(key=lambda event: event["timestamp"])
    return tuple(event["message"].rstrip("\n") for event in found[-most:])


def _tail(client: Any, group: str, stream: str, most: int) -> Iterator[Any]:
    """Yield the last events of one stream, the oldest first."""
    answer = client.get_log_events(
        logGroupName=group, logStreamName=stream, limit=most, startFromHead=False
    )
    yield from deque(answer["events"], maxlen=most)
