"""What is in force: flags over the file's environment, its rest, and the defaults."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from attrs import frozen

from penguin_pipes.config.file import find_config, read_layers
from penguin_pipes.config.origin import Origin
from penguin_pipes.config.overrides import read_assignment
from penguin_pipes.config.settings import Layers, Override, Settings
from penguin_pipes.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from penguin_pipes.config import PipelineConfig
    from penguin_pipes.deploy.arguments import Arguments

DEFAULT_REGION: Final = Origin("us-east-1", "default")
WITHOUT_REGION: Final = ("local", "show_config")
"""Modes that ask AWS nothing."""

NEEDING_PLACES: Final = ("deploy", "plan", "iam_policy")
"""Modes in which bucket and role end up in the definition."""

SEED: Final = "--seed"


@frozen(kw_only=True)
class Resolved:
    """Everything that is in force.

    Attributes:
        settings: The whole pipeline, and where each value came from.
        region: The region and who said so.
    """

    settings: Settings
    region: Origin

    @property
    def config(self) -> PipelineConfig:
        """The whole pipeline."""
        return self.settings.config


def resolve(arguments: Arguments, *, environ: Mapping[str, str]) -> Resolved:
    """Return what is in force.

    Raises:
        ConfigError: A value cannot work, or one is missing that this mode needs.
    """
    from penguin_pipes.penguins import penguins_config

    file = arguments.config or find_config(Path())
    layers = read_layers(file, env=arguments.env)
    region = _region(arguments, layers, environ)
    _refuse_the_penguins_flags(arguments, layers)
    overrides = list(_overrides(arguments))
    if region is not None:
        place = Override(path="region", value=region.value, origin=region.origin)
        overrides.append(place)
    settings = layers.build(penguins_config(), overrides)
    if arguments.seed is not None:
        more = _seeds(arguments.seed, settings.config)
        settings = layers.build(penguins_config(), [*overrides, *more])
    _refuse_missing(arguments, settings, region)
    return Resolved(settings=settings, region=region or DEFAULT_REGION)


def _overrides(arguments: Arguments) -> Iterator[Override]:
    """Yield what the flags say, the strongest last."""
    yield from map(read_assignment, arguments.set)
    flags: dict[str, Any] = {
        "bucket": arguments.bucket,
        "role": arguments.role,
        "dataset": arguments.dataset,
        "use_tuning": arguments.tune or None,
        # An empty table, so that what a file says of it stays.
        "register": {} if arguments.register else None,
    }
    for name, value in flags.items():
        if value is not None:
            origin = "--tune" if name == "use_tuning" else f"--{name}"
            yield Override(path=name, value=value, origin=origin)
    if arguments.epochs is not None:
        path = "training.hyperparameters.epochs"
        yield Override(path=path, value=arguments.epochs, origin="--epochs")


def _seeds(seed: int, config: PipelineConfig) -> Iterator[Override]:
    """Yield the seed of the weights, and that of the split among the arguments."""
    path = "training.hyperparameters.seed"
    yield Override(path=path, value=seed, origin=SEED)
    given = list(config.processing.arguments)
    if SEED in given:
        given[given.index(SEED) + 1] = str(seed)
    else:
        given += [SEED, str(seed)]
    yield Override(path="processing.arguments", value=given, origin=SEED)


def _refuse_the_penguins_flags(arguments: Arguments, layers: Layers) -> None:
    """Refuse what is short for a field of the penguins' where it is not theirs."""
    for name in ("epochs", "seed"):
        if layers.is_own and getattr(arguments, name) is not None:
            msg = (
                f"--{name} is short for the penguins' own fields, and the config "
                "describes another pipeline. Use --set "
                f"training.hyperparameters.{name}={getattr(arguments, name)}"
            )
            raise ConfigError(msg)


def _region(
    arguments: Arguments, layers: Layers, environ: Mapping[str, str]
) -> Origin | None:
    """Return the region: the flag's, the file's, AWS's environment's, the profile's."""
    if arguments.region is not None:
        return Origin(arguments.region, "--region")
    written = layers.get("region")
    if written is not None:
        return Origin(written.value, written.origin)
    if arguments.local:
        return None
    # A local run has no use for AWS's libraries, which take a while to load.
    from penguin_pipes.aws import ambient_region

    return ambient_region(environ, arguments.profile)


def _refuse_missing(
    arguments: Arguments, settings: Settings, region: Origin | None
) -> None:
    """Refuse to deploy into a placeholder; say all that is missing at once."""
    missing = [name for name in ("bucket", "role") if not settings.is_given(name)]
    if arguments.mode not in NEEDING_PLACES:
        missing.clear()
    if region is None and arguments.mode not in WITHOUT_REGION:
        missing.append("region")
    if missing:
        flags = ", ".join(f"--{name}" for name in missing)
        own = "; AWS_REGION or a profile may name the region" if not region else ""
        msg = (
            f"{flags}: SageMaker needs to know. Name it here or in pipeline.toml{own}. "
            "Or add --local to run on this computer without AWS"
        )
        raise ConfigError(msg)
