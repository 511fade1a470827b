"""Hyperparameters, tuning and metrics: one row for each way to get them wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

SPOILED: list[Any] = [
    pytest.param(
        "train",
        {"$.Steps[1].Arguments.HyperParameters.layers": "[64, 32]"},
        "$.Steps[1].Arguments.HyperParameters.layers",
        "error",
        "hyperparameter 'layers' becomes the argument '[64, 32]', which tensorflow-training:2.21 hands to a shell without quotes, so that the job fails; use letters, digits and _@%+=:,./- only, or give it as environment variable",
        id="spaces",
    ),
    pytest.param(
        "train",
        {"$.Steps[1].Arguments.HyperParameters.note": "a;b"},
        "$.Steps[1].Arguments.HyperParameters.note",
        "error",
        "hyperparameter 'note' becomes the argument 'a;b', which tensorflow-training:2.21 hands to a shell without quotes, so that the job fails; use letters, digits and _@%+=:,./- only, or give it as environment variable",
        id="shell",
    ),
    pytest.param(
        "train",
        {"$.Steps[1].Arguments.HyperParameters.note": ""},
        "$.Steps[1].Arguments.HyperParameters.note",
        "error",
        "hyperparameter 'note' becomes the argument '', which tensorflow-training:2.21 hands to a shell without quotes, so that the job fails; use letters, digits and _@%+=:,./- only, or give it as environment variable",
        id="empty",
    ),
    pytest.param(
        "train",
        {"$.Steps[1].Arguments.HyperParameters.note": "null"},
        "$.Steps[1].Arguments.HyperParameters.note",
        "error",
        "hyperparameter 'note' becomes the argument '', which tensorflow-training:2.21 hands to a shell without quotes, so that the job fails; use letters, digits and _@%+=:,./- only, or give it as environment variable",
        id="null",
    ),
    pytest.param(
        "train",
        {"$.Steps[1].Arguments.HyperParameters.a b": "1"},
        "$.Steps[1].Arguments.HyperParameters.a b",
        "error",
        "hyperparameter 'a b' becomes the argument '--a b', which tensorflow-training:2.21 hands to a shell without quotes, so that the job fails; use letters, digits and _@%+=:,./- only, or give it as environment variable",
        id="name",
    ),
    pytest.param(
        "train",
        {
            "$.Steps[1].Arguments.HyperParameters.layers": "[64, 32]",
            "$.Steps[1].Arguments.AlgorithmSpecification.TrainingImage": "123456789012.dkr.ecr.us-east-1.amazonaws.com/churn:3",
        },
        "$.Steps[1].Arguments.HyperParameters.layers",
        "warning",
        "hyperparameter 'layers' becomes the argument '[64, 32]', which sagemaker-training up to 5.1.2 hands to a shell without quotes; use letters, digits and _@%+=:,./- only, or give it as environment variable",
        id="other-image",
    ),
    pytest.param(
        "train",
        {
            "$.Steps[1].Arguments.HyperParameters.layers": "[64, 32]",
            "$.Steps[1].Arguments.AlgorithmSpecification.TrainingImage": "763104351884.dkr.ecr.us-east-1.amazonaws.com/tensorflow-training:2.22.0-cpu-py312",
        },
        "$.Steps[1].Arguments.HyperParameters.layers",
        "warning",
        "hyperparameter 'layers' becomes the argument '[64, 32]', which sagemaker-training up to 5.1.2 hands to a shell without quotes; use letters, digits and _@%+=:,./- only, or give it as environment variable",
        id="newer-image",
    ),
    pytest.param(
        "tune",
        {
            "$.Steps[1].Arguments.HyperParameterTuningJobConfig.ParameterRanges.CategoricalParameterRanges": [
                {"Name": "opt", "Values": ["adam", "s g d"]}
            ]
        },
        "$.Steps[1].Arguments.HyperParameterTuningJobConfig.ParameterRanges.CategoricalParameterRanges[0].Values[1]",
        "error",
        "hyperparameter 'opt' becomes the argument 's g d', which tensorflow-training:2.21 hands to a shell without quotes, so that the job fails; use letters, digits and _@%+=:,./- only, or give it as environment variable",
        id="category",
    ),
    pytest.param(
        "train",
        {"$.Steps[1].Arguments.HyperParameters.sagemaker_container_log_level": "INFO"},
        "$.Steps[1].Arguments.HyperParameters.sagemaker_container_log_level",
        "error",
        "'INFO' is no number, and the toolkit takes no name; write '20' for INFO, '10' for DEBUG",
        id="log-level",
    ),
    pytest.param(
        "train",
        {"$.Steps[1].Arguments.HyperParameters.sagemaker_container_log_level": '"20"'},
        "$.Steps[1].Arguments.HyperParameters.sagemaker_container_log_level",
        "error",
        "'\"20\"' is no number, and the toolkit takes no name; write '20' for INFO, '10' for DEBUG",
        id="log-level-quoted",
    ),
    pytest.param(
        "train",
        {"$.Steps[1].Arguments.HyperParameters.sagemaker_program": "../train.py"},
        "$.Steps[1].Arguments.HyperParameters.sagemaker_program",
        "error",
        "'../train.py' is no path of a script inside the code; name it as it lies in the archive, such as 'train.py'",
        id="program-outside",
    ),
    pytest.param(
        "train",
        {"$.Steps[1].Arguments.HyperParameters.sagemaker_program": "my train.py"},
        "$.Steps[1].Arguments.HyperParameters.sagemaker_program",
        "error",
        "'my train.py' is no path of a script inside the code; name it as it lies in the archive, such as 'train.py'",
        id="program-with-space",
    ),
    pytest.param(
        "train",
        {"$.Steps[1].Arguments.HyperParameters.sagemaker_submit_directory": "./src"},
        "$.Steps[1].Arguments.HyperParameters.sagemaker_submit_directory",
        "error",
        "'./src' is neither in S3 nor a folder of the container; give the s3:// address of a .tar.gz",
        id="code-on-a-laptop",
    ),
    pytest.param(
        "train",
        {
            "$.Steps[1].Arguments.HyperParameters.sagemaker_submit_directory": "s3://b/code.zip"
        },
        "$.Steps[1].Arguments.HyperParameters.sagemaker_submit_directory",
        "warning",
        "'s3://b/code.zip' is opened as a gzipped tar, whatever its name; if it is none, the job fails; give the s3:// address of a .tar.gz",
        id="code-zip",
    ),
    pytest.param(
        "tune",
        {
            "$.Steps[1].Arguments.TrainingJobDefinition.StaticHyperParameters.model_dir": None
        },
        "$.Steps[1].Arguments.TrainingJobDefinition.StaticHyperParameters",
        "warning",
        "the TensorFlow container passes --model_dir None/<job>/model to the script of a tuning job that has no model_dir; a model saved there is lost; add 'model_dir': '/opt/ml/model'",
        id="no-model-dir",
    ),
    pytest.param(
        "tune",
        {
            "$.Steps[1].Arguments.HyperParameterTuningJobConfig.HyperParameterTuningJobObjective.MetricName": "val_acuracy"
        },
        "$.Steps[1].Arguments.HyperParameterTuningJobConfig.HyperParameterTuningJobObjective.MetricName",
        "error",
        "the objective 'val_acuracy' has no metric definition, so that no job can be ranked; did you mean 'val_accuracy'?",
        id="objective",
    ),
    pytest.param(
        "tune",
        {
            "$.Steps[1].Arguments.TrainingJobDefinition.AlgorithmSpecification.MetricDefinitions": []
        },
        "$.Steps[1].Arguments.HyperParameterTuningJobConfig.HyperParameterTuningJobObjective.MetricName",
        "error",
        "the objective 'val_accuracy' has no metric definition, so that no job can be ranked; there are none",
        id="objective-without-metrics",
    ),
    pytest.param(
        "tune",
        {
            "$.Steps[1].Arguments.HyperParameterTuningJobConfig.ParameterRanges.IntegerParameterRanges[0].MinValue": "60"
        },
        "$.Steps[1].Arguments.HyperParameterTuningJobConfig.ParameterRanges.IntegerParameterRanges[0]",
        "error",
        "range 'epochs' runs from 60 down to 50; swap MinValue and MaxValue",
        id="upside-down",
    ),
    pytest.param(
        "tune",
        {
            "$.Steps[1].Arguments.HyperParameterTuningJobConfig.ParameterRanges.IntegerParameterRanges[0].MinValue": "ten"
        },
        "$.Steps[1].Arguments.HyperParameterTuningJobConfig.ParameterRanges.IntegerParameterRanges[0].MinValue",
        "error",
        "MinValue of range 'epochs' is 'ten', which is no number; write a number in quotes, such as '0.1'",
        id="no-number",
    ),
    pytest.param(
        "tune",
        {
            "$.Steps[1].Arguments.HyperParameterTuningJobConfig.ParameterRanges.IntegerParameterRanges[0].MinValue": "1.5"
        },
        "$.Steps[1].Arguments.HyperParameterTuningJobConfig.ParameterRanges.IntegerParameterRanges[0].MinValue",
        "error",
        "MinValue of range 'epochs' is '1.5', which is no whole number; round it, or make it a range of ContinuousParameterRanges",
        id="fraction",
    ),
    pytest.param(
        "tune",
        {
            "$.Steps[1].Arguments.HyperParameterTuningJobConfig.ParameterRanges.IntegerParameterRanges[0].MinValue": "0",
            "$.Steps[1].Arguments.HyperParameterTuningJobConfig.ParameterRanges.IntegerParameterRanges[0].ScalingType": "Logarithmic",
        },
        "$.Steps[1].Arguments.HyperParameterTuningJobConfig.ParameterRanges.IntegerParameterRanges[0].MinValue",
        "error",
        "range 'epochs' starts at 0, where there is no logarithm; start above 0, or search it with ScalingType Linear",
        id="logarithm",
    ),
    pytest.param(
        "tune",
        {
            "$.Steps[1].Arguments.HyperParameterTuningJobConfig.ParameterRanges.ContinuousParameterRanges": [
                {
                    "Name": "momentum",
                    "MinValue": "0.5",
                    "MaxValue": "1",
                    "ScalingType": "ReverseLogarithmic",
                }
            ]
        },
        "$.Steps[1].Arguments.HyperParameterTuningJobConfig.ParameterRanges.ContinuousParameterRanges[0].ScalingType",
        "error",
        "range 'momentum' runs from 0.5 to 1; ReverseLogarithmic needs 0 <= value < 1; search it with another ScalingType",
        id="reverse-logarithm",
    ),
    pytest.param(
        "tune",
        {
            "$.Steps[1].Arguments.HyperParameterTuningJobConfig.ParameterRanges.ContinuousParameterRanges": [
                {"Name": "epochs", "MinValue": "1", "MaxValue": "2"}
            ]
        },
        "$.Steps[1].Arguments.HyperParameterTuningJobConfig.ParameterRanges.ContinuousParameterRanges[0].Name",
        "error",
        "'epochs' has two ranges; take one of them out",
        id="two-ranges",
    ),
    pytest.param(
        "tune",
        {
            "$.Steps[1].Arguments.TrainingJobDefinition.StaticHyperParameters.epochs": "5"
        },
        "$.Steps[1].Arguments.TrainingJobDefinition.StaticHyperParameters.epochs",
        "error",
        "'epochs' has a fixed value and a range; take one of the two out",
        id="fixed-and-range",
    ),
    pytest.param(
        "tune",
        {
            "$.Steps[1].Arguments.HyperParameterTuningJobConfig.ResourceLimits.MaxParallelTrainingJobs": 4
        },
        "$.Steps[1].Arguments.HyperParameterTuningJobConfig.ResourceLimits.MaxParallelTrainingJobs",
        "warning",
        "MaxParallelTrainingJobs is 4, more than the 3 jobs of the whole search; lower it; the fewer at once, the more each learns from the others",
        id="more-at-once",
    ),
    pytest.param(
        "tune",
        {"$.Steps[1].Arguments.HyperParameterTuningJobConfig.Strategy": "Grid"},
        "$.Steps[1].Arguments.HyperParameterTuningJobConfig.ParameterRanges.IntegerParameterRanges[0]",
        "error",
        "Strategy Grid searches categories only; 'epochs' is a range; list its values under CategoricalParameterRanges",
        id="grid",
    ),
    pytest.param(
        "tune",
        {
            "$.Steps[1].Arguments.HyperParameterTuningJobConfig.Strategy": "Hyperband",
            "$.Steps[1].Arguments.HyperParameterTuningJobConfig.StrategyConfig": {
                "HyperbandStrategyConfig": {"MinResource": 1, "MaxResource": 9}
            },
            "$.Steps[1].Arguments.HyperParameterTuningJobConfig.TrainingJobEarlyStoppingType": "Auto",
        },
        "$.Steps[1].Arguments.HyperParameterTuningJobConfig.TrainingJobEarlyStoppingType",
        "error",
        "TrainingJobEarlyStoppingType Auto does not go with Hyperband; set it to Off: Hyperband stops jobs by itself",
        id="hyperband-early",
    ),
    pytest.param(
        "tune",
        {
            "$.Steps[1].Arguments.HyperParameterTuningJobConfig.Strategy": "Hyperband",
            "$.Steps[1].Arguments.HyperParameterTuningJobConfig.StrategyConfig": {
                "HyperbandStrategyConfig": {"MinResource": 10, "MaxResource": 9}
            },
        },
        "$.Steps[1].Arguments.HyperParameterTuningJobConfig.StrategyConfig.HyperbandStrategyConfig.MinResource",
        "error",
        "MinResource 10 is more than MaxResource 9; swap the two",
        id="hyperband-resources",
    ),
    pytest.param(
        "tune",
        {"$.Steps[1].Arguments.HyperParameterTuningJobConfig.Strategy": "Hyperband"},
        "$.Steps[1].Arguments.HyperParameterTuningJobConfig",
        "error",
        "Hyperband has no MaxResource and no epochs to take it from; add StrategyConfig.HyperbandStrategyConfig.MaxResource, or a static hyperparameter 'epochs'",
        id="hyperband-without",
    ),
    pytest.param(
        "tune",
        {
            "$.Steps[1].Arguments.HyperParameterTuningJobConfig.StrategyConfig": {
                "HyperbandStrategyConfig": {"MinResource": 1, "MaxResource": 9}
            }
        },
        "$.Steps[1].Arguments.HyperParameterTuningJobConfig.StrategyConfig.HyperbandStrategyConfig",
        "error",
        "HyperbandStrategyConfig does not go with Strategy Bayesian; take it out, or set Strategy to Hyperband",
        id="hyperband-config",
    ),
    pytest.param(
        "train",
        {
            "$.Steps[1].Arguments.AlgorithmSpecification.MetricDefinitions[0].Regex": "loss: (?<x>[0-9.]+"
        },
        "$.Steps[1].Arguments.AlgorithmSpecification.MetricDefinitions[0].Regex",
        "warning",
        "the expression of metric 'loss' is none for Python (unknown extension ?<x at position 7); which engine the service has is not told; use what Java, RE2 and Python read alike",
        id="metric-pattern",
    ),
    pytest.param(
        "train",
        {
            "$.Steps[1].Arguments.AlgorithmSpecification.MetricDefinitions[0].Regex": " - loss: [0-9.]+"
        },
        "$.Steps[1].Arguments.AlgorithmSpecification.MetricDefinitions[0].Regex",
        "error",
        "the expression of metric 'loss' has no group, so that there is no number to take; put the number into round brackets: 'loss: ([0-9.]+)'",
        id="metric-group",
    ),
    pytest.param(
        "train",
        {
            "$.Steps[1].Arguments.AlgorithmSpecification.MetricDefinitions[0].Regex": "loss: ([0-9.]+)"
        },
        "$.Steps[1].Arguments.AlgorithmSpecification.MetricDefinitions[0].Regex",
        "warning",
        "the expression of metric 'loss' also finds 'val_loss: 0.1234', which is metric 'val_loss': the two are mixed up; say what stands before it: '(?:^|\\s- )loss: ([0-9.]+)'",
        id="metric-mixed-up",
    ),
    pytest.param(
        "train",
        {
            "$.Steps[1].Arguments.AlgorithmSpecification.MetricDefinitions": [
                {"Name": "train:loss", "Regex": "loss=([0-9.]+)"},
                {"Name": "validation:loss", "Regex": "val_loss=([0-9.]+)"},
            ]
        },
        "$.Steps[1].Arguments.AlgorithmSpecification.MetricDefinitions[0].Regex",
        "warning",
        "the expression of metric 'train:loss' also finds 'val_loss=0.1234', which is metric 'validation:loss': the two are mixed up; say what stands before it: '(?:^|\\s- )loss: ([0-9.]+)'",
        id="metric-mixed-up-by-text",
    ),
    pytest.param(
        "train",
        {
            "$.Steps[1].Arguments.AlgorithmSpecification.MetricDefinitions[1].Name": "loss",
            "$.Steps[1].Arguments.AlgorithmSpecification.MetricDefinitions[1].Regex": "(?:^|\\s- )loss: ([0-9.]+)",
        },
        "$.Steps[1].Arguments.AlgorithmSpecification.MetricDefinitions[1].Name",
        "warning",
        "metric 'loss' is defined twice; which one counts is open; rename one of the two",
        id="metric-twice",
    ),
]

GOOD: list[Any] = [
    pytest.param(
        "train",
        {
            "$.Steps[1].Arguments.HyperParameters.layers": "[64, 32]",
            "$.Steps[1].Arguments.HyperParameters.sagemaker_program": None,
            "$.Steps[1].Arguments.AlgorithmSpecification.TrainingImage": "1.dkr.ecr.x.amazonaws.com/own:1",
        },
        id="no-script-mode",
    ),
    pytest.param(
        "train",
        {
            "$.Steps[1].Arguments.HyperParameters.sagemaker_program": '"train.py"',
            "$.Steps[1].Arguments.HyperParameters.sagemaker_submit_directory": '"s3://b/k/sourcedir.tar.gz"',
            "$.Steps[1].Arguments.HyperParameters.sagemaker_region": '"us-east-1"',
        },
        id="quoted-by-v2",
    ),
    pytest.param(
        "train",
        {"$.Steps[1].Arguments.HyperParameters.sagemaker_program": "src/train.py"},
        id="program-in-a-folder",
    ),
    pytest.param(
        "train",
        {
            "$.Steps[1].Arguments.HyperParameters.sagemaker_submit_directory": "/opt/ml/input/data/code/sourcedir.tar.gz"
        },
        id="code-in-the-container",
    ),
    pytest.param(
        "train",
        {
            "$.Steps[1].Arguments.HyperParameters.layers": {
                "Std:Join": {
                    "On": " ",
                    "Values": [{"Get": "Parameters.dataset_location"}, "x"],
                }
            }
        },
        id="open-value",
    ),
    pytest.param(
        "train",
        {
            "$.Steps[1].Arguments.HyperParameters.sagemaker_mpi_custom_mpi_options": "-x A=B -x C=D"
        },
        id="framework-parameter",
    ),
    pytest.param(
        "tune",
        {
            "$.Steps[1].Arguments.TrainingJobDefinition.StaticHyperParameters.model_dir": "s3://b/model"
        },
        id="model-dir-in-s3",
    ),
    pytest.param(
        "tune",
        {
            "$.Steps[1].Arguments.TrainingJobDefinition.StaticHyperParameters.model_dir": None,
            "$.Steps[1].Arguments.TrainingJobDefinition.AlgorithmSpecification.TrainingImage": "1.dkr.ecr.x.amazonaws.com/own:1",
        },
        id="other-image-without-model-dir",
    ),
    pytest.param(
        "train",
        {"$.Steps[1].Arguments.HyperParameters.model_dir": None},
        id="training-without-model-dir",
    ),
    pytest.param(
        "tune",
        {
            "$.Steps[1].Arguments.TrainingJobDefinition.StaticHyperParameters.sagemaker_program": None,
            "$.Steps[1].Arguments.TrainingJobDefinition.AlgorithmSpecification.MetricDefinitions": None,
            "$.Steps[1].Arguments.HyperParameterTuningJobConfig.HyperParameterTuningJobObjective.MetricName": "validation:auc",
        },
        id="algorithm-with-own-metrics",
    ),
    pytest.param(
        "tune",
        {
            "$.Steps[1].Arguments.HyperParameterTuningJobConfig.HyperParameterTuningJobObjective.MetricName": {
                "Get": "Parameters.dataset_location"
            }
        },
        id="open-objective",
    ),
    pytest.param(
        "tune",
        {
            "$.Steps[1].Arguments.HyperParameterTuningJobConfig.ParameterRanges.IntegerParameterRanges[0].MinValue": {
                "Get": "Parameters.dataset_location"
            }
        },
        id="open-bound",
    ),
    pytest.param(
        "tune",
        {
            "$.Steps[1].Arguments.HyperParameterTuningJobConfig.ParameterRanges.IntegerParameterRanges[0].MinValue": "50"
        },
        id="one-value",
    ),
    pytest.param(
        "tune",
        {
            "$.Steps[1].Arguments.HyperParameterTuningJobConfig.ParameterRanges.IntegerParameterRanges[0].MinValue": "1e1"
        },
        id="whole-float",
    ),
    pytest.param(
        "tune",
        {
            "$.Steps[1].Arguments.HyperParameterTuningJobConfig.ParameterRanges.ContinuousParameterRanges": [
                {
                    "Name": "momentum",
                    "MinValue": "0",
                    "MaxValue": "0.99",
                    "ScalingType": "ReverseLogarithmic",
                }
            ]
        },
        id="reverse-logarithm",
    ),
    pytest.param(
        "tune",
        {
            "$.Steps[1].Arguments.HyperParameterTuningJobConfig.Strategy": "Grid",
            "$.Steps[1].Arguments.HyperParameterTuningJobConfig.ParameterRanges": {
                "CategoricalParameterRanges": [
                    {"Name": "opt", "Values": ["adam", "sgd"]}
                ]
            },
        },
        id="grid",
    ),
    pytest.param(
        "tune",
        {
            "$.Steps[1].Arguments.HyperParameterTuningJobConfig.Strategy": "Hyperband",
            "$.Steps[1].Arguments.HyperParameterTuningJobConfig.StrategyConfig": {
                "HyperbandStrategyConfig": {"MinResource": 1, "MaxResource": 9}
            },
        },
        id="hyperband",
    ),
    pytest.param(
        "tune",
        {
            "$.Steps[1].Arguments.HyperParameterTuningJobConfig.Strategy": "Hyperband",
            "$.Steps[1].Arguments.TrainingJobDefinition.StaticHyperParameters.n_epochs": "9",
        },
        id="hyperband-by-epochs",
    ),
    pytest.param(
        "train",
        {
            "$.Steps[1].Arguments.AlgorithmSpecification.MetricDefinitions": [
                {"Name": "a", "Regex": "x=(.+)"},
                {"Name": "b", "Regex": "x=(.+)"},
            ]
        },
        id="same-expression",
    ),
    pytest.param(
        "train",
        {
            "$.Steps[1].Arguments.AlgorithmSpecification.MetricDefinitions": [
                {"Name": "loss", "Regex": "'loss': ([0-9.]+)"},
                {"Name": "eval_loss", "Regex": "'eval_loss': ([0-9.]+)"},
            ]
        },
        id="quotes-apart",
    ),
    pytest.param(
        "train",
        {
            "$.Steps[1].Arguments.AlgorithmSpecification.MetricDefinitions": [
                {"Name": "loss", "Regex": "loss=([[:digit:]]+)"}
            ]
        },
        id="posix-class",
    ),
]


@pytest.mark.parametrize(
    ("which", "changes", "address", "severity", "sentence"), SPOILED
)
def test_one_wrong_setting_is_one_problem(
    spoiled: Callable[..., Any],
    told: Callable[[Any], list[tuple[str, str, str]]],
    which: str,
    changes: dict[str, Any],
    address: str,
    severity: str,
    sentence: str,
) -> None:
    """A training or tuning step that is wrong at one place gets one problem there."""
    problems = told(spoiled(which, changes))

    assert problems == [(address, severity, sentence)]


@pytest.mark.parametrize(("which", "changes"), GOOD)
def test_sound_settings_raise_nothing(
    spoiled: Callable[..., Any],
    told: Callable[[Any], list[tuple[str, str, str]]],
    which: str,
    changes: dict[str, Any],
) -> None:
    """What the containers and the service take is no problem."""
    problems = told(spoiled(which, changes))

    assert problems == []


def test_each_definition_of_a_tuning_step_is_looked_at(
    spoiled: Callable[..., Any], told: Callable[[Any], list[tuple[str, str, str]]]
) -> None:
    """A tuning step with several definitions is checked in each of them."""
    document = spoiled("tune")
    arguments = document["Steps"][1]["Arguments"]
    config = arguments["HyperParameterTuningJobConfig"]
    definition = arguments.pop("TrainingJobDefinition")
    definition["TuningObjective"] = config.pop("HyperParameterTuningJobObjective")
    definition["HyperParameterRanges"] = config.pop("ParameterRanges")
    wrong = {**definition, "TuningObjective": {"Type": "Minimize", "MetricName": "x"}}
    arguments["TrainingJobDefinitions"] = [definition, wrong]

    problems = told(document)

    address = (
        "$.Steps[1].Arguments.TrainingJobDefinitions[1].TuningObjective.MetricName"
    )
    assert [each for each, _, _ in problems] == [address]


NOTE = "$.Steps[1].Arguments.HyperParameters.note"
IMAGE = "$.Steps[1].Arguments.AlgorithmSpecification.TrainingImage"


@pytest.mark.parametrize("character", [*" \t'\"`;$&|<>*?()[]{}~#!\\^", "ä"])
@pytest.mark.parametrize("version", ["2.16", "2.18", "2.19.0", "2.21.0"])
def test_no_character_of_a_shell_reaches_the_toolkits_that_quote_nothing(
    spoiled: Callable[..., Any],
    told: Callable[[Any], list[tuple[str, str, str]]],
    character: str,
    version: str,
) -> None:
    """White space, quotes and operators are errors in each of AWS's images."""
    image = f"763104351884.dkr.ecr.us-east-1.amazonaws.com/tensorflow-training:{version}-cpu-py312"
    value = f"a{character}b"

    ((address, severity, sentence),) = told(
        spoiled("train", {IMAGE: image, NOTE: value})
    )

    release = ".".join(version.split(".")[:2])
    assert (address, severity) == (NOTE, "error")
    assert sentence == (
        f"hyperparameter 'note' becomes the argument {value!r}, which "
        f"tensorflow-training:{release} hands to a shell without quotes, so that the "
        "job fails; use letters, digits and _@%+=:,./- only, or give it as environment "
        "variable"
    )


@pytest.mark.parametrize(
    "value", ["true", "1e-3", " 7 ", "64,32", '{"k":1}', '"adam"', "s3://b/k_@%+=.x-1"]
)
def test_what_a_shell_leaves_alone_passes(
    spoiled: Callable[..., Any],
    told: Callable[[Any], list[tuple[str, str, str]]],
    value: str,
) -> None:
    """What counts is the argument that the toolkit makes of the value."""
    assert told(spoiled("train", {NOTE: value})) == []
