"""Tables become records by way of cattrs; what cannot is told place by place."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from typing import Any, Final, TypeVar

import attrs
import cattrs
from attrs import evolve, frozen
from cattrs.cols import list_structure_factory, mapping_structure_factory
from cattrs.errors import (
    ClassValidationError,
    ForbiddenExtraKeysError,
    IterableValidationError,
)
from cattrs.gen import make_dict_structure_fn, override

from penguin_pipes.config import kinds
from penguin_pipes.config.checks import refuse
from penguin_pipes.config.tree import RANGES
from penguin_pipes.errors import ConfigError

T = TypeVar("T")
Hook = Callable[[Any, Any], Any]

MISSING: Final = "missing; it has no default, so it has to be given"

_PLACE: Final = re.compile(
    r"(?P<owner>[A-Z]\w*)?(?P<rest>(?:\.\w+|\[(?:'[^']*'|\"[^\"]*\"|\d+)\])*): ",
    re.ASCII,
)
_PART: Final = re.compile(r"\.(\w+)|\['([^']*)'\]|\[\"([^\"]*)\"\]|(\[\d+\])")


@frozen
class Problem:
    """What is wrong at one place.

    Attributes:
        path: The names of the tables and the field; ``[0]`` for an entry of a list.
        text: What is wrong there, and the way out.
    """

    path: tuple[str, ...]
    text: str


class ProblemsError(Exception):
    """All that keeps tables from becoming a record."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("; ".join(f"{each.path}: {each.text}" for each in problems))
        self.problems = problems


def structure(tables: Mapping[str, Any], record: type[T]) -> T:
    """Return *tables* as a record.

    Raises:
        ProblemsError: They are none; everything that is wrong is in it.
    """
    try:
        made: T = _converter().structure(tables, record)
    except (ClassValidationError, ConfigError) as error:
        raise ProblemsError(tuple(_problems(error, ()))) from error
    return made


@cache
def _converter() -> cattrs.Converter:
    """Return the converter: records are made by cattrs, values pass as they are.

    A string is not made a number, as cattrs would: the fields' own converters and
    validators say what they take, the same as in Python.
    """
    converter = cattrs.Converter(forbid_extra_keys=True)
    converter.register_structure_hook_factory(lambda _: True, _hook)
    converter.register_structure_hook_factory(attrs.has, _record_hook)
    return converter


def _hook(annotation: Any, converter: cattrs.Converter) -> Hook:
    """Return what makes a value of a field that is no lone record."""
    kind = kinds.kind_of(annotation)
    if kind.is_plain:
        return _as_it_is
    if kind.items is not None:
        return _if(Mapping, mapping_structure_factory(annotation, converter))
    if kind.is_list:
        entries = list_structure_factory(list[kind.records[0]], converter)  # type: ignore[name-defined]  # a type at run time
        return _if((list, tuple), entries)
    if set(kind.records) <= set(RANGES.values()):
        return _if(Mapping, partial(_range, converter))
    record = kind.records[0]
    make = converter.get_structure_hook(record)
    return _if(Mapping, lambda table, _: make(table, record))


def _as_it_is(value: Any, _: object) -> Any:
    """Leave a value to its field's converter and validator."""
    return value


def _if(types: Any, make: Hook) -> Hook:
    """Return a hook that leaves what is of other types to the field's validator."""
    return lambda value, kind: make(value, kind) if isinstance(value, types) else value


def _range(
    converter: cattrs.Converter, table: Mapping[str, Any], _: object = None
) -> Any:
    """Return the range that its ``type``, or else its values, make it."""
    values = dict(table)
    name = values.pop("type", None) or _type_of(values)
    if not isinstance(name, str) or name not in RANGES:
        place = ".type"
        raise refuse(place, f"one of {', '.join(RANGES)}", name)
    return converter.get_structure_hook(RANGES[name])(values, RANGES[name])


