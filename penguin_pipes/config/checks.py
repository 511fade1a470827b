"""Validators for fields: each refusal names the place, the value and the way out."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, runtime_checkable

from penguin_pipes import durations, service
from penguin_pipes.errors import ConfigError

if TYPE_CHECKING:
    import re
    from datetime import timedelta

    import attrs
    from typing_extensions import TypeIs

T = TypeVar("T")
Check = Callable[[str, Any], None]
Validator = Callable[[object, "attrs.Attribute[Any]", Any], None]


@runtime_checkable
class Variable(Protocol):
    """A pipeline variable of the SDK: a parameter, a property, a join of them.

    Its value is known only when the pipeline runs; ``expr`` is what the
    definition says in its place, e.g. ``{"Get": "Parameters.dataset_location"}``.
    """

    @property
    def expr(self) -> Any:
        """The expression that the definition holds."""


def is_variable(value: object) -> TypeIs[Variable]:
    """Return whether the value is known only when the pipeline runs."""
    # What `isinstance` does, without going through the protocol's members each time:
    # a config asks this some hundred times, and Python 3.11 takes 60 µs for it.
    return hasattr(value, "expr")


def on(*checks: Check) -> Validator:
    """Return an attrs validator that runs *checks* and knows the field's place."""

    def validate(instance: object, field: attrs.Attribute[Any], value: object) -> None:
        place = f"{type(instance).__name__}.{field.name}"
        for check in checks:
            check(place, value)

    return validate


def refuse(place: str, expected: str, value: object) -> ConfigError:
    """Return the error that says what was expected at *place*, and what came."""
    if is_variable(value):
        value = f"the pipeline variable {value.expr}"
        return ConfigError(f"{place}: expected {expected}; got {value}")
    return ConfigError(f"{place}: expected {expected}; got {value!r}")


def maybe(check: Check) -> Check:
    """Return *check*, which now lets None pass."""

    def run(place: str, value: object) -> None:
        if value is not None:
            check(place, value)

    return run


def or_variable(check: Check) -> Check:
    """Return *check*, which now lets a pipeline variable pass."""

    def run(place: str, value: object) -> None:
        if not is_variable(value):
            check(place, value)

    return run


def a(kind: type[Any] | tuple[type[Any], ...], expected: str) -> Check:
    """Return a check for the type of a value; a bool is no number here."""

    def check(place: str, value: object) -> None:
        kinds = kind if isinstance(kind, tuple) else (kind,)
        if not isinstance(value, kinds) or (
            isinstance(value, bool) and bool not in kinds
        ):
            raise refuse(place, expected, value)

    return check


def matches(pattern: re.Pattern[str], expected: str) -> Check:
    """Return a check that a string is of the whole *pattern*."""

    def check(place: str, value: object) -> None:
        if not isinstance(value, str) or pattern.fullmatch(value) is None:
            raise refuse(place, expected, value)

    return check


def text(most: int, *, least: int = 0) -> Check:
    """Return a check for a string of one line with at most *most* characters."""

    def check(place: str, value: object) -> None:
        if not isinstance(value, str) or "\n" in value or "\r" in value:
            raise refuse(place, "a string of one line", value)
        if not least <= len(value) <= most:
            msg = f"{place}: expected {least} to {most} characters; got {len(value)}"
            raise ConfigError(msg)

    return check


def between(low: int, high: int, unit: str) -> Check:
    """Return a check for a whole number (of *unit*) from *low* to *high*."""

    def check(place: str, value: object) -> None:
        if not isinstance(value, int) or isinstance(value, bool):
            kind = f"a whole number of {unit}" if unit else "a whole number"
            raise refuse(place, kind, value)
        if not low <= value <= high:
            raise refuse(place, f"{low} to {high} {unit}".rstrip(), value)

    return check


def finite(place: str, value: object) -> None:
    """Check for a number that is neither infinite nor NaN."""
    try:
        is_finite = isinstance(value, int | float) and math.isfinite(value)
    except OverflowError:  # an integer past the largest float
        is_finite = False
    if not is_finite or isinstance(value, bool):
        raise refuse(place, "a finite number", value)


def local_path(place: str, value: object) -> None:
    """Check for the path of something on this computer."""
    a(Path, "a path on this computer")(place, value)


def one_of(*allowed: str) -> Check:
    """Return a check that accepts only the *allowed* words."""

    def check(place: str, value: object) -> None:
        if value not in allowed:
            raise refuse(place, f"one of {', '.join(allowed)}", value)

    return check


