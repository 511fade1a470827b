"""Find and read the references inside a definition: `Get` and the `Std:` functions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import attrs

from penguin_pipes.definition.node import Node, shown

PART: Final = re.compile(
    r"\.?(?P<name>[A-Za-z0-9_\-:]+)|\['(?P<key>[^']*)'\]|\[\"(?P<quoted>[^\"]*)\"\]|\[(?P<index>\d+)\]"
)
FUNCTION: Final = re.compile(r"Std:\w+")


@attrs.frozen(kw_only=True)
class Reference:
    """What a ``Get`` asks for.

    Attributes:
        text: As written: ``Steps.pre.ProcessingOutputConfig.Outputs['train']``.
        kind: ``Parameters``, ``Execution`` or ``Steps``.
        name: The parameter, variable or step.
        path: For a step, the way through what its Describe call returns.
        address: Where the reference stands.
    """

    text: str
    kind: str
    name: str
    path: tuple[str | int, ...] = ()
    address: str = "$"


def expression(value: object) -> str | None:
    """Return ``Get`` or the ``Std:`` function that *value* calls, if it is a call."""
    if not isinstance(value, Mapping) or len(value) != 1:
        return None
    (name,) = value
    if name == "Get" or (isinstance(name, str) and FUNCTION.fullmatch(name)):
        return str(name)
    return None


def find_references(value: Any, address: str = "$") -> Iterator[Reference]:
    """Yield every reference inside *value*, however deep, in the order of the text."""
    if expression(value) == "Get":
        yield parse_reference(value["Get"], f"{address}.Get")
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from find_references(item, f"{address}.{key}")
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            yield from find_references(item, f"{address}[{index}]")


def parse_reference(text: Any, address: str = "$") -> Reference:
    """Return the reference that *text* writes.

    Raises:
        DefinitionError: If it is none of the three kinds, or its path is no path.
    """
    node = Node(text, address)
    kind, dot, rest = node.literal().partition(".")
    if kind not in {"Parameters", "Execution", "Steps"} or not dot or not rest:
        node.expected("Parameters.<name>, Execution.<name> or Steps.<name>.<path>")
    if kind != "Steps":
        return Reference(text=text, kind=kind, name=rest, address=address)
    name, _, tail = rest.partition(".")
    return Reference(
        text=text, kind=kind, name=name, path=_path_of_step(tail, node), address=address
    )


def _path_of_step(tail: str, node: Node) -> tuple[str | int, ...]:
    """Return the parts of a path, of which there must be some."""
    if not tail:
        msg = f"{node.value!r} names a step but nothing of it; add a path after it"
        node.refuse(msg)
    return parse_path(tail, node)


def parse_path(tail: str, node: Node) -> tuple[str | int, ...]:
    """Return the parts of ``a.b['c'][0]``.

    Raises:
        DefinitionError: If it is no path; the error is *node*'s.
    """
    parts: list[str | int] = []
    position = 0
    while position < len(tail):
        found = PART.match(tail, position)
        if found is None:
            msg = f"cannot read the path from {shown(tail[position:])} on"
            node.refuse(msg)
        index = found["index"]
        parts.append(
            int(index)
            if index is not None
            else next(
                part
                for part in (found["name"], found["key"], found["quoted"])
                if part is not None
            )
        )
        position = found.end()
    return tuple(parts)
