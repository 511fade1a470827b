"""A pipeline's life at SageMaker, told from the command line.

moto 5.2 holds the pipeline, its executions, the role and the objects. It lists no
steps of an execution: these are answered at the HTTP edge, in the shape that
botocore's service model gives the answer.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import boto3

STEPS = {
    "PipelineExecutionSteps": [
        {
            "StepName": "preprocess-data",
            "StepStatus": "Succeeded",
            "StartTime": 1_000.0,
            "EndTime": 1_130.0,
        },
        {
            "StepName": "train-model",
            "StepStatus": "Succeeded",
            "StartTime": 1_131.0,
            "EndTime": 1_395.0,
        },
    ]
}


def test_from_the_first_deploy_to_the_end(run: Any, call: Any, edge: Any) -> None:
    """Deploy, start, wait, change, plan, deploy, delete: each does just its part."""
    # One command in a process of its own; the SDK is slow to come for each of nine.
    edge.answer("sagemaker.ListPipelineExecutionSteps", STEPS)
    fresh = call("--plan")
    assert fresh.code == 3, fresh.err
    assert edge.writes == Counter()

    first = run("--start", "--wait", "--interval", "0.1")
    assert first.code == 0, first.err
    assert (
        "created arn:aws:sagemaker:eu-west-1:123456789012:pipeline/penguins"
        in first.out
    )
    assert "https://eu-west-1.console.aws.amazon.com/sagemaker/" in first.out
    assert "train-model: succeeded after 4 min 24 s" in first.out
    assert "succeeded" in first.out.splitlines()[-7]
    assert edge.writes == {
        "s3.PutObject": 3,
        "sagemaker.CreatePipeline": 1,
        "sagemaker.StartPipelineExecution": 1,
    }

    edge.calls.clear()
    again = call()
    assert (again.code, again.out.split()[0]) == (0, "unchanged")
    assert call("--plan").code == 0
    assert edge.writes == Counter()

    rate = ("--set", "training.hyperparameters.learning_rate=0.02")
    planned = call("--plan", "--json", *rate)
    assert planned.code == 3
    steps = {each["name"]: each for each in json.loads(planned.out)["steps"]}
    assert steps["preprocess-data"]["cache"] == "hit"
    assert steps["train-model"]["reasons"] == [
        {
            "address": "$.Steps[1].Arguments.HyperParameters.learning_rate",
            "old": "0.01",
            "new": "0.02",
        }
    ]
    assert edge.writes == Counter()

    changed = call(*rate)
    assert (changed.code, changed.out.split()[0]) == (0, "updated")
    assert edge.writes == {"sagemaker.UpdatePipeline": 1}

    edge.calls.clear()
    assert call("--delete").code == 2
    assert edge.writes == Counter()
    assert call("--delete", "--yes").code == 0
    assert edge.writes == {"sagemaker.DeletePipeline": 1}
    client = boto3.client("sagemaker", region_name="eu-west-1")
    assert client.list_pipelines()["PipelineSummaries"] == []


def test_a_deploy_that_fails_half_way_is_simply_run_again(call: Any, edge: Any) -> None:
    """The old pipeline is as it was, and what was uploaded is not sent again."""
    assert call().code == 0
    client = boto3.client("sagemaker", region_name="eu-west-1")
    before = client.describe_pipeline(PipelineName="penguins")["PipelineDefinition"]
    edge.calls.clear()
    edge.refuse("sagemaker.UpdatePipeline", "AccessDeniedException", "not you", times=1)
    data = ("--epochs", "7", "--seed", "3")

    failed = call(*data)

    assert failed.code == 1
    assert "'penguins' was not updated and is as it was" in failed.err
    assert "sagemaker:UpdatePipeline on arn:aws:sagemaker:eu-west-1" in failed.err
    after = client.describe_pipeline(PipelineName="penguins")["PipelineDefinition"]
    assert after == before
    assert call(*data).out.split()[0] == "updated"
