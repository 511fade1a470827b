"""The contract of training containers: the request, and the files a job finds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, Self

import attrs

from penguin_pipes.local.contract.cluster import LEADER, Instance
from penguin_pipes.local.contract.names import account_of, region_of
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
from penguin_pipes.local.contract.script_mode import SOURCE, decoded
from penguin_pipes.service import CHANNEL_NAME

if TYPE_CHECKING:
    from penguin_pipes.definition import Node

INPUT: Final = "/opt/ml/input"
CONFIG: Final = "/opt/ml/input/config"
CHANNELS: Final = "/opt/ml/input/data"
CODE: Final = "/opt/ml/code"
MODEL: Final = "/opt/ml/model"
OUTPUT: Final = "/opt/ml/output"
OUTPUT_DATA: Final = "/opt/ml/output/data"
OUTPUT_INTERMEDIATE: Final = "/opt/ml/output/intermediate"
FAILURE: Final = "/opt/ml/output/failure"
CHECKPOINTS: Final = "/opt/ml/checkpoints"
FAST_FILE: Final = "FastFile"
GROUP: Final = "homogeneousCluster"
SDK_DRIVERS: Final = "sm_drivers"
TRAIN: Final = "train"
"""What the service tells an image's own entrypoint to do."""


@attrs.frozen(kw_only=True)
class Channel(DataInput):
    """One channel of input data.

    Attributes:
        config: What ``inputdataconfig.json`` says of it.
    """

    config: Mapping[str, str]


@attrs.frozen(kw_only=True)
class TrainingRequest:
    """A training job, as far as it can run on this computer.

    Attributes:
        image: The image it would run in.
        role: The role it would run under.
        entrypoint: The words that its own command begins with, empty if the image's
            toolkit starts it.
        arguments: The words that follow.
        hyperparameters: All of them, as the strings of the request.
        environment: What the request sets.
        metrics: Names and regular expressions.
        channels: What is staged before.
        output_uri: Where the artifacts go, without a slash at the end.
        compressed: Whether the model becomes a ``model.tar.gz``.
        checkpoints: What is brought back before and kept after, if anything.
        instance_type: What it would run on.
        instances: How many computers it runs on.
        max_runtime_s: When it is stopped.
        network: Whether it may have one.
        raw: The request as it would be sent.
    """

    image: str
    role: str
    entrypoint: tuple[str, ...]
    arguments: tuple[str, ...]
    hyperparameters: Mapping[str, str]
    environment: Mapping[str, str]
    metrics: tuple[tuple[str, str], ...]
    channels: tuple[Channel, ...]
    output_uri: str
    compressed: bool
    checkpoints: DataOutput | None
    instance_type: str
    instances: int
    max_runtime_s: int
    network: bool
    raw: Mapping[str, Any]

    @property
    def command(self) -> tuple[str, ...]:
        """Its own entrypoint and arguments."""
        return (*self.entrypoint, *self.arguments)

    @classmethod
    def read(cls, request: Node) -> Self:
        """Return the job that *request* asks for.

        Raises:
            DefinitionError: If it is malformed; an `UnsupportedError` if it is sound
                but cannot run on this computer.
        """
        algorithm = request.need("AlgorithmSpecification")
        if request.get("ServerlessJobConfig") or algorithm.get("AlgorithmName"):
            request.cannot_run("the service's own algorithms run at the service only")
        resources = request.get("ResourceConfig")
        if resources is not None and resources.get("InstanceGroups"):
            resources.cannot_run("instance groups cannot run on one computer")
        output = request.need("OutputDataConfig")
        mode = algorithm.text_of("TrainingInputMode", "File")
        return cls(
            image=algorithm.need("TrainingImage").text(),
            role=request.text_of("RoleArn"),
            entrypoint=words(algorithm.get("ContainerEntrypoint")),
            arguments=words(algorithm.get("ContainerArguments")),
            hyperparameters=_texts(request, "HyperParameters"),
            environment=_texts(request, "Environment"),
            metrics=_metrics(algorithm),
            channels=tuple(_channel(n, mode) for n in request.all("InputDataConfig")),
            output_uri=output.need("S3OutputPath").text().rstrip("/"),
            compressed=output.text_of("CompressionType", "GZIP") != "NONE",
            checkpoints=_checkpoints(request),
            instance_type=resources.text_of("InstanceType") if resources else "",
            instances=instance_count(resources),
            max_runtime_s=max_runtime_s(request),
            network=has_network(request),
            raw=request.value,
        )

    @property
    def container_command(self) -> tuple[str, ...]:
        """What its container is started with."""
        return self.command or (TRAIN,)

    @property
    def code_uri(self) -> str | None:
        """The S3 name of the script's archive, if an image's toolkit would fetch it."""
        source = decoded(self.hyperparameters.get(SOURCE, ""))
        is_name = isinstance(source, str) and source.startswith("s3://")
        return source if is_name and not self.entrypoint else None

    @property
    def region(self) -> str:
        """The region that the request was written for."""
        return region_of(self.image)

    @property
    def account(self) -> str:
        """The account that the request was written for."""
        return account_of(self.role)

    def artifact(self, job_name: str, name: str = "") -> str:
        """Return the S3 name of one artifact of the job, or of all."""
        return f"{self.output_uri}/{job_name}/output/{name}".rstrip("/")

    def model_uri(self, job_name: str) -> str:
        """Return the S3 name of the job's model."""
        return self.artifact(job_name, "model.tar.gz" if self.compressed else "model")


