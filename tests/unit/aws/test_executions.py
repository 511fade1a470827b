"""Executions are started, followed, stopped and listed; versions and logs are read.

moto 5.2 lists no steps, no versions, stops nothing and has no logs of jobs: these
calls are answered at the HTTP edge, in the shape of botocore's service model.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from penguin_pipes import aws
from penguin_pipes.errors import AwsError, InputError

if TYPE_CHECKING:
    from penguin_pipes.definition import Scalar

PIPELINE = "arn:aws:sagemaker:eu-west-1:123456789012:pipeline/churn"
EXECUTION = f"{PIPELINE}/execution/abc123"
JOB = "arn:aws:sagemaker:eu-west-1:123456789012:training-job/pipelines-abc123-fit"
WANTED = aws.Wanted(
    name="churn",
    definition=json.dumps(
        {
            "Version": "2020-12-01",
            "Parameters": [{"Name": "rate", "Type": "Float", "DefaultValue": 0.1}],
            "Steps": [],
        }
    ),
    role="arn:aws:iam::123456789012:role/pipelines",
)


@pytest.fixture
def account(edge: Any) -> aws.Aws:
    """Return an account in which the pipeline is deployed."""
    found = aws.Aws(region="eu-west-1")
    shelf = aws.Shelf(s3=found.s3, bucket="acme-ml", options={})
    aws.submit(found.sagemaker, WANTED, shelf=shelf)
    edge.calls.clear()
    return found


def status(name: str, **more: Any) -> dict[str, Any]:
    """Return what DescribePipelineExecution says."""
    return {
        "PipelineExecutionArn": EXECUTION,
        "PipelineExecutionStatus": name,
        "CreationTime": 1_000.0,
        "LastModifiedTime": 1_090.0,
        **more,
    }


def steps(*found: dict[str, Any]) -> dict[str, Any]:
    """Return what ListPipelineExecutionSteps says."""
    return {"PipelineExecutionSteps": list(found)}


def test_starting_with_typed_values(edge: Any, account: aws.Aws) -> None:
    """Whatever their type, the service takes them as text."""
    values: dict[str, Scalar] = {"rate": 0.25, "count": 3, "flag": True, "text": "a b"}

    arn = aws.start(account.sagemaker, "churn", parameters=values)

    assert arn.startswith(f"{PIPELINE}/execution/")
    sent = json.loads(edge.sent["sagemaker.StartPipelineExecution"][0])
    assert sent["PipelineParameters"] == [
        {"Name": "rate", "Value": "0.25"},
        {"Name": "count", "Value": "3"},
        {"Name": "flag", "Value": "true"},
        {"Name": "text", "Value": "a b"},
    ]


def test_a_value_that_no_start_takes_is_refused_before_the_call(
    edge: Any, account: aws.Aws
) -> None:
    """1024 characters, though a default may have 4096."""
    with pytest.raises(InputError, match=r"'text': a start takes 1024 .* got 1025"):
        aws.start(account.sagemaker, "churn", parameters={"text": "x" * 1025})

    assert edge.calls == []


def test_starting_some_steps_on_what_the_latest_execution_left(
    edge: Any, account: aws.Aws
) -> None:
    """The service wants to be told which execution that was."""
    first = aws.start(account.sagemaker, "churn", parameters={})

    aws.start(account.sagemaker, "churn", parameters={}, steps=("fit",))

    sent = json.loads(edge.sent["sagemaker.StartPipelineExecution"][1])
    assert sent["SelectiveExecutionConfig"] == {
        "SourcePipelineExecutionArn": first,
        "SelectedSteps": [{"StepName": "fit"}],
    }


def test_following_until_the_end(edge: Any, account: aws.Aws) -> None:
    """Every look is handed on, with a pause between two of them."""
    edge.answer(
        "sagemaker.DescribePipelineExecution",
        status("Executing"),
        status("Executing"),
        status("Failed", FailureReason="Step failure: fit"),
    )
    started = {"StepName": "fit", "StartTime": 1_005.0}
    edge.answer(
        "sagemaker.ListPipelineExecutionSteps",
        steps(),
        steps({**started, "StepStatus": "Executing"}),
        steps(
            {
                "StepName": "clean",
                "StepStatus": "Succeeded",
                "CacheHitResult": {"SourcePipelineExecutionArn": f"{EXECUTION}0"},
            },
            {
                **started,
                "StepStatus": "Failed",
                "EndTime": 1_065.0,
                "FailureReason": "AlgorithmError: boom",
                "AttemptCount": 2,
                "Metadata": {"TrainingJob": {"Arn": JOB}},
            },
        ),
    )
    pauses: list[float] = []

    seen = list(
        aws.follow(account.sagemaker, EXECUTION, pause_s=7, sleep=pauses.append)
    )

    assert pauses == [7, 7]
    assert [each.has_ended for each in seen] == [False, False, True]
    last = seen[-1]
    assert (last.id, last.seconds) == ("abc123", 90.0)
    assert last.failure == "Step failure: fit"
    clean, fit = last.steps
    assert clean.cached_from == f"{EXECUTION}0"
    assert (fit.seconds, fit.attempts, fit.job) == (60.0, 2, JOB)
    assert fit.failure == "AlgorithmError: boom"


def test_steps_of_many_pages_are_all_there(edge: Any, account: aws.Aws) -> None:
    """A page holds a hundred at most."""
    edge.answer("sagemaker.DescribePipelineExecution", status("Succeeded"))
    edge.answer(
        "sagemaker.ListPipelineExecutionSteps",
        {**steps({"StepName": "a", "StepStatus": "Succeeded"}), "NextToken": "t"},
        steps({"StepName": "b", "StepStatus": "Succeeded"}),
    )

    found = aws.look_at(account.sagemaker, EXECUTION)

    assert [step.name for step in found.steps] == ["a", "b"]


def test_listing_executions_with_their_steps(edge: Any, account: aws.Aws) -> None:
    """The latest first, and no more than asked for."""
    arns = [aws.start(account.sagemaker, "churn", parameters={}) for _ in range(3)]
    edge.answer("sagemaker.ListPipelineExecutionSteps", steps())

    found = list(aws.executions(account.sagemaker, "churn", most=2))

    assert len(found) == 2
    assert {each.arn for each in found} <= set(arns)


def test_no_execution_is_told_with_what_was_looked_for(account: aws.Aws) -> None:
    """Rather than an empty answer that means nothing."""
    with pytest.raises(AwsError, match="'churn' has no execution that is Executing"):
        aws.latest(account.sagemaker, "churn", of={"Executing"})
    with pytest.raises(AwsError, match="'churn' has no execution; --executions"):
        aws.latest(account.sagemaker, "churn")


def test_stopping(edge: Any, account: aws.Aws) -> None:
    """The service is told which execution."""
    edge.answer("sagemaker.StopPipelineExecution", {"PipelineExecutionArn": EXECUTION})

    aws.stop(account.sagemaker, EXECUTION)

    sent = json.loads(edge.sent["sagemaker.StopPipelineExecution"][0])
    assert sent["PipelineExecutionArn"] == EXECUTION


def test_versions_are_listed_and_read(edge: Any, account: aws.Aws) -> None:
    """Each says what it was: definition, role, description, parallelism."""
    summaries = [
        {"PipelineVersionId": 2, "CreationTime": 2_000.0},
        {
            "PipelineVersionId": 1,
            "CreationTime": 1_000.0,
            "LastExecutionPipelineExecutionArn": EXECUTION,
        },
    ]
    edge.answer(
        "sagemaker.ListPipelineVersions", {"PipelineVersionSummaries": summaries}
    )
    edge.answer(
        "sagemaker.DescribePipeline",
        {
            "PipelineDefinition": "{}",
            "RoleArn": "arn:aws:iam::123456789012:role/old",
            "ParallelismConfiguration": {"MaxParallelExecutionSteps": 2},
        },
    )

    found = list(aws.versions(account.sagemaker, "churn"))
    kept = aws.version(account.sagemaker, "churn", 1)

    assert [each.number for each in found] == [2, 1]
    assert [each.last_execution for each in found] == [None, EXECUTION]
    assert (kept.definition, kept.description, kept.parallelism) == ("{}", "", 2)
    sent = json.loads(edge.sent["sagemaker.DescribePipeline"][-1])
    assert sent["PipelineVersionId"] == 1


def test_a_version_that_never_was(edge: Any, account: aws.Aws) -> None:
    """The list of those that were is one flag away."""
    edge.refuse("sagemaker.DescribePipeline", "ResourceNotFound", "no such version")

    with pytest.raises(InputError, match="'churn' has no version 9; --versions"):
        aws.version(account.sagemaker, "churn", 9)


def test_the_last_lines_of_a_job(account: aws.Aws) -> None:
    """Of all its hosts, in the order of time, and no more than asked for."""
    group = "/aws/sagemaker/TrainingJobs"
    account.logs.create_log_group(logGroupName=group)
    now = int(time.time() * 1000)
    for host, times in (("algo-1", (1, 3)), ("algo-2", (2, 4))):
        stream = f"pipelines-abc123-fit/{host}"
        account.logs.create_log_stream(logGroupName=group, logStreamName=stream)
        account.logs.put_log_events(
            logGroupName=group,
            logStreamName=stream,
            logEvents=[
                {"timestamp": now + n, "message": f"{host} line {n}\n"} for n in times
            ],
        )

    lines = aws.last_lines(account.logs, JOB, most=3)

    assert lines == ("algo-2 line 2", "algo-1 line 3", "algo-2 line 4")


def test_a_job_that_printed_nothing(account: aws.Aws) -> None:
    """A job that never began has no log; a kind that prints nothing neither."""
    tuning = JOB.replace("training-job", "hyper-parameter-tuning-job")

    assert aws.last_lines(account.logs, JOB, most=3) == ()
    assert aws.last_lines(account.logs, tuning, most=3) == ()
