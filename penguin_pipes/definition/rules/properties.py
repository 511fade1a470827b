"""The path of a `Get` leads somewhere in what the step's Describe call returns."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from penguin_pipes.definition.document import member
from penguin_pipes.definition.problems import error
from penguin_pipes.definition.rules.hints import nearest
from penguin_pipes.definition.rules.walk import follow, names, readings
from penguin_pipes.definition.shapes import output_of, shape

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from penguin_pipes.definition.document import Document, Site
    from penguin_pipes.definition.problems import Problem
    from penguin_pipes.definition.references import Reference
    from penguin_pipes.definition.rules.base import Rule
    from penguin_pipes.definition.shapes import Shape

DESCRIBES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "Processing": ("DescribeProcessingJob",),
        "Training": ("DescribeTrainingJob",),
        "Tuning": (
            "DescribeHyperParameterTuningJob",
            "ListTrainingJobsForHyperParameterTuningJob",
        ),
        "Transform": ("DescribeTransformJob",),
        "AutoML": ("DescribeAutoMLJob",),
        "Model": ("DescribeModel",),
        "RegisterModel": ("DescribeModelPackage",),
        "EndpointConfig": ("DescribeEndpointConfig",),
        "Endpoint": ("DescribeEndpoint",),
        "InferenceComponent": ("DescribeInferenceComponent",),
        "Job": ("DescribeJob",),
    }
)
"""The calls whose answers a step's properties come from. Of every other type the
properties are its own."""

OPEN: Final = frozenset({"JobConfigDocument"})
"""Strings of JSON, which the service reads further into."""

NAMED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "ProcessingOutputConfig.Outputs": "OutputName",
        "ProcessingInputs": "InputName",
        "InputDataConfig": "ChannelName",
    }
)
"""Lists of the request that the answer repeats, and what their items are called by."""


def paths(document: Document) -> Iterator[Problem]:
    """Tell of every path that leads nowhere."""
    sites = {site.name: site for site in reversed(document.sites)}
    for reading in readings(document):
        reference = reading.reference
        if reference is not None and reference.kind == "Steps":
            site = sites.get(reference.name)
            if site is not None:
                yield from _check(reference, site)


def _check(reference: Reference, site: Site) -> Iterator[Problem]:
    """Tell if the path leads nowhere in what *site* has."""
    first = reference.path[0]
    if first == "PropertyFiles":
        return  # property_files knows
    if first == "BestCandidateProperties" and site.type == "AutoML":
        return  # made by the service, in no Describe call
    if site.type in DESCRIBES:
        found = _modelled(reference, site) or _listed(reference, site)
    else:
        found = _own(reference, site)
    if found is not None:
        problem, hint = found
        yield error(reference.address, problem, hint)


def _own(reference: Reference, site: Site) -> tuple[str, str] | None:
    """Return what is wrong with the path into a step that describes itself."""
    path = reference.path
    if site.type == "Fail":
        problem = f"step {site.name!r} of type Fail has nothing to read"
        return problem, "it ends the execution; read another step"
    if site.type == "Condition" and path != ("Outcome",):
        problem = f"condition {site.name!r} has no {_shown(path)}"
        return problem, "it has Outcome"
    if site.type in {"Lambda", "Callback"} and path[0] == "OutputParameters":
        known = names(member(site.node, "OutputParameters"), "OutputName")
        if known is not None and len(path) > 1 and path[1] not in known:
            problem = f"step {site.name!r} has no output parameter {path[1]!r}"
            return problem, nearest(str(path[1]), known)
    return None


def _modelled(reference: Reference, site: Site) -> tuple[str, str] | None:
    """Return what is wrong with the path, by the service model."""
    members = _answers(site.type)
    if not members:
        return None  # this botocore is older than the type
    found: Shape = {"type": "structure", "members": members}
    for depth, part in enumerate(reference.path):
        where = _shown(reference.path[:depth]) or f"step {site.name!r}"
        kind = found["type"]
        if kind == "structure":
            members = found["members"]
            if part not in members:
                problem = f"{where} has no {part!r} (as {site.type} steps go)"
                return problem, nearest(str(part), members)
            found = shape(members[part]["shape"])
        elif kind == "list":
            found = shape(found["member"]["shape"])
        elif kind == "map":
            found = shape(found["value"]["shape"])
        else:
            problem = f"{where} is a {kind}, which has no {part!r}"
            return problem, f"end the path at {where}"
        if part in OPEN:
            return None
    return None


def _listed(reference: Reference, site: Site) -> tuple[str, str] | None:
    """Return what is wrong with the item that the path picks from a list."""
    for path, key in NAMED.items():
        parts = tuple(path.split("."))
        depth = len(parts)
        if reference.path[:depth] == parts and len(reference.path) > depth:
            known = names(follow(site.request, path), key)
            return _picked(reference.path[depth], known, f"{site.name}.{path}")
    if reference.path[0] == "FinalMetricDataList" and len(reference.path) > 1:
        known = _metrics(site)
        return _picked(reference.path[1], known, f"{site.name}.FinalMetricDataList")
    return None


def _picked(
    part: str | int, known: tuple[str, ...] | None, where: str
) -> tuple[str, str] | None:
    """Return what is wrong with the item *part* of the list *where*."""
    if known is None or part in known:
        return None
    if isinstance(part, str):
        return f"{where} has no item {part!r}", nearest(part, known)
    if part < len(known):
        return None
    problem = f"{where} has {len(known)} items, so none has the number {part}"
    return problem, "count from 0, or give the name in quotes"


def _metrics(site: Site) -> tuple[str, ...] | None:
    """Return the metrics of a training step, if it has no others than its own."""
    program = follow(site.request, "HyperParameters.sagemaker_program")
    if program is None:
        return None
    return names(
        follow(site.request, "AlgorithmSpecification.MetricDefinitions"), "Name"
    )


def _shown(path: tuple[str | int, ...]) -> str:
    """Return a path as a `Get` writes it."""
    shown = "".join(
        f"[{part}]" if isinstance(part, int) else f".{part}" for part in path
    )
    return shown.lstrip(".")


def _answers(kind: str) -> dict[str, Any]:
    """Return the members of what a step of this type can be read for."""
    members: dict[str, Any] = {}
    for call in DESCRIBES[kind]:
        answer = output_of(call)
        if answer is not None:
            members |= answer["members"]
    return members


RULES: tuple[Rule, ...] = (paths,)
