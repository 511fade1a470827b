"""Hold a value against its shape in the service model, and tell all that differs."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from attrs import frozen

from penguin_pipes.definition.node import Node, shown
from penguin_pipes.definition.problems import Problem, error, warning
from penguin_pipes.definition.references import expression
from penguin_pipes.definition.rules.hints import nearest
from penguin_pipes.definition.shapes import Shape, compiled, shape
from penguin_pipes.service import INSTANCE_TYPE

if TYPE_CHECKING:
    from collections.abc import Sequence

WORDS: Final = {
    "string": "a string",
    "integer": "a whole number",
    "long": "a whole number",
    "float": "a number",
    "double": "a number",
    "boolean": "true or false",
    "list": "a list",
    "map": "an object",
    "structure": "an object",
}
"""Type of a shape → what a message calls it."""

CONTAINERS: Final = frozenset({"list", "map", "structure"})
NUMBERS: Final = frozenset({"integer", "long", "float", "double"})
UNCHECKED: Final = frozenset({"timestamp", "blob"})


@frozen(kw_only=True)
class _Judge:
    """What is known beside the value and its shape.

    Attributes:
        optional: Members of the outermost structure that may be missing all the same.
        parameters: Name → type of the pipeline's parameters.
    """

    optional: frozenset[str]
    parameters: Mapping[str, str]

    def value(self, node: Node, name: str) -> Iterator[Problem]:
        """Tell what is wrong with one value, whatever its shape."""
        found = shape(name)
        kind = found["type"]
        if expression(node.value) is not None:
            yield from self.variable(node, kind)
        elif kind in UNCHECKED:
            return
        elif not _fits(node.value, kind):
            yield _wrong_type(node, kind)
        elif kind == "structure":
            yield from self.structure(node, found, frozenset())
        elif kind == "list":
            yield from _counted(node, found, "items")
            for item in node.items():
                yield from self.value(item, found["member"]["shape"])
        elif kind == "map":
            yield from self.map(node, found)
        else:
            yield from _scalar(node, found, name)

    def structure(
        self, node: Node, found: Shape, optional: frozenset[str]
    ) -> Iterator[Problem]:
        """Tell what is wrong with an object of named members."""
        members = found["members"]
        for name in found.get("required", ()):
            if node.value.get(name) is None and name not in optional:
                problem = f"{name!r} is missing, which {_called(node)} needs"
                yield error(node.address, problem, _add(name, members[name]["shape"]))
        for key, item in node.entries().items():
            if key not in members:
                problem = f"{_called(node)} has no member {key!r}"
                yield error(item.address, problem, nearest(key, members))
            elif item.value is not None:
                yield from self.value(item, members[key]["shape"])

    def map(self, node: Node, found: Shape) -> Iterator[Problem]:
        """Tell what is wrong with an object of free names."""
        yield from _counted(node, found, "entries")
        key_shape = shape(found["key"]["shape"])
        for key, item in node.entries().items():
            named = Node(key, item.address)
            yield from _scalar(
                named, key_shape, found["key"]["shape"], what=f"the name {shown(key)}"
            )
            yield from self.value(item, found["value"]["shape"])

    def variable(self, node: Node, kind: str) -> Iterator[Problem]:
        """Tell of a pipeline variable that can never be of the right type."""
        called = expression(node.value)
        if called == "Std:Join" and (kind in CONTAINERS or kind == "boolean"):
            problem = f"expected {WORDS[kind]}, and Std:Join makes a string"
            yield error(node.address, problem, "write the value, or use Get")
        asked = node.value.get("Get")
        if not isinstance(asked, str) or not asked.startswith("Parameters."):
            return
        name = asked.removeprefix("Parameters.")
        if kind in NUMBERS and self.parameters.get(name) == "String":
            problem = f"expected {WORDS[kind]}, and parameter {name!r} is a String"
            wanted = "Integer" if kind in {"integer", "long"} else "Float"
            yield error(node.address, problem, f"declare it with Type {wanted!r}")


def check(
    node: Node,
    found: Shape,
    *,
    optional: frozenset[str],
    parameters: Mapping[str, str],
) -> Iterator[Problem]:
    """Tell everything in which the request *node* differs from its shape.

    Args:
        node: The request.
        found: The shape of the call's input.
        optional: Required members that the service fills in by itself.
        parameters: Name → type of the pipeline's parameters.
    """
    if isinstance(node.value, Mapping):
        judge = _Judge(optional=optional, parameters=parameters)
        yield from judge.structure(node, found, optional)


def _called(node: Node) -> str:
    """Return what the object at *node* is called: the last name of its address."""
    return node.address.rpartition(".")[2]


def _add(name: str, wanted: str) -> str:
    """Return the hint for a missing member."""
    found = shape(wanted)
    if "enum" in found:
        return f"add it: one of {', '.join(found['enum'][:4])}"
    return f"add {name!r}, {WORDS.get(found['type'], 'a value')}"


def _fits(value: Any, kind: str) -> bool:
    """Return whether *value* is of the shape's type; a boolean is no number."""
    if kind in {"structure", "map"}:
        return isinstance(value, Mapping)
    if kind == "list":
        return isinstance(value, list)
    if kind in {"string", "boolean"}:
        return isinstance(value, str if kind == "string" else bool)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    is_whole = isinstance(value, int)
    return is_whole if kind in {"integer", "long"} else math.isfinite(value)


