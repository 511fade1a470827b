"""The limits of the service, one row each: the most passes, one more is told.

The rows are those of the table of limits (botocore 1.44 and the developer guide), each
with the limit as a number of its own, so that a model that moves it is seen here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from penguin_pipes.definition.rules import limits, model, structure

if TYPE_CHECKING:
    from collections.abc import Callable

PROCESSING = "$.Steps[0].Arguments"
TRAINING = "$.Steps[1].Arguments"
JOB = f"{TRAINING}.TrainingJobDefinition"
TUNING = f"{TRAINING}.HyperParameterTuningJobConfig"
RULES = (*structure.RULES, *model.RULES, *limits.RULES)


def processing_input(number: int) -> dict[str, Any]:
    """Return one input of a processing job."""
    place = {"S3Uri": "s3://b/k", "S3DataType": "S3Prefix", "S3InputMode": "File"}
    return {"InputName": f"i{number}", "S3Input": place}


def processing_output(number: int) -> dict[str, Any]:
    """Return one output of a processing job."""
    place = {"S3Uri": "s3://b/k", "S3UploadMode": "EndOfJob"}
    return {"OutputName": f"o{number}", "S3Output": place}


def channel(name: str) -> dict[str, Any]:
    """Return one channel of a training job."""
    place = {"S3Uri": "s3://b/k", "S3DataType": "S3Prefix"}
    return {"ChannelName": name, "DataSource": {"S3DataSource": place}}


LIMITS: list[Any] = [
    pytest.param(
        "train",
        "$.Steps[1].Name",
        lambda most: "n" * most,
        64,
        "$.Steps[1].Name",
        "'nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn… is no name for a step; use 1 to 64 letters, digits, hyphens and underscores",
        id="step-name",
    ),
    pytest.param(
        "train",
        "$.Steps[1].DisplayName",
        lambda most: "n" * most,
        256,
        "$.Steps[1].DisplayName",
        "expected at most 256 characters, got 257; shorten it",
        id="step-display-name",
    ),
    pytest.param(
        "train",
        "$.Steps[1].Description",
        lambda most: "n" * most,
        3072,
        "$.Steps[1].Description",
        "expected at most 3072 characters, got 3073; shorten it",
        id="step-description",
    ),
    pytest.param(
        "train",
        "$.Parameters[0].Name",
        lambda most: "n" * most,
        64,
        "$.Parameters[0].Name",
        "'nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn… is no name for a parameter; use 1 to 64 letters, digits, hyphens and underscores",
        id="parameter-name",
    ),
    pytest.param(
        "train",
        "$.Parameters[0].DefaultValue",
        lambda most: "v" * most,
        4096,
        "$.Parameters[0].DefaultValue",
        "expected at most 4096 characters, got 4097; shorten it",
        id="parameter-default",
    ),
    pytest.param(
        "train",
        "$.Parameters",
        lambda most: [{"Name": f"p{i}", "Type": "String"} for i in range(most)],
        200,
        "$.Parameters",
        "there are 201 parameters, and a start takes 200; put some of them into one object in S3 and pass its URI",
        id="parameters",
    ),
    pytest.param(
        "train",
        f"{PROCESSING}.Environment",
        lambda most: {f"V{i}": "1" for i in range(most)},
        100,
        "$.Steps[0].Arguments.Environment",
        "expected at most 100 entries, got 101; take some out",
        id="processing-environment",
    ),
    pytest.param(
        "train",
        f"{PROCESSING}.Environment",
        lambda most: {"V" * most: "1"},
        256,
        "$.Steps[0].Arguments.Environment." + "V" * 257,
        "expected at most 256 characters, and the name 'VVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVV… has 257; make it fit",
        id="processing-environment-name",
    ),
    pytest.param(
        "train",
        f"{PROCESSING}.Environment.A",
        lambda most: "1" * most,
        256,
        "$.Steps[0].Arguments.Environment.A",
        "expected at most 256 characters, and '11111111111111111111111111111111111111111111111111111111111… has 257; make it fit",
        id="processing-environment-value",
    ),
    pytest.param(
        "train",
        f"{PROCESSING}.AppSpecification.ContainerArguments",
        lambda most: ["a"] * most,
        100,
        "$.Steps[0].Arguments.AppSpecification.ContainerArguments",
        "expected 1 to 100 items, got 101; take some out",
        id="processing-arguments",
    ),
    pytest.param(
        "train",
        f"{PROCESSING}.AppSpecification.ContainerArguments[0]",
        lambda most: "a" * most,
        256,
        "$.Steps[0].Arguments.AppSpecification.ContainerArguments[0]",
        "expected at most 256 characters, and 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa… has 257; make it fit",
        id="processing-argument",
    ),
    pytest.param(
        "train",
        f"{PROCESSING}.AppSpecification.ContainerEntrypoint",
        lambda most: ["a"] * most,
        100,
        "$.Steps[0].Arguments.AppSpecification.ContainerEntrypoint",
        "expected 1 to 100 items, got 101; take some out",
        id="processing-entrypoint",
    ),
    pytest.param(
        "train",
        f"{PROCESSING}.AppSpecification.ContainerEntrypoint[0]",
        lambda most: "a" * most,
        256,
        "$.Steps[0].Arguments.AppSpecification.ContainerEntrypoint[0]",
        "expected at most 256 characters, and 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa… has 257; make it fit",
        id="processing-entrypoint-part",
    ),
    pytest.param(
        "train",
        f"{PROCESSING}.ProcessingInputs",
        lambda most: [processing_input(i) for i in range(most)],
        10,
        "$.Steps[0].Arguments.ProcessingInputs",
        "expected at most 10 items, got 11; take some out",
        id="processing-inputs",
    ),
    pytest.param(
        "train",
        f"{PROCESSING}.ProcessingOutputConfig.Outputs",
        lambda most: [processing_output(i) for i in range(most)],
        10,
        "$.Steps[0].Arguments.ProcessingOutputConfig.Outputs",
        "expected at most 10 items, got 11; take some out",
        id="processing-outputs",
    ),
    pytest.param(
        "train",
        f"{PROCESSING}.ProcessingInputs[0].S3Input.LocalPath",
        lambda most: "/" + "p" * (most - 1),
        256,
        "$.Steps[0].Arguments.ProcessingInputs[0].S3Input.LocalPath",
        "expected at most 256 characters, and '/pppppppppppppppppppppppppppppppppppppppppppppppppppppppppp… has 257; make it fit",
        id="processing-local-path",
    ),
    pytest.param(
        "train",
        f"{PROCESSING}.StoppingCondition.MaxRuntimeInSeconds",
        lambda most: most,
        777600,
        "$.Steps[0].Arguments.StoppingCondition.MaxRuntimeInSeconds",
        "expected 1 to 777600, got 777601; make it fit",
        id="processing-runtime",
    ),
    pytest.param(
        "train",
        f"{PROCESSING}.ProcessingResources.ClusterConfig.VolumeSizeInGB",
        lambda most: most,
        16384,
        "$.Steps[0].Arguments.ProcessingResources.ClusterConfig.VolumeSizeInGB",
        "expected 1 to 16384, got 16385; make it fit",
        id="processing-volume",
    ),
    pytest.param(
        "train",
        f"{PROCESSING}.ProcessingResources.ClusterConfig.InstanceCount",
        lambda most: most,
        100,
        "$.Steps[0].Arguments.ProcessingResources.ClusterConfig.InstanceCount",
        "expected 1 to 100, got 101; make it fit",
        id="processing-instances",
    ),
    pytest.param(
        "train",
        f"{PROCESSING}.ProcessingJobName",
        lambda most: "j" * most,
        63,
        "$.Steps[0].Arguments.ProcessingJobName",
        "expected 1 to 63 characters, and 'jjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjj… has 64; make it fit",
        id="processing-job-name",
    ),
    pytest.param(
        "train",
        f"{PROCESSING}.AppSpecification.ImageUri",
        lambda most: "i" * most,
        255,
        "$.Steps[0].Arguments.AppSpecification.ImageUri",
        "expected at most 255 characters, and 'iiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiii… has 256; make it fit",
        id="image",
    ),
    pytest.param(
        "train",
        f"{PROCESSING}.ProcessingInputs[0].S3Input.S3Uri",
        lambda most: "s3://b/" + "k" * (most - 7),
        1024,
        "$.Steps[0].Arguments.ProcessingInputs[0].S3Input.S3Uri",
        "expected at most 1024 characters, and 's3://b/kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk… has 1025; make it fit",
        id="s3-uri",
    ),
    pytest.param(
        "train",
        f"{PROCESSING}.RoleArn",
        lambda most: "arn:aws:iam::123456789012:role/" + "r" * (most - 31),
        2048,
        "$.Steps[0].Arguments.RoleArn",
        "expected 20 to 2048 characters, and 'arn:aws:iam::123456789012:role/rrrrrrrrrrrrrrrrrrrrrrrrrrrr… has 2049; make it fit",
        id="role",
    ),
    pytest.param(
        "train",
        f"{PROCESSING}.ProcessingOutputConfig.KmsKeyId",
        lambda most: "k" * most,
        2048,
        "$.Steps[0].Arguments.ProcessingOutputConfig.KmsKeyId",
        "expected at most 2048 characters, and 'kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk… has 2049; make it fit",
        id="kms-key",
    ),
    pytest.param(
        "train",
        f"{PROCESSING}.Tags",
        lambda most: [{"Key": f"k{i}", "Value": ""} for i in range(most)],
        50,
        "$.Steps[0].Arguments.Tags",
        "expected at most 50 items, got 51; take some out",
        id="tags",
    ),
    pytest.param(
        "train",
        f"{PROCESSING}.Tags",
        lambda most: [{"Key": "k" * most, "Value": ""}],
        128,
        "$.Steps[0].Arguments.Tags[0].Key",
        "expected 1 to 128 characters, and 'kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk… has 129; make it fit",
        id="tag-key",
    ),
    pytest.param(
        "train",
        f"{PROCESSING}.Tags",
        lambda most: [{"Key": "k", "Value": "v" * most}],
        256,
        "$.Steps[0].Arguments.Tags[0].Value",
        "expected at most 256 characters, and 'vvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvv… has 257; make it fit",
        id="tag-value",
    ),
    pytest.param(
        "train",
        f"{TRAINING}.HyperParameters",
        lambda most: {f"h{i}": "1" for i in range(most)},
        100,
        "$.Steps[1].Arguments.HyperParameters",
        "expected at most 100 entries, got 101; take some out",
        id="hyperparameters",
    ),
    pytest.param(
        "train",
        f"{TRAINING}.HyperParameters",
        lambda most: {"h" * most: "1"},
        256,
        "$.Steps[1].Arguments.HyperParameters." + "h" * 257,
        "expected at most 256 characters, and the name 'hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh… has 257; make it fit",
        id="hyperparameter-name",
    ),
    pytest.param(
        "train",
        f"{TRAINING}.HyperParameters.h",
        lambda most: "1" * most,
        2500,
        "$.Steps[1].Arguments.HyperParameters.h",
        "expected at most 2500 characters, and '11111111111111111111111111111111111111111111111111111111111… has 2501; make it fit",
        id="hyperparameter-value",
    ),
    pytest.param(
        "train",
        f"{TRAINING}.AlgorithmSpecification.MetricDefinitions",
        lambda most: [{"Name": f"m{i}", "Regex": f"m{i}=(.+)"} for i in range(most)],
        40,
        "$.Steps[1].Arguments.AlgorithmSpecification.MetricDefinitions",
        "expected at most 40 items, got 41; take some out",
        id="metrics",
    ),
    pytest.param(
        "train",
        f"{TRAINING}.AlgorithmSpecification.MetricDefinitions[0].Name",
        lambda most: "m" * most,
        255,
        "$.Steps[1].Arguments.AlgorithmSpecification.MetricDefinitions[0].Name",
        "expected 1 to 255 characters, and 'mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm… has 256; make it fit",
        id="metric-name",
    ),
    pytest.param(
        "train",
        f"{TRAINING}.AlgorithmSpecification.MetricDefinitions[0].Regex",
        lambda most: "x" * (most - 3) + "(.)",
        500,
        "$.Steps[1].Arguments.AlgorithmSpecification.MetricDefinitions[0].Regex",
        "expected 1 to 500 characters, and 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx… has 501; make it fit",
        id="metric-regex",
    ),
    pytest.param(
        "train",
        f"{TRAINING}.InputDataConfig",
        lambda most: [channel(f"c{i}") for i in range(most)],
        20,
        "$.Steps[1].Arguments.InputDataConfig",
        "expected 1 to 20 items, got 21; take some out",
        id="channels",
    ),
    pytest.param(
        "train",
        f"{TRAINING}.InputDataConfig[0].ChannelName",
        lambda most: "c" * most,
        64,
        "$.Steps[1].Arguments.InputDataConfig[0].ChannelName",
        "expected 1 to 64 characters, and 'ccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc… has 65; make it fit",
        id="channel-name",
    ),
    pytest.param(
        "train",
        f"{TRAINING}.Environment",
        lambda most: {f"V{i}": "1" for i in range(most)},
        100,
        "$.Steps[1].Arguments.Environment",
        "expected at most 100 entries, got 101; take some out",
        id="training-environment",
    ),
    pytest.param(
        "train",
        f"{TRAINING}.Environment",
        lambda most: {"V" * most: "1"},
        512,
        "$.Steps[1].Arguments.Environment." + "V" * 513,
        "expected at most 512 characters, and the name 'VVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVV… has 513; make it fit",
        id="training-environment-name",
    ),
    pytest.param(
        "train",
        f"{TRAINING}.Environment",
        lambda most: {"A": "1" * most},
        512,
        "$.Steps[1].Arguments.Environment.A",
        "expected at most 512 characters, and '11111111111111111111111111111111111111111111111111111111111… has 513; make it fit",
        id="training-environment-value",
    ),
    pytest.param(
        "train",
        f"{TRAINING}.TrainingJobName",
        lambda most: "j" * most,
        63,
        "$.Steps[1].Arguments.TrainingJobName",
        "expected 1 to 63 characters, and 'jjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjj… has 64; make it fit",
        id="training-job-name",
    ),
    pytest.param(
        "tune",
        f"{JOB}.Environment",
        lambda most: {f"V{i}": "1" for i in range(most)},
        48,
        "$.Steps[1].Arguments.TrainingJobDefinition.Environment",
        "expected at most 48 entries, got 49; take some out",
        id="tuning-environment",
    ),
    pytest.param(
        "tune",
        f"{TRAINING}.HyperParameterTuningJobName",
        lambda most: "t" * most,
        32,
        "$.Steps[1].Arguments.HyperParameterTuningJobName",
        "expected 1 to 32 characters, and 'ttttttttttttttttttttttttttttttttt' has 33; make it fit",
        id="tuning-job-name",
    ),
    pytest.param(
        "tune",
        f"{TUNING}.ParameterRanges.IntegerParameterRanges",
        lambda most: [
            {"Name": f"r{i}", "MinValue": "1", "MaxValue": "2"} for i in range(most)
        ],
        30,
        "$.Steps[1].Arguments.HyperParameterTuningJobConfig.ParameterRanges.IntegerParameterRanges",
        "expected at most 30 items, got 31; take some out",
        id="integer-ranges",
    ),
    pytest.param(
        "tune",
        f"{TUNING}.ParameterRanges.ContinuousParameterRanges",
        lambda most: [
            {"Name": f"r{i}", "MinValue": "1", "MaxValue": "2"} for i in range(most)
        ],
        30,
        "$.Steps[1].Arguments.HyperParameterTuningJobConfig.ParameterRanges.ContinuousParameterRanges",
        "expected at most 30 items, got 31; take some out",
        id="continuous-ranges",
    ),
    pytest.param(
        "tune",
        f"{TUNING}.ParameterRanges.CategoricalParameterRanges",
        lambda most: [{"Name": f"r{i}", "Values": ["a"]} for i in range(most)],
        30,
        "$.Steps[1].Arguments.HyperParameterTuningJobConfig.ParameterRanges.CategoricalParameterRanges",
        "expected at most 30 items, got 31; take some out",
        id="categorical-ranges",
    ),
    pytest.param(
        "tune",
        f"{TUNING}.ParameterRanges.CategoricalParameterRanges",
        lambda most: [{"Name": "r", "Values": [f"v{i}" for i in range(most)]}],
        30,
        "$.Steps[1].Arguments.HyperParameterTuningJobConfig.ParameterRanges.CategoricalParameterRanges[0].Values",
        "expected 1 to 30 items, got 31; take some out",
        id="categories",
    ),
    pytest.param(
        "tune",
        f"{TUNING}.ParameterRanges.CategoricalParameterRanges",
        lambda most: [{"Name": "r", "Values": ["v" * most]}],
        256,
        "$.Steps[1].Arguments.HyperParameterTuningJobConfig.ParameterRanges.CategoricalParameterRanges[0].Values[0]",
        "expected at most 256 characters, and 'vvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvv… has 257; make it fit",
        id="category",
    ),
    pytest.param(
        "tune",
        f"{JOB}.StaticHyperParameters",
        lambda most: {f"h{i}": "1" for i in range(most - 1)},
        100,
        "$.Steps[1].Arguments.TrainingJobDefinition.StaticHyperParameters",
        "static hyperparameters and ranges are 101 together, and 100 are the most; leave some to the script's defaults",
        id="static-and-ranges",
    ),
]


@pytest.mark.parametrize(
    ("which", "place", "value", "most", "address", "sentence"), LIMITS
)
def test_the_most_passes_and_one_more_is_told(
    spoiled: Callable[..., Any],
    told: Callable[..., list[tuple[str, str, str]]],
    which: str,
    place: str,
    value: Callable[[int], Any],
    most: int,
    address: str,
    sentence: str,
) -> None:
    """What fits is no problem; what does not is one, with its address and the way out."""
    assert told(spoiled(which, {place: value(most)}), RULES) == []

    problems = told(spoiled(which, {place: value(most + 1)}), RULES)

    assert problems == [(address, "error", sentence)]


@pytest.mark.parametrize(
    ("which", "place", "value", "sentence"),
    [
        pytest.param(
            "train",
            f"{PROCESSING}.AppSpecification.ContainerEntrypoint",
            [],
            "expected 1 to 100 items, got 0; add what is missing, or leave it out",
            id="empty-entrypoint",
        ),
        pytest.param(
            "train",
            f"{TRAINING}.HyperParameters.note",
            "a\nb",
            "'a\\nb' has more than one line; write it in one line",
            id="hyperparameter-lines",
        ),
        pytest.param(
            "train",
            f"{PROCESSING}.ProcessingInputs[0].S3Input.S3Uri",
            "file:///data",
            "'file:///data' is not what the service takes here; it takes (https|s3)://([^/]+)/?(.*)",
            id="no-s3-uri",
        ),
        pytest.param(
            "train",
            f"{PROCESSING}.ProcessingJobName",
            "my_job",
            "'my_job' is not what the service takes here; it takes [a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}",
            id="job-name",
        ),
    ],
)
def test_what_is_of_the_wrong_form_is_told(  # a row of the table
    spoiled: Callable[..., Any],
    told: Callable[..., list[tuple[str, str, str]]],
    which: str,
    place: str,
    value: Any,
    sentence: str,
) -> None:
    """Empty, of several lines, or of letters that the service does not take."""
    assert told(spoiled(which, {place: value}), RULES) == [(place, "error", sentence)]
