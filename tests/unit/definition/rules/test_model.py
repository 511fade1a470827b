"""The service model: one row for each kind of thing that it refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from penguin_pipes.definition.rules import model

if TYPE_CHECKING:
    from collections.abc import Callable

PROCESSING = "$.Steps[0].Arguments"
TRAINING = "$.Steps[1].Arguments"
JOB = "$.Steps[1].Arguments.TrainingJobDefinition"
TUNING = "$.Steps[1].Arguments.HyperParameterTuningJobConfig"

SPOILED: list[Any] = [
    pytest.param(
        "train",
        {f"{PROCESSING}.RoleArn": None},
        PROCESSING,
        "error",
        "'RoleArn' is missing, which Arguments needs; add 'RoleArn', a string",
        id="missing",
    ),
    pytest.param(
        "train",
        {f"{PROCESSING}.ProcessingOutputConfig.Outputs[0].S3Output.S3UploadMode": None},
        f"{PROCESSING}.ProcessingOutputConfig.Outputs[0].S3Output",
        "error",
        "'S3UploadMode' is missing, which S3Output needs; add it: one of Continuous, EndOfJob",
        id="missing-enum",
    ),
    pytest.param(
        "train",
        {f"{PROCESSING}.AppSpecification.ImageUri": 12},
        f"{PROCESSING}.AppSpecification.ImageUri",
        "error",
        "expected a string, got 12; write it in quotes",
        id="number-for-text",
    ),
    pytest.param(
        "train",
        {f"{PROCESSING}.ProcessingResources.ClusterConfig.InstanceCount": "1"},
        f"{PROCESSING}.ProcessingResources.ClusterConfig.InstanceCount",
        "error",
        "expected a whole number, got '1'; write it without quotes",
        id="text-for-number",
    ),
    pytest.param(
        "train",
        {f"{PROCESSING}.ProcessingResources.ClusterConfig.InstanceCount": True},
        f"{PROCESSING}.ProcessingResources.ClusterConfig.InstanceCount",
        "error",
        "expected a whole number, got True; write a whole number",
        id="bool-for-number",
    ),
    pytest.param(
        "train",
        {f"{PROCESSING}.ProcessingResources.ClusterConfig.InstanceCount": 1.5},
        f"{PROCESSING}.ProcessingResources.ClusterConfig.InstanceCount",
        "error",
        "expected a whole number, got 1.5; write a whole number",
        id="fraction",
    ),
    pytest.param(
        "train",
        {f"{TRAINING}.EnableNetworkIsolation": "true"},
        f"{TRAINING}.EnableNetworkIsolation",
        "error",
        "expected true or false, got 'true'; write true or false",
        id="text-for-bool",
    ),
    pytest.param(
        "train",
        {f"{PROCESSING}.ProcessingInputs": "x"},
        f"{PROCESSING}.ProcessingInputs",
        "error",
        "expected a list, got 'x'; write a list",
        id="text-for-list",
    ),
    pytest.param(
        "train",
        {f"{PROCESSING}.StoppingCondition": [1]},
        f"{PROCESSING}.StoppingCondition",
        "error",
        "expected an object, got [1]; write an object",
        id="list-for-object",
    ),
    pytest.param(
        "train",
        {f"{PROCESSING}.Environment": "A=1"},
        f"{PROCESSING}.Environment",
        "error",
        "expected an object, got 'A=1'; write an object",
        id="text-for-map",
    ),
    pytest.param(
        "train",
        {f"{PROCESSING}.StopingCondition": {}},
        f"{PROCESSING}.StopingCondition",
        "error",
        "Arguments has no member 'StopingCondition'; did you mean 'StoppingCondition'?",
        id="unknown-member",
    ),
    pytest.param(
        "train",
        {f"{TRAINING}.ResourceConfig.InstanceTyp": "ml.m5.xlarge"},
        f"{TRAINING}.ResourceConfig.InstanceTyp",
        "error",
        "ResourceConfig has no member 'InstanceTyp'; did you mean 'InstanceType'?",
        id="unknown-deeper",
    ),
    pytest.param(
        "train",
        {f"{PROCESSING}.ProcessingInputs[0].S3Input.S3InputMode": "file"},
        f"{PROCESSING}.ProcessingInputs[0].S3Input.S3InputMode",
        "error",
        "'file' is no ProcessingS3InputMode; did you mean 'File'?",
        id="enum",
    ),
    pytest.param(
        "train",
        {f"{TRAINING}.ResourceConfig.InstanceType": "ml.m99.xlarge"},
        f"{TRAINING}.ResourceConfig.InstanceType",
        "warning",
        "'ml.m99.xlarge' is no instance type that botocore knows; did you mean 'ml.m5.xlarge'? If it is a new one, all is well",
        id="new-instance-type",
    ),
    pytest.param(
        "train",
        {f"{TRAINING}.ResourceConfig.InstanceType": "m5.xlarge"},
        f"{TRAINING}.ResourceConfig.InstanceType",
        "error",
        "'m5.xlarge' is no TrainingInstanceType; did you mean 'ml.m5.xlarge'?",
        id="wrong-instance-type",
    ),
    pytest.param(
        "train",
        {f"{PROCESSING}.RoleArn": "arn:aws:iam::123:role/pipelines"},
        f"{PROCESSING}.RoleArn",
        "error",
        "'arn:aws:iam::123:role/pipelines' is not what the service takes here; it takes arn:aws[a-z\\-]*:iam::\\d{12}:role/?[a-zA-Z_0-9+=,.@\\-_/]+",
        id="pattern",
    ),
    pytest.param(
        "train",
        {f"{PROCESSING}.ProcessingInputs[0].S3Input.S3Uri": "s3://b/" + "k" * 1024},
        f"{PROCESSING}.ProcessingInputs[0].S3Input.S3Uri",
        "error",
        "expected at most 1024 characters, and 's3://b/kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk… has 1031; make it fit",
        id="length",
    ),
    pytest.param(
        "train",
        {
            f"{TRAINING}.AlgorithmSpecification.MetricDefinitions": [
                {"Name": f"m{i}", "Regex": f"m{i}=(.+)"} for i in range(41)
            ]
        },
        f"{TRAINING}.AlgorithmSpecification.MetricDefinitions",
        "error",
        "expected at most 40 items, got 41; take some out",
        id="many-metrics",
    ),
    pytest.param(
        "train",
        {f"{TRAINING}.Environment": {f"V{i}": "1" for i in range(101)}},
        f"{TRAINING}.Environment",
        "error",
        "expected at most 100 entries, got 101; take some out",
        id="many-environment",
    ),
    pytest.param(
        "train",
        {f"{TRAINING}.StoppingCondition.MaxRuntimeInSeconds": 0},
        f"{TRAINING}.StoppingCondition.MaxRuntimeInSeconds",
        "error",
        "expected at least 1, got 0; make it fit",
        id="number-range",
    ),
    pytest.param(
        "train",
        {f"{PROCESSING}.ProcessingResources.ClusterConfig.VolumeSizeInGB": 16385},
        f"{PROCESSING}.ProcessingResources.ClusterConfig.VolumeSizeInGB",
        "error",
        "expected 1 to 16384, got 16385; make it fit",
        id="volume",
    ),
    pytest.param(
        "train",
        {f"{TRAINING}.HyperParameters.epochs": 50},
        f"{TRAINING}.HyperParameters.epochs",
        "error",
        "expected a string, got 50; write it in quotes",
        id="hyperparameter-number",
    ),
    pytest.param(
        "train",
        {f"{TRAINING}.HyperParameters.note": "n" * 2501},
        f"{TRAINING}.HyperParameters.note",
        "error",
        "expected at most 2500 characters, and 'nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn… has 2501; make it fit",
        id="hyperparameter-length",
    ),
    pytest.param(
        "train",
        {TRAINING + ".HyperParameters." + "n" * 257: "1"},
        f"{TRAINING}.HyperParameters." + "n" * 257,
        "error",
        "expected at most 256 characters, and the name 'nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn… has 257; make it fit",
        id="hyperparameter-name",
    ),
    pytest.param(
        "train",
        {f"{TRAINING}.HyperParameters": {f"h{i}": "1" for i in range(101)}},
        f"{TRAINING}.HyperParameters",
        "error",
        "expected at most 100 entries, got 101; take some out",
        id="hyperparameters-101",
    ),
    pytest.param(
        "train",
        {f"{TRAINING}.Environment": {"A-B": "1"}},
        f"{TRAINING}.Environment.A-B",
        "error",
        "the name 'A-B' is not what the service takes here; it takes [a-zA-Z_][a-zA-Z0-9_]*",
        id="environment-name",
    ),
    pytest.param(
        "train",
        {f"{TRAINING}.Environment": {"A": "1" * 513}},
        f"{TRAINING}.Environment.A",
        "error",
        "expected at most 512 characters, and '11111111111111111111111111111111111111111111111111111111111… has 513; make it fit",
        id="environment-value",
    ),
    pytest.param(
        "train",
        {
            f"{TRAINING}.AlgorithmSpecification.MetricDefinitions[0].Regex": "x" * 500
            + "(.)"
        },
        f"{TRAINING}.AlgorithmSpecification.MetricDefinitions[0].Regex",
        "error",
        "expected 1 to 500 characters, and 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx… has 503; make it fit",
        id="regex-500",
    ),
    pytest.param(
        "train",
        {f"{TRAINING}.AlgorithmSpecification.MetricDefinitions[0].Name": "x" * 256},
        f"{TRAINING}.AlgorithmSpecification.MetricDefinitions[0].Name",
        "error",
        "expected 1 to 255 characters, and 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx… has 256; make it fit",
        id="metric-name-255",
    ),
    pytest.param(
        "tune",
        {f"{JOB}.Environment": {f"V{i}": "1" for i in range(49)}},
        f"{JOB}.Environment",
        "error",
        "expected at most 48 entries, got 49; take some out",
        id="tuning-environment-49",
    ),
    pytest.param(
        "tune",
        {f"{TRAINING}.HyperParameterTuningJobName": "t" * 33},
        f"{TRAINING}.HyperParameterTuningJobName",
        "error",
        "expected 1 to 32 characters, and 'ttttttttttttttttttttttttttttttttt' has 33; make it fit",
        id="tuning-job-name-33",
    ),
    pytest.param(
        "train",
        {f"{PROCESSING}.AppSpecification.ContainerEntrypoint": ["a"] * 101},
        f"{PROCESSING}.AppSpecification.ContainerEntrypoint",
        "error",
        "expected 1 to 100 items, got 101; take some out",
        id="entrypoint",
    ),
    pytest.param(
        "train",
        {f"{PROCESSING}.AppSpecification.ContainerArguments": ["a\nb"]},
        f"{PROCESSING}.AppSpecification.ContainerArguments[0]",
        "error",
        "'a\\nb' has more than one line; write it in one line",
        id="argument-lines",
    ),
    pytest.param(
        "train",
        {
            f"{TRAINING}.EnableNetworkIsolation": {
                "Std:Join": {"On": "", "Values": ["t", "rue"]}
            }
        },
        f"{TRAINING}.EnableNetworkIsolation",
        "error",
        "expected true or false, and Std:Join makes a string; write the value, or use Get",
        id="join-for-bool",
    ),
    pytest.param(
        "train",
        {
            f"{TRAINING}.ResourceConfig.InstanceCount": {
                "Get": "Parameters.dataset_location"
            }
        },
        f"{TRAINING}.ResourceConfig.InstanceCount",
        "error",
        "expected a whole number, and parameter 'dataset_location' is a String; declare it with Type 'Integer'",
        id="text-parameter-for-number",
    ),
    pytest.param(
        "tune",
        {f"{TUNING}.Strategy": "Bayes"},
        f"{TUNING}.Strategy",
        "error",
        "'Bayes' is no HyperParameterTuningJobStrategyType; did you mean 'Bayesian'?",
        id="tuning-strategy",
    ),
    pytest.param(
        "tune",
        {f"{TUNING}.ResourceLimits.MaxParallelTrainingJobs": 0},
        f"{TUNING}.ResourceLimits.MaxParallelTrainingJobs",
        "error",
        "expected at least 1, got 0; make it fit",
        id="tuning-jobs",
    ),
    pytest.param(
        "tune",
        {TUNING: None},
        TRAINING,
        "error",
        "'HyperParameterTuningJobConfig' is missing, which Arguments needs; add 'HyperParameterTuningJobConfig', an object",
        id="tuning-without-config",
    ),
    pytest.param(
        "train",
        {f"{TRAINING}.ResourceConfig": None},
        TRAINING,
        "error",
        "there is no ResourceConfig, so that the job has no machine to run on; add one with InstanceType, InstanceCount and VolumeSizeInGB",
        id="no-resources",
    ),
    pytest.param(
        "train",
        {f"{TRAINING}.StoppingCondition": None},
        TRAINING,
        "error",
        "there is no StoppingCondition, which a job on instances needs; add {'MaxRuntimeInSeconds': 3600}, or whatever is long enough",
        id="no-end",
    ),
    pytest.param(
        "train",
        {f"{PROCESSING}.StoppingCondition": None},
        PROCESSING,
        "warning",
        "there is no StoppingCondition, so that a job that hangs runs for 24 hours; add {'MaxRuntimeInSeconds': 3600}, or whatever is long enough",
        id="no-end-processing",
    ),
    pytest.param(
        "tune",
        {f"{JOB}.StoppingCondition": None},
        JOB,
        "error",
        "'StoppingCondition' is missing, which TrainingJobDefinition needs; add 'StoppingCondition', an object",
        id="no-end-tuning",
    ),
    pytest.param(
        "tune",
        {f"{JOB}.ResourceConfig": None},
        JOB,
        "error",
        "there is no ResourceConfig, so that the job has no machine to run on; add one with InstanceType, InstanceCount and VolumeSizeInGB",
        id="no-resources-tuning",
    ),
    pytest.param(
        "train",
        {f"{TRAINING}.InputDataConfig[0].ChannelName": "a b"},
        f"{TRAINING}.InputDataConfig[0].ChannelName",
        "error",
        "'a b' is not what the service takes here; it takes [A-Za-z0-9\\.\\-_]+",
        id="channel-name",
    ),
]


@pytest.mark.parametrize(
    ("which", "changes", "address", "severity", "sentence"), SPOILED
)
def test_each_mistake_has_its_address_and_sentence(
    spoiled: Callable[..., Any],
    told: Callable[..., list[tuple[str, str, str]]],
    which: str,
    changes: dict[str, Any],
    address: str,
    severity: str,
    sentence: str,
) -> None:
    """One mistake is one problem, at its place, with the value and the way out."""
    problems = told(spoiled(which, changes), model.RULES)

    assert problems == [(address, severity, sentence)]


@pytest.mark.parametrize("which", ["train", "tune"])
def test_good_definitions_have_no_problem(
    spoiled: Callable[..., Any],
    told: Callable[..., list[tuple[str, str, str]]],
    which: str,
) -> None:
    """Without a mistake nothing is told."""
    assert told(spoiled(which), model.RULES) == []
