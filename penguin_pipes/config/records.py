"""What steps of every kind are configured with: cache, compute, security, images."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from attrs import field, frozen

from penguin_pipes import service
from penguin_pipes.config import checks
from penguin_pipes.config.checks import Variable, on, or_variable
from penguin_pipes.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Text: TypeAlias = str | Variable
"""A string, or a pipeline variable that becomes one when the pipeline runs."""

Number: TypeAlias = int | Variable
"""A whole number, or a pipeline variable that becomes one."""

Hyperparameter: TypeAlias = str | int | float | bool | Variable
"""A value that a script is called with."""


# mypy sees what a field takes through its converter, and gives up on a generic one:
# hence one of each kind.
def texts(value: Mapping[str, Text]) -> Mapping[str, Text]:
    """Freeze a mapping of texts."""
    return checks.to_mapping(value)


def strings(value: Mapping[str, str]) -> Mapping[str, str]:
    """Freeze a mapping of strings."""
    return checks.to_mapping(value)


def text_tuple(value: Iterable[Text]) -> tuple[Text, ...]:
    """Freeze a list of texts."""
    return checks.to_tuple(value)


def string_tuple(value: Iterable[str]) -> tuple[str, ...]:
    """Freeze a list of strings."""
    return checks.to_tuple(value)


def choices(value: Iterable[Hyperparameter]) -> tuple[Hyperparameter, ...]:
    """Freeze the values of a category."""
    return checks.to_tuple(value)


@frozen(kw_only=True)
class CachePolicy:
    """How long the service may reuse a step that ran before with the same inputs.

    Attributes:
        enabled: Whether a step may be reused at all.
        expire_after: For how long: a `timedelta`, ``"15d"`` or ``"P15D"``. Kept as
            strict ISO 8601. ``"P30M"`` is refused: it means 30 months.
    """

    enabled: bool = field(default=True, validator=on(checks.a(bool, "true or false")))
    expire_after: str = field(default="P15D", converter=checks.to_duration)


@frozen(kw_only=True)
class Compute:
    """The machines that a job runs on.

    Attributes:
        instance_type: Such as ``ml.m5.xlarge``.
        instance_count: How many of them, 1 to 100.
        volume_size_gb: Disk of each, in GB.
        max_runtime_s: Seconds after which the service stops the job.
    """

    instance_type: Text = field(
        default="ml.m5.xlarge",
        validator=on(
            or_variable(
                checks.matches(
                    service.INSTANCE_TYPE, "an instance type such as 'ml.m5.xlarge'"
                )
            )
        ),
    )
    instance_count: Number = field(
        default=1,
        validator=on(
            or_variable(checks.between(1, service.MAX_INSTANCES, "instances"))
        ),
    )
    volume_size_gb: Number = field(
        default=30,
        validator=on(or_variable(checks.between(1, service.MAX_VOLUME_GB, "GB"))),
    )
    max_runtime_s: Number = field(
        default=3600,
        validator=on(
            or_variable(checks.between(1, service.MAX_TRAINING_RUNTIME_S, "seconds"))
        ),
    )


@frozen(kw_only=True)
class Spot:
    """Train on spare capacity, which AWS may take back at any time.

    Attributes:
        max_wait_s: Seconds to wait for capacity, the training itself included; at
            least the compute's ``max_runtime_s``.
    """

    max_wait_s: Number = field(
        default=7200,
        validator=on(
            or_variable(checks.between(1, service.MAX_TRAINING_RUNTIME_S, "seconds"))
        ),
    )


_IDS = checks.each(or_variable(checks.text(32, least=1)), most=16)


@frozen(kw_only=True)
class Security:
    """What a job may reach, and what its data is encrypted with.

    Attributes:
        subnets: The VPC's subnets; needs `security_group_ids` too.
        security_group_ids: The VPC's security groups; needs `subnets` too.
        volume_kms_key: Key for the disks of the instances.
        output_kms_key: Key for what the job writes to S3.
        network_isolation: Whether the container has no network at all.
        encrypt_traffic: Whether traffic between the instances is encrypted.
    """

    subnets: tuple[Text, ...] = field(
        default=(), converter=text_tuple, validator=on(_IDS)
    )
    security_group_ids: tuple[Text, ...] = field(
        default=(), converter=text_tuple, validator=on(_IDS)
    )
    volume_kms_key: Text | None = field(
        default=None,
        validator=on(checks.maybe(or_variable(checks.text(2048, least=1)))),
    )
    output_kms_key: Text | None = field(
        default=None,
        validator=on(checks.maybe(or_variable(checks.text(2048, least=1)))),
    )
    network_isolation: bool = field(
        default=False, validator=on(checks.a(bool, "true or false"))
    )
    encrypt_traffic: bool = field(
        default=False, validator=on(checks.a(bool, "true or false"))
    )

    def __attrs_post_init__(self) -> None:
        """Refuse half a VPC, which the service would refuse ten minutes later."""
        if bool(self.subnets) != bool(self.security_group_ids):
            msg = (
                f"Security: a VPC needs subnets and security_group_ids; got subnets "
                f"{list(self.subnets)} and groups {list(self.security_group_ids)}"
            )
            raise ConfigError(msg)


@frozen(kw_only=True)
class Image:
    """One of AWS's own images; its URI depends on the region.

    Attributes:
        framework: As the SDK names it, e.g. ``sklearn``, ``tensorflow``, ``xgboost``.
        version: The full version: an alias such as ``2.19`` moves under your feet.
        python: Such as ``py312``; needed where a version has several.
    """

    framework: str = field(validator=on(checks.text(64, least=1)))
    version: str = field(validator=on(checks.text(64, least=1)))
    python: str | None = field(
        default=None, validator=on(checks.maybe(checks.text(16, least=1)))
    )


@frozen(kw_only=True)
class Channel:
    """One input of a training job, mounted at ``/opt/ml/input/data/<name>``.

    Attributes:
        uri: The S3 prefix to read; mostly a step's output.
        content_type: What the files are; None leaves it out.
        input_mode: ``File`` copies before the start, ``FastFile`` reads on demand.
        distribution: ``FullyReplicated``, or ``ShardedByS3Key`` for a share each.
    """

    uri: Text = field(validator=on(or_variable(checks.s3_uri)))
    content_type: Text | None = field(
        default="text/csv",
        validator=on(checks.maybe(or_variable(checks.text(256, least=1)))),
    )
    input_mode: str | None = field(
        default=None,
        validator=on(checks.maybe(checks.one_of("File", "FastFile", "Pipe"))),
    )
    distribution: str = field(
        default="FullyReplicated",
        validator=on(checks.one_of("FullyReplicated", "ShardedByS3Key")),
    )
