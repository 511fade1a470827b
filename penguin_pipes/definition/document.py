"""A definition as it was written, right or wrong: what the rules look at.

`parse` stops at the first thing that is no definition. The rules have to see past
it, so that all problems are told at once; here nothing is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, Final

import attrs

from penguin_pipes.definition.node import Node

BRANCHES: Final = ("IfSteps", "ElseSteps")
"""Where a condition step keeps the steps of its two branches."""


@attrs.frozen(kw_only=True)
class Site:
    """One step and where it stands, in a branch of a condition or not.

    Attributes:
        name: Empty where the step has none that is a string.
        type: Empty where the step has none that is a string.
        node: The step, which need not be an object.
        within: The branches around it, outermost first: condition step, branch.
    """

    name: str
    type: str
    node: Node
    within: tuple[tuple[str, str], ...] = ()

    @property
    def request(self) -> Node:
        """The arguments, an empty object where there are none."""
        return member(self.node, "Arguments") or Node(
            {}, f"{self.node.address}.Arguments"
        )


@attrs.frozen(kw_only=True)
class Document:
    """The whole document.

    Attributes:
        root: All of it.
        parameters: What stands under ``Parameters``.
        sites: The steps, each before those of its branches.
        step_addresses: Where these stand.
        gets: Every `Get` that was found in a step so far, by the step's address: many
            rules ask for them, and to find them takes a walk through all the step.
    """

    root: Node
    parameters: tuple[Node, ...]
    sites: tuple[Site, ...]
    gets: dict[str, tuple[Node, ...]] = attrs.field(
        factory=dict, init=False, repr=False, eq=False
    )

    @cached_property
    def step_addresses(self) -> frozenset[str]:
        """Asked for at every step, and the same for all."""
        return frozenset(site.node.address for site in self.sites)


def read(value: Any) -> Document:
    """Return what the rules look at, whatever *value* is."""
    root = Node(value)
    return Document(
        root=root,
        parameters=items(member(root, "Parameters")),
        sites=tuple(_sites(items(member(root, "Steps")), ())),
    )


def member(node: Node | None, key: str) -> Node | None:
    """Return the member *key* if *node* is an object that has it, and not null."""
    if node is None or not isinstance(node.value, Mapping):
        return None
    value = node.value.get(key)
    return None if value is None else Node(value, f"{node.address}.{key}")


def items(node: Node | None) -> tuple[Node, ...]:
    """Return the items if *node* is a list, or else none."""
    return node.items() if node is not None and isinstance(node.value, list) else ()


def text(node: Node | None) -> str:
    """Return the string that *node* is, or an empty one."""
    return node.value if node is not None and isinstance(node.value, str) else ""


def _sites(
    steps: tuple[Node, ...], within: tuple[tuple[str, str], ...]
) -> Iterator[Site]:
    """Yield the steps of one list, and below each those of its branches."""
    for node in steps:
        site = Site(
            name=text(member(node, "Name")),
            type=text(member(node, "Type")),
            node=node,
            within=within,
        )
        yield site
        for branch in BRANCHES:
            inner = items(member(site.request, branch))
            yield from _sites(inner, (*within, (site.name, branch)))
