"""The training jobs that a definition starts, whether alone or by the dozen."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import attrs

from penguin_pipes.definition.document import Site, items, member, text
from penguin_pipes.definition.node import Node
from penguin_pipes.definition.rules.walk import follow, is_open

if TYPE_CHECKING:
    from collections.abc import Iterator

    from penguin_pipes.definition.document import Document

TENSORFLOW_IMAGE: Final = re.compile(r".*/tensorflow-training:(?P<version>\d+\.\d+).*")
"""AWS's own image, whichever region's registry it lies in."""

RANGE_KINDS: Final = (
    "IntegerParameterRanges",
    "ContinuousParameterRanges",
    "CategoricalParameterRanges",
)


@attrs.frozen(kw_only=True)
class Job:
    """One training job, or what a tuning step makes all of its jobs from.

    Attributes:
        site: The step that starts it.
        node: Its definition: the step's arguments, or a part of them.
        ranges: What a tuning step searches; nothing for a training step.
        objective: The metric that a tuning step ranks by, if it says so.
    """

    site: Site
    node: Node
    ranges: Node | None = None
    objective: Node | None = None

    @property
    def is_tuned(self) -> bool:
        """Whether a tuning step starts it."""
        return self.site.type == "Tuning"

    @property
    def hyperparameters(self) -> dict[str, Node]:
        """The hyperparameters that do not change from job to job."""
        key = "StaticHyperParameters" if self.is_tuned else "HyperParameters"
        found = member(self.node, key)
        if found is None or not isinstance(found.value, Mapping):
            return {}
        return found.entries()

    @property
    def is_script(self) -> bool:
        """Whether the container's toolkit starts a script: script mode."""
        return "sagemaker_program" in self.hyperparameters

    @property
    def tensorflow(self) -> tuple[int, int] | None:
        """The version of AWS's TensorFlow image, or None if it is another image."""
        image = follow(self.node, "AlgorithmSpecification.TrainingImage")
        found = TENSORFLOW_IMAGE.fullmatch(text(image))
        if found is None:
            return None
        major, minor = found["version"].split(".")
        return int(major), int(minor)

    @property
    def metrics(self) -> tuple[Node, ...]:
        """The metric definitions."""
        return items(follow(self.node, "AlgorithmSpecification.MetricDefinitions"))


def jobs(document: Document) -> Iterator[Job]:
    """Yield the jobs of every Training and Tuning step."""
    for site in document.sites:
        yield from jobs_of(site)


def jobs_of(site: Site) -> Iterator[Job]:
    """Yield the jobs of one step; none if it starts no training."""
    if site.type == "Training":
        yield Job(site=site, node=site.request)
    elif site.type == "Tuning":
        yield from _tuned(site)


def _tuned(site: Site) -> Iterator[Job]:
    """Yield the jobs of a tuning step: of its one definition, or of each of many."""
    config = member(site.request, "HyperParameterTuningJobConfig")
    single = member(site.request, "TrainingJobDefinition")
    objective = follow(config, "HyperParameterTuningJobObjective.MetricName")
    if single is not None:
        yield Job(
            site=site,
            node=single,
            ranges=member(config, "ParameterRanges")
            or member(single, "HyperParameterRanges"),
            objective=objective or follow(single, "TuningObjective.MetricName"),
        )
    for node in items(member(site.request, "TrainingJobDefinitions")):
        yield Job(
            site=site,
            node=node,
            ranges=member(node, "HyperParameterRanges"),
            objective=follow(node, "TuningObjective.MetricName"),
        )


def ranges(job: Job) -> Iterator[tuple[str, Node]]:
    """Yield every range that a job's hyperparameters are searched in, with its kind."""
    for kind in RANGE_KINDS:
        for node in items(member(job.ranges, kind)):
            yield kind, node


def decoded(value: str) -> Any:
    """Return what the container's toolkit reads in a hyperparameter."""
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value


def literal(node: Node | None) -> str | None:
    """Return the string that *node* is, or None if it is none, or is open."""
    if node is None or is_open(node.value) or not isinstance(node.value, str):
        return None
    return node.value
