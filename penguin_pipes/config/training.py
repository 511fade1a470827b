"""What a training step is configured with."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from attrs import field, frozen

from penguin_pipes import service
from penguin_pipes.config import checks
from penguin_pipes.config.checks import maybe, on, or_variable
from penguin_pipes.config.records import (
    Compute,
    Hyperparameter,
    Image,
    Number,
    Spot,
    Text,
    string_tuple,
    strings,
    texts,
)
from penguin_pipes.config.step import COMPUTE, IMAGE, StepConfig, environment
from penguin_pipes.errors import ConfigError

IGNORABLE = re.compile(r"[^/!\s]([^\n]*[^/\s])?")


def _hyperparameters(
    value: Mapping[str, Hyperparameter],
) -> Mapping[str, Hyperparameter]:
    return checks.to_mapping(value)


def _metric_regex(place: str, value: object) -> None:
    checks.text(service.MAX_METRIC_REGEX, least=1)(place, value)
    try:
        groups = re.compile(str(value)).groups
    except re.error as error:
        msg = f"{place}: expected a regular expression; got {value!r} ({error})"
        raise ConfigError(msg) from None
    if groups == 0:
        raise checks.refuse(place, "a group in parentheses around the number", value)


@frozen(kw_only=True)
class TrainingConfig(StepConfig):
    """A script that trains a model, run by the image's toolkit (script mode).

    Attributes:
        source: The script, or the folder that holds it.
        entry_point: Where *source* is a folder: the script in it.
        ignore: Where *source* is a folder: patterns of what does not travel, by name
            (``*.csv``, ``notebooks``) or by path (``data/raw/*``), beyond caches,
            bytecode and the like.
        hyperparameters: Name → value; each becomes ``--name value``.
        metrics: Name → regular expression whose first group is the number.
        image: The container's image.
        compute: The machines.
        environment: The container's environment variables.
        spot: Train on spare capacity; None for capacity that stays.
        checkpoint_uri: S3 prefix kept in step with ``/opt/ml/checkpoints``.
        keep_alive_s: Seconds for which the machines stay warm after the job.
    """

    source: Path = field(converter=checks.to_path, validator=on(checks.local_path))
    entry_point: str | None = field(
        default=None, validator=on(maybe(checks.text(255, least=1)))
    )
    ignore: tuple[str, ...] = field(
        default=(),
        converter=string_tuple,
        validator=on(
            checks.each(
                checks.matches(
                    IGNORABLE,
                    "a pattern such as '*.csv', 'notebooks' or 'data/raw/*', without "
                    "a slash at either end and without '!'",
                )
            )
        ),
    )
    hyperparameters: Mapping[str, Hyperparameter] = field(
        factory=dict,
        converter=_hyperparameters,
        validator=on(
            checks.mapping(
                checks.hyperparameter_name,
                or_variable(checks.hyperparameter),
                most=service.MAX_HYPERPARAMETERS - service.TOOLKIT_HYPERPARAMETERS,
            )
        ),
    )
    metrics: Mapping[str, str] = field(
        factory=dict,
        converter=strings,
        validator=on(
            checks.mapping(
                checks.text(service.MAX_METRIC_NAME, least=1),
                _metric_regex,
                most=service.MAX_METRICS,
            )
        ),
    )
    image: Text | Image = field(
        default=Image(framework="tensorflow", version="2.21.0", python="py312"),
        validator=IMAGE,
    )
    compute: Compute = field(factory=Compute, validator=COMPUTE)
    environment: Mapping[str, Text] = field(
        factory=dict,
        converter=texts,
        validator=environment(
            service.MAX_TRAINING_ENVIRONMENT, service.MAX_TRAINING_ENVIRONMENT_VALUE
        ),
    )
    spot: Spot | None = field(
        default=None, validator=on(maybe(checks.a(Spot, "a Spot record")))
    )
    checkpoint_uri: Text | None = field(
        default=None, validator=on(maybe(or_variable(checks.s3_uri)))
    )
    keep_alive_s: Number | None = field(
        default=None,
        validator=on(
            maybe(or_variable(checks.between(1, service.MAX_KEEP_ALIVE_S, "seconds")))
        ),
    )

    def __attrs_post_init__(self) -> None:
        """Refuse a spot job that would be stopped before it may end."""
        if self.spot is None:
            return
        wait, runtime = self.spot.max_wait_s, self.compute.max_runtime_s
        if isinstance(wait, int) and isinstance(runtime, int) and wait < runtime:
            msg = (
                "TrainingConfig.spot.max_wait_s: expected at least the compute's "
                f"max_runtime_s, {runtime}; got {wait}"
            )
            raise ConfigError(msg)
        if self.keep_alive_s is not None:
            msg = (
                "TrainingConfig.keep_alive_s: spot machines cannot be kept alive; "
                f"got {self.keep_alive_s} with spot. Leave one of them out"
            )
            raise ConfigError(msg)
