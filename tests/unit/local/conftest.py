"""A small project whose steps run for real: standard library only, no penguins."""

from __future__ import annotations

import io
import tarfile
import textwrap
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from penguin_pipes.local import Run, run_locally
from penguin_pipes.local.backends import (
    Command,
    Images,
    Outcome,
    ProcessBackend,
    Script,
    Stop,
)
from penguin_pipes.local.backends.base import no_warning

if TYPE_CHECKING:
    from pathlib import Path

ROLE = "arn:aws:iam::123456789012:role/pipelines"
SKLEARN = "683313688378.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-scikit-learn:1.9-0"
TENSORFLOW = "763104351884.dkr.ecr.eu-west-1.amazonaws.com/tensorflow-training:2.21.0"


def _s3_input(name: str, uri: Any, path: str) -> dict[str, Any]:
    """Return one processing input, as the SDK writes it."""
    return {
        "InputName": name,
        "AppManaged": False,
        "S3Input": {
            "S3Uri": uri,
            "LocalPath": path,
            "S3DataType": "S3Prefix",
            "S3InputMode": "File",
            "S3DataDistributionType": "FullyReplicated",
            "S3CompressionType": "None",
        },
    }


def _s3_output(step: str, name: str) -> dict[str, Any]:
    """Return one processing output, as the SDK writes it."""
    execution = {"Get": "Execution.PipelineExecutionId"}
    uri = {"Std:Join": {"On": "/", "Values": ["s3:/", "out", execution, step, name]}}
    return {
        "OutputName": name,
        "AppManaged": False,
        "S3Output": {
            "S3Uri": uri,
            "LocalPath": f"/opt/ml/processing/{name}",
            "S3UploadMode": "EndOfJob",
        },
    }


def _channel(name: str, uri: Any) -> dict[str, Any]:
    """Return one channel, as the SDK writes it."""
    return {
        "ChannelName": name,
        "ContentType": "text/csv",
        "DataSource": {
            "S3DataSource": {
                "S3DataType": "S3Prefix",
                "S3Uri": uri,
                "S3DataDistributionType": "FullyReplicated",
            }
        },
    }


