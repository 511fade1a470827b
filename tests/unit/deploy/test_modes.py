"""Each mode of the command line: what it does, says, and ends with."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import boto3
import pytest

from penguin_pipes.deploy import main

PIPELINE = "arn:aws:sagemaker:eu-west-1:123456789012:pipeline/penguins"
EXECUTION = f"{PIPELINE}/execution/abc123"
OLD_ROLE = "arn:aws:iam::123456789012:role/old"
JOB = "arn:aws:sagemaker:eu-west-1:123456789012:processing-job/pipelines-abc-pre"


def status(name: str, **more: Any) -> dict[str, Any]:
    """Return what DescribePipelineExecution says."""
    return {
        "PipelineExecutionArn": EXECUTION,
        "PipelineExecutionStatus": name,
        "CreationTime": 1_000.0,
        "LastModifiedTime": 1_090.0,
        **more,
    }


def failed_step(**more: Any) -> dict[str, Any]:
    """Return what ListPipelineExecutionSteps says of a step that failed."""
    step = {
        "StepName": "preprocess-data",
        "StepStatus": "Failed",
        "FailureReason": "AlgorithmError: exit code 1",
        "Metadata": {"ProcessingJob": {"Arn": JOB}},
        **more,
    }
    return {"PipelineExecutionSteps": [step]}


def test_parameters_are_typed_before_anything_is_written(call: Any, edge: Any) -> None:
    """A name that nobody declared stops the deploy, not just the start."""
    said = call("--start", "--parameter", "dataset_locaton=s3://b/k")

    assert said.code == 2
    assert "did you mean 'dataset_location'" in said.err
    assert edge.writes == Counter()


def test_steps_are_known_before_anything_is_written(call: Any, edge: Any) -> None:
    """A step that is not there stops the deploy, not just the start."""
    said = call("--start", "--steps", "preprocess-data,train-modle")

    assert said.code == 2
    assert "no step 'train-modle'; did you mean 'train-model'?" in said.err
    assert edge.writes == Counter()


def test_a_parameter_reaches_the_execution(call: Any, edge: Any) -> None:
    """As text, under its name."""
    said = call("--start", "--parameter", "dataset_location=s3://acme-ml/new.csv")

    assert said.code == 0, said.err
    sent = json.loads(edge.sent["sagemaker.StartPipelineExecution"][0])
    assert sent["PipelineParameters"] == [
        {"Name": "dataset_location", "Value": "s3://acme-ml/new.csv"}
    ]


def test_an_execution_that_fails_is_shown_with_its_log(call: Any, edge: Any) -> None:
    """The exit code is 1; the failed step has its reason and its last lines."""
    assert call().code == 0
    edge.answer("sagemaker.DescribePipelineExecution", status("Failed"))
    edge.answer("sagemaker.ListPipelineExecutionSteps", failed_step())
    edge.answer(
        "logs.DescribeLogStreams", {"logStreams": [{"logStreamName": "p/algo-1"}]}
    )
    lines = ["Traceback", "KeyError: 'species' X-Amz-Signature=abcdef"]
    events = [{"timestamp": n, "message": line} for n, line in enumerate(lines)]
    edge.answer("logs.GetLogEvents", {"events": events})

    said = call("--start", "--wait")

    assert said.code == 1
    assert "AlgorithmError: exit code 1" in said.err
    assert "KeyError: 'species' X-Amz-Signature=****" in said.err
    assert JOB in said.err
    assert " failed after 1 min 30 s" in said.out


def test_a_log_that_may_not_be_read_does_not_hide_the_failure(
    call: Any, edge: Any
) -> None:
    """The reason stays, and the missing permission stands in the log's place."""
    assert call().code == 0
    edge.answer("sagemaker.DescribePipelineExecution", status("Failed"))
    edge.answer("sagemaker.ListPipelineExecutionSteps", failed_step())
    edge.refuse("logs.DescribeLogStreams", "AccessDeniedException")

    said = call("--start", "--wait")

    assert said.code == 1
    assert "AlgorithmError: exit code 1" in said.err
    assert "logs:DescribeLogStreams on" in said.err


def test_waiting_alone_follows_the_latest_and_deploys_nothing(
    call: Any, edge: Any
) -> None:
    """Whoever was interrupted comes back to it."""
    assert call("--start").code == 0
    edge.calls.clear()
    edge.answer(
        "sagemaker.DescribePipelineExecution", status("Executing"), status("Stopped")
    )
    edge.answer("sagemaker.ListPipelineExecutionSteps", {"PipelineExecutionSteps": []})

    said = call("--wait", "--interval", "0.01")

    assert said.code == 1
    assert "stopped after" in said.out
    assert edge.writes == Counter()


def test_stopping_the_latest_and_a_named_execution(call: Any, edge: Any) -> None:
    """The end of the ARN is enough of a name."""
    assert call("--start").code == 0
    edge.answer("sagemaker.StopPipelineExecution", {"PipelineExecutionArn": EXECUTION})
    summary = {
        "PipelineExecutionArn": EXECUTION,
        "PipelineExecutionStatus": "Executing",
    }
    edge.answer(
        "sagemaker.ListPipelineExecutions", {"PipelineExecutionSummaries": [summary]}
    )

    assert call("--stop").code == 0
    assert call("--stop", "xyz789").code == 0

    arns = [
        json.loads(body)["PipelineExecutionArn"]
        for body in edge.sent["sagemaker.StopPipelineExecution"]
    ]
    assert arns == [EXECUTION, f"{PIPELINE}/execution/xyz789"]


