"""Pipelines whose jobs run in real containers, by the daemon of the nox session."""

from __future__ import annotations

import io
import tarfile
import textwrap
import uuid
from typing import TYPE_CHECKING, Any

import pytest

from penguin_pipes.local import run_locally
from penguin_pipes.local.backends import DockerBackend
from penguin_pipes.local.backends.docker.options import LABEL

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from penguin_pipes.local import Run

ROLE = "arn:aws:iam::123456789012:role/pipelines"
SKLEARN = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.9-0"
STAND_IN = "penguin-pipes/stand-in:sklearn"


class Project:
    """Makes steps out of scripts, and runs them in containers."""

    def __init__(self, folder: Path, client: Any) -> None:
        self.folder = folder
        self.home = folder / "home"
        self.client = client
        self.files: dict[str, Path] = {}
        self.made: set[str] = set()

    def file(self, uri: str, content: str | bytes) -> str:
        """Write a file that stands for *uri*; return the name."""
        path = self.folder / "files" / uri.removeprefix("s3://")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        self.files[uri] = path
        return uri

    def processing(
        self,
        script: str = "",
        *,
        app: Mapping[str, Any] | None = None,
        name: str = "clean",
        **members: Any,
    ) -> dict[str, Any]:
        """Return a processing step that runs *script*, with one output."""
        code = self.file(f"s3://code/{name}.py", textwrap.dedent(script))
        path = "/opt/ml/processing"
        execution = {"Get": "Execution.PipelineExecutionId"}
        uri = {"Std:Join": {"On": "/", "Values": ["s3:/", "out", execution, name]}}
        command = ["python3", f"{path}/input/code/{name}.py"]
        return {
            "Name": name,
            "Type": "Processing",
            "Arguments": {
                "ProcessingResources": {
                    "ClusterConfig": {
                        "InstanceCount": 1,
                        "InstanceType": "ml.m5.xlarge",
                        "VolumeSizeInGB": 30,
                    }
                },
                "AppSpecification": {
                    "ImageUri": SKLEARN,
                    **({"ContainerEntrypoint": command} if app is None else app),
                },
                "RoleArn": ROLE,
                "ProcessingInputs": [
                    {
                        "InputName": "code",
                        "S3Input": {
                            "S3Uri": code,
                            "LocalPath": f"{path}/input/code",
                            "S3DataType": "S3Prefix",
                            "S3InputMode": "File",
                        },
                    }
                ],
                "ProcessingOutputConfig": {
                    "Outputs": [
                        {
                            "OutputName": "rows",
                            "S3Output": {
                                "S3Uri": uri,
                                "LocalPath": f"{path}/rows",
                                "S3UploadMode": "EndOfJob",
                            },
                        }
                    ]
                },
                "StoppingCondition": {"MaxRuntimeInSeconds": 600},
                **members.pop("arguments", {}),
            },
            **members,
        }

    def training(
        self,
        members: Mapping[str, str],
        hyperparameters: Mapping[str, str] | None = None,
        *,
        name: str = "fit",
        **arguments: Any,
    ) -> dict[str, Any]:
        """Return a training step that runs ``train.py`` of an archive of *members*."""
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w:gz") as tar:
            for path, text in members.items():
                info = tarfile.TarInfo(path)
                info.size = len(data := textwrap.dedent(text).encode())
                tar.addfile(info, io.BytesIO(data))
        source = self.file(f"s3://code/{name}/sourcedir.tar.gz", packed.getvalue())
        script = {
            "sagemaker_program": "train.py",
            "sagemaker_submit_directory": source,
        }
        return {
            "Name": name,
            "Type": "Training",
            "Arguments": {
                "AlgorithmSpecification": {
                    "TrainingImage": SKLEARN,
                    "TrainingInputMode": "File",
                    "MetricDefinitions": [{"Name": "auc", "Regex": "auc=([0-9.]+)"}],
                },
                "HyperParameters": {
                    **(script if members else {}),
                    **(hyperparameters or {}),
                },
                "OutputDataConfig": {"S3OutputPath": "s3://models/here/"},
                "ResourceConfig": {
                    "InstanceCount": 1,
                    "InstanceType": "ml.m5.xlarge",
                    "VolumeSizeInGB": 30,
                },
                "RoleArn": ROLE,
                "StoppingCondition": {"MaxRuntimeInSeconds": 600},
                **arguments,
            },
        }

    def definition(self, *steps: Any) -> dict[str, Any]:
        """Return the definition of a pipeline of *steps*."""
        return {"Version": "2020-12-01", "Parameters": [], "Steps": list(steps)}

    def backend(self, image: str = STAND_IN, **options: Any) -> DockerBackend:
        """Return a backend that has *image* stand for the one that steps name."""
        settings = {"grace_s": 1, "interrupt_grace_s": 1, **options}
        return DockerBackend(substitutes={SKLEARN: image}, **settings)

    def run(self, *steps: Any, image: str = STAND_IN, **options: Any) -> Run:
        """Run *steps* in containers of *image*."""
        told = {
            name: options.pop(name) for name in ("watch", "cache") if name in options
        }
        with self.backend(image, **options) as backend:
            return run_locally(
                self.definition(*steps),
                files=self.files,
                home=self.home,
                backend=backend,
                **told,
            )

    def image(self, *lines: str, tag: str | None = None, **files: str) -> str:
        """Build an image on the stand-in; return its name."""
        context = io.BytesIO()
        dockerfile = "\n".join([f"FROM {STAND_IN}", *lines])
        with tarfile.open(fileobj=context, mode="w") as tar:
            for path, text in {"Dockerfile": dockerfile, **files}.items():
                info = tarfile.TarInfo(path)
                info.size = len(data := textwrap.dedent(text).encode())
                tar.addfile(info, io.BytesIO(data))
        context.seek(0)
        name = tag or f"penguin-pipes/test:{uuid.uuid4().hex}"
        self.client.images.build(
            fileobj=context, custom_context=True, tag=name, rm=True
        )
        self.made.add(name)
        return name

    @property
    def containers(self) -> list[Any]:
        """All containers that runs have left."""
        found: list[Any] = self.client.containers.list(
            all=True, filters={"label": LABEL}
        )
        return found


@pytest.fixture(scope="session")
def client() -> Iterator[Any]:
    """Return a client of a daemon that has the stand-in images."""
    import docker

    client = docker.from_env(timeout=300)
    try:
        client.images.get(STAND_IN)
    except docker.errors.ImageNotFound:
        pytest.fail("there are no stand-in images; run this with: nox -s docker")
    yield client
    client.close()


@pytest.fixture
def project(tmp_path: Path, client: Any) -> Iterator[Project]:
    """Return an empty project; whatever it did, no container of it is left."""
    found = Project(tmp_path, client)
    yield found
    assert found.containers == []
    for name in found.made:
        client.images.remove(name, force=True)
