"""Property files: declared by the step, on an output that it has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from penguin_pipes.definition.document import items, member, text
from penguin_pipes.definition.node import Node, shown
from penguin_pipes.definition.problems import error
from penguin_pipes.definition.rules.hints import nearest
from penguin_pipes.definition.rules.walk import calls, follow, names, readings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from penguin_pipes.definition.document import Document, Site
    from penguin_pipes.definition.problems import Problem
    from penguin_pipes.definition.references import Reference
    from penguin_pipes.definition.rules.base import Rule


def undeclared(document: Document) -> Iterator[Problem]:
    """Tell of every property file that is read but that its step does not declare."""
    sites = {site.name: site for site in reversed(document.sites)}
    for reading in readings(document):
        reference = reading.reference
        if (
            reference is not None
            and reference.name in sites
            and reference.path[:1] == ("PropertyFiles",)
        ):
            yield from _check(reference, sites[reference.name])


def _check(reference: Reference, site: Site) -> Iterator[Problem]:
    """Tell if *site* does not declare the property file."""
    name = ".".join(map(str, reference.path[1:]))
    if site.type != "Processing":
        problem = (
            f"step {site.name!r} is of type {site.type}; only a Processing step has "
            "property files"
        )
        yield error(
            reference.address, problem, "read the file from the step that wrote it"
        )
        return
    known = names(member(site.node, "PropertyFiles"), "PropertyFileName")
    if known is not None and name not in known:
        problem = f"step {site.name!r} declares no property file {name!r}"
        yield error(reference.address, problem, nearest(name, known))


def outputs(document: Document) -> Iterator[Problem]:
    """Tell of every property file on an output that its step does not have."""
    for site in document.sites:
        listed = follow(site.request, "ProcessingOutputConfig.Outputs")
        known = names(listed, "OutputName")
        if site.type != "Processing" or known is None:
            continue
        for node in items(member(site.node, "PropertyFiles")):
            output = member(node, "OutputName")
            if output is not None and text(output) and text(output) not in known:
                problem = f"step {site.name!r} has no output {text(output)!r}"
                yield error(output.address, problem, nearest(text(output), known))


def malformed(document: Document) -> Iterator[Problem]:
    """Tell of every ``Std:JsonGet`` that names nothing to read from."""
    for node in calls(document.root, "Std:JsonGet"):
        source = member(node, "PropertyFile") or member(node, "S3Uri")
        if source is None:
            problem = "Std:JsonGet has neither PropertyFile nor S3Uri"
            yield error(node.address, problem, _LIKE_THIS)
        elif source.address.endswith(".PropertyFile") and not _is_file(source):
            problem = f"{shown(source.value)} is no property file"
            yield error(source.address, problem, _LIKE_THIS)


_LIKE_THIS = "write PropertyFile as {'Get': 'Steps.evaluate.PropertyFiles.report'}"


def _is_file(node: Node) -> bool:
    """Tell whether *node* asks a step for a property file."""
    asked = text(member(node, "Get")).split(".")
    return asked[0] == "Steps" and asked[2:3] == ["PropertyFiles"]


RULES: tuple[Rule, ...] = (undeclared, outputs, malformed)
