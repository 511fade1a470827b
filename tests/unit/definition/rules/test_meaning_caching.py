"""Caching that never hits, or hits too often: one row for each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from penguin_pipes.service import CACHE_KEYS

if TYPE_CHECKING:
    from collections.abc import Callable

SPOILED: list[Any] = [
    pytest.param(
        "train",
        {"$.Steps[0].CacheConfig.ExpireAfter": "banana"},
        "$.Steps[0].CacheConfig.ExpireAfter",
        "error",
        "'banana' is no duration that the service can read; write one like 'P15D' or 'PT12H'",
        id="banana",
    ),
    pytest.param(
        "train",
        {"$.Steps[0].CacheConfig.ExpireAfter": "P0D"},
        "$.Steps[0].CacheConfig.ExpireAfter",
        "error",
        "'P0D' is no duration that the service can read; write one like 'P15D' or 'PT12H'",
        id="zero",
    ),
    pytest.param(
        "train",
        {"$.Steps[0].CacheConfig.ExpireAfter": 15},
        "$.Steps[0].CacheConfig.ExpireAfter",
        "error",
        "15 is no duration that the service can read; write one like 'P15D' or 'PT12H'",
        id="a-number",
    ),
    pytest.param(
        "train",
        {"$.Steps[0].CacheConfig.ExpireAfter": "P30M"},
        "$.Steps[0].CacheConfig.ExpireAfter",
        "warning",
        "'P30M' means 30 months; write 'PT30M' if minutes are meant",
        id="months",
    ),
    pytest.param(
        "train",
        {"$.Steps[0].CacheConfig.ExpireAfter": "30m"},
        "$.Steps[0].CacheConfig.ExpireAfter",
        "warning",
        "'30m' means 30 months; write 'PT30M' if minutes are meant",
        id="months-without-p",
    ),
    pytest.param(
        "train",
        {
            "$.Steps[2]": {
                "Name": "ask",
                "Type": "Lambda",
                "Arguments": {},
                "CacheConfig": {"Enabled": True, "ExpireAfter": "P1D"},
            }
        },
        "$.Steps[2].CacheConfig",
        "warning",
        "steps of type Lambda are not among those that the service is documented to cache, so the step may run every time; take CacheConfig out, or do not rely on it",
        id="uncached-type",
    ),
    pytest.param(
        "train",
        {
            "$.Steps[0].Arguments.Environment.RUN": {
                "Get": "Execution.PipelineExecutionId"
            }
        },
        "$.Steps[0].Arguments.Environment.RUN.Get",
        "warning",
        "Execution.PipelineExecutionId is in the cache key of 'preprocess-data' and is new in every execution, so that the step never finds an earlier result; keep it to outputs and names, or switch caching off",
        id="execution-in-environment",
    ),
    pytest.param(
        "train",
        {
            "$.Steps[0].Arguments.AppSpecification.ContainerArguments[0]": {
                "Std:Join": {
                    "On": "-",
                    "Values": ["at", {"Get": "Execution.StartDateTime"}],
                }
            }
        },
        "$.Steps[0].Arguments.AppSpecification.ContainerArguments[0].Std:Join.Values[1].Get",
        "warning",
        "Execution.StartDateTime is in the cache key of 'preprocess-data' and is new in every execution, so that the step never finds an earlier result; keep it to outputs and names, or switch caching off",
        id="execution-in-a-join",
    ),
    pytest.param(
        "train",
        {
            "$.Steps[1].Arguments.HyperParameters.job": {
                "Get": "Execution.TrainingJobName"
            }
        },
        "$.Steps[1].Arguments.HyperParameters.job.Get",
        "warning",
        "Execution.TrainingJobName is in the cache key of 'train-model' and is new in every execution, so that the step never finds an earlier result; keep it to outputs and names, or switch caching off",
        id="job-name-in-hyperparameters",
    ),
    pytest.param(
        "tune",
        {
            "$.Steps[1].Arguments.TrainingJobDefinition.StaticHyperParameters.run": {
                "Get": "Execution.PipelineExecutionArn"
            }
        },
        "$.Steps[1].Arguments.TrainingJobDefinition.StaticHyperParameters.run.Get",
        "warning",
        "Execution.PipelineExecutionArn is in the cache key of 'tune-model' and is new in every execution, so that the step never finds an earlier result; keep it to outputs and names, or switch caching off",
        id="execution-in-static-hyperparameters",
    ),
    pytest.param(
        "train",
        {
            "$.Steps[1].Arguments.HyperParameters.sagemaker_submit_directory": "s3://b/training/training-20260101120000/input/sourcedir.tar.gz"
        },
        "$.Steps[1].Arguments.HyperParameters.sagemaker_submit_directory",
        "warning",
        "'s3://b/training/training-20260101120000/input/sourcedir.tar… looks like an upload of the SDK's source_code: each build has its own, so that 'train-model' finds no earlier result once the definition is rendered again; upload the code under a name made from its content",
        id="code-of-v3",
    ),
    pytest.param(
        "train",
        {
            "$.Steps[1].Arguments.HyperParameters.sagemaker_submit_directory": "s3://b/tf-2026-01-01-12-00-00-123/source/sourcedir.tar.gz"
        },
        "$.Steps[1].Arguments.HyperParameters.sagemaker_submit_directory",
        "warning",
        "'s3://b/tf-2026-01-01-12-00-00-123/source/sourcedir.tar.gz' looks like an upload of the SDK's source_code: each build has its own, so that 'train-model' finds no earlier result once the definition is rendered again; upload the code under a name made from its content",
        id="code-of-v2",
    ),
    pytest.param(
        "tune",
        {
            "$.Steps[1].Arguments.TrainingJobDefinition.StaticHyperParameters.sagemaker_submit_directory": "s3://b/x/tuning-1767225600/input/sourcedir/sourcedir.tar.gz"
        },
        "$.Steps[1].Arguments.TrainingJobDefinition.StaticHyperParameters.sagemaker_submit_directory",
        "warning",
        "'s3://b/x/tuning-1767225600/input/sourcedir/sourcedir.tar.gz… looks like an upload of the SDK's source_code: each build has its own, so that 'tune-model' finds no earlier result once the definition is rendered again; upload the code under a name made from its content",
        id="code-of-v3-tuning",
    ),
    pytest.param(
        "train",
        {
            "$.Steps[0].Arguments.ProcessingOutputConfig.Outputs[0].S3Output.S3Uri": "s3://acme-ml/pre/train"
        },
        "$.Steps[0].Arguments.ProcessingOutputConfig.Outputs[0].S3Output.S3Uri",
        "warning",
        "output 'train' of 'preprocess-data' has the same address in every execution and 'train-model', which reads it, is cached by address: it takes an old result although the data are new; put Execution.PipelineExecutionId into the address",
        id="fixed-output",
    ),
    pytest.param(
        "train",
        {
            "$.Steps[0].Arguments.ProcessingOutputConfig.Outputs[0].S3Output.S3Uri": {
                "Std:Join": {
                    "On": "/",
                    "Values": ["s3://b", {"Get": "Execution.PipelineName"}],
                }
            }
        },
        "$.Steps[0].Arguments.ProcessingOutputConfig.Outputs[0].S3Output.S3Uri",
        "warning",
        "output 'train' of 'preprocess-data' has the same address in every execution and 'train-model', which reads it, is cached by address: it takes an old result although the data are new; put Execution.PipelineExecutionId into the address",
        id="output-by-pipeline-name",
    ),
    pytest.param(
        "tune",
        {
            "$.Steps[0].Arguments.ProcessingOutputConfig.Outputs[0].S3Output.S3Uri": "s3://acme-ml/pre/train"
        },
        "$.Steps[0].Arguments.ProcessingOutputConfig.Outputs[0].S3Output.S3Uri",
        "warning",
        "output 'train' of 'preprocess-data' has the same address in every execution and 'tune-model', which reads it, is cached by address: it takes an old result although the data are new; put Execution.PipelineExecutionId into the address",
        id="fixed-output-into-tuning",
    ),
]

GOOD: list[Any] = [
    pytest.param(
        "train", {"$.Steps[0].CacheConfig.ExpireAfter": "30d"}, id="duration-30d"
    ),
    pytest.param(
        "train", {"$.Steps[0].CacheConfig.ExpireAfter": "5y"}, id="duration-5y"
    ),
    pytest.param(
        "train", {"$.Steps[0].CacheConfig.ExpireAfter": "T16m"}, id="duration-T16m"
    ),
    pytest.param(
        "train", {"$.Steps[0].CacheConfig.ExpireAfter": "30dT5h"}, id="duration-30dT5h"
    ),
    pytest.param(
        "train", {"$.Steps[0].CacheConfig.ExpireAfter": "p30d"}, id="duration-p30d"
    ),
    pytest.param(
        "train",
        {"$.Steps[0].CacheConfig.ExpireAfter": "P4DT12H"},
        id="duration-P4DT12H",
    ),
    pytest.param(
        "train", {"$.Steps[0].CacheConfig.ExpireAfter": "PT1H"}, id="duration-PT1H"
    ),
    pytest.param(
        "train", {"$.Steps[0].CacheConfig.ExpireAfter": "P1Y2M"}, id="duration-P1Y2M"
    ),
    pytest.param(
        "train",
        {
            "$.Steps[0].CacheConfig.Enabled": False,
            "$.Steps[0].CacheConfig.ExpireAfter": "banana",
            "$.Steps[0].Arguments.Environment.RUN": {
                "Get": "Execution.PipelineExecutionId"
            },
        },
        id="off",
    ),
    pytest.param(
        "train",
        {
            "$.Steps[0].CacheConfig": None,
            "$.Steps[1].CacheConfig": None,
            "$.Steps[0].Arguments.ProcessingOutputConfig.Outputs[0].S3Output.S3Uri": "s3://acme-ml/pre/train",
        },
        id="no-caching",
    ),
    pytest.param(
        "train",
        {"$.Steps[0].CacheConfig.ExpireAfter": {"Get": "Parameters.dataset_location"}},
        id="open-duration",
    ),
    pytest.param(
        "train",
        {"$.Steps[0].Arguments.Environment.WHO": {"Get": "Execution.PipelineName"}},
        id="pipeline-name-in-key",
    ),
    pytest.param(
        "train",
        {
            "$.Steps[1].Arguments.OutputDataConfig.S3OutputPath": {
                "Get": "Execution.PipelineExecutionId"
            }
        },
        id="execution-in-output-of-training",
    ),
    pytest.param(
        "tune",
        {
            "$.Steps[1].Arguments.TrainingJobDefinition.Environment.RUN": {
                "Get": "Execution.PipelineExecutionId"
            }
        },
        id="execution-in-environment-of-tuning",
    ),
    pytest.param(
        "train",
        {
            "$.Steps[0].Arguments.ProcessingOutputConfig.Outputs[0].S3Output.S3Uri": "s3://acme-ml/pre/train",
            "$.Steps[1].CacheConfig.Enabled": False,
        },
        id="fixed-output-nobody-caches",
    ),
    pytest.param(
        "train",
        {
            "$.Steps[0].Arguments.ProcessingOutputConfig.Outputs[2].S3Output.S3Uri": "s3://acme-ml/pre/test"
        },
        id="fixed-output-nobody-reads",
    ),
    pytest.param(
        "train",
        {
            "$.Steps[0].Arguments.ProcessingOutputConfig.Outputs[0].S3Output.S3Uri": {
                "Get": "Parameters.dataset_location"
            }
        },
        id="output-by-parameter",
    ),
    pytest.param(
        "train",
        {
            "$.Steps[1].Arguments.HyperParameters.sagemaker_submit_directory": "s3://b/pipe/code/10162a72a70ea73cfc521c8d9a940a1e/sourcedir.tar.gz"
        },
        id="hashed-code",
    ),
    pytest.param(
        "train",
        {"$.Parameters[0].DefaultValue": "s3://b/data-2026-01-01-12-00-00/input/x.csv"},
        id="dated-data",
    ),
    pytest.param(
        "train",
        {
            "$.Steps[2]": {
                "Name": "new",
                "Type": "Quantum",
                "Arguments": {},
                "CacheConfig": {"Enabled": True, "ExpireAfter": "P1D"},
            }
        },
        id="unknown-type",
    ),
]


@pytest.mark.parametrize(
    ("which", "changes", "address", "severity", "sentence"), SPOILED
)
def test_one_trap_of_caching_is_one_problem(
    spoiled: Callable[..., Any],
    told: Callable[[Any], list[tuple[str, str, str]]],
    which: str,
    changes: dict[str, Any],
    address: str,
    severity: str,
    sentence: str,
) -> None:
    """A step cache that cannot do what it seems to gets one problem at its place."""
    problems = told(spoiled(which, changes))

    assert problems == [(address, severity, sentence)]


@pytest.mark.parametrize(("which", "changes"), GOOD)
def test_sound_caching_raises_nothing(
    spoiled: Callable[..., Any],
    told: Callable[[Any], list[tuple[str, str, str]]],
    which: str,
    changes: dict[str, Any],
) -> None:
    """Every duration of AWS's documents passes, and so does what is in no cache key."""
    problems = told(spoiled(which, changes))

    assert problems == []


def test_a_rendered_upload_is_told_once_per_step(
    spoiled: Callable[..., Any], told: Callable[[Any], list[tuple[str, str, str]]]
) -> None:
    """A build of the SDK uploads several folders; each step hears of it once."""
    uri = "s3://b/training/training-20260101120000/input/"
    channel = "$.Steps[1].Arguments.InputDataConfig[{}].DataSource.S3DataSource.S3Uri"
    both = {channel.format(0): f"{uri}code", channel.format(1): f"{uri}sm_drivers"}

    problems = told(spoiled("train", both))

    assert [address for address, _, _ in problems] == [channel.format(0)]


def test_cache_keys_start_at_the_step() -> None:
    """Each path of a cache key starts at a member that a step can have."""
    tops = {path.split(".")[0] for paths in CACHE_KEYS.values() for path in paths}

    assert tops == {
        "Arguments",
        "CheckType",
        "ModelName",
        "ModelPackageGroupName",
        "RegisterNewBaseline",
        "SkipCheck",
        "SuppliedBaselineConstraints",
        "SuppliedBaselineStatistics",
    }
