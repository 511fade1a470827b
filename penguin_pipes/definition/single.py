"""Steps by themselves: one taken out to run alone; those that write over each other."""

from __future__ import annotations

import copy
import difflib
from typing import TYPE_CHECKING, Any, Final

from penguin_pipes.definition.document import Document, Site, items, member, read, text
from penguin_pipes.definition.parse import load
from penguin_pipes.definition.plan.scope import is_volatile
from penguin_pipes.definition.references import find_references
from penguin_pipes.errors import DefinitionError, InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from penguin_pipes.definition.node import Node

VERSION: Final = "2020-12-01"
JOBS_OF_TUNING: Final = ("TrainingJobDefinition", "TrainingJobDefinitions")


def single_step(
    definition: str | Mapping[str, Any] | Path,
    name: str,
    *,
    inputs: Mapping[str, str],
) -> dict[str, Any]:
    """Return a definition of one step of *definition*, which reads *inputs*.

    The parameters that it refers to come along; what it would wait for does not.

    Args:
        definition: The JSON as text, the document it holds, or the file it is in.
        name: The step; it may stand in a branch of a condition.
        inputs: Name of a processing input, or of a channel → S3 URI to read instead.

    Raises:
        InputError: There is no such step, or it has no such input.
        DefinitionError: It needs something else of another step.
    """
    document = read(load(definition))
    site = _site(document, name)
    step = copy.deepcopy(dict(site.node.value))
    step.pop("DependsOn", None)
    _replace(step, name, inputs)
    used = set()
    for each in find_references(step, site.node.address):
        if each.kind == "Parameters":
            used.add(each.name)
        if each.kind == "Steps":
            msg = (
                f"step {name!r} reads {each.text!r}, which nothing stands for while it "
                f"runs alone; {_way_out(step, each.text)}"
            )
            raise DefinitionError(msg, address=each.address.removesuffix(".Get"))
    return {
        "Version": VERSION,
        "Parameters": [
            each.value
            for each in document.parameters
            if text(member(each, "Name")) in used
        ],
        "Steps": [step],
    }


def writes_to_fixed_places(definition: str | Mapping[str, Any] | Path) -> bool:
    """Return whether two executions would write to places of the same name.

    A training job's name is part of its places, but for checkpoints; a processing
    job's outputs lie where the definition says.
    """
    return any(
        not any(map(is_volatile, find_references(output.value)))
        for site in read(load(definition)).sites
        for output in _outputs(site)
    )


def _outputs(site: Site) -> Iterator[Node]:
    """Yield where a step's outputs and checkpoints go."""
    config = member(site.request, "ProcessingOutputConfig")
    for node in items(member(config, "Outputs")):
        uri = member(member(node, "S3Output"), "S3Uri")
        if uri is not None:
            yield uri
    for holder in _trainings(site.request):
        uri = member(member(holder, "CheckpointConfig"), "S3Uri")
        if uri is not None:
            yield uri


def _site(document: Document, name: str) -> Site:
    """Return where the step stands."""
    found = {site.name: site for site in document.sites}
    if name in found:
        return found[name]
    near = difflib.get_close_matches(name, found, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(found)}"
    msg = f"no step of the definition is called {name!r}; {hint}"
    raise InputError(msg)


def _replace(step: dict[str, Any], name: str, inputs: Mapping[str, str]) -> None:
    """Have the step read *inputs*."""
    places: dict[str, list[dict[str, Any]]] = {}
    for key, holder in _readers(step):
        places.setdefault(key, []).append(holder)
    for key, uri in inputs.items():
        if key not in places:
            names = ", ".join(map(repr, places)) or "none"
            msg = f"step {name!r} has no input or channel {key!r}; it has: {names}"
            raise InputError(msg)
        for holder in places[key]:
            holder["S3Uri"] = uri


def _readers(step: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each input's name, and the object that holds its S3 URI."""
    request = read({"Steps": [step]}).sites[0].request
    for node in items(member(request, "ProcessingInputs")):
        yield from _reader(node, "InputName", "S3Input")
    for holder in _trainings(request):
        for node in items(member(holder, "InputDataConfig")):
            source = member(node, "DataSource")
            if source is not None:
                yield from _reader(node, "ChannelName", "S3DataSource", inside=source)


def _trainings(request: Node) -> Iterator[Node]:
    """Yield what has channels: a training job, or those that a tuning job starts."""
    yield request
    one = member(request, JOBS_OF_TUNING[0])
    if one is not None:
        yield one
    yield from items(member(request, JOBS_OF_TUNING[1]))


def _reader(
    node: Node, key: str, source: str, *, inside: Node | None = None
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield an input if it reads from S3."""
    holder = member(inside or node, source)
    if holder is not None and isinstance(holder.value, dict):
        yield text(member(node, key)), holder.value


def _way_out(step: dict[str, Any], reference: str) -> str:
    """Say what to do about a reference to another step."""
    for key, holder in _readers(step):
        if any(each.text == reference for each in find_references(holder)):
            return f"give it as inputs={{{key!r}: …}}"
    return "run the whole pipeline instead"
