"""Local paths of a processing job: each input and output has a folder of its own."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Final

import attrs

from penguin_pipes.definition.document import items, member, text
from penguin_pipes.definition.node import Node
from penguin_pipes.definition.problems import error, warning
from penguin_pipes.definition.rules.jobs import literal
from penguin_pipes.definition.rules.walk import follow

if TYPE_CHECKING:
    from collections.abc import Iterator

    from penguin_pipes.definition.document import Document, Site
    from penguin_pipes.definition.problems import Problem
    from penguin_pipes.definition.rules.base import Rule

ROOT: Final = "/opt/ml/processing/"


@attrs.frozen(kw_only=True)
class Folder:
    """Where an input or an output lies in the container.

    Attributes:
        kind: ``input`` or ``output``.
        name: As the step calls it.
        path: The local path, without dots and trailing slashes.
        node: Where the definition says so.
    """

    kind: str
    name: str
    path: str
    node: Node

    def __str__(self) -> str:
        """Return the folder as a message names it."""
        return f"{self.kind} {self.name!r}"

    @property
    def is_inside(self) -> bool:
        """Whether the service takes the path."""
        return self.path.startswith(ROOT)

    def holds(self, other: Folder) -> bool:
        """Tell whether *other* lies inside."""
        return other.path.startswith(f"{self.path}/")


def outside(document: Document) -> Iterator[Problem]:
    """Tell of every local path that the service does not take."""
    for site in document.sites:
        for folder in _folders(site):
            if not folder.is_inside:
                problem = f"{folder} has the local path {folder.node.value!r}"
                hint = f"put it below {ROOT}, the only place that the service takes"
                yield error(folder.node.address, problem, hint)


def nested(document: Document) -> Iterator[Problem]:
    """Tell of every two folders of a step that are, or hold, one another."""
    for site in document.sites:
        folders = [folder for folder in _folders(site) if folder.is_inside]
        for index, second in enumerate(folders):
            for first in folders[:index]:
                if "input" in {first.kind, second.kind}:
                    yield from _compare(first, second)


def _compare(first: Folder, second: Folder) -> Iterator[Problem]:
    """Tell if two folders are, or hold, one another."""
    address = second.node.address
    if first.path == second.path and first.kind == second.kind:
        problem = f"{second} and {first} have the same local path {first.path!r}"
        yield error(address, problem, "give each a folder of its own")
    elif first.path == second.path:
        problem = (
            f"{second} and {first} have the same local path {first.path!r}, so that "
            "what came in is uploaded again"
        )
        yield warning(address, problem, "give each a folder of its own")
    elif first.holds(second) or second.holds(first):
        outer, inner = (first, second) if first.holds(second) else (second, first)
        problem = (
            f"{inner} at {inner.path!r} lies inside {outer} at {outer.path!r}, so that "
            "whoever lists the outer one finds both"
        )
        yield warning(inner.node.address, problem, "put them side by side")


def _folders(site: Site) -> Iterator[Folder]:
    """Yield the folders of a processing step whose paths are known."""
    if site.type != "Processing":
        return
    listed = (
        ("input", "InputName", member(site.request, "ProcessingInputs")),
        (
            "output",
            "OutputName",
            follow(site.request, "ProcessingOutputConfig.Outputs"),
        ),
    )
    for kind, key, nodes in listed:
        for node in items(nodes):
            for place in ("S3Input", "DatasetDefinition", "S3Output"):
                path = follow(node, f"{place}.LocalPath")
                if path is not None and literal(path):
                    yield Folder(
                        kind=kind,
                        name=text(member(node, key)),
                        path=posixpath.normpath(path.value),
                        node=path,
                    )


RULES: tuple[Rule, ...] = (outside, nested)
