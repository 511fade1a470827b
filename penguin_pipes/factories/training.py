"""Training config in, one of the SDK's training steps out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from penguin_pipes import service
from penguin_pipes.bundle import bundle_source
from penguin_pipes.config import Channel, Image, Variable, checks
from penguin_pipes.factories import sdk
from penguin_pipes.factories.places import Place, image_uri, tag_list, vpc
from penguin_pipes.factories.prepared import PreparedRequest
from penguin_pipes.factories.processing import drop_empty, job_name, step_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sagemaker.mlops.workflow.steps import TrainingStep

    from penguin_pipes.config import Text, TrainingConfig

Channels = dict[str, Channel]


def training_step(
    config: TrainingConfig,
    *,
    name: str,
    channels: Mapping[str, Text | Channel],
    session: Any = None,
    depends_on: Sequence[Any] = (),
) -> TrainingStep:
    """Return a cache-configured step that trains a model by script mode.

    No AWS call is made and nothing is uploaded: the packed source comes with the
    step, and a `penguin_pipes.Pipeline` uploads it.

    Args:
        config: What runs, where, and for how long it may be reused.
        name: The step's name, unique in its pipeline.
        channels: Name → S3 URI, pipeline variable or `Channel`. A bare value is read
            as CSV. Each lies in ``/opt/ml/input/data/<name>``.
        session: An SDK session; where the config names no region or bucket, the
            session's are taken.
        depends_on: Steps, or names of steps, that have to be done before, beyond
            those whose outputs are read.

    Returns:
        The SDK's own step; ``step.properties.ModelArtifacts.S3ModelArtifacts`` is
        where the model will lie.

    Raises:
        ConfigError: A name or a channel is not what the service takes.
        BundleError: The source cannot be packed.
    """
    step_name(name)
    place = Place.of(config, session)
    source, entry_point = bundle_source(
        config.source, config.entry_point, ignore=config.ignore
    )
    code = place.uri(source, "code")
    request = {
        "TrainingJobName": config.base_job_name or job_name(name),
        **job_definition(config, place, name, to_channels(channels)),
        "HyperParameters": hyperparameters(config, place, code, entry_point),
        # Off, or the service samples system metrics that nobody here reads. A tuning
        # job has no such member.
        "ProfilerConfig": {"DisableProfiler": True},
        "Tags": tag_list(config.tags),
    }
    prepared = PreparedRequest(request=drop_empty(request), bundles={code: source})
    return sdk.training_step(name, prepared, config, depends_on)


def to_channels(channels: Mapping[str, Text | Channel]) -> Channels:
    """Return *channels* as records, their names and URIs checked."""
    place = "channels"
    checks.mapping(
        checks.matches(service.CHANNEL_NAME, "letters, digits and .-_ only"),
        lambda *_: None,
        least=1,
        most=service.MAX_CHANNELS,
    )(place, channels)
    return {
        name: channel if isinstance(channel, Channel) else Channel(uri=channel)
        for name, channel in channels.items()
    }


def job_definition(
    config: TrainingConfig, place: Place, name: str, channels: Channels
) -> dict[str, Any]:
    """Return the members that a training and a tuning request have in common."""
    security = config.security
    definition = {
        "AlgorithmSpecification": _algorithm(config, place),
        "RoleArn": place.role,
        "InputDataConfig": [_channel(key, item) for key, item in channels.items()],
        "OutputDataConfig": _output(config, place, name),
        "ResourceConfig": _resources(config),
        "StoppingCondition": _stopping(config),
        "Environment": {key: as_text(item) for key, item in config.environment.items()},
        "EnableManagedSpotTraining": config.spot is not None,
        "EnableNetworkIsolation": bool(security and security.network_isolation),
        "EnableInterContainerTrafficEncryption": bool(
            security and security.encrypt_traffic
        ),
        "VpcConfig": vpc(security) if security else {},
    }
    if config.checkpoint_uri is not None:
        definition["CheckpointConfig"] = {"S3Uri": config.checkpoint_uri}
    return drop_empty(definition)


def hyperparameters(
    config: TrainingConfig, place: Place, code: str, entry_point: str
) -> dict[str, Any]:
    """Return the script's hyperparameters and those by which the toolkit finds it."""
    own = {name: as_text(value) for name, value in config.hyperparameters.items()}
    toolkit = {
        "sagemaker_program": entry_point,
        "sagemaker_submit_directory": code,
        "sagemaker_container_log_level": "20",
        "sagemaker_region": place.region,
    }
    if is_tensorflow(config.image):
        # Without it a tuning job of the TensorFlow container gets the model_dir
        # "None/<job name>/model" (its toolkit, 20.4.1 and before).
        own.setdefault("model_dir", "/opt/ml/model")
    return {**own, **toolkit}


def is_tensorflow(image: Text | Image) -> bool:
    """Tell whether AWS's TensorFlow toolkit runs the script."""
    if isinstance(image, Image):
        return image.framework == "tensorflow"
    return isinstance(image, str) and "tensorflow-training" in image


def as_text(value: object) -> Any:
    """Return a value as the string, or the variable of one, that the request holds."""
    if isinstance(value, Variable):
        return sdk.as_text(value)
    return service.hyperparameter_text(value) if not isinstance(value, str) else value


def _algorithm(config: TrainingConfig, place: Place) -> dict[str, Any]:
    algorithm: dict[str, Any] = {
        "TrainingImage": image_uri(
            "TrainingConfig.image",
            config.image,
            place.region,
            config.compute.instance_type,
        ),
        "TrainingInputMode": "File",
    }
    if config.metrics:
        algorithm["MetricDefinitions"] = [
            {"Name": name, "Regex": regex} for name, regex in config.metrics.items()
        ]
    return algorithm


def _channel(name: str, channel: Channel) -> dict[str, Any]:
    request: dict[str, Any] = {
        "ChannelName": name,
        "DataSource": {
            "S3DataSource": {
                "S3DataType": "S3Prefix",
                "S3Uri": channel.uri,
                "S3DataDistributionType": channel.distribution,
            }
        },
    }
    if channel.content_type is not None:
        request["ContentType"] = channel.content_type
    if channel.input_mode is not None:
        request["InputMode"] = channel.input_mode
    return request


def _output(config: TrainingConfig, place: Place, name: str) -> dict[str, Any]:
    output: dict[str, Any] = {"S3OutputPath": place.model_output(name)}
    if config.security and config.security.output_kms_key:
        output["KmsKeyId"] = config.security.output_kms_key
    return output


def _resources(config: TrainingConfig) -> dict[str, Any]:
    resources: dict[str, Any] = {
        "InstanceType": config.compute.instance_type,
        "InstanceCount": config.compute.instance_count,
        "VolumeSizeInGB": config.compute.volume_size_gb,
    }
    if config.security and config.security.volume_kms_key:
        resources["VolumeKmsKeyId"] = config.security.volume_kms_key
    if config.keep_alive_s is not None:
        resources["KeepAlivePeriodInSeconds"] = config.keep_alive_s
    return resources


def _stopping(config: TrainingConfig) -> dict[str, Any]:
    stopping: dict[str, Any] = {"MaxRuntimeInSeconds": config.compute.max_runtime_s}
    if config.spot is not None:
        stopping["MaxWaitTimeInSeconds"] = config.spot.max_wait_s
    return stopping
