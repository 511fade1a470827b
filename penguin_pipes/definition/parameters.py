"""Values for a definition's parameters: of the declared names, types and choices."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

from penguin_pipes.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from penguin_pipes.definition.model import Definition, Parameter, Scalar


def declared(definition: Definition, names: Iterable[str]) -> Mapping[str, Parameter]:
    """Return the parameters of *definition* by name, if all *names* are among them.

    Raises:
        InputError: One is not; the nearest is offered.
    """
    known = {parameter.name: parameter for parameter in definition.parameters}
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            there = ", ".join(known) or "none"
            hint = f"did you mean {near[0]!r}?" if near else f"there are: {there}"
            msg = (
                f"parameter {name!r}: the definition declares none of this name; {hint}"
            )
            raise InputError(msg)
    return known


def from_texts(definition: Definition, assignments: Iterable[str]) -> dict[str, Scalar]:
    """Return what ``NAME=VALUE`` texts of a command line assign.

    Raises:
        InputError: One is no assignment, or names or writes nothing that is declared.
    """
    pairs: dict[str, str] = {}
    for assignment in assignments:
        name, sign, text = assignment.partition("=")
        if not sign or not name:
            msg = f"{assignment!r}: expected --parameter NAME=VALUE"
            raise InputError(msg)
        pairs[name] = text
    known = declared(definition, pairs)
    return {name: from_text(known[name], text) for name, text in pairs.items()}


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


def checked(parameter: Parameter, value: Any) -> Scalar:
    """Return *value* if the parameter can hold it.

    Raises:
        InputError: It cannot, or there is no value.
    """
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
    found: Scalar = value
    return found


def _fits(kind: str, value: object) -> bool:
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
