"""Tables laid over one another, each value knowing where it came from."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import attrs
from attrs import frozen

from penguin_pipes.config import toml
from penguin_pipes.config.checks import is_variable
from penguin_pipes.config.kinds import (
    NONE,
    Kind,
    Record,
    default_of,
    members,
    required,
)
from penguin_pipes.config.ranges import CategoricalRange, ContinuousRange, IntegerRange

DEFAULT = "default"
"""Where a value came from that nobody gave."""

RANGES: Mapping[str, Record] = {
    "integer": IntegerRange,
    "continuous": ContinuousRange,
    "categorical": CategoricalRange,
}
"""What a range's ``type`` may be; without one it is told from the values."""


@frozen
class Given:
    """A value and where it came from.

    Attributes:
        value: As TOML has it; paths already start from where they should.
        origin: ``default``, ``pipeline.toml [env.staging]``, ``--epochs``.
    """

    value: Any
    origin: str


Tree: TypeAlias = "dict[str, Tree | Given]"
Names: TypeAlias = tuple[str, ...]


@frozen
class Source:
    """Where a layer came from.

    Attributes:
        name: What messages call it.
        folder: What the relative paths in it start from.
    """

    name: str
    folder: Path = Path()


def lay(below: Tree | Given | None, value: Any, kind: Kind, source: Source) -> Any:
    """Return *below* with *value* laid over it: a `Tree` or something `Given`.

    Tables merge key by key; anything else replaces what was there, and so does a
    table that is another record altogether.
    """
    if not isinstance(value, Mapping):
        return Given(_read(value, kind, source.folder), source.name)
    base = _table(below)
    if not value:
        return Given({}, source.name) if base is None else below
    if base is None or kind.is_whole(value):
        base = {}
    laid = {
        key: lay(base.get(key), item, kind.member(key), source)
        for key, item in value.items()
    }
    if not base and kind.record is not None and not required(kind.record):
        # Over nothing it is a record of defaults, as an empty table is.
        return fill(laid, kind.record)
    return {**base, **laid}


def _table(node: Tree | Given | None) -> Tree | None:
    """Return *node* if it is a table; an empty one may know its origin."""
    if isinstance(node, Given):
        return {} if isinstance(node.value, Mapping) else None
    return node


def _read(value: Any, kind: Kind, folder: Path) -> Any:
    """Return *value* as the field takes it: a path starts from the file's folder."""
    if value == NONE and kind.is_optional and not kind.takes_text:
        return None
    if kind.is_path and isinstance(value, str) and "://" not in value:
        return folder / value
    return value


def plain(value: Any) -> Any:
    """Return a record as tables, lists and scalars; pipeline variables stay."""
    if is_variable(value):
        return value
    if attrs.has(type(value)):
        fields = attrs.fields(type(value))
        table = {each.name: plain(getattr(value, each.name)) for each in fields}
        names = [name for name, kind in RANGES.items() if isinstance(value, kind)]
        return {**({"type": names[0]} if names else {}), **table}
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, tuple) else value


def fill(tree: Tree, record: Record, default: Any = None) -> Tree:
    """Return *tree* with the defaults of the fields that it does not name.

    They are put where they can be changed by what is laid over them later. A record
    that has to be there is put there too, so that what it lacks can be named.

    Args:
        tree: What is given.
        record: The record that it describes.
        default: The record that is taken where nothing is given, if there is one.
    """
    source, filled = Source(DEFAULT), dict(tree)
    for name, kind in members(record).items():
        below, other = tree.get(name), getattr(default, name, None)
        if default is None and name not in required(record):
            other = default_of(record, name)
        if below is None and (default is not None or name not in required(record)):
            filled[name] = lay(None, plain(other), kind, source)
        elif kind.record is not None and (below is None or isinstance(below, dict)):
            filled[name] = fill(below or {}, kind.record, other)
    return filled


def strip(node: Tree | Given) -> Any:
    """Return the values alone."""
    if isinstance(node, Given):
        return node.value
    return {key: strip(item) for key, item in node.items()}


def leaves(value: Any, path: Names = ()) -> Iterator[tuple[Names, Any]]:
    """Yield each value in *value*, tables being gone through, with its path."""
    if isinstance(value, Mapping) and value:
        for key, item in value.items():
            yield from leaves(item, (*path, key))
    else:
        yield path, value


def find(tree: Tree | Given, path: Sequence[str]) -> Tree | Given:
    """Return what is at *path*, or the last thing on the way to it."""
    for name in path:
        if isinstance(tree, Given) or name not in tree:
            break
        tree = tree[name]
    return tree


def origins(node: Tree | Given) -> list[str]:
    """Return where the values under *node* came from, each origin once."""
    if isinstance(node, Given):
        return [node.origin]
    return list(dict.fromkeys(each for item in node.values() for each in origins(item)))


def dotted(path: Sequence[str]) -> str:
    """Return *path* as TOML writes it: ``training.hyperparameters.epochs``."""
    text = "".join(
        part if re.fullmatch(r"\[\d+\]", part) else f".{toml.key(part)}"
        for part in path
    )
    return text.removeprefix(".")


def split(path: str) -> Names:
    """Return the names in a dotted path; those with dots in them stand in quotes."""
    try:
        table: Any = tomllib.loads(f"{path} = 0")
    except tomllib.TOMLDecodeError:
        return tuple(path.strip().split("."))
    names: list[str] = []
    while isinstance(table, dict) and len(table) == 1:
        ((name, table),) = table.items()
        names.append(name)
    return tuple(names)


def nest(path: Sequence[str], value: Any) -> Any:
    """Return the tables with *value* at *path*."""
    for name in reversed(path):
        value = {name: value}
    return value
