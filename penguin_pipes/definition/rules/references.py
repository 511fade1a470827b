"""What a `Get` names is there: steps, parameters, variables of the execution."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

from penguin_pipes.definition.document import member, text
from penguin_pipes.definition.problems import error, warning
from penguin_pipes.definition.rules.hints import nearest
from penguin_pipes.definition.rules.known import EXECUTION_VARIABLES, STEP_TYPES
from penguin_pipes.definition.rules.walk import readings, walk

if TYPE_CHECKING:
    from penguin_pipes.definition.document import Document, Site
    from penguin_pipes.definition.problems import Problem
    from penguin_pipes.definition.rules.base import Rule
    from penguin_pipes.definition.rules.walk import Reading

LIKE_THESE: Final = (
    "write it like 'Parameters.epochs', 'Execution.PipelineExecutionId' or "
    "'Steps.train.ModelArtifacts.S3ModelArtifacts'"
)


def unreadable(document: Document) -> Iterator[Problem]:
    """Tell of every `Get` whose text is no reference."""
    for reading in readings(document):
        if reading.reference is None and not _is_foreign(reading):
            yield error(reading.node.address, reading.problem, LIKE_THESE)


def _is_foreign(reading: Reading) -> bool:
    """Tell whether the step may know kinds of references that we do not.

    ``ForEach`` hands its body ``ForEach.CurrentItem``; a type that is newer than this
    program may have its own.
    """
    site = reading.site
    return site is not None and (site.type == "ForEach" or site.type not in STEP_TYPES)


def unknown_names(document: Document) -> Iterator[Problem]:
    """Tell of every reference to something that is not declared."""
    steps = [site.name for site in document.sites if site.name]
    steps += [name for site in document.sites for name in hidden_names(site)]
    known: dict[str, tuple[str, Mapping[str, object]]] = {
        "Steps": ("step", dict.fromkeys(steps)),
        "Parameters": ("parameter", dict.fromkeys(_parameters(document))),
        "Execution": ("execution variable", EXECUTION_VARIABLES),
    }
    for reading in readings(document):
        if reading.reference is not None:
            what, declared = known[reading.reference.kind]
            name = reading.reference.name
            if name not in declared:
                problem = f"no {what} is called {name!r}"
                hint = nearest(name, declared)
                yield error(reading.node.address, problem, hint)


def hidden_names(site: Site) -> tuple[str, ...]:
    """Return the steps inside *site* that are in no branch: the body of a ForEach.

    Of a type that we do not know, whatever looks like a step counts as one.
    """
    if site.type in STEP_TYPES and site.type != "ForEach":
        return ()
    inside = (node for node in walk(site.request) if _looks_like_step(node.value))
    return tuple(node.value["Name"] for node in inside)


def _looks_like_step(value: object) -> bool:
    """Tell whether *value* has what every step has."""
    return isinstance(value, Mapping) and all(
        isinstance(value.get(key), kind)
        for key, kind in (("Name", str), ("Type", str), ("Arguments", Mapping))
    )


def _parameters(document: Document) -> list[str]:
    """Return the names of the declared parameters."""
    return [text(member(node, "Name")) for node in document.parameters]


def unused_parameters(document: Document) -> Iterator[Problem]:
    """Tell of every parameter that nothing reads."""
    read = {
        reading.reference.name
        for reading in readings(document)
        if reading.reference is not None and reading.reference.kind == "Parameters"
    }
    for node in document.parameters:
        name = text(member(node, "Name"))
        if name and name not in read:
            problem = f"nothing reads the parameter {name!r}; its value has no effect"
            hint = f"use it with {{'Get': 'Parameters.{name}'}}, or take it out"
            yield warning(node.address, problem, hint)


RULES: tuple[Rule, ...] = (unreadable, unknown_names, unused_parameters)