def _texts(request: Node, key: str) -> dict[str, str]:
    """Return a map of strings, empty if it is absent."""
    found = request.get(key)
    return {} if found is None else found.texts()


def refuse_without_image(request: Node) -> None:
    """Raise if the job needs what only its image holds."""
    algorithm = request.need("AlgorithmSpecification")
    if algorithm.get("ContainerArguments") and not algorithm.get("ContainerEntrypoint"):
        algorithm.cannot_run(
            "there are ContainerArguments for an entrypoint that only the image "
            "knows; name it as ContainerEntrypoint, or run it in its image "
            "(--backend docker)"
        )
    for channel in request.all("InputDataConfig"):
        if channel.need("ChannelName").text() == SDK_DRIVERS:
            channel.cannot_run(
                "the SDK's own driver (ModelTrainer(source_code=…)) has its paths "
                "built in; start the script by the hyperparameter sagemaker_program "
                "instead, or run it in its image (--backend docker)"
            )


def _metrics(algorithm: Node) -> tuple[tuple[str, str], ...]:
    """Return the names and expressions of the metrics."""
    return tuple(
        (node.need("Name").text(), node.need("Regex").text())
        for node in algorithm.all("MetricDefinitions")
    )


def _channel(node: Node, mode: str) -> Channel:
    """Return one channel."""
    name = node.need("ChannelName").text()
    if not CHANNEL_NAME.fullmatch(name) or name in {".", ".."}:
        node.need("ChannelName").expected("letters, digits, ., - and _")
    source = node.need("DataSource")
    s3 = source.get("S3DataSource")
    if s3 is None:
        source.cannot_run("only an S3DataSource can be read here")
    refuse_unless(s3.get("S3DataType"), "S3Prefix", why="is not followed here")
    refuse_unless(node.get("CompressionType"), "None", why="needs Pipe mode")
    refuse_unless(node.get("RecordWrapperType"), "None", why="needs Pipe mode")
    mode = node.text_of("InputMode", mode)
    if mode not in {"File", FAST_FILE}:
        node.cannot_run(f"{mode!r} needs a pipe of the service; use 'File'")
    return Channel(
        name=name,
        uri=s3.need("S3Uri").text(),
        path=f"{CHANNELS}/{name}",
        address=f"{s3.address}.S3Uri",
        is_sharded=distribution(s3) == SHARDED,
        is_read_only=mode == FAST_FILE,
        config=_channel_config(node, s3, mode),
    )


def _channel_config(node: Node, s3: Node, mode: str) -> dict[str, str]:
    """Return what the job is told about one channel."""
    content = node.get("ContentType")
    return {
        **({} if content is None else {"ContentType": content.text()}),
        "TrainingInputMode": mode,
        "S3DistributionType": distribution(s3),
        "RecordWrapperType": node.text_of("RecordWrapperType", "None"),
    }


def _checkpoints(request: Node) -> DataOutput | None:
    """Return the folder that outlives the job, if there is one."""
    config = request.get("CheckpointConfig")
    if config is None:
        return None
    path = config.get("LocalPath")
    return DataOutput(
        name="checkpoints",
        uri=config.need("S3Uri").text(),
        path=container_path(path, "/opt/ml") if path else CHECKPOINTS,
    )


def resource_config(
    request: TrainingRequest, instance: Instance = LEADER
) -> dict[str, Any]:
    """Return what one of its computers is told about all that the job runs on."""
    group = {
        "instance_group_name": GROUP,
        "instance_type": request.instance_type,
        "hosts": instance.hosts,
    }
    return {
        "current_host": instance.name,
        "current_instance_type": request.instance_type,
        "current_group_name": GROUP,
        "hosts": instance.hosts,
        "instance_groups": [group],
        "network_interface_name": "eth0",
    }


def input_data_config(request: TrainingRequest) -> dict[str, Any]:
    """Return what the job is told about its channels."""
    return {channel.name: dict(channel.config) for channel in request.channels}


def config_files(
    request: TrainingRequest, instance: Instance = LEADER
) -> dict[str, dict[str, Any]]:
    """Return the JSON files that the job finds, by their paths."""
    return {
        f"{CONFIG}/hyperparameters.json": dict(request.hyperparameters),
        f"{CONFIG}/inputdataconfig.json": input_data_config(request),
        f"{CONFIG}/resourceconfig.json": resource_config(request, instance),
    }


def platform_environment(
    request: TrainingRequest, *, name: str, arn: str
) -> dict[str, str]:
    """Return what the service itself sets in every training container."""
    return {
        "TRAINING_JOB_NAME": name,
        "TRAINING_JOB_ARN": arn,
        "AWS_REGION": request.region,
    }
