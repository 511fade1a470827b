"""The contract of processing containers: the request, the files, the environment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, Self

import attrs

from penguin_pipes.local.contract.cluster import LEADER, Instance
from penguin_pipes.local.contract.requests import (
    SHARDED,
    DataInput,
    DataOutput,
    container_path,
    distribution,
    has_network,
    instance_count,
    max_runtime_s,
    refuse_unless,
    words,
)

if TYPE_CHECKING:
    from penguin_pipes.definition import Node
    from penguin_pipes.local.contract.host import Host
    from penguin_pipes.local.contract.tree import WorkTree

DATA: Final = "/opt/ml/processing"
CONFIG: Final = "/opt/ml/config"
MESSAGE: Final = "/opt/ml/output/message"
TOLD: Final = (
    "AppSpecification",
    "Environment",
    "ProcessingInputs",
    "ProcessingOutputConfig",
    "ProcessingResources",
    "RoleArn",
    "StoppingCondition",
)
"""The members of the request that ``processingjobconfig.json`` repeats."""


@attrs.frozen(kw_only=True)
class ProcessingRequest:
    """A processing job, as far as it can run on this computer.

    Attributes:
        image: The image it would run in.
        role: The role it would run under.
        entrypoint: The words that its command begins with, in exec form; empty for the
            image's own entrypoint.
        arguments: The words that follow.
        environment: What the request sets.
        inputs: What is staged before.
        outputs: What is published after.
        instances: How many computers it runs on.
        max_runtime_s: When it is stopped.
        network: Whether it may have one.
        raw: The request as it would be sent.
    """

    image: str
    role: str
    entrypoint: tuple[str, ...]
    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    inputs: tuple[DataInput, ...]
    outputs: tuple[DataOutput, ...]
    instances: int
    max_runtime_s: int
    network: bool
    raw: Mapping[str, Any]

    @property
    def command(self) -> tuple[str, ...]:
        """Entrypoint and arguments."""
        return (*self.entrypoint, *self.arguments)

    @classmethod
    def read(cls, request: Node) -> Self:
        """Return the job that *request* asks for.

        Raises:
            DefinitionError: If it is malformed; an `UnsupportedError` if it is sound
                but cannot run on this computer.
        """
        app = request.need("AppSpecification")
        resources = request.need("ProcessingResources")
        environment = request.get("Environment")
        outputs = request.get("ProcessingOutputConfig")
        return cls(
            image=app.need("ImageUri").text(),
            role=request.text_of("RoleArn"),
            entrypoint=words(app.get("ContainerEntrypoint")),
            arguments=words(app.get("ContainerArguments")),
            environment={} if environment is None else environment.texts(),
            inputs=_inputs(request),
            outputs=() if outputs is None else _outputs(outputs),
            instances=instance_count(resources.get("ClusterConfig")),
            max_runtime_s=max_runtime_s(request),
            network=has_network(request.get("NetworkConfig")),
            raw=request.value,
        )


def need_entrypoint(request: Node) -> None:
    """Raise if only the image knows what the job starts with."""
    app = request.need("AppSpecification")
    if not words(app.get("ContainerEntrypoint")):
        app.cannot_run(
            "there is no ContainerEntrypoint, and the image's own is not on this "
            "computer; name the command, or run it in its image (--backend docker)"
        )


def _inputs(request: Node) -> tuple[DataInput, ...]:
    """Return the inputs that the service, not the job, brings in."""
    found = []
    for node in request.all("ProcessingInputs"):
        if _is_app_managed(node):
            continue
        if node.get("DatasetDefinition") is not None:
            node.cannot_run("a DatasetDefinition needs AWS; use an S3Input")
        s3 = node.need("S3Input")
        refuse_unless(s3.get("S3DataType"), "S3Prefix", why="is not followed here")
        refuse_unless(s3.get("S3InputMode"), "File", why="needs a pipe of the service")
        refuse_unless(s3.get("S3CompressionType"), "None", why="needs Pipe mode")
        found.append(
            DataInput(
                name=node.need("InputName").text(),
                uri=s3.need("S3Uri").text(),
                path=container_path(s3.need("LocalPath"), DATA),
                address=f"{s3.address}.S3Uri",
                is_sharded=distribution(s3) == SHARDED,
            )
        )
    return tuple(found)


def _outputs(config: Node) -> tuple[DataOutput, ...]:
    """Return the outputs that the service, not the job, takes away."""
    found = []
    for node in config.all("Outputs"):
        if _is_app_managed(node):
            continue
        if node.get("FeatureStoreOutput") is not None:
            node.cannot_run("a FeatureStoreOutput needs AWS; use an S3Output")
        s3 = node.need("S3Output")
        found.append(
            DataOutput(
                name=node.need("OutputName").text(),
                uri=s3.need("S3Uri").text(),
                path=container_path(s3.need("LocalPath"), DATA),
            )
        )
    return tuple(found)


def _is_app_managed(node: Node) -> bool:
    """Return whether the job looks after this input or output by itself."""
    managed = node.get("AppManaged")
    return managed is not None and managed.value is True


def config_files(
    request: ProcessingRequest,
    *,
    name: str,
    arn: str,
    instance: Instance = LEADER,
) -> dict[str, dict[str, Any]]:
    """Return the JSON files that the job finds, by their paths."""
    told = {key: request.raw[key] for key in TOLD if key in request.raw}
    return {
        f"{CONFIG}/processingjobconfig.json": {
            "ProcessingJobArn": arn,
            "ProcessingJobName": name,
            **told,
        },
        f"{CONFIG}/resourceconfig.json": {
            "current_host": instance.name,
            "hosts": instance.hosts,
        },
    }


def environment(
    request: ProcessingRequest, tree: WorkTree, host: Host
) -> dict[str, str]:
    """Return the job's whole environment: the image's stand-in, then the request's."""
    asked = {key: tree.localize(value) for key, value in request.environment.items()}
    return {**host.base_environment, **asked}


def argv(request: ProcessingRequest, tree: WorkTree, host: Host) -> tuple[str, ...]:
    """Return the words of the job's command."""
    words = tuple(tree.localize(word) for word in request.command)
    if not request.entrypoint:
        return words
    return (host.executable(words[0]), *words[1:])
