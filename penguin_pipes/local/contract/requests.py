"""What the requests of all job kinds have in common, and what none may ask for here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

import attrs

from penguin_pipes.local.contract.tree import is_under
from penguin_pipes.local.resolve import Unknown

if TYPE_CHECKING:
    from penguin_pipes.definition import Node

DAY_S: Final = 86_400
"""How long a job may run if its request does not say."""


@attrs.frozen(kw_only=True)
class DataInput:
    """Objects that a job finds in a folder when it starts.

    Attributes:
        name: The input's or channel's name.
        uri: The object, or the prefix of the objects.
        path: The folder, below ``/opt/ml``.
        address: Where the definition asks for it.
    """

    name: str
    uri: str
    path: str
    address: str

    @property
    def is_known(self) -> bool:
        """Whether the name is known, or only the run will tell it."""
        return not isinstance(self.uri, Unknown)


@attrs.frozen(kw_only=True)
class DataOutput:
    """A folder whose files become objects.

    Attributes:
        name: The output's name.
        uri: The prefix they get.
        path: The folder, below ``/opt/ml``.
    """

    name: str
    uri: str
    path: str


IMAGES: Final = frozenset({"ImageUri", "TrainingImage"})
"""The members of requests that name the image a job runs in."""


def images_of(value: Any) -> Iterator[str]:
    """Yield the images that a request names, as far as they are known."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            is_image = key in IMAGES and isinstance(item, str)
            if is_image and not isinstance(item, Unknown):
                yield item
            yield from images_of(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from images_of(item)


def refuse_unless(node: Node | None, *allowed: str, why: str) -> None:
    """Raise unless the value is absent or one of those *allowed*."""
    if node is not None and node.text() not in allowed:
        node.cannot_run(f"{node.text()!r} {why}; use {allowed[0]!r} to run it here")


def refuse_many_instances(resources: Node | None) -> None:
    """Raise if more than one computer is asked for."""
    if resources is None:
        return
    count = resources.get("InstanceCount")
    if count is not None and not isinstance(count.value, Unknown) and count.whole() > 1:
        count.cannot_run(f"{count.whole()} instances cannot run on one computer; use 1")


def container_path(node: Node, parent: str) -> str:
    """Return a path that must lie below *parent*."""
    path = node.text()
    if not is_under(path, parent) or path.rstrip("/") == parent:
        node.expected(f"a path below {parent}")
    return path


def words(node: Node | None) -> tuple[str, ...]:
    """Return a list of strings, empty if it is absent."""
    return () if node is None else tuple(item.text() for item in node.items())


def whole_or_unknown(node: Node, *, least: int) -> int:
    """Return a whole number; before the run, one that nobody knows is the *least*."""
    if isinstance(node.value, Unknown):
        return least
    if node.whole() < least:
        node.expected(f"{least} or more")
    return node.whole()


def max_runtime_s(request: Node) -> int:
    """Return how long the job may run."""
    stopping = request.get("StoppingCondition")
    limit = stopping.get("MaxRuntimeInSeconds") if stopping else None
    if limit is None or isinstance(limit.value, Unknown):
        return DAY_S
    if limit.whole() < 1:
        limit.expected("at least one second")
    return limit.whole()


def has_network(node: Node | None) -> bool:
    """Return whether a job may have a network, from where its request says so."""
    isolated = node.get("EnableNetworkIsolation") if node else None
    return isolated is None or isolated.value is not True
