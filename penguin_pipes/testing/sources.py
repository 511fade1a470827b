"""What can be tested: a pipeline, or its definition in any form."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Protocol, TypeAlias, runtime_checkable

from penguin_pipes.definition import Severity, load, validate
from penguin_pipes.errors import InputError
from penguin_pipes.testing.network import closed_network

NO_FILES: Final[Mapping[str, Path]] = MappingProxyType({})


@runtime_checkable
class HasDefinition(Protocol):
    """A pipeline: of `build_pipeline`, or of the SDK."""

    def definition(self) -> str:
        """Return the definition JSON."""


Source: TypeAlias = HasDefinition | str | Mapping[str, Any] | Path
"""A pipeline, or a definition: the JSON as text, the document, or the file it is in."""


def definition_of(source: Source) -> str | Mapping[str, Any] | Path:
    """Return the definition that *source* is, or renders.

    Raises:
        InputError: It is neither.
    """
    found: object = source
    if isinstance(found, (str, Mapping, Path)):
        return found
    if isinstance(found, HasDefinition):
        return found.definition()
    msg = (
        "expected a pipeline, or a definition as JSON text, as the document or as the "
        f"Path of its file; got {source!r:.60}"
    )
    raise InputError(msg)


def text_of(source: Source) -> str:
    """Return the definition as text, byte for byte where it is text already."""
    found = definition_of(source)
    if isinstance(found, Path):
        load(found)  # tells what is wrong with the file
        return found.read_text(encoding="utf-8")
    return found if isinstance(found, str) else json.dumps(found)


def files_of(source: Source) -> Mapping[str, Path]:
    """Return S3 URI → local file for what a pipeline brings."""
    files = getattr(source, "files", NO_FILES)
    return files if isinstance(files, Mapping) else NO_FILES


class Render:
    """Renders a definition with the network closed."""

    def __call__(self, build: Source | Callable[[], Source]) -> str:
        """Return the definition that *build* makes, or that it is.

        Args:
            build: What makes the pipeline, so that nothing of its making is missed; or
                the pipeline.

        Raises:
            NetworkClosedError: Something reached for the network.
        """
        with closed_network():
            # A pipeline of somebody else might be callable, too.
            if isinstance(build, HasDefinition) or not callable(build):
                return text_of(build)
            return text_of(build())


def assert_valid(
    definition: Source, *, files: Mapping[str, Path] = NO_FILES, strict: bool = False
) -> None:
    """Assert that nothing is wrong with a definition.

    Args:
        definition: The pipeline or definition.
        files: S3 URI → local file of code; a pipeline's own are known.
        strict: Whether warnings fail, too: what would run, but cost or surprise.
    """
    __tracebackhide__ = True
    known = {**files_of(definition), **files}
    problems = [
        each
        for each in validate(definition_of(definition), files=known)
        if strict or each.severity is Severity.ERROR
    ]
    if problems:
        count = "a problem" if len(problems) == 1 else f"{len(problems)} problems"
        lines = "".join(f"\n  {each.severity}: {each}" for each in problems)
        msg = f"the definition has {count}:{lines}"
        raise AssertionError(msg)
