"""One training job that both sides are asked for."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import attrs

REGION: Final = "eu-west-1"
ROLE: Final = "arn:aws:iam::123456789012:role/pipelines"
TENSORFLOW: Final = (
    f"763104351884.dkr.ecr.{REGION}.amazonaws.com/tensorflow-training:2.22.0-cpu-py312"
)
OWN: Final = f"123456789012.dkr.ecr.{REGION}.amazonaws.com/churn:3"
"""An image of one's own, with the toolkit and no framework's module."""

CODE: Final = "s3://code/sourcedir.tar.gz"
PROBE: Final = Path(__file__).with_name("probe.py").read_text(encoding="utf-8")
LOOK: Final = "import probe\nprobe.look()\n"
WHOLE: Final = f"{LOOK}probe.speak_whole()\n"
SHELL: Final = '#!/bin/sh\npython3 probe.py "$@"\n'
NOTHING: Final[Mapping[str, str]] = MappingProxyType({})


@attrs.frozen(kw_only=True)
class Case:
    """A training job with everything it needs.

    Attributes:
        hyperparameters: What is added to, or replaces, those that name the code.
        code: The files of the archive; the probe comes along.
        program: The script that is started.
        channels: The text of the one file in each channel.
        environment: What the request sets.
        image: What it would run in.
        content_types: Of the channels that have one.
        shows: The known differences that it is allowed to show, besides those that
            every case may.
    """

    hyperparameters: Mapping[str, str] = NOTHING
    code: Mapping[str, str] = MappingProxyType({"train.py": LOOK})
    program: str = "train.py"
    channels: Mapping[str, str] = NOTHING
    environment: Mapping[str, str] = NOTHING
    image: str = TENSORFLOW
    content_types: Mapping[str, str] = NOTHING
    shows: tuple[str, ...] = ()

    @property
    def request(self) -> dict[str, Any]:
        """The ``CreateTrainingJob`` request, as a definition holds it."""
        return {
            "AlgorithmSpecification": {
                "TrainingImage": self.image,
                "TrainingInputMode": "File",
            },
            "HyperParameters": {
                "sagemaker_program": self.program,
                "sagemaker_submit_directory": CODE,
                **self.hyperparameters,
            },
            **({"Environment": dict(self.environment)} if self.environment else {}),
            **({"InputDataConfig": self._channels()} if self.channels else {}),
            "OutputDataConfig": {"S3OutputPath": "s3://models/here"},
            "ResourceConfig": {
                "InstanceCount": 1,
                "InstanceType": "ml.m5.xlarge",
                "VolumeSizeInGB": 30,
            },
            "RoleArn": ROLE,
            "StoppingCondition": {"MaxRuntimeInSeconds": 600},
        }

    def _channels(self) -> list[dict[str, Any]]:
        """Return the channels of the request."""
        return [
            {
                "ChannelName": name,
                **(
                    {"ContentType": self.content_types[name]}
                    if name in self.content_types
                    else {}
                ),
                "DataSource": {
                    "S3DataSource": {
                        "S3DataType": "S3Prefix",
                        "S3Uri": f"s3://data/{index:02}",
                        "S3DataDistributionType": "FullyReplicated",
                    }
                },
            }
            for index, name in enumerate(self.channels)
        ]

    def write(self, folder: Path) -> dict[str, Path]:
        """Write code and data below *folder*; return what stands for which S3 name."""
        files = {CODE: folder / "sourcedir.tar.gz"}
        files[CODE].write_bytes(packed(self.code))
        for index, text in enumerate(self.channels.values()):
            place = folder / "data" / f"{index:02}"
            place.mkdir(parents=True)
            (place / "rows.csv").write_text(text, encoding="utf-8")
            files[f"s3://data/{index:02}"] = place
        return files


def packed(code: Mapping[str, str]) -> bytes:
    """Return the archive of *code* and the probe."""
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w:gz") as tar:
        for name, text in {**code, "probe.py": PROBE}.items():
            data = text.encode()
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return raw.getvalue()