def _wrong_type(node: Node, kind: str) -> Problem:
    problem = f"expected {WORDS[kind]}, got {shown(node.value)}"
    if kind == "string" and isinstance(node.value, int | float):
        return error(node.address, problem, "write it in quotes")
    if kind in NUMBERS and isinstance(node.value, str):
        return error(node.address, problem, "write it without quotes")
    return error(node.address, problem, f"write {WORDS[kind]}")


def _counted(node: Node, found: Shape, what: str) -> Iterator[Problem]:
    """Tell if there are too many or too few."""
    count, low, high = len(node.value), found.get("min", 0), found.get("max")
    if count < low or (high is not None and count > high):
        problem = f"expected {_bounds(low, high)} {what}, got {count}"
        hint = (
            "take some out" if count > low else "add what is missing, or leave it out"
        )
        yield error(node.address, problem, hint)


def _scalar(
    node: Node, found: Shape, name: str, *, what: str = ""
) -> Iterator[Problem]:
    """Tell what is wrong with a string or a number; one thing at a time."""
    value, said = node.value, what or shown(node.value)
    if isinstance(value, bool):
        return
    if isinstance(value, int | float):
        yield from _ranged(node, found)
    elif "enum" in found:
        if value not in found["enum"]:
            yield _unlisted(node, found["enum"], name)
    elif not found.get("min", 0) <= len(value) <= found.get("max", math.inf):
        bounds = _bounds(found.get("min", 0), found.get("max"))
        problem = f"expected {bounds} characters, and {said} has {len(value)}"
        yield error(node.address, problem, "make it fit")
    elif not _matches(found.get("pattern"), value):
        problem = f"{said} is not what the service takes here"
        hint = f"it takes {found['pattern']}"
        if "\n" in value and _matches(found["pattern"], value.replace("\n", "")):
            problem, hint = f"{said} has more than one line", "write it in one line"
        yield error(node.address, problem, hint)


def _matches(pattern: str | None, value: str) -> bool:
    regex = None if pattern is None else compiled(pattern)
    return regex is None or regex.fullmatch(value) is not None


def _ranged(node: Node, found: Shape) -> Iterator[Problem]:
    low, high = found.get("min", -math.inf), found.get("max", math.inf)
    if not low <= node.value <= high:
        bounds = f"at least {low}" if high == math.inf else f"{low} to {high}"
        problem = f"expected {bounds}, got {shown(node.value)}"
        yield error(node.address, problem, "make it fit")


def _bounds(low: int, high: int | None) -> str:
    """Return in words how many there may be."""
    if high is None:
        return f"at least {low}"
    return f"{low} to {high}" if low else f"at most {high}"


def _unlisted(node: Node, listed: Sequence[str], name: str) -> Problem:
    """Return the problem of a word that the model does not list.

    botocore lags behind the service with instance types: one of the right form that
    is not listed may be a new one.
    """
    full = f"ml.{node.value}"
    hint = nearest(full if full in listed else node.value, listed)
    if name.endswith("InstanceType") and INSTANCE_TYPE.fullmatch(node.value):
        problem = f"{shown(node.value)} is no instance type that botocore knows"
        return warning(node.address, problem, f"{hint} If it is a new one, all is well")
    return error(node.address, f"{shown(node.value)} is no {name}", hint)
