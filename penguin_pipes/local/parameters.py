"""What a run is given: a value for every parameter, of the type it declares."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

import attrs

from penguin_pipes.definition import Definition, Parameter, Scalar
from penguin_pipes.definition.parameters import checked, declared
from penguin_pipes.errors import InputError

if TYPE_CHECKING:
    from penguin_pipes.local.digests import Digests

Given: TypeAlias = str | int | float | bool | Path
"""What a caller can give for a parameter."""

BY_CONTENT: Final = "s3://local/data"
"""Where local data stands in S3 for the length of a run, under its digest."""


@attrs.frozen(kw_only=True)
class Bound:
    """The values of all parameters.

    Attributes:
        values: By name, defaults included.
        files: The local data among them: S3 name to path.
    """

    values: Mapping[str, Scalar]
    files: Mapping[str, Path]


def bind(definition: Definition, given: Mapping[str, Given], digests: Digests) -> Bound:
    """Return a value for every parameter of *definition*.

    A `Path` becomes the S3 name of its content, so that changed data has a new name.

    Args:
        definition: Whose parameters they are.
        given: What the caller gives.
        digests: Reads the content of paths.

    Raises:
        InputError: If a value is missing, unknown, or not of the declared type.
    """
    known = declared(definition, given)
    files: dict[str, Path] = {}
    values: dict[str, Scalar] = {}
    for name, parameter in known.items():
        value = given.get(name, parameter.default)
        if isinstance(value, Path):
            uri = _by_content(parameter, value, digests)
            files[uri] = value
            value = uri
        values[name] = checked(parameter, value)
    return Bound(values=values, files=files)


def _by_content(parameter: Parameter, path: Path, digests: Digests) -> str:
    """Return the S3 name of what lies at *path*."""
    if parameter.type != "String":
        msg = f"parameter {parameter.name!r}: expected {parameter.type}, got a path"
        raise InputError(msg)
    try:
        return f"{BY_CONTENT}/{digests.of(path)}/{path.absolute().name}"
    except OSError as error:
        msg = f"parameter {parameter.name!r}: {path} cannot be read: {error.strerror}"
        raise InputError(msg) from None
