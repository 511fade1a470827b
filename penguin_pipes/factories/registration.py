"""Registration config in, a step out that registers a model with its metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from penguin_pipes import service
from penguin_pipes.config import Variable, checks
from penguin_pipes.errors import ConfigError
from penguin_pipes.factories import sdk
from penguin_pipes.factories.places import image_uri
from penguin_pipes.factories.prepared import PreparedRequest
from penguin_pipes.factories.processing import drop_empty, step_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from penguin_pipes.config import RegistrationConfig, Text
    from penguin_pipes.factories.registered import RegisterModelStep


def registration_step(
    config: RegistrationConfig,
    *,
    name: str,
    model: Text,
    metrics: Text | None = None,
    depends_on: Sequence[Any] = (),
) -> RegisterModelStep:
    """Return a step that registers a model as a version in its group.

    Args:
        config: Where it is registered, and what serves it.
        name: The step's name, unique in its pipeline.
        model: Where the model.tar.gz that serves lies.
        metrics: Where the JSON file lies that says how good it is, if there is one.
        depends_on: Steps, or names of steps, that have to be done before, beyond
            those whose outputs are registered.

    Returns:
        A step of the SDK; ``step.properties.ModelPackageArn`` is what it registers.

    Raises:
        ConfigError: A name or an address is not what the service takes, or the
            config names no group or no region.
    """
    from penguin_pipes.factories.registered import RegisterModelStep

    step_name(name)
    for place, uri in (("model", model), ("metrics", metrics)):
        if not isinstance(uri, Variable | None):
            checks.s3_uri(f"registration_step({place}=…)", uri)
    for field in ("group", "region"):
        if getattr(config, field) is None:
            msg = (
                f"RegistrationConfig.{field}: a step of its own needs one; got None. "
                "Name it here or in the PipelineConfig"
            )
            raise ConfigError(msg)
    prepared = PreparedRequest(request=_request(config, model, metrics))
    return RegisterModelStep(name, prepared, list(depends_on) or None)


def _request(
    config: RegistrationConfig, model: Text, metrics: Text | None
) -> dict[str, Any]:
    """Return the request of CreateModelPackage; a package in a group has no tags."""
    own = dict(
        zip(
            service.OWN_METADATA, (sdk.pipeline_name(), sdk.execution_id()), strict=True
        )
    )
    request = {
        "ModelPackageGroupName": config.group,
        "ModelPackageDescription": config.description,
        "ModelApprovalStatus": config.approval,
        "InferenceSpecification": _inference(config, model),
        "CustomerMetadataProperties": {**config.metadata, **own},
    }
    if metrics is not None:
        statistics = {"ContentType": "application/json", "S3Uri": metrics}
        request["ModelMetrics"] = {"ModelQuality": {"Statistics": statistics}}
    return drop_empty(request)


def _inference(config: RegistrationConfig, model: Text) -> dict[str, Any]:
    image = image_uri(
        "RegistrationConfig.image",
        config.image,
        str(config.region),
        config.instance_types[0],
        scope="inference",
    )
    return {
        "Containers": [{"Image": image, "ModelDataUrl": model}],
        "SupportedContentTypes": list(config.content_types),
        "SupportedResponseMIMETypes": list(config.response_types),
        "SupportedRealtimeInferenceInstanceTypes": list(config.instance_types),
        "SupportedTransformInstanceTypes": list(config.transform_instance_types),
    }
