"""Definitions of steps whose jobs do next to nothing, as the service has them.

What may be left out is: a thousand steps have to fit into the service's 1 MiB.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

BUCKET: Final = "s3://b"
IMAGE: Final = "000000000000.dkr.ecr.us-east-1.amazonaws.com/n:1"
ROLE: Final = "arn:aws:iam::000000000000:role/n"
STOPPING: Final = {"MaxRuntimeInSeconds": 3600}
INSTANCE: Final = {
    "InstanceCount": 1,
    "InstanceType": "ml.m5.large",
    "VolumeSizeInGB": 30,
}
INPUT: Final = "/opt/ml/processing/in"
OUTPUT: Final = "/opt/ml/processing/out"
WRITTEN: Final = "x"


def code_of(name: str) -> str:
    """Return where the script of a step lies."""
    return f"{BUCKET}/{name}/n.py"


def processing(
    name: str,
    *,
    code: str,
    reads: Mapping[str, Any] | None = None,
    writes: Sequence[str] = (),
    is_cached: bool = False,
) -> dict[str, Any]:
    """Return a processing step that runs the script that lies at *code*.

    It is told the folders of what it writes.
    """
    inputs = [_input(key, uri) for key, uri in {"code": code, **(reads or {})}.items()]
    arguments = {
        "AppSpecification": {
            "ImageUri": IMAGE,
            "ContainerEntrypoint": [
                "python3",
                f"{INPUT}/code/n.py",
            ],
            "ContainerArguments": [f"{OUTPUT}/{key}" for key in writes] or ["-"],
        },
        "ProcessingInputs": inputs,
        "ProcessingOutputConfig": {"Outputs": [_output(name, key) for key in writes]},
        "ProcessingResources": {"ClusterConfig": INSTANCE},
        "RoleArn": ROLE,
    }
    cached = {"CacheConfig": {"Enabled": True}} if is_cached else {}
    return {"Name": name, "Type": "Processing", "Arguments": arguments, **cached}


def _input(name: str, uri: Any) -> dict[str, Any]:
    return {
        "InputName": name,
        "S3Input": {
            "S3Uri": uri,
            "LocalPath": f"{INPUT}/{name}",
            "S3DataType": "S3Prefix",
            "S3InputMode": "File",
        },
    }


def _output(step: str, name: str) -> dict[str, Any]:
    run = {"Get": "Execution.PipelineExecutionId"}
    place = {"Std:Join": {"On": "/", "Values": [BUCKET, run, step, name]}}
    return {
        "OutputName": name,
        "S3Output": {
            "S3Uri": place,
            "LocalPath": f"{OUTPUT}/{name}",
            "S3UploadMode": "EndOfJob",
        },
    }


def written_by(step: str) -> dict[str, str]:
    """Return the reference to what a step writes."""
    outputs = f"Steps.{step}.ProcessingOutputConfig.Outputs['{WRITTEN}']"
    return {"Get": f"{outputs}.S3Output.S3Uri"}


def chain(length: int, *, is_cached: bool = False) -> list[dict[str, Any]]:
    """Return steps with a script each that read what the one before has written."""
    return [
        processing(
            f"s-{number}",
            code=code_of(f"s-{number}"),
            reads={"data": written_by(f"s-{number - 1}")} if number else None,
            writes=[WRITTEN],
            is_cached=is_cached,
        )
        for number in range(length)
    ]


def tuning(trials: int, *, strategy: str, code: str) -> dict[str, Any]:
    """Return a tuning step of so many trials, of which each prints its objective."""
    search = {
        "Strategy": strategy,
        "HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": "score"},
        "ResourceLimits": {
            "MaxNumberOfTrainingJobs": trials,
            "MaxParallelTrainingJobs": 2,
        },
        "ParameterRanges": {
            "ContinuousParameterRanges": [
                {"Name": "rate", "MinValue": "0", "MaxValue": "1"}
            ]
        },
        "TrainingJobEarlyStoppingType": "Off",
    }
    training = {
        "AlgorithmSpecification": {
            "TrainingImage": IMAGE,
            "TrainingInputMode": "File",
            "MetricDefinitions": [{"Name": "score", "Regex": "score=([0-9.e+-]+)"}],
        },
        "StaticHyperParameters": {
            "sagemaker_program": "n.py",
            "sagemaker_submit_directory": code,
        },
        "OutputDataConfig": {"S3OutputPath": f"{BUCKET}/models"},
        "ResourceConfig": INSTANCE,
        "RoleArn": ROLE,
        "StoppingCondition": STOPPING,
    }
    arguments = {
        "HyperParameterTuningJobConfig": search,
        "TrainingJobDefinition": training,
    }
    return {"Name": "tune", "Type": "Tuning", "Arguments": arguments}


def definition(steps: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return a pipeline of these steps."""
    return {
        "Version": "2020-12-01",
        "Metadata": {},
        "Parameters": [],
        "Steps": [*steps],
    }
