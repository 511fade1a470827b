"""What the requests of all job kinds have in common, and what none may ask for here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

import attrs

from penguin_pipes.local.contract.tree import is_under
from penguin_pipes.local.resolve import Unknown

if TYPE_CHECKING:
    from penguin_pipes.definition import Node

REPLICATED: Final = "FullyReplicated"
SHARDED: Final = "ShardedByS3Key"

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
        is_sharded: Whether each computer of a job's gets a share of the objects.
        is_read_only: Whether the job finds them in a file system it cannot write to.
    """

    name: str
    uri: str
    path: str
    address: str
    is_sharded: bool = False
    is_read_only: bool = False

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


def instance_count(resources: Node | None) -> int:
    """Return how many computers are asked for."""
    count = None if resources is None else resources.get("InstanceCount")
    return 1 if count is None else whole_or_unknown(count, least=1)


def refuse_cluster_in_images(request: Node, count: int) -> None:
    """Raise if a job that runs in its image is to have several computers."""
    if count > 1:
        request.cannot_run(
            f"{count} instances would be containers that have to find each other by "
            "their names, which --backend docker does not give them; ask for 1, or "
            "run them as processes (--backend process)"
        )


def distribution(s3: Node) -> str:
    """Return whether each computer gets all objects, or a share of them."""
    given = s3.text_of("S3DataDistributionType", REPLICATED)
    if not isinstance(given, Unknown) and given not in {REPLICATED, SHARDED}:
        s3.need("S3DataDistributionType").expected(f"{REPLICATED} or {SHARDED}")
    return given


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
