"""Walk through a document as it was written; nothing in it is too deep or too odd."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

import attrs

from penguin_pipes.definition.document import Site, items, member, text
from penguin_pipes.definition.node import Node
from penguin_pipes.definition.references import (
    Reference,
    expression,
    parse_reference,
)
from penguin_pipes.errors import DefinitionError

if TYPE_CHECKING:
    from penguin_pipes.definition.document import Document

NOT_OUR_OWN: Final = frozenset({"$.Steps", "$.Parameters", "$.Metadata"})
"""What of the root belongs to no expression of the root itself."""


@attrs.frozen(kw_only=True)
class Reading:
    """One `Get` of the document.

    Attributes:
        site: The step it stands in; None if it stands outside of the steps.
        node: What it asks for, as written.
        reference: The same, read; None if it cannot be read.
        problem: Why it cannot be read, or nothing.
    """

    site: Site | None
    node: Node
    reference: Reference | None
    problem: str = ""


def walk(start: Node, skip: frozenset[str] = frozenset()) -> Iterator[Node]:
    """Yield *start* and everything inside it, in the order of the text.

    Args:
        start: Where to begin.
        skip: Addresses below it that are left out with all they hold.
    """
    # No recursion: JSON may be nested deeper than Python's stack.
    stack = [start]
    while stack:
        node = stack.pop()
        yield node
        stack += (each for each in reversed(_inside(node)) if each.address not in skip)


def _inside(node: Node) -> list[Node]:
    """Return what *node* directly holds."""
    if isinstance(node.value, Mapping):
        return list(node.entries().values())
    if isinstance(node.value, (list, tuple)):
        return list(node.items())
    return []


def calls(start: Node, name: str, skip: frozenset[str] = frozenset()) -> Iterator[Node]:
    """Yield the argument of every call of the function *name*, such as ``Std:Join``."""
    for node in walk(start, skip):
        if expression(node.value) == name:
            yield Node(node.value[name], f"{node.address}.{name}")


def readings(document: Document) -> Iterator[Reading]:
    """Yield every `Get` of the document; each belongs to the innermost step."""
    for node in calls(document.root, "Get", NOT_OUR_OWN):
        yield _reading(None, node)
    for site in document.sites:
        yield from readings_of(site, document)


def readings_of(site: Site, document: Document) -> Iterator[Reading]:
    """Yield every `Get` of one step, those of the steps in its branches left out."""
    address = site.node.address
    if address not in document.gets:
        found = calls(site.node, "Get", document.step_addresses)
        document.gets[address] = tuple(found)
    for node in document.gets[address]:
        yield _reading(site, node)


def readings_in(node: Node) -> Iterator[Reading]:
    """Yield every `Get` inside *node*."""
    for each in calls(node, "Get"):
        yield _reading(None, each)


def _reading(site: Site | None, node: Node) -> Reading:
    """Return one `Get`, read if it can be."""
    try:
        reference = parse_reference(node.value, node.address)
    except DefinitionError as error:
        return Reading(site=site, node=node, reference=None, problem=error.problem)
    return Reading(site=site, node=node, reference=reference)


def is_open(value: Any) -> bool:
    """Tell whether *value* is only known when the pipeline runs."""
    return expression(value) is not None


def follow(node: Node | None, path: str) -> Node | None:
    """Return what the dotted *path* leads to from *node*, or None."""
    for part in path.split("."):
        node = member(node, part)
    return node


def names(listed: Node | None, key: str) -> tuple[str, ...] | None:
    """Return what the items of a list are called, or None if some name is open.

    Args:
        listed: A list of objects; None has no items.
        key: The member that holds the name.
    """
    found = [member(item, key) for item in items(listed)]
    if any(each is None or not isinstance(each.value, str) for each in found):
        return None
    return tuple(map(text, found))
