"""What the fields of the records take, read from their annotations."""

from __future__ import annotations

import difflib
import types
import typing
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

import attrs
from attrs import frozen

Record: TypeAlias = Any
"""The class of a record; mypy takes ``type[Any]`` for something without a hash."""

NONE = "none"
"""What a file says where Python says None, in fields that take no text."""


@frozen(kw_only=True)
class Kind:
    """What one field takes.

    Attributes:
        records: The records that it takes; several, or text besides, for a field
            that holds one of several things.
        items: What each entry takes, where the field is a mapping.
        is_list: Whether it takes a list of its records.
        is_path: Whether a string in it is the path of a file.
        takes_text: Whether a string in it is just that.
        is_optional: Whether it may be None.
    """

    records: tuple[Record, ...] = ()
    items: Kind | None = None
    is_list: bool = False
    is_path: bool = False
    takes_text: bool = False
    is_optional: bool = False

    @property
    def record(self) -> Record | None:
        """The record whose fields a table changes, if it can be only one."""
        is_one = len(self.records) == 1 and not self.takes_text and not self.is_list
        return self.records[0] if is_one else None

    @property
    def is_plain(self) -> bool:
        """Whether the field's converter and validator take a value as it stands."""
        return not self.records and (self.items is None or self.items.is_plain)

    def member(self, name: str) -> Kind:
        """Return the kind of what a table in the field may hold under *name*."""
        if self.items is not None:
            return self.items
        return members(self.record).get(name, ANY) if self.record else ANY

    def is_whole(self, table: Mapping[str, object]) -> bool:
        """Tell whether *table* is a record by itself, whatever was there before.

        Asked of fields that hold one of several things: an image's version alone
        changes the image; a framework and a version are another image.
        """
        if self.is_list or self.record is not None:
            return False
        return any(required(record) <= set(table) for record in self.records)


ANY = Kind(takes_text=True)


@cache
def kind_of(annotation: Any) -> Kind:
    """Return what a field with this annotation takes."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in {types.UnionType, typing.Union}:
        return _either([kind_of(each) for each in arguments])
    if origin is not None and isinstance(origin, type):
        if issubclass(origin, Mapping):
            return Kind(items=kind_of(arguments[1]))
        if issubclass(origin, tuple):
            return Kind(records=kind_of(arguments[0]).records, is_list=True)
    return Kind(
        records=(annotation,) if attrs.has(annotation) else (),
        is_path=annotation is Path,
        takes_text=annotation is str,
        is_optional=annotation is type(None),
    )


def _either(kinds: list[Kind]) -> Kind:
    """Return the kind of a field that takes any of *kinds*."""
    mapped = [kind.items for kind in kinds if kind.items is not None]
    return Kind(
        records=tuple(record for kind in kinds for record in kind.records),
        items=mapped[0] if mapped else None,
        is_list=any(kind.is_list for kind in kinds),
        is_path=any(kind.is_path for kind in kinds),
        takes_text=any(kind.takes_text for kind in kinds),
        is_optional=any(kind.is_optional for kind in kinds),
    )


@cache
def members(record: Record) -> Mapping[str, Kind]:
    """Return the fields of *record* and what each takes, in the record's order."""
    hints = typing.get_type_hints(record)
    return types.MappingProxyType(
        {each.name: kind_of(hints[each.name]) for each in attrs.fields(record)}
    )


@cache
def required(record: Record) -> frozenset[str]:
    """Return the names of the fields that *record* has no default for."""
    return frozenset(
        each.name for each in attrs.fields(record) if each.default is attrs.NOTHING
    )


def default_of(record: Record, name: str) -> Any:
    """Return the default of a field that has one."""
    default: Any = attrs.fields_dict(record)[name].default
    return default.factory() if hasattr(default, "factory") else default


def close(name: str, names: Iterable[str]) -> str | None:
    """Return which of *names* was probably meant by *name*."""
    return next(iter(difflib.get_close_matches(name, list(names), n=1)), None)


def hint(name: str, names: Iterable[str]) -> str:
    """Return which of *names* was meant, or else all of them."""
    known = list(names)
    meant = close(name, known)
    return f"did you mean {meant!r}?" if meant else f"there are {', '.join(known)}"
