"""Processing config in, one of the SDK's processing steps out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from penguin_pipes import service
from penguin_pipes.bundle import bundle_file
from penguin_pipes.config import checks
from penguin_pipes.errors import ConfigError
from penguin_pipes.factories import sdk
from penguin_pipes.factories.places import Place, image_uri, tag_list, vpc
from penguin_pipes.factories.prepared import PreparedRequest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sagemaker.mlops.workflow.steps import ProcessingStep

    from penguin_pipes.config import ProcessingConfig, Text

_INPUT = "/opt/ml/processing/input"
_REPLICATED = "FullyReplicated"
_SHARDED = "ShardedByS3Key"


def processing_step(
    config: ProcessingConfig,
    *,
    name: str,
    inputs: Mapping[str, Text],
    session: Any = None,
    depends_on: Sequence[Any] = (),
) -> ProcessingStep:
    """Return a cache-configured step that runs a script over *inputs*.

    No AWS call is made and nothing is uploaded: what has to lie in S3 comes with the
    step, and a `penguin_pipes.Pipeline` uploads it.

    Args:
        config: What runs, where, and for how long it may be reused.
        name: The step's name, unique in its pipeline.
        inputs: Name → S3 URI or pipeline variable, e.g. another step's output. Each
            lies in a folder of its own, ``/opt/ml/processing/input/<name>``.
        session: An SDK session; where the config names no region or bucket, the
            session's are taken.
        depends_on: Steps, or names of steps, that have to be done before, beyond
            those whose outputs are read.

    Returns:
        The SDK's own step; ``step.properties.ProcessingOutputConfig.Outputs["x"]
        .S3Output.S3Uri`` is where the output ``x`` will lie. Its property files are
        read by `file_value`.

    Raises:
        ConfigError: A name or an input is not what the service takes.
        BundleError: The script cannot be read.
    """
    step_name(name)
    _check_inputs(inputs, config)
    place = Place.of(config, session)
    script = bundle_file(config.script, what="ProcessingConfig.script")
    code = place.uri(script, "code")
    files = {
        key: bundle_file(path, what=f"ProcessingConfig.files[{key!r}]")
        for key, path in config.files.items()
    }
    brought = {key: place.uri(bundle, "code") for key, bundle in files.items()}
    request = {
        "ProcessingJobName": config.base_job_name or job_name(name),
        "ProcessingResources": {"ClusterConfig": _cluster(config)},
        "AppSpecification": _app(config, place, script.name),
        "RoleArn": place.role,
        "ProcessingInputs": [
            *(
                _input(key, uri, is_sharded=key in config.sharded)
                for key, uri in {**inputs, **brought}.items()
            ),
            _input("code", code),
        ],
        "ProcessingOutputConfig": _outputs(config, place, name),
        "Environment": dict(config.environment),
        "StoppingCondition": {"MaxRuntimeInSeconds": config.compute.max_runtime_s},
        "NetworkConfig": _network(config),
        "Tags": tag_list(config.tags),
    }
    bundles = {code: script, **{brought[key]: files[key] for key in files}}
    prepared = PreparedRequest(request=drop_empty(request), bundles=bundles)
    return sdk.processing_step(name, prepared, config, depends_on)


def output_uri(step: ProcessingStep, output: str) -> Any:
    """Return the pipeline variable for where *output* of *step* will lie."""
    outputs = step.properties.ProcessingOutputConfig.Outputs
    return outputs[output].S3Output.S3Uri


def step_name(name: str) -> None:
    """Refuse a step's name that the service would refuse."""
    checks.matches(service.STEP_NAME, "up to 64 letters, digits, hyphens, underscores")(
        "name", name
    )


def job_name(name: str, longest: int = 63) -> str:
    """Return the start of a job's name: that of the step, without underscores."""
    return "-".join(filter(None, name.replace("_", "-").split("-")))[:longest].rstrip(
        "-"
    )


def drop_empty(request: dict[str, Any]) -> dict[str, Any]:
    """Leave out the members that hold nothing, at the top of a request."""
    return {key: value for key, value in request.items() if value not in ({}, [], None)}


def _check_inputs(inputs: Mapping[str, Text], config: ProcessingConfig) -> None:
    place = "processing_step(inputs=…)"
    checks.mapping(
        checks.matches(service.CHANNEL_NAME, "letters, digits and .-_ only"),
        checks.or_variable(checks.s3_uri),
        most=service.MAX_PROCESSING_INPUTS - 1 - len(config.files),
    )(place, inputs)
    if "code" in inputs:
        msg = (
            f"{place}: the name 'code' is where the script itself is mounted; give "
            f"the input {inputs['code']!r} another name"
        )
        raise ConfigError(msg)
    for name in config.sharded:
        if name not in inputs:
            msg = (
                f"ProcessingConfig.sharded: expected names of inputs "
                f"({', '.join(inputs) or 'there are none'}); got {name!r}"
            )
            raise ConfigError(msg)
    for name in {"code", *inputs}.intersection(config.files):
        msg = (
            f"ProcessingConfig.files: the name {name!r} is that of an input; give the "
            f"file {config.files[name]} another name"
        )
        raise ConfigError(msg)


def _cluster(config: ProcessingConfig) -> dict[str, Any]:
    cluster: dict[str, Any] = {
        "InstanceType": config.compute.instance_type,
        "InstanceCount": config.compute.instance_count,
        "VolumeSizeInGB": config.compute.volume_size_gb,
    }
    if config.security and config.security.volume_kms_key:
        cluster["VolumeKmsKeyId"] = config.security.volume_kms_key
    return cluster


def _app(config: ProcessingConfig, place: Place, script: str) -> dict[str, Any]:
    app: dict[str, Any] = {
        "ImageUri": image_uri(
            "ProcessingConfig.image",
            config.image,
            place.region,
            config.compute.instance_type,
        ),
        "ContainerEntrypoint": [*config.command, f"{_INPUT}/code/{script}"],
    }
    if config.arguments:
        app["ContainerArguments"] = list(config.arguments)
    return app


def _input(name: str, uri: Text, *, is_sharded: bool = False) -> dict[str, Any]:
    return {
        "InputName": name,
        "S3Input": {
            "S3Uri": uri,
            "LocalPath": f"{_INPUT}/{name}",
            "S3DataType": "S3Prefix",
            "S3InputMode": "File",
            "S3DataDistributionType": _SHARDED if is_sharded else _REPLICATED,
            "S3CompressionType": "None",
        },
    }


def _outputs(config: ProcessingConfig, place: Place, step: str) -> dict[str, Any]:
    if not config.outputs:
        return {}
    outputs: dict[str, Any] = {
        "Outputs": [
            {
                "OutputName": output,
                "S3Output": {
                    "S3Uri": place.run_output(step, output),
                    "LocalPath": path,
                    "S3UploadMode": "EndOfJob",
                },
            }
            for output, path in config.outputs.items()
        ]
    }
    if config.security and config.security.output_kms_key:
        outputs["KmsKeyId"] = config.security.output_kms_key
    return outputs


def _network(config: ProcessingConfig) -> dict[str, Any]:
    security = config.security
    if security is None:
        return {}
    network: dict[str, Any] = {}
    if security.encrypt_traffic:
        network["EnableInterContainerTrafficEncryption"] = True
    if security.network_isolation:
        network["EnableNetworkIsolation"] = True
    if security.subnets:
        network["VpcConfig"] = vpc(security)
    return network
