"""What references lead to: defaults of parameters, and what steps hand on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final, TypeAlias

import attrs

from penguin_pipes.definition.document import Document, Site, member, text
from penguin_pipes.definition.plan.records import Cache
from penguin_pipes.definition.plan.worth import (
    STEADY,
    Cause,
    Worth,
    is_same,
    place_of,
    symbol,
    worth,
)
from penguin_pipes.definition.references import Reference, expression

Judge: TypeAlias = Callable[[str], Cache]
"""Says what becomes of a step of the new definition."""

IDENTIFIERS: Final = ("OutputName", "InputName", "ChannelName", "Name")
"""Members by which a property path picks an item of a list."""

GENERATED: Final = frozenset(
    {
        "ProcessingJobName",
        "TrainingJobName",
        "HyperParameterTuningJobName",
        "TransformJobName",
        "AutoMLJobName",
    }
)
"""Members that are mere prefixes in the request; the service makes unique names."""

OUTPUTS: Final = frozenset(
    {"ProcessingOutputConfig", "OutputDataConfig", "TransformOutput"}
)
"""Members that name the places a job writes to."""

UNIQUE: Final = frozenset(
    {"Processing", "Training", "Tuning", "Transform", "AutoML", "Model"}
    | {"RegisterModel", "EMR"}
)
"""Types whose every run makes something with a name of its own."""

MEASURED: Final = frozenset(
    {
        "FinalMetricDataList",
        "FinalHyperParameterTuningJobObjectiveMetric",
        "FinalAutoMLJobObjectiveMetric",
        "TunedHyperParameters",
        "TrainingJobStatusCounters",
        "ObjectiveStatusCounters",
        "BillableTimeInSeconds",
        "TrainingTimeInSeconds",
        "ExitMessage",
        "FailureReason",
    }
)
"""Members that may well be the same after another run; those on a status, too."""


@attrs.frozen(kw_only=True)
class World:
    """One of the two definitions.

    Attributes:
        parameters: Name → default value, None where there is none.
        sites: Name → step.
    """

    parameters: Mapping[str, Any]
    sites: Mapping[str, Site]

    @classmethod
    def of(cls, document: Document) -> World:
        """Return what references of *document* lead to."""
        return cls(
            parameters={
                text(member(node, "Name")): getattr(
                    member(node, "DefaultValue"), "value", None
                )
                for node in document.parameters
            },
            sites={site.name: site for site in document.sites if site.name},
        )

    def literally(self, reference: Reference) -> Worth:
        """Return a reference as it is written."""
        return Worth(value=symbol(reference.text))

    def by_default(self, reference: Reference) -> Worth:
        """Return a parameter's default value; other references stay as they are."""
        default = self.parameters.get(reference.name)
        if reference.kind != "Parameters" or default is None:
            return Worth(value=symbol(reference.text))
        return Worth(value=default)

    def as_run(self, reference: Reference) -> Worth:
        """Return also what a step hands on of its own request."""
        if reference.kind == "Steps":
            echo = echoed(self.sites.get(reference.name), reference)
            if echo is not None:
                return worth(echo, place_of(reference), self.as_run)
        return self.by_default(reference)


def echoed(site: Site | None, reference: Reference) -> Any:
    """Return the part of the request that the reference asks back, or None.

    A job's description repeats what the job was asked for.
    """
    if site is None or GENERATED.intersection(map(str, reference.path)):
        return None
    if site.type == "Model" and reference.path[-1:] == ("ModelName",):
        return None
    found: Any = site.request.value
    for part in reference.path:
        found = _part(found, part)
    return found


def _part(value: Any, part: str | int) -> Any:
    """Return one member or item of *value*, or None."""
    if isinstance(value, Mapping) and expression(value) is None:
        return value.get(str(part))
    if not isinstance(value, list):
        return None
    if isinstance(part, int):
        return value[part] if part < len(value) else None
    for item in value:
        if isinstance(item, Mapping) and part in map(item.get, IDENTIFIERS):
            return item
    return None


@attrs.frozen(kw_only=True)
class Next:
    """The next execution after a deploy.

    Attributes:
        old: The deployed definition.
        new: The wanted one.
        judge: Says what becomes of a step.
    """

    old: World
    new: World
    judge: Judge

    def follow(self, reference: Reference) -> Worth:
        """Return what a reference in a cache key is worth in the next execution."""
        if reference.kind != "Steps":
            return self.new.by_default(reference)
        name, place = reference.name, place_of(reference)
        if name not in self.new.sites:
            return self.new.by_default(reference)
        kept = self.old.as_run(reference)
        cache = self.judge(name)
        if cache is Cache.HIT:
            return kept
        anew = self._anew(reference, kept).seen_from(place, name)
        if cache.runs:
            return anew
        if is_same(kept.value, anew.value) and not (anew.fresh or anew.unsure):
            return anew
        here = (Cause(address=place, step=name),)
        return Worth(value=kept.value, unsure=here)

    def _anew(self, reference: Reference, kept: Worth) -> Worth:
        """Return what a reference to a step is worth once that step has run again."""
        site = self.new.sites[reference.name]
        here = (Cause(address=place_of(reference), step=site.name),)
        echo = echoed(site, reference)
        if echo is None:
            value = symbol(reference.text)
            unsure = site.type not in UNIQUE or _is_measured(reference)
            return Worth(value=value, **{"unsure" if unsure else "fresh": here})
        found = worth(echo, place_of(reference), partial(self._inside, site))
        writes = reference.path[0] in OUTPUTS
        if writes and not found.fresh and is_same(found.value, kept.value):
            return attrs.evolve(found, stale=here)
        return attrs.evolve(found, stale=())

    def _inside(self, site: Site, reference: Reference) -> Worth:
        """Return what a reference in the request of a step that runs is worth."""
        if is_volatile(reference):
            here = (Cause(address=place_of(reference), step=site.name),)
            return Worth(value=symbol(reference.text), fresh=here)
        return self.follow(reference)


def is_volatile(reference: Reference) -> bool:
    """Return whether a reference is worth something else in every execution."""
    return reference.kind == "Execution" and reference.name not in STEADY


def _is_measured(reference: Reference) -> bool:
    """Return whether a property may well be the same after another run."""
    return any(
        part in MEASURED or (isinstance(part, str) and part.endswith("Status"))
        for part in reference.path
    )
