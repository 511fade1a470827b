"""What the service does before the image's ``train`` command: ``/opt/ml``, variables.

Written from the developer guide (your-algorithms-training-algo-running-container) and
not from the package, so that one of the two can be wrong.
"""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

HOST: Final = "algo-1"
FOLDERS: Final = ("code", "input/config", "model", "output/data")


def furnish(root: Path, request: Mapping[str, Any], files: Mapping[str, Path]) -> None:
    """Make *root* the ``/opt/ml`` of a job.

    Args:
        root: The folder that stands for it; it must not exist.
        request: The job's ``CreateTrainingJob`` request.
        files: Which folder an S3 name stands for.
    """
    for folder in FOLDERS:
        (root / folder).mkdir(parents=True)
    channels = request.get("InputDataConfig", [])
    for channel in channels:
        source = files[channel["DataSource"]["S3DataSource"]["S3Uri"]]
        shutil.copytree(source, root / "input" / "data" / channel["ChannelName"])
    configs = {
        "hyperparameters": request["HyperParameters"],
        "inputdataconfig": {each["ChannelName"]: _told(each) for each in channels},
        "resourceconfig": _resources(request["ResourceConfig"]["InstanceType"]),
    }
    for name, content in configs.items():
        file = root / "input" / "config" / f"{name}.json"
        file.write_text(json.dumps(content), encoding="utf-8")


def _told(channel: Mapping[str, Any]) -> dict[str, str]:
    """Return what a job reads about one channel."""
    content = (
        {"ContentType": channel["ContentType"]} if "ContentType" in channel else {}
    )
    return {
        **content,
        "TrainingInputMode": "File",
        "S3DistributionType": "FullyReplicated",
        "RecordWrapperType": "None",
    }


def _resources(instance_type: str) -> dict[str, Any]:
    """Return what a job reads about the one computer it runs on."""
    return {
        "current_host": HOST,
        "current_instance_type": instance_type,
        "current_group_name": "homogeneousCluster",
        "hosts": [HOST],
        "instance_groups": [
            {
                "instance_group_name": "homogeneousCluster",
                "instance_type": instance_type,
                "hosts": [HOST],
            }
        ],
        "network_interface_name": "eth0",
    }


def variables(request: Mapping[str, Any], job_name: str) -> dict[str, str]:
    """Return what the service sets in the container: its own, then the request's."""
    image = request["AlgorithmSpecification"]["TrainingImage"]
    region = image.split(".")[3]
    account = request["RoleArn"].split(":")[4]
    return {
        "AWS_REGION": region,
        "TRAINING_JOB_NAME": job_name,
        "TRAINING_JOB_ARN": f"arn:aws:sagemaker:{region}:{account}:training-job/{job_name}",
        **request.get("Environment", {}),
    }