def _merged(base: dict[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return *base* with *changes* on top, objects merged; None takes a member out."""
    result = dict(base)
    for key, value in changes.items():
        old = base.get(key)
        if value is None:
            result.pop(key, None)
        elif isinstance(value, Mapping) and isinstance(old, dict):
            result[key] = _merged(old, value)
        else:
            result[key] = value
    return result


class Project:
    """Makes steps out of scripts, and runs them in a home of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home = folder / "home"
        self.files: dict[str, Path] = {}

    def file(self, uri: str, content: str | bytes) -> str:
        """Write a local file that stands for *uri*; return the name."""
        path = self.folder / "files" / uri.removeprefix("s3://")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        self.files[uri] = path
        return uri

    def archive(self, uri: str, members: Mapping[str, str]) -> str:
        """Write a gzipped tar archive that stands for *uri*; return the name."""
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w:gz") as tar:
            for name, text in members.items():
                info = tarfile.TarInfo(name)
                data = textwrap.dedent(text).encode()
                info.size = len(data)
                tar.addfile(info, io.BytesIO(data))
        return self.file(uri, packed.getvalue())

    def processing(
        self,
        name: str,
        script: str = "",
        *,
        inputs: Mapping[str, Any] | None = None,
        outputs: tuple[str, ...] = (),
        arguments: Mapping[str, Any] | None = None,
        **members: Any,
    ) -> dict[str, Any]:
        """Return a processing step that runs *script*."""
        code = self.file(f"s3://code/{name}.py", textwrap.dedent(script))
        data = "/opt/ml/processing/input"
        request = {
            "ProcessingResources": {
                "ClusterConfig": {
                    "InstanceCount": 1,
                    "InstanceType": "ml.m5.xlarge",
                    "VolumeSizeInGB": 30,
                }
            },
            "AppSpecification": {
                "ImageUri": SKLEARN,
                "ContainerEntrypoint": ["python3", f"{data}/code/{name}.py"],
            },
            "RoleArn": ROLE,
            "ProcessingInputs": [
                *(_s3_input(k, v, f"{data}/{k}") for k, v in (inputs or {}).items()),
                _s3_input("code", code, f"{data}/code"),
            ],
            "ProcessingOutputConfig": {
                "Outputs": [_s3_output(name, output) for output in outputs]
            },
            "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
        }
        return {
            "Name": name,
            "Type": "Processing",
            "Arguments": _merged(request, arguments or {}),
            **members,
        }

    def training(
        self,
        name: str,
        script: str = "",
        *,
        channels: Mapping[str, Any] | None = None,
        hyperparameters: Mapping[str, Any] | None = None,
        metrics: Mapping[str, str] | None = None,
        arguments: Mapping[str, Any] | None = None,
        **members: Any,
    ) -> dict[str, Any]:
        """Return a training step that runs *script* in script mode."""
        source = self.archive(
            f"s3://code/{name}/sourcedir.tar.gz", {"train.py": script}
        )
        request: dict[str, Any] = {
            "AlgorithmSpecification": {
                "TrainingImage": TENSORFLOW,
                "TrainingInputMode": "File",
                "MetricDefinitions": [
                    {"Name": key, "Regex": regex}
                    for key, regex in (metrics or {}).items()
                ],
            },
            "HyperParameters": {
                "sagemaker_program": "train.py",
                "sagemaker_submit_directory": source,
                **(hyperparameters or {}),
            },
            "OutputDataConfig": {"S3OutputPath": "s3://models/here/"},
            "ResourceConfig": {
                "InstanceCount": 1,
                "InstanceType": "ml.m5.xlarge",
                "VolumeSizeInGB": 30,
            },
            "RoleArn": ROLE,
            "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
        }
        if channels:
            request["InputDataConfig"] = [_channel(*item) for item in channels.items()]
        return {
            "Name": name,
            "Type": "Training",
            "Arguments": _merged(request, arguments or {}),
            **members,
        }

    def definition(self, *steps: Any, parameters: Any = ()) -> dict[str, Any]:
        """Return the definition of a pipeline of *steps*."""
        return {
            "Version": "2020-12-01",
            "Parameters": list(parameters),
            "Steps": list(steps),
        }

    def run(self, *steps: Any, declared: Any = (), **options: Any) -> Run:
        """Run *steps* with everything this project knows."""
        # One after the other, so that what is recorded has an order.
        settings = {"files": self.files, "home": self.home, "jobs": 1, **options}
        return run_locally(self.definition(*steps, parameters=declared), **settings)

    def output(self, step: str, name: str) -> dict[str, str]:
        """Return the reference to one output of a processing step."""
        path = f"ProcessingOutputConfig.Outputs['{name}'].S3Output.S3Uri"
        return {"Get": f"Steps.{step}.{path}"}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Return an empty project."""
    return Project(tmp_path)


@attrs.define
class Recorder:
    """A backend that runs nothing: it writes down commands and does as it is told.

    Processing steps called as in `fails` exit with 1.
    """

    act: Callable[[Command, Callable[[str], None]], object] = lambda *_: None
    exit_codes: list[int] = attrs.field(factory=list)
    commands: list[Command] = attrs.field(factory=list)
    timeouts: list[float] = attrs.field(factory=list)
    scripts: list[Script] = attrs.field(factory=list)
    fails: set[str] = attrs.field(factory=set)
    images: Images | None = None

    def prepare(self, scripts: Iterable[Script]) -> None:
        """Note what is to come."""
        self.scripts += scripts

    def seen(self, tree: Path) -> Path:
        """Return the tree itself: nothing is isolated."""
        return tree

    def run(
        self,
        command: Command,
        *,
        log: Path,
        on_line: Callable[[str], None],
        timeout_s: float,
        warn: Callable[[str], None] = no_warning,  # noqa: ARG002 - nothing to warn of
        stop: Stop | None = None,  # noqa: ARG002 - a command takes no time
    ) -> Outcome:
        """Note the command and end as the list of exit codes says."""
        self.commands.append(command)
        self.timeouts.append(timeout_s)
        log.touch()
        self.act(command, on_line)
        code = 1 if command.cwd.parent.name in self.fails else 0
        return Outcome(exit_code=self.exit_codes.pop(0) if self.exit_codes else code)


@pytest.fixture
def recorder() -> Recorder:
    """Return a backend that records."""
    return Recorder()


@pytest.fixture
def impatient() -> ProcessBackend:
    """Return a backend that gives jobs no time to stop by themselves."""
    return ProcessBackend(grace_s=0.2, interrupt_grace_s=0.2)
