"""Turn references into values; nothing here touches a disk or starts a process."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

import attrs

from penguin_pipes.definition import (
    Node,
    Reference,
    Scalar,
    expression,
    parse_path,
    parse_reference,
)
from penguin_pipes.definition.node import as_text, shown
from penguin_pipes.errors import DefinitionError

NAMES: Final = ("OutputName", "InputName", "MetricName", "ChannelName", "Name")
"""The members by which an item of a list is addressed: ``Outputs['train']``."""


class Unknown(str):
    """Stands for a value that only the run will tell; its text is the reference.

    Whatever is joined with an unknown value is unknown too.
    """

    __slots__ = ()


def not_read(_: str, __: Node) -> Any:
    """Return what is in a JSON file before the run, when nobody can know it."""
    return Unknown("a property file")


@attrs.frozen(kw_only=True)
class Scope:
    """What references can lead to.

    Attributes:
        parameters: The values of the run's parameters.
        execution: The run's own variables: its id, name, moments.
        steps: What each finished step's Describe call would return.
        read: Returns the JSON document of an S3 name, or raises the node's error.
    """

    parameters: Mapping[str, Scalar] = MappingProxyType({})
    execution: Mapping[str, str] = MappingProxyType({})
    steps: Mapping[str, Mapping[str, Any] | Unknown] = MappingProxyType({})
    read: Callable[[str, Node], Any] = not_read


def resolve(node: Node, scope: Scope) -> Any:
    """Return the value of *node* with every reference in it replaced.

    Raises:
        DefinitionError: If a reference leads nowhere; the message says where it stands.
        UnsupportedError: If a function cannot be computed on this computer.
    """
    match expression(node.value):
        case "Get":
            return _get(
                parse_reference(node.value["Get"], f"{node.address}.Get"), scope
            )
        case "Std:Join":
            return _join(node.need("Std:Join"), scope)
        case "Std:JsonGet":
            return _json_get(node.need("Std:JsonGet"), scope)
        case str(name):
            node.cannot_run(f"{name} cannot be computed by the local run yet")
        case None:
            pass
    if isinstance(node.value, Mapping):
        return {key: resolve(item, scope) for key, item in node.entries().items()}
    if isinstance(node.value, (list, tuple)):
        return [resolve(item, scope) for item in node.items()]
    return node.value


def _join(node: Node, scope: Scope) -> str:
    """Return the values as strings, with the separator between them."""
    parts = [resolve(item, scope) for item in node.all("Values")]
    for part, item in zip(parts, node.all("Values"), strict=True):
        if not isinstance(part, (str, int, float)):
            Node(part, item.address).expected("something to join: a string or number")
    text = node.text_of("On").join(as_text(part) for part in parts)
    return Unknown(text) if any(isinstance(part, Unknown) for part in parts) else text


def _json_get(node: Node, scope: Scope) -> Any:
    """Return what a path leads to in a JSON file."""
    source = node.get("PropertyFile") or node.need("S3Uri")
    uri = resolve(source, scope)
    if isinstance(uri, Unknown):
        return uri
    path = node.need("Path")
    value = scope.read(Node(uri, source.address).text(), source)
    at = Node(f"{path.literal()} in {uri}", path.address)
    for part in parse_path(path.literal(), path):
        if isinstance(value, Unknown):
            return value
        value = _inside(value, part, at)
    return value


def _inside(value: Any, part: str | int, at: Node) -> Any:
    """Return what lies one step further down a JSON document."""
    if isinstance(part, int) and isinstance(value, list):
        if part < len(value):
            return value[part]
        at.refuse(f"{at.value} leads nowhere: there is no item [{part}]")
    if isinstance(part, int) or not isinstance(value, Mapping):
        at.refuse(f"{at.value} leads nowhere: there is no {part!r} in {shown(value)}")
    return _member(value, part, at)


def _get(reference: Reference, scope: Scope) -> Any:
    """Return what *reference* leads to."""
    at = Node(reference.text, reference.address)
    if reference.kind == "Parameters":
        return _member(scope.parameters, reference.name, at)
    if reference.kind == "Execution":
        return _member(scope.execution, reference.name, at)
    value: Any = _member(scope.steps, reference.name, at)
    for part in reference.path:
        if isinstance(value, Unknown):
            return value
        value = _item(value, part, at)
    return value


def _item(value: Any, part: str | int, at: Node) -> Any:
    """Return what lies one step further down a path."""
    if isinstance(part, int):
        if not isinstance(value, list) or part >= len(value):
            at.refuse(f"{at.value} leads nowhere: there is no item [{part}]")
        return value[part]
    table = _by_name(value) if isinstance(value, list) else value
    if not isinstance(table, Mapping):
        at.refuse(f"{at.value} leads nowhere: there is nothing below a plain value")
    return _member(table, part, at)


def _by_name(items: list[Any]) -> dict[str, Any]:
    """Return the items of a list by the member that names them."""
    return {
        str(item[key]): item
        for item in items
        if isinstance(item, Mapping)
        for key in NAMES
        if key in item
    }


def _member(table: Mapping[str, Any], name: str, at: Node) -> Any:
    """Return the member *name* of *table*."""
    if name in table:
        return table[name]
    near = difflib.get_close_matches(name, list(table), n=1)
    there = ", ".join(table) or "nothing"
    hint = f"did you mean {near[0]!r}?" if near else f"there is: {there}"
    msg = f"{at.value} leads nowhere: there is no {name!r}; {hint}"
    raise DefinitionError(msg, address=at.address)