def _type_of(values: Mapping[str, Any]) -> str:
    """Return the type of a range that names none."""
    ends = [values.get("minimum"), values.get("maximum")]
    if "values" in values:
        return "categorical"
    return "continuous" if any(isinstance(end, float) for end in ends) else "integer"


def _record_hook(record: Any, converter: cattrs.Converter) -> Hook:
    """Return what makes a record, told of every field that is wrong."""
    overrides: dict[str, Any] = {
        each.name: override(struct_hook=_checked(record, each, converter))
        for each in attrs.fields(attrs.resolve_types(record))
    }
    whole = make_dict_structure_fn(record, converter, **overrides)

    def hook(value: Any, _: object) -> Any:
        if isinstance(value, record):
            return value
        if not isinstance(value, Mapping):
            place = ""
            raise refuse(place, "a table of fields", value)
        return whole(value, record)

    return hook


def _checked(record: Any, field: Any, converter: cattrs.Converter) -> Hook:
    """Return what makes one field's value, converted and validated as in the record.

    The record itself would stop at the first field that is wrong.
    """
    plain = kinds.members(record)[field.name].is_plain
    # cattrs keeps hooks of its own for str and int, which would make 5 of "5".
    make = _as_it_is if plain else converter.get_structure_hook(field.type)

    def hook(value: Any, kind: Any) -> Any:
        try:
            made = make(value, kind)
            made = made if field.converter is None else field.converter(made)
            if field.validator is not None:
                field.validator(record.__new__(record), field, made)
        except ConfigError as error:
            place = f"{record.__name__}.{field.name}"
            raise ConfigError(str(error).removeprefix(place)) from error
        return made

    return hook


def _problems(error: Exception, path: tuple[str, ...]) -> Iterator[Problem]:
    """Yield what is wrong, from the groups in which cattrs hands it over."""
    if isinstance(error, ClassValidationError | IterableValidationError):
        yield from _problems_of_group(error, path)
    elif isinstance(error, ForbiddenExtraKeysError):
        type_ = ["type"] if error.cl in RANGES.values() else []
        names = [*kinds.members(error.cl), *type_]
        for name in sorted(error.extra_fields):
            yield Problem((*path, name), f"no such field; {kinds.hint(name, names)}")
    elif isinstance(error, KeyError):
        yield Problem(path, MISSING)
    elif isinstance(error, ConfigError):
        yield _placed(Problem(path, str(error)))
    else:
        raise error


def _problems_of_group(
    group: ClassValidationError | IterableValidationError, path: tuple[str, ...]
) -> Iterator[Problem]:
    """Yield what is wrong in the fields of a record, or the entries of a list."""
    named, unnamed = group.group_exceptions()
    for error, note in named:
        name = getattr(note, "name", None) or getattr(note, "index", "")
        part = f"[{name}]" if isinstance(name, int) else str(name)
        yield from _problems(error, (*path, part))
    for error in unnamed:
        if isinstance(error, ConfigError) and isinstance(group, ClassValidationError):
            yield _of_record(error, group.cl, path)
        else:
            yield from _problems(error, path)


def _of_record(error: ConfigError, record: Any, path: tuple[str, ...]) -> Problem:
    """Return what a whole record refuses, placed at the field that it names."""
    match = _PLACE.match(str(error))
    owner = match["owner"] if match else None
    if match is None or owner is None:
        return Problem(path, str(error))
    inner = [
        name
        for name, kind in kinds.members(record).items()
        if kind.record is not None and kind.record.__name__ == owner
    ]
    inside = () if owner == record.__name__ else tuple(inner[:1])
    return _placed(Problem((*path, *inside), str(error)[len(owner) :]))


def _placed(problem: Problem) -> Problem:
    """Move the place that the text begins with into the path."""
    match = _PLACE.match(problem.text)
    if match is None or match["owner"]:
        return problem
    parts = ["".join(found) for found in _PART.findall(match["rest"])]
    return evolve(
        problem, path=(*problem.path, *parts), text=problem.text[match.end() :]
    )
