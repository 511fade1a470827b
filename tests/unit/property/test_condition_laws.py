"""Laws of conditions: they come to what plain Python comes to."""

from __future__ import annotations

import operator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penguin_pipes.definition import Node
from penguin_pipes.errors import DefinitionError
from penguin_pipes.local.conditions import all_hold, holds

law = settings(deadline=None, max_examples=200)

COMPARED: dict[str, Any] = {
    "Equals": operator.eq,
    "NotEquals": operator.ne,
    "GreaterThan": operator.gt,
    "GreaterThanOrEqualTo": operator.ge,
    "LessThan": operator.lt,
    "LessThanOrEqualTo": operator.le,
}
NUMBERS = st.integers(-3, 3) | st.floats(-3, 3)
VALUES = st.booleans() | NUMBERS | st.sampled_from(["", "a", "1"]) | st.none()


@st.composite
def _comparisons(draw: st.DrawFn) -> tuple[dict[str, Any], bool]:
    kind = draw(st.sampled_from([*COMPARED]))
    both = draw(st.sampled_from([NUMBERS, st.sampled_from(["", "a", "b"])]))
    left, right = draw(both), draw(both)
    condition = {"Type": kind, "LeftValue": left, "RightValue": right}
    return condition, COMPARED[kind](left, right)


@st.composite
def _memberships(draw: st.DrawFn) -> tuple[dict[str, Any], bool]:
    kind = draw(st.sampled_from(["In", "NotIn"]))
    value, values = draw(VALUES), draw(st.lists(VALUES, max_size=4))
    inside = any(
        v == value and isinstance(v, bool) is isinstance(value, bool) for v in values
    )
    condition = {"Type": kind, "QueryValue": value, "Values": values}
    return condition, inside is (kind == "In")


def _combined(inner: Any) -> Any:
    """Return conditions of conditions, each with what it comes to."""
    negated = inner.map(
        lambda pair: ({"Type": "Not", "Condition": pair[0]}, not pair[1])
    )
    either = st.lists(inner, min_size=1, max_size=3).map(
        lambda pairs: (
            {"Type": "Or", "Conditions": [condition for condition, _ in pairs]},
            any(outcome for _, outcome in pairs),
        )
    )
    return negated | either


CONDITIONS = st.recursive(_comparisons() | _memberships(), _combined, max_leaves=8)


@law
@given(pairs=st.lists(CONDITIONS, max_size=3))
def test_conditions_come_to_what_python_comes_to(
    pairs: list[tuple[dict[str, Any], bool]],
) -> None:
    """Whatever the tree, it is true when plain Python says so; lists are joined by and."""
    nodes = tuple(Node(condition) for condition, _ in pairs)

    assert all_hold(nodes) is all(outcome for _, outcome in pairs)


@law
@given(kind=st.sampled_from([*COMPARED]), left=VALUES, right=VALUES)
def test_only_values_of_one_kind_are_compared(kind: str, left: Any, right: Any) -> None:
    """A comparison is decided, or refused with both values; true is no number."""
    condition = Node({"Type": kind, "LeftValue": left, "RightValue": right}, "$.c")
    is_plain = all(isinstance(v, str) for v in (left, right)) or not any(
        isinstance(v, str | bool | None) for v in (left, right)
    )
    is_equality = "Equals" in {kind, kind.removeprefix("Not")}
    if is_plain or (is_equality and type(left) is type(right)):
        assert holds(condition) is COMPARED[kind](left, right)
    else:
        with pytest.raises(DefinitionError, match=rf"^\$\.c: {kind} "):
            holds(condition)
