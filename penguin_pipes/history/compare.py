"""What two runs differ in: parameters, metrics, definitions, versions."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import attrs

from penguin_pipes.definition.plan import Plan, plan
from penguin_pipes.errors import DefinitionError
from penguin_pipes.local.kept import Kept
from penguin_pipes.local.records import Run

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from penguin_pipes.local.records import StepRun

VERSION: Final = 1
"""Of the JSON: members may be added under the same number, none renamed or removed."""


@attrs.frozen(kw_only=True)
class Difference:
    """A value that is another one; None where there is none.

    Attributes:
        name: What it is of.
        old: What it was.
        new: What it is.
    """

    name: str
    old: Any
    new: Any

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return attrs.asdict(self)


@attrs.frozen(kw_only=True)
class MetricPair:
    """The last value of a metric in both runs; None where there is none.

    Attributes:
        step: The step's name.
        name: The metric's.
        old: What it was.
        new: What it is.
    """

    step: str
    name: str
    old: float | None
    new: float | None

    @property
    def change(self) -> float | None:
        """By how much it grew, if it is a number in both."""
        if self.old is None or self.new is None:
            return None
        return _finite(self.new - self.old)

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON has it, which knows neither infinity nor not-a-number."""
        old, new = _finite(self.old), _finite(self.new)
        return {**attrs.asdict(self), "old": old, "new": new, "change": self.change}


@attrs.frozen(kw_only=True)
class Comparison:
    """What two runs differ in.

    Attributes:
        old: The one.
        new: The other.
        parameters: Those whose values differ.
        metrics: All metrics of all steps, the same as well.
        versions: What the jobs ran in, where it differs; None if it was not kept.
        definitions: What changed from the one to the other; None if that is not known.
    """

    old: Run
    new: Run
    parameters: tuple[Difference, ...]
    metrics: tuple[MetricPair, ...]
    versions: tuple[Difference, ...] | None = None
    definitions: Plan | None = None

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON has it: see `VERSION` for what one may rely on."""
        plan = self.definitions
        versions = self.versions
        return {
            "version": VERSION,
            "runs": [run_json(self.old), run_json(self.new)],
            "parameters": [each.to_json() for each in self.parameters],
            "metrics": [each.to_json() for each in self.metrics],
            "versions": None if versions is None else [e.to_json() for e in versions],
            "definitions": None if plan is None else plan.to_json(),
        }


def compare(
    old: Run, new: Run, *, old_kept: Kept | None = None, new_kept: Kept | None = None
) -> Comparison:
    """Return what two runs differ in.

    Args:
        old: The one.
        new: The other.
        old_kept: Its definition, and what it ran in.
        new_kept: Those of the other.
    """
    before, after = old_kept or Kept(), new_kept or Kept()
    around = before.surroundings, after.surroundings
    return Comparison(
        old=old,
        new=new,
        parameters=tuple(_differences(old.parameters, new.parameters)),
        metrics=tuple(_metrics(old, new)),
        versions=None
        if around[0] is None or around[1] is None
        else tuple(_differences(around[0], around[1])),
        definitions=_definitions(before, after),
    )


def run_json(run: Run) -> dict[str, Any]:
    """Return what a run came to, as JSON has it."""
    end = run.finished_at
    return {
        "id": run.id,
        "pipeline": run.pipeline,
        "status": str(run.status),
        "started_at": run.started_at.isoformat(),
        "finished_at": None if end is None else end.isoformat(),
        "parameters": dict(run.parameters),
        "steps": [_step_json(step) for step in run.steps],
    }


def _step_json(step: StepRun) -> dict[str, Any]:
    return {
        "name": step.name,
        "type": step.type,
        "status": str(step.status),
        "reused_from": step.reused_from,
        "seconds": step.seconds,
        "metrics": {name: _finite(value) for name, value in step.metrics.items()},
        "failure": step.failure,
    }


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _differences(
    old: Mapping[str, Any], new: Mapping[str, Any]
) -> Iterator[Difference]:
    for name in dict.fromkeys((*new, *old)):
        before, after = old.get(name), new.get(name)
        # 1, 1.0 and true are equal to Python, and other values to a pipeline.
        if (type(before), before) != (type(after), after):
            yield Difference(name=name, old=before, new=after)


def _metrics(old: Run, new: Run) -> Iterator[MetricPair]:
    before = {step.name: step.metrics for step in old.steps}
    after = {step.name: step.metrics for step in new.steps}
    for step in dict.fromkeys((*after, *before)):
        ours, theirs = before.get(step, {}), after.get(step, {})
        for name in dict.fromkeys((*theirs, *ours)):
            yield MetricPair(
                step=step, name=name, old=ours.get(name), new=theirs.get(name)
            )


def _definitions(old: Kept, new: Kept) -> Plan | None:
    if old.definition is None or new.definition is None:
        return None
    try:
        return plan(old.definition, new.definition)
    except DefinitionError:  # somebody has edited the file
        return None
