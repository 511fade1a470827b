"""The steps of a run: how each stands, whether the cache spared it, or why not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from penguin_pipes.definition import parse, upstream
from penguin_pipes.errors import DefinitionError
from penguin_pipes.local.cache.judge import NOT_ASKED, OFF
from penguin_pipes.local.records import Status, StepRun
from penguin_pipes.report.words import number, printable, seconds

if TYPE_CHECKING:
    from collections.abc import Mapping

    from penguin_pipes.report.page.source import Source

REUSED = "Reused"


@attrs.frozen(kw_only=True)
class StepFacts:
    """One step, in words.

    Attributes:
        name: As the definition calls it.
        type: ``Processing``, ``Training`` …
        status: How it stands; ``Reused`` if the cache spared it.
        cache: What the cache did about it, and why.
        needs: The steps that it waits for; None if the definition was not kept.
        seconds: How long it took, if it ran.
        attempts: How often its job was tried; 0 if there was nothing to try.
        metrics: The last value of each metric, or the outcome of a condition.
        failure: Why it failed, if it did.
    """

    name: str
    type: str
    status: str
    cache: str = ""
    needs: tuple[str, ...] | None = None
    seconds: float | None = None
    attempts: int = 1
    metrics: str = ""
    failure: str = ""

    @property
    def spent(self) -> str:
        """How long it took, as people read it."""
        return seconds(self.seconds)


def step_facts(source: Source) -> tuple[StepFacts, ...]:
    """Return the steps in the order in which they ran."""
    needs = needs_of(source)
    return tuple(
        StepFacts(
            name=step.name,
            type=step.type,
            status=shown_status(step),
            cache=cache_words(step),
            needs=None if needs is None else needs.get(step.name, ()),
            seconds=None if step.reused_from else step.seconds,
            attempts=0 if step.started_at is None else step.attempts,
            metrics=_metrics(step),
            failure="\n".join(map(printable, (step.failure or "").splitlines())),
        )
        for step in source.run.steps
    )


def needs_of(source: Source) -> Mapping[str, tuple[str, ...]] | None:
    """Return for every step those that it waits for; None if nobody knows."""
    if source.kept.definition is None:
        return None
    try:
        return upstream(parse(source.kept.definition))
    except DefinitionError:  # somebody has edited the file
        return None


def shown_status(step: StepRun) -> str:
    """Return how a step stands, in one word."""
    return REUSED if step.reused_from is not None else str(step.status)


def cache_words(step: StepRun) -> str:
    """Return what the cache did about a step."""
    if step.reused_from is not None:
        return f"hit: taken from run {step.reused_from}"
    reasons = ", ".join(map(printable, step.reasons))
    if not reasons:
        return ""
    if step.status is Status.SKIPPED:
        return f"skipped: {reasons}"
    if step.reasons in {(OFF,), (NOT_ASKED,)}:
        return f"not asked: {reasons}"
    return f"miss: {reasons}"


def _metrics(step: StepRun) -> str:
    """Return what came of a step, in one line."""
    found = ", ".join(f"{k} {number(v)}" for k, v in step.metrics.items())
    outcome = step.properties.get("Outcome")
    return found or (str(outcome).lower() if outcome is not None else "")