def each(check: Check, *, least: int = 0, most: int | None = None) -> Check:
    """Return a check for every item of a tuple, and for their number."""

    def run(place: str, value: object) -> None:
        if not isinstance(value, tuple):
            raise refuse(place, f"a list of values such as [{value!r}]", value)
        _count(place, len(value), least, most)
        for index, item in enumerate(value):
            check(f"{place}[{index}]", item)

    return run


def mapping(
    key: Check, value: Check, *, least: int = 0, most: int | None = None
) -> Check:
    """Return a check for every key and value of a mapping, and for their number."""

    def run(place: str, items: object) -> None:
        if not isinstance(items, Mapping):
            raise refuse(place, "a mapping of names to values", items)
        _count(place, len(items), least, most)
        for name, item in items.items():
            key(f"{place}: the name {name!r}", name)
            entry = f"{place}[{name!r}]"
            (_unseen(value) if is_secret(name) else value)(entry, item)

    return run


def is_secret(name: object) -> bool:
    """Tell whether what goes by *name* is not to be shown."""
    return service.SECRET_NAME.search(str(name)) is not None


def _unseen(check: Check) -> Check:
    """Return *check*, which now refuses values without showing them."""

    def run(place: str, value: object) -> None:
        try:
            check(place, value)
        except ConfigError:
            expected = "a value that the service takes and that is of one line"
            msg = f"{place}: expected {expected}; got {service.MASK}"
            raise ConfigError(msg) from None

    return run


def _count(place: str, count: int, least: int, most: int | None) -> None:
    if count < least or (most is not None and count > most):
        allowed = f"at least {least}" if most is None else f"{least} to {most}"
        msg = f"{place}: expected {allowed} entries; got {count}"
        raise ConfigError(msg)


def s3_uri(place: str, value: object) -> None:
    """Check for an S3 URI that the service takes."""
    if not isinstance(value, str) or service.S3_URI.fullmatch(value) is None:
        raise refuse(place, "an S3 URI such as 's3://bucket/key'", value)
    text(service.MAX_S3_URI)(place, value)


def hyperparameter(place: str, value: object) -> None:
    """Check that the container hands *value* to the script as it is written."""
    try:
        rendered = service.hyperparameter_text(value)
    except ValueError as error:
        msg = f"{place}: {error}"
        raise ConfigError(msg) from None
    text(service.MAX_HYPERPARAMETER_VALUE)(place, rendered)


def hyperparameter_name(place: str, value: object) -> None:
    """Check the name of a hyperparameter; some belong to the toolkit."""
    text(service.MAX_HYPERPARAMETER_KEY, least=1)(place, value)
    if not isinstance(value, str):  # `text` has refused it already
        return
    if service.RESERVED_HYPERPARAMETER.fullmatch(value):
        msg = f"{place}: the container's toolkit keeps this name to itself; rename it"
        raise ConfigError(msg)
    if service.SHELL_SAFE.fullmatch(value) is None:
        raise refuse(place, "letters, digits and _@%+=:,./- only", value)


def to_mapping(value: Mapping[str, T]) -> Mapping[str, T]:
    """Return *value* as a mapping that nobody can change any more.

    What is no mapping stays as it is: the field's validator knows its place.
    """
    given: Any = value
    return MappingProxyType(dict(given)) if isinstance(given, Mapping) else given


def to_tuple(value: Iterable[T]) -> tuple[T, ...]:
    """Return *value* as a tuple, but a lone string is not cut into letters.

    What is no list stays as it is: the field's validator knows its place.
    """
    given: Any = value
    is_list = isinstance(given, Iterable) and not isinstance(given, str | Mapping)
    return tuple(given) if is_list else given


def to_path(value: str | Path) -> Path:
    """Return *value* as a path; anything else is left to the field's validator."""
    given: Any = value
    return Path(given) if isinstance(given, str) and "://" not in given else given


def to_optional_path(value: str | Path | None) -> Path | None:
    """Return *value* as `to_path` does, or None."""
    return None if value is None else to_path(value)


def to_duration(value: str | timedelta) -> str:
    """Return *value* as a strict ISO 8601 duration."""
    try:
        return durations.iso_duration(value)
    except (ValueError, AttributeError) as error:
        detail = str(error) if isinstance(error, ValueError) else f"got {value!r}"
        msg = f"CachePolicy.expire_after: {detail}"
        raise ConfigError(msg) from None
