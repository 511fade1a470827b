"""What a run is given: a value for every parameter, of the type it declares."""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Final, TypeAlias

import attrs

from penguin_pipes.definition import Definition, Parameter, Scalar
from penguin_pipes.errors import InputError
from penguin_pipes.local.storage import files_below

Given: TypeAlias = str | int | float | bool | Path
"""What a caller can give for a parameter."""

BY_CONTENT: Final = "s3://local/data"
"""Where local data stands in S3 for the length of a run, under its digest."""

CHUNK: Final = 1024 * 1024


@attrs.frozen(kw_only=True)
class Bound:
    """The values of all parameters.

    Attributes:
        values: By name, defaults included.
        files: The local data among them: S3 name to path.
    """

    values: Mapping[str, Scalar]
    files: Mapping[str, Path]


def bind(definition: Definition, given: Mapping[str, Given]) -> Bound:
    """Return a value for every parameter of *definition*.

    A `Path` becomes the S3 name of its content, so that changed data has a new name.

    Raises:
        InputError: If a value is missing, unknown, or not of the declared type.
    """
    declared = {parameter.name: parameter for parameter in definition.parameters}
    for name in given:
        if name not in declared:
            near = difflib.get_close_matches(name, declared, n=1)
            there = ", ".join(declared) or "none"
            hint = f"did you mean {near[0]!r}?" if near else f"there are: {there}"
            msg = (
                f"parameter {name!r}: the definition declares none of this name; {hint}"
            )
            raise InputError(msg)
    files: dict[str, Path] = {}
    values: dict[str, Scalar] = {}
    for name, parameter in declared.items():
        value = given.get(name, parameter.default)
        if isinstance(value, Path):
            uri = _by_content(parameter, value)
            files[uri] = value
            value = uri
        values[name] = _checked(parameter, value)
    return Bound(values=values, files=files)


def _checked(parameter: Parameter, value: Scalar | None) -> Scalar:
    """Return *value* if the parameter can hold it."""
    if value is None:
        msg = f"parameter {parameter.name!r} has no default; give it a value"
        raise InputError(msg)
    if not _fits(parameter.type, value):
        msg = f"parameter {parameter.name!r}: expected {parameter.type}, got {value!r}"
        raise InputError(msg)
    if parameter.choices and value not in parameter.choices:
        choices = ", ".join(map(repr, parameter.choices))
        msg = f"parameter {parameter.name!r}: expected one of {choices}; got {value!r}"
        raise InputError(msg)
    return value


def _fits(kind: str, value: Scalar) -> bool:
    """Return whether *value* is of the declared type; a boolean is no number here."""
    match kind:
        case "String":
            return isinstance(value, str)
        case "Boolean":
            return isinstance(value, bool)
        case "Integer":
            return isinstance(value, int) and not isinstance(value, bool)
        case _:
            return isinstance(value, (int, float)) and not isinstance(value, bool)


def from_text(parameter: Parameter, text: str) -> Scalar:
    """Return the value that *text*, from a command line, writes.

    Raises:
        InputError: If it writes none of the parameter's type.
    """
    try:
        match parameter.type:
            case "String":
                return text
            case "Boolean":
                return {"true": True, "false": False}[text.lower()]
            case "Integer":
                return int(text)
            case _:
                return float(text)
    except (KeyError, ValueError):
        msg = f"parameter {parameter.name!r}: expected {parameter.type}, got {text!r}"
        raise InputError(msg) from None


def _by_content(parameter: Parameter, path: Path) -> str:
    """Return the S3 name of what lies at *path*."""
    if parameter.type != "String":
        msg = f"parameter {parameter.name!r}: expected {parameter.type}, got a path"
        raise InputError(msg)
    try:
        return f"{BY_CONTENT}/{digest(path)}/{path.absolute().name}"
    except OSError as error:
        msg = f"parameter {parameter.name!r}: {path} cannot be read: {error.strerror}"
        raise InputError(msg) from None


def digest(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, or of a folder's names and bytes."""
    whole = hashlib.sha256()
    if not path.is_dir():
        _feed(whole, path)
        return whole.hexdigest()
    for way in files_below(path, follow=True):
        inner = hashlib.sha256()
        _feed(inner, path / way)
        whole.update(f"{way.as_posix()}\0{inner.hexdigest()}\n".encode())
    return whole.hexdigest()


def _feed(whole: hashlib._Hash, path: Path) -> None:
    """Add the bytes of one file."""
    with path.open("rb") as file:
        while data := file.read(CHUNK):
            whole.update(data)
