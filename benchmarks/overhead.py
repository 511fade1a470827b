"""What the engine itself takes for a step: definitions of jobs that do nothing."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from benchmarks.measure import Contender
from penguin_pipes.local import run_locally

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

STEPS = (30, 100, 300)
CODE = "s3://bench/code/nothing.py"
LIMIT_MS = 20.0


def _step(number: int) -> dict[str, Any]:
    """Return a processing step whose job does nothing."""
    code = {
        "InputName": "code",
        "AppManaged": False,
        "S3Input": {
            "S3Uri": CODE,
            "LocalPath": "/opt/ml/processing/input/code",
            "S3DataType": "S3Prefix",
            "S3InputMode": "File",
        },
    }
    instance = {
        "InstanceCount": 1,
        "InstanceType": "ml.m5.large",
        "VolumeSizeInGB": 30,
    }
    arguments = {
        "AppSpecification": {
            "ImageUri": "000000000000.dkr.ecr.us-east-1.amazonaws.com/nothing:1",
            "ContainerEntrypoint": [
                "python3",
                "/opt/ml/processing/input/code/nothing.py",
            ],
        },
        "ProcessingInputs": [code],
        "ProcessingResources": {"ClusterConfig": instance},
        "RoleArn": "arn:aws:iam::000000000000:role/nobody",
        "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
    }
    return {"Name": f"step-{number}", "Type": "Processing", "Arguments": arguments}


def definition(steps: int) -> dict[str, Any]:
    """Return a definition of so many steps that do nothing."""
    return {
        "Version": "2020-12-01",
        "Metadata": {},
        "Parameters": [],
        "Steps": [_step(number) for number in range(steps)],
    }


def _write(folder: Path, _: int) -> None:
    (folder / "nothing.py").write_text("pass\n")


def _run(steps: int, folder: Path, _: int) -> None:
    run_locally(
        definition(steps), files={CODE: folder / "nothing.py"}, home=folder / "home"
    )


def contenders() -> Sequence[Contender]:
    """Return definitions of so many steps; linear is what grows as they do."""
    return [
        Contender(
            name=f"{steps} steps",
            prepare=_write,
            run=functools.partial(_run, steps),
            limit=steps / STEPS[0] if steps > STEPS[0] else None,
        )
        for steps in STEPS
    ]
