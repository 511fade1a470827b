"""What Describe would say of a tuning job, and List of its training jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from penguin_pipes.local.contract.names import account_of, arn, region_of
from penguin_pipes.local.contract.tuning import MOST_SUMMARIES, TuningRequest
from penguin_pipes.local.jobs.base import moment
from penguin_pipes.local.records import Status, Trial, ranked
from penguin_pipes.local.resolve import Unknown

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from penguin_pipes.local.contract.tuning import Algorithm

STATUSES: Final = {
    Status.SUCCEEDED: "Completed",
    Status.FAILED: "Failed",
    Status.STOPPED: "Stopped",
}


def described(
    asked: TuningRequest,
    name: str,
    trials: Sequence[Trial],
    *,
    parents: Sequence[Trial],
    started: datetime,
    ended: datetime,
) -> dict[str, Any]:
    """Return what the calls would say of the finished job.

    Args:
        asked: The request.
        name: The job's name.
        trials: Its trials, in the order in which they ended.
        parents: Those of the tuning jobs that it learnt from.
        started: When it began.
        ended: When it ended.
    """
    best = ranked(trials)
    overall = ranked((*best, *parents))
    objectives = [each.objective for each in trials if each.is_ranked]
    known = [value for value in objectives if value is not None]
    return {
        **_known(asked, name),
        "TrainingJobStatusCounters": _counters(trials),
        "ObjectiveStatusCounters": _objectives(trials),
        "BestTrainingJob": _summary(asked, best[0]),
        **({"OverallBestTrainingJob": _summary(asked, overall[0])} if parents else {}),
        "TrainingJobSummaries": [
            _summary(asked, trial) for trial in best[:MOST_SUMMARIES]
        ],
        "TuningJobCompletionDetails": {
            "NumberOfTrainingJobsObjectiveNotImproving": (
                asked.completion.not_improving(known)
            )
        },
        "ConsumedResources": {
            "RuntimeInSeconds": int((ended - started).total_seconds())
        },
        "CreationTime": moment(started),
        "LastModifiedTime": moment(ended),
        "HyperParameterTuningEndTime": moment(ended),
    }


def expected(asked: TuningRequest, name: str) -> dict[str, Any]:
    """Return what the calls will say of the finished job, as far as is known."""
    count = min(MOST_SUMMARIES, asked.max_jobs or MOST_SUMMARIES)
    return {
        **_known(asked, name),
        "TrainingJobStatusCounters": dict.fromkeys(_counters([]), Unknown("a count")),
        "ObjectiveStatusCounters": dict.fromkeys(_objectives([]), Unknown("a count")),
        "BestTrainingJob": _unknown(asked),
        **({"OverallBestTrainingJob": _unknown(asked)} if asked.parents else {}),
        "TrainingJobSummaries": [_unknown(asked)] * count,
        "TuningJobCompletionDetails": {
            "NumberOfTrainingJobsObjectiveNotImproving": Unknown("a count")
        },
        "ConsumedResources": {"RuntimeInSeconds": Unknown("seconds")},
        "CreationTime": moment(None),
        "LastModifiedTime": moment(None),
        "HyperParameterTuningEndTime": moment(None),
    }


def _known(asked: TuningRequest, name: str) -> dict[str, Any]:
    """Return what is known of the job before it runs."""
    return {
        **asked.raw,
        "HyperParameterTuningJobName": name,
        "HyperParameterTuningJobArn": _arn(
            "hyper-parameter-tuning-job", name, asked.algorithms[0]
        ),
        "HyperParameterTuningJobStatus": "Completed",
    }


def _arn(kind: str, name: str, algorithm: Algorithm) -> str:
    """Return the ARN that a job would have."""
    definition = algorithm.definition
    image = definition.need("AlgorithmSpecification").text_of("TrainingImage")
    return arn(
        kind,
        name,
        region=region_of(image),
        account=account_of(definition.text_of("RoleArn")),
    )


def _counters(trials: Sequence[Trial]) -> dict[str, int]:
    """Return how many training jobs ended how."""
    statuses = [trial.status for trial in trials]
    return {
        "Completed": statuses.count(Status.SUCCEEDED),
        "InProgress": 0,
        "RetryableError": 0,
        "NonRetryableError": statuses.count(Status.FAILED),
        "Stopped": statuses.count(Status.STOPPED),
    }


def _objectives(trials: Sequence[Trial]) -> dict[str, int]:
    """Return how many training jobs have an objective."""
    found = sum(trial.objective is not None for trial in trials)
    return {"Succeeded": found, "Pending": 0, "Failed": len(trials) - found}


def _algorithm(asked: TuningRequest, trial: Trial) -> Algorithm:
    """Return what a trial was made of; a parent's, of what ours are."""
    named = {each.name: each for each in asked.algorithms}
    return named.get(trial.definition, asked.algorithms[0])


def _summary(asked: TuningRequest, trial: Trial) -> dict[str, Any]:
    """Return the summary of one training job."""
    algorithm = _algorithm(asked, trial)
    kind = "Maximize" if algorithm.maximize else "Minimize"
    return {
        **({"TrainingJobDefinitionName": trial.definition} if trial.definition else {}),
        "TrainingJobName": trial.job_name,
        "TrainingJobArn": _arn("training-job", trial.job_name, algorithm),
        "CreationTime": moment(trial.started_at),
        "TrainingStartTime": moment(trial.started_at),
        "TrainingEndTime": moment(trial.finished_at),
        "TrainingJobStatus": STATUSES[trial.status],
        "TunedHyperParameters": dict(trial.hyperparameters),
        "FinalHyperParameterTuningJobObjectiveMetric": {
            "Type": kind,
            "MetricName": algorithm.metric,
            "Value": trial.objective,
        },
        "ObjectiveStatus": "Succeeded",
    }


def _unknown(asked: TuningRequest) -> dict[str, Any]:
    """Return the summary of a training job that has not run yet."""
    ranges = {each.name for algorithm in asked.algorithms for each in algorithm.ranges}
    text = Unknown("a training job")
    named = any(algorithm.name for algorithm in asked.algorithms)
    return {
        **({"TrainingJobDefinitionName": text} if named else {}),
        "TrainingJobName": text,
        "TrainingJobArn": text,
        "CreationTime": text,
        "TrainingStartTime": text,
        "TrainingEndTime": text,
        "TrainingJobStatus": text,
        "TunedHyperParameters": dict.fromkeys(sorted(ranges), text),
        "FinalHyperParameterTuningJobObjectiveMetric": {
            "Type": text,
            "MetricName": text,
            "Value": text,
        },
        "ObjectiveStatus": text,
    }
