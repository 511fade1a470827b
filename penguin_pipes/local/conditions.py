"""Decide conditions whose references have become values; pure."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from penguin_pipes.definition.node import shown

if TYPE_CHECKING:
    from penguin_pipes.definition import Node

ORDERED: Final[Mapping[str, Callable[[Any, Any], bool]]] = MappingProxyType(
    {
        "GreaterThan": operator.gt,
        "GreaterThanOrEqualTo": operator.ge,
        "LessThan": operator.lt,
        "LessThanOrEqualTo": operator.le,
    }
)


def all_hold(conditions: tuple[Node, ...]) -> bool:
    """Return whether every one of the *conditions* holds.

    Raises:
        DefinitionError: If one of them cannot be decided; the message says why.
    """
    # A list: each is decided, so that what cannot be is told whatever the others say.
    return all([holds(condition) for condition in conditions])  # noqa: C419


def holds(condition: Node) -> bool:
    """Return whether one condition holds.

    Raises:
        DefinitionError: If it cannot be decided.
    """
    kind = condition.text_of("Type")
    match kind:
        case "Not":
            outcome = not holds(_part(condition, "Condition", "Expression"))
        case "Or":
            outcome = any(
                # A list: each is decided, as above.
                [holds(each) for each in condition.all("Conditions")]  # noqa: C419
            )
        case "In" | "NotIn":
            query = _part(condition, "QueryValue", "Value").value
            values = _part(condition, "Values", "In").items()
            is_in = any(_same(query, each.value) for each in values)
            outcome = is_in is (kind == "In")
        case "Equals" | "NotEquals":
            outcome = _same(*_sides(condition)) is (kind == "Equals")
        case _ if kind in ORDERED:
            outcome = ORDERED[kind](*_in_order(condition, kind))
        case _:
            condition.refuse(f"{shown(kind)} is no type of condition")
    return outcome


def _in_order(condition: Node, kind: str) -> tuple[Any, Any]:
    """Return both values of a comparison, which have an order."""
    left, right = _sides(condition)
    if not isinstance(left, str | int | float) or isinstance(left, bool):
        condition.refuse(f"{kind} cannot put {shown(left)} in an order")
    return left, right


def _part(condition: Node, *spellings: str) -> Node:
    """Return the part that has one of these names."""
    found = condition.entries()
    name = next((each for each in spellings if each in found), spellings[0])
    return found[name] if name in found else condition.need(name)


def _sides(condition: Node) -> tuple[Any, Any]:
    """Return both values of a comparison, which are of one kind."""
    left = _part(condition, "LeftValue").value
    right = _part(condition, "RightValue").value
    if _kind(left) != _kind(right):
        condition.refuse(
            f"{condition.text_of('Type')} compares {_kind(left)}, {shown(left)}, with "
            f"{_kind(right)}, {shown(right)}; make both of one type"
        )
    return left, right


def _same(left: Any, right: Any) -> bool:
    """Return whether two values are of one kind and equal; in JSON, true is not 1."""
    return _kind(left) == _kind(right) and bool(left == right)


def _kind(value: Any) -> str:
    """Return what kind of JSON value this is; all numbers are of one."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        return "a string"
    return "an object" if isinstance(value, Mapping) else "a list"
