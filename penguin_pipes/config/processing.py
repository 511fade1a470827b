"""What a processing step is configured with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from attrs import field, frozen

from penguin_pipes import service
from penguin_pipes.config import checks
from penguin_pipes.config.checks import on, or_variable
from penguin_pipes.config.records import (
    Compute,
    Image,
    Text,
    string_tuple,
    strings,
    text_tuple,
    texts,
)
from penguin_pipes.config.step import COMPUTE, IMAGE, StepConfig, environment


def _container_paths(value: Mapping[str, str] | Iterable[str]) -> Mapping[str, str]:
    """Give outputs without a path of their own ``/opt/ml/processing/<name>``."""
    if isinstance(value, Mapping):
        return checks.to_mapping(value)
    names: Any = checks.to_tuple(value)
    if not isinstance(names, tuple) or not all(isinstance(n, str) for n in names):
        place = "ProcessingConfig.outputs"
        raise checks.refuse(place, "a list of names", value)
    return checks.to_mapping({name: f"/opt/ml/processing/{name}" for name in names})


def _container_path(place: str, value: object) -> None:
    checks.text(256)(place, value)
    path = PurePosixPath(str(value))
    if not path.is_relative_to("/opt/ml/processing") or ".." in path.parts:
        raise checks.refuse(place, "a path under /opt/ml/processing", value)


def _paths(value: Mapping[str, str | Path]) -> Mapping[str, Path]:
    """Freeze a mapping of paths."""
    given: Any = value
    if isinstance(given, Mapping):
        given = {name: checks.to_path(path) for name, path in given.items()}
    return checks.to_mapping(given)


def _output_path(place: str, value: object) -> None:
    checks.text(256)(place, value)
    output, _, path = str(value).partition("/")
    if not output or not path or ".." in PurePosixPath(path).parts or path[0] == "/":
        expected = "an output and a path in it, such as 'evaluation/evaluation.json'"
        raise checks.refuse(place, expected, value)


@frozen(kw_only=True)
class ProcessingConfig(StepConfig):
    """A script that reads inputs and writes outputs, without training a model.

    Attributes:
        script: The one file that runs.
        command: What runs the script.
        arguments: What the script is called with; 100 at most, 256 characters each.
        outputs: Name → folder in the container. Names alone stand for
            ``/opt/ml/processing/<name>``.
        image: The container's image.
        compute: The machines.
        environment: The container's environment variables.
        files: Name → file on this computer that is brought along as the script is,
            into ``/opt/ml/processing/input/<name>``.
        property_files: Name → JSON file, as ``output/path``, whose values conditions
            may read.
        sharded: Names of inputs of which each instance gets a share of the objects
            (``ShardedByS3Key``); all get all of the others.
    """

    script: Path = field(converter=checks.to_path, validator=on(checks.local_path))
    command: tuple[str, ...] = field(
        default=("python3",),
        converter=string_tuple,
        validator=on(
            checks.each(checks.text(service.MAX_ARGUMENT, least=1), least=1, most=99)
        ),
    )
    arguments: tuple[Text, ...] = field(
        default=(),
        converter=text_tuple,
        validator=on(
            checks.each(
                or_variable(checks.text(service.MAX_ARGUMENT)),
                most=service.MAX_ARGUMENTS,
            )
        ),
    )
    outputs: Mapping[str, str] = field(
        converter=_container_paths,
        validator=on(
            checks.mapping(
                checks.matches(service.CHANNEL_NAME, "letters, digits and .-_ only"),
                _container_path,
                most=service.MAX_PROCESSING_OUTPUTS,
            )
        ),
    )
    image: Text | Image = field(
        default=Image(framework="sklearn", version="1.9-0"), validator=IMAGE
    )
    compute: Compute = field(factory=Compute, validator=COMPUTE)
    environment: Mapping[str, Text] = field(
        factory=dict,
        converter=texts,
        validator=environment(
            service.MAX_PROCESSING_ENVIRONMENT, service.MAX_PROCESSING_ENVIRONMENT_VALUE
        ),
    )
    files: Mapping[str, Path] = field(
        factory=dict,
        converter=_paths,
        validator=on(
            checks.mapping(
                checks.matches(service.CHANNEL_NAME, "letters, digits and .-_ only"),
                checks.local_path,
                most=service.MAX_PROCESSING_INPUTS - 1,
            )
        ),
    )
    property_files: Mapping[str, str] = field(
        factory=dict,
        converter=strings,
        validator=on(
            checks.mapping(
                checks.matches(service.STEP_NAME, "letters, digits, - and _ only"),
                _output_path,
                most=service.MAX_PROPERTY_FILES,
            )
        ),
    )

    sharded: tuple[str, ...] = field(
        default=(),
        converter=string_tuple,
        validator=on(
            checks.each(
                checks.matches(service.CHANNEL_NAME, "letters, digits and .-_ only"),
                most=service.MAX_PROCESSING_INPUTS - 1,
            )
        ),
    )

    def __attrs_post_init__(self) -> None:
        """Refuse what only training jobs may have, and files that are nowhere."""
        for name, path in self.property_files.items():
            if path.partition("/")[0] not in self.outputs:
                place = f"ProcessingConfig.property_files[{name!r}]"
                known = ", ".join(self.outputs) or "none"
                raise checks.refuse(place, f"a file in an output ({known})", path)
        checks.maybe(
            or_variable(checks.between(1, service.MAX_PROCESSING_RUNTIME_S, "seconds"))
        )("ProcessingConfig.compute.max_runtime_s", self.compute.max_runtime_s)
