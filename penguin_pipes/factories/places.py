"""Where a step's code, inputs and outputs lie in S3."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import frozen

from penguin_pipes.config import Text
from penguin_pipes.errors import ConfigError
from penguin_pipes.factories import sdk

if TYPE_CHECKING:
    from penguin_pipes.bundle import Bundle
    from penguin_pipes.config import Image, Security, StepConfig


@frozen(kw_only=True)
class Place:
    """A bucket and folders in it, in a region, under a role.

    Attributes:
        bucket: The bucket.
        prefix: Folders in the bucket, or an empty string.
        region: The region.
        role: The role that jobs run as.
    """

    bucket: str
    prefix: str
    region: str
    role: Text

    @classmethod
    def of(cls, config: StepConfig, session: Any) -> Place:
        """Return the place that *config* names, or else that *session* stands for.

        Raises:
            ConfigError: Neither names a bucket, a region or a role, or the two
                stand for different regions.
        """
        kind = type(config).__name__
        region = config.region or sdk.session_region(session)
        bucket = config.bucket or sdk.session_bucket(session)
        for name, value in (
            ("role", config.role),
            ("region", region),
            ("bucket", bucket),
        ):
            if value is None:
                msg = (
                    f"{kind}.{name}: the step needs one; got None. Name it here or in "
                    "the PipelineConfig"
                    + ("" if name == "role" else ", or pass a session that has one")
                )
                raise ConfigError(msg)
        same_region(f"{kind}.region", region, session)
        return cls(
            bucket=str(bucket),
            prefix=config.prefix or "",
            region=str(region),
            role=config.role or "",
        )

    def uri(self, bundle: Bundle, folder: str) -> str:
        """Return the address of *bundle*: ``s3://bucket/prefix/code/<digest>/name``."""
        return "/".join(self._parts(bundle.key(folder)))

    def run_output(self, step: str, output: str) -> Any:
        """Return an address of its own for every execution.

        A fixed one would let the step downstream hit the cache on old data: its key
        is the address, not the content.
        """
        parts = self._parts(sdk.pipeline_name(), sdk.execution_id(), step, output)
        return sdk.join(*parts)

    def model_output(self, step: str) -> Any:
        """Return where training jobs put a folder of their own each.

        No execution id: on a cache hit ``get_top_model_s3_uri`` would look for the
        earlier job's model in the folder of the execution that reuses it.
        """
        return sdk.join(*self._parts(sdk.pipeline_name(), step))

    def best_model(self, step: Any) -> Any:
        """Return where the model of the best training job of a tuning lies."""
        job = step.properties.TrainingJobSummaries[0].TrainingJobName
        parts = self._parts(sdk.pipeline_name(), step.name, job, "output/model.tar.gz")
        return sdk.join(*parts)

    def _parts(self, *parts: Any) -> list[Any]:
        return ["s3:/", self.bucket, *([self.prefix] if self.prefix else []), *parts]


def same_region(place: str, region: str | None, session: Any) -> None:
    """Refuse a session of another region: the images would not be found there."""
    other = sdk.session_region(session)
    if other is not None and other != region:
        msg = (
            f"{place}: the session is in {other!r}, the config in {region!r}; images "
            "and bucket must be of one region. Give both the same"
        )
        raise ConfigError(msg)


def image_uri(
    place: str,
    image: Text | Image,
    region: str,
    instance: object,
    *,
    scope: str = "training",
) -> Text:
    """Return the URI of *image*; a URI or a pipeline variable stays as it is."""
    from penguin_pipes.config import Image

    if isinstance(image, Image):
        return sdk.image_uri(
            place, image, region=region, instance_type=instance, scope=scope
        )
    return image


def tag_list(tags: Any) -> list[dict[str, Any]]:
    """Return *tags* as the service spells them."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def vpc(security: Security) -> dict[str, Any]:
    """Return the VPC of *security* as the service spells it, or nothing."""
    if not security.subnets:
        return {}
    return {
        "SecurityGroupIds": list(security.security_group_ids),
        "Subnets": list(security.subnets),
    }