def test_listing_executions(call: Any, edge: Any) -> None:
    """With status, duration and steps."""
    assert call("--start").code == 0
    edge.answer("sagemaker.DescribePipelineExecution", status("Succeeded"))
    edge.answer(
        "sagemaker.ListPipelineExecutionSteps",
        failed_step(
            StepStatus="Succeeded",
            CacheHitResult={"SourcePipelineExecutionArn": f"{EXECUTION}0"},
        ),
    )

    said = call("--executions")

    assert said.code == 0, said.err
    for text in ("Succeeded", "1 min 30 s", "succeeded (from the cache)"):
        assert text in said.out


def test_listing_versions_and_bringing_one_back(call: Any, edge: Any) -> None:
    """The old definition is deployed as it was, with its role and description."""
    assert call().code == 0
    old = json.dumps({"Version": "2020-12-01", "Parameters": [], "Steps": []})
    edge.answer(
        "sagemaker.ListPipelineVersions",
        {"PipelineVersionSummaries": [{"PipelineVersionId": 1, "CreationTime": 1e9}]},
    )
    now = {
        "PipelineArn": PIPELINE,
        "PipelineDefinition": "{}",
        "PipelineDescription": "new",
    }
    # The pipeline is described once for --versions, then as it is now, as it was
    # in version 1, and once more before it is written.
    then = {
        **now,
        "PipelineDefinition": old,
        "RoleArn": OLD_ROLE,
        "PipelineDescription": "old",
    }
    edge.answer("sagemaker.DescribePipeline", now, now, then, now)

    listed = call("--versions")
    edge.calls.clear()
    done = call("--rollback", "1")

    assert "2001-09-09" in listed.out
    assert done.code == 0, done.err
    assert f"updated {PIPELINE} as it was in version 1" in done.out
    sent = json.loads(edge.sent["sagemaker.UpdatePipeline"][0])
    assert (sent["PipelineDefinition"], sent["RoleArn"]) == (old, OLD_ROLE)
    assert sent["PipelineDescription"] == "old"
    assert edge.writes == {"sagemaker.UpdatePipeline": 1}


@pytest.mark.parametrize("flag", ["--versions", "--delete", "--rollback=1", "--stop=x"])
def test_a_pipeline_that_is_not_there(call: Any, flag: str) -> None:
    """Whatever needs it says so, and in which region it was looked for."""
    said = call(flag, *(["--yes"] if flag == "--delete" else []))

    assert said.code == 1
    assert "there is no pipeline 'penguins' in eu-west-1" in said.err


def test_a_role_that_cannot_work_stops_the_deploy_before_it_writes(
    call: Any, edge: Any
) -> None:
    """Ten minutes later the first job would have said so."""
    said = call("--role", "arn:aws:iam::123456789012:role/gone", places=False)
    assert said.code == 2

    where = ("--bucket", "acme-ml", "--region", "eu-west-1")
    gone = ("--role", "arn:aws:iam::123456789012:role/gone")
    said = call(*where, *gone, places=False)

    assert said.code == 1
    assert "knows no role 'gone'" in said.err
    assert edge.writes == Counter()


def test_a_bucket_that_is_not_there_is_told_in_one_sentence(
    call: Any, edge: Any
) -> None:
    """Exit code 1: the request was sound, AWS said no."""
    role = "arn:aws:iam::123456789012:role/pipelines"
    where = ("--bucket", "no-such-bucket", "--role", role, "--region", "eu-west-1")

    said = call(*where, places=False)

    assert said.code == 1
    assert "uploaded" not in said.out
    assert "s3://no-such-bucket/" in said.err
    assert "there is no bucket 'no-such-bucket'. Create it" in said.err
    assert "Traceback" not in said.err
    assert not any(call.startswith("sagemaker.Create") for call in edge.calls)


def test_where_the_region_comes_from_is_said(
    call: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The flag, then the environment; nowhere is refused by name."""
    role = "arn:aws:iam::123456789012:role/pipelines"
    where = ("--bucket", "acme-ml", "--role", role)

    nowhere = call(*where, places=False)
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    from_environment = call(*where, places=False)
    from_flag = call()

    assert nowhere.code == 2
    assert "--region: SageMaker needs to know" in nowhere.err
    assert "region eu-west-1 (AWS_REGION)" in from_environment.err
    assert "region eu-west-1 (--region)" in from_flag.err


@pytest.mark.parametrize(
    ("flags", "match"),
    [
        (["--local", "--start"], "--start is for SageMaker"),
        (["--wait", "--parameter", "a=b"], "--parameter goes with --start"),
        (["--plan", "--steps", "a"], "--steps goes with --start"),
        (["--json"], "--json goes with --plan only"),
        (["--yes"], "--yes goes with --delete only"),
        (["--interval", "0"], "--interval: expected more than zero seconds; got 0"),
        (["--interval", "nan"], "--interval: expected more than zero seconds; got nan"),
        (["--rollback", "0"], "--rollback: versions count from 1; got 0"),
    ],
)
def test_flags_that_would_do_nothing_are_refused(
    flags: list[str], match: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """An option that is silently dropped is a wrong answer."""
    assert main(flags) == 2

    assert match in capsys.readouterr().err


def test_jobs_and_pipeline_carry_the_tags(call: Any) -> None:
    """And lose those that leave the config."""
    assert call("--set", 'tags={team="ml", stage="test"}').code == 0
    assert call("--set", 'tags={team="ml"}').code == 0

    client = boto3.client("sagemaker", region_name="eu-west-1")
    assert client.list_tags(ResourceArn=PIPELINE)["Tags"] == [
        {"Key": "team", "Value": "ml"}
    ]
