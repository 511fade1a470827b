"""One field of a config replaced, named by its path: ``training.compute``."""

from __future__ import annotations

import difflib
import tomllib
import types
import typing
from collections.abc import Mapping
from typing import Any, TypeVar

import attrs

from penguin_pipes.errors import ConfigError

T = TypeVar("T")


def set_field(config: T, assignment: str) -> T:
    """Return *config* with one field replaced.

    Args:
        config: A config record, such as a `PipelineConfig`.
        assignment: ``path=value``: names joined by dots, through records and
            mappings; the value as TOML writes it, or else as it stands.

    Raises:
        ConfigError: There is no such field, or it does not take the value.
    """
    path, sign, text = assignment.partition("=")
    if not sign or not path.strip():
        msg = (
            f"--set {assignment}: expected FIELD=VALUE, such as "
            "training.hyperparameters.epochs=60"
        )
        raise ConfigError(msg)
    try:
        changed: T = _replace(config, path.strip().split("."), read_value(text))
    except ConfigError as error:
        msg = f"--set {assignment}: {error}"
        raise ConfigError(msg) from None
    return changed


def read_value(text: str) -> Any:
    """Return what *text* means in TOML, or else *text* itself."""
    try:
        values = tomllib.loads(f"value = {text}")
    except tomllib.TOMLDecodeError:
        return text.strip()
    return values["value"] if set(values) == {"value"} else text.strip()


def _replace(owner: Any, path: list[str], value: Any) -> Any:
    """Return *owner* with the field at the end of *path* replaced."""
    name, *rest = path
    if isinstance(owner, Mapping):
        if not rest:
            return {**owner, name: value}
        if name not in owner:
            raise _unknown(name, list(owner), "the mapping")
        return {**owner, name: _replace(owner[name], rest, value)}
    if not attrs.has(type(owner)):
        msg = f"{owner!r} has no fields, so there is no {name!r} in it"
        raise ConfigError(msg)
    names = [field.name for field in attrs.fields(type(owner))]
    if name not in names:
        raise _unknown(name, names, type(owner).__name__)
    if rest:
        inner = getattr(owner, name)
        value = _replace(_fresh(owner, name) if inner is None else inner, rest, value)
    return attrs.evolve(owner, **{name: value})


def _fresh(owner: Any, name: str) -> Any:
    """Return the default record of a field that is None, e.g. ``training.spot``."""
    annotation = typing.get_type_hints(type(owner))[name]
    kinds = (
        typing.get_args(annotation)
        if typing.get_origin(annotation) in (types.UnionType, typing.Union)
        else (annotation,)
    )
    for kind in kinds:
        if isinstance(kind, type) and attrs.has(kind):
            return kind()
    return None


def _unknown(name: str, names: list[str], owner: str) -> ConfigError:
    close = difflib.get_close_matches(name, names, n=1)
    hint = f"did you mean {close[0]!r}?" if close else f"there are {', '.join(names)}"
    return ConfigError(f"{owner} has no field {name!r}; {hint}")
