"""Functions and conditions: each has the parts that it needs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from penguin_pipes.definition.document import items, member
from penguin_pipes.definition.node import Node, shown
from penguin_pipes.definition.problems import error
from penguin_pipes.definition.rules.hints import nearest
from penguin_pipes.definition.rules.walk import calls

if TYPE_CHECKING:
    from penguin_pipes.definition.document import Document
    from penguin_pipes.definition.problems import Problem
    from penguin_pipes.definition.rules.base import Rule

_COMPARISON: Final = (("LeftValue",), ("RightValue",))
# The SDK writes QueryValue and Values, the published schema has Value and In.
_MEMBERSHIP: Final = (("QueryValue", "Value"), ("Values", "In"))

PARTS: Final[Mapping[str, tuple[tuple[str, ...], ...]]] = MappingProxyType(
    {
        "Equals": _COMPARISON,
        "NotEquals": _COMPARISON,
        "GreaterThan": _COMPARISON,
        "GreaterThanOrEqualTo": _COMPARISON,
        "LessThan": _COMPARISON,
        "LessThanOrEqualTo": _COMPARISON,
        "In": _MEMBERSHIP,
        "NotIn": _MEMBERSHIP,
        "Not": (("Condition", "Expression"),),
        "Or": (("Conditions",),),
    }
)
"""The types of conditions, and the parts of each with their spellings."""


def joins(document: Document) -> Iterator[Problem]:
    """Tell of every ``Std:Join`` that joins nothing."""
    for node in calls(document.root, "Std:Join"):
        if not items(member(node, "Values")):
            problem = "Std:Join has no Values, so it joins nothing"
            hint = "give it a list: {'On': '/', 'Values': ['s3:/', 'bucket']}"
            yield error(node.address, problem, hint)


def conditions(document: Document) -> Iterator[Problem]:
    """Tell of every condition that cannot be decided."""
    for site in document.sites:
        if site.type == "Condition":
            listed = items(member(site.request, "Conditions"))
            if not listed:
                problem = f"condition {site.name!r} has no Conditions to decide on"
                hint = "give it one, or take the steps out of its branches"
                yield error(f"{site.request.address}.Conditions", problem, hint)
            for node in listed:
                yield from _check(node)


def _check(start: Node) -> Iterator[Problem]:
    """Tell what one condition lacks, and those inside it."""
    stack = [start]
    while stack:
        node = stack.pop()
        kind = node.value.get("Type") if isinstance(node.value, Mapping) else None
        if not isinstance(kind, str) or kind not in PARTS:
            problem = f"{shown(kind)} is no type of condition"
            yield error(f"{node.address}.Type", problem, nearest(str(kind), PARTS))
            continue
        for spellings in PARTS[kind]:
            # A null is a value to compare with, so only absence counts.
            if not any(name in node.value for name in spellings):
                problem = f"a condition of type {kind} needs {spellings[0]}"
                yield error(node.address, problem, f"add {spellings[0]!r}")
        stack += reversed(items(member(node, "Conditions")))
        inner = member(node, "Condition") or member(node, "Expression")
        stack += [] if inner is None else [inner]


RULES: tuple[Rule, ...] = (joins, conditions)
