"""The service model: members, types, enums, patterns, lengths, ranges.

botocore itself checks required members, unknown members and types alone. What else
the model holds is checked here, before a job is started ten minutes later.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from penguin_pipes.definition.document import member, text
from penguin_pipes.definition.problems import error, warning
from penguin_pipes.definition.rules.shaped import check
from penguin_pipes.definition.shapes import input_of, service_model

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from penguin_pipes.definition.document import Document, Site
    from penguin_pipes.definition.node import Node
    from penguin_pipes.definition.problems import Problem
    from penguin_pipes.definition.rules.base import Rule

CALLS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "Processing": ("CreateProcessingJob",),
        "Training": ("CreateTrainingJob",),
        "Tuning": ("CreateHyperParameterTuningJob",),
        "Transform": ("CreateTransformJob",),
        "Model": ("CreateModel",),
        "RegisterModel": ("CreateModelPackage",),
        "AutoML": ("CreateAutoMLJob", "CreateAutoMLJobV2"),
        "EndpointConfig": ("CreateEndpointConfig",),
        "Endpoint": ("CreateEndpoint",),
        "InferenceComponent": ("CreateInferenceComponent",),
    }
)
"""The call whose request a step's arguments are. Of every other type the arguments
are its own, and left alone."""

GENERATED: Final = frozenset(
    {
        "ProcessingJobName",
        "TrainingJobName",
        "HyperParameterTuningJobName",
        "TransformJobName",
        "AutoMLJobName",
        "ModelName",
        "EndpointConfigName",
        "EndpointName",
        "InferenceComponentName",
    }
)
"""Names that the service makes where the request has none."""


def requests(document: Document) -> Iterator[Problem]:
    """Tell of everything in a request that its call does not take."""
    types = {
        text(member(each, "Name")): text(member(each, "Type"))
        for each in document.parameters
    }
    for site in document.sites:
        call = _call(site)
        if call is not None:
            shape = input_of(call)
            own = frozenset() if site.type == "Transform" else GENERATED
            # A transform needs the model that it runs; only its own name is made.
            own |= {"TransformJobName"}
            yield from check(site.request, shape, optional=own, parameters=types)


def _call(site: Site) -> str | None:
    """Return the call that the arguments of *site* are for."""
    calls = CALLS.get(site.type, ())
    known = service_model()["operations"]
    if site.type == "AutoML" and member(site.request, "AutoMLProblemTypeConfig"):
        calls = calls[1:]
    return next((call for call in calls if call in known), None)


def machines(document: Document) -> Iterator[Problem]:
    """Tell of jobs without machines or without an end.

    The model calls both optional since there are serverless jobs.
    """
    for site in document.sites:
        if site.type == "Processing":
            yield from _endless(site.request)
        if site.type == "Training":
            yield from _machineless(site.request)
            yield from _endless_training(site.request)
        if site.type == "Tuning":
            single = member(site.request, "TrainingJobDefinition")
            several = member(site.request, "TrainingJobDefinitions")
            found = several.items() if several and _is_list(several) else ()
            for each in (*([single] if single else []), *found):
                yield from _machineless(each)


def _endless(request: Node) -> Iterator[Problem]:
    if member(request, "StoppingCondition") is None:
        yield warning(
            request.address,
            "there is no StoppingCondition, so that a job that hangs runs for 24 hours",
            "add {'MaxRuntimeInSeconds': 3600}, or whatever is long enough",
        )


def _machineless(request: Node) -> Iterator[Problem]:
    instead = ("ServerlessJobConfig", "HyperParameterTuningResourceConfig")
    if not any(member(request, name) for name in ("ResourceConfig", *instead)):
        yield error(
            request.address,
            "there is no ResourceConfig, so that the job has no machine to run on",
            "add one with InstanceType, InstanceCount and VolumeSizeInGB",
        )


def _endless_training(request: Node) -> Iterator[Problem]:
    """Tell of a missing end; of a tuned training the model itself demands one."""
    ends = ("StoppingCondition", "ServerlessJobConfig")
    if not any(member(request, name) for name in ends):
        yield error(
            request.address,
            "there is no StoppingCondition, which a job on instances needs",
            "add {'MaxRuntimeInSeconds': 3600}, or whatever is long enough",
        )


def _is_list(node: Node) -> bool:
    return isinstance(node.value, list)


RULES: tuple[Rule, ...] = (requests, machines)
