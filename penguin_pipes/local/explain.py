"""Tell of one step what the cache would do, without running anything."""

from __future__ import annotations

import contextlib
import difflib
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import attrs

from penguin_pipes.errors import InputError
from penguin_pipes.local.branches import why_skipped
from penguin_pipes.local.cache.judge import FIRST
from penguin_pipes.local.engine import HOME, NONE
from penguin_pipes.local.jobs import Decision, ModelKind
from penguin_pipes.local.preparation import Asked, Prepared, prepared

if TYPE_CHECKING:
    from pathlib import Path

    from penguin_pipes.definition import Node
    from penguin_pipes.local.backends import Images
    from penguin_pipes.local.cache import Cache, Result, Verdict
    from penguin_pipes.local.environments import Choice
    from penguin_pipes.local.jobs import StandIn
    from penguin_pipes.local.parameters import Given
    from penguin_pipes.local.plan import Task

NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})
ALWAYS: Final = "it takes no job, and is done again in every run"


@attrs.frozen(kw_only=True)
class Explanation:
    """What the cache would do about a step.

    Attributes:
        step: The step's name.
        reused_from: The id of the run whose result would be taken; None if the step
            would run.
        waits_for: A step before it that would run. What that writes is not known yet,
            and if it is the same as before, this step is reused.
        is_skipped: Whether it would not be run at all.
        reasons: Why the step, or the one it waits for, would run, or would not.
        parts: What its key holds now, by name; empty if that is not known yet.
        compared_to: The id of the run that the key was compared with.
        before: What the key of that run held.
    """

    step: str
    reused_from: str | None = None
    waits_for: str | None = None
    is_skipped: bool = False
    reasons: tuple[str, ...] = ()
    parts: Mapping[str, Any] = NOTHING
    compared_to: str | None = None
    before: Mapping[str, Any] = NOTHING


def explain_locally(  # noqa: PLR0913  # as run_locally
    definition: str | Mapping[str, Any] | Path,
    step: str,
    *,
    files: Mapping[str, Path] = NONE,
    parameters: Mapping[str, Given] = NONE,
    name: str = "pipeline",
    home: Path = HOME,
    stand_ins: Mapping[str, StandIn] = NONE,
    python: Choice | None = None,
    parity: bool = False,
    images: Images | None = None,
) -> Explanation:
    """Return what `run_locally` would find in its cache for *step*.

    Nothing is run and nothing is written but digests of big files.

    Args:
        definition: As for `run_locally`.
        step: The name of the step.
        files: As for `run_locally`.
        parameters: As for `run_locally`.
        name: As for `run_locally`.
        home: As for `run_locally`.
        stand_ins: As for `run_locally`.
        python: As for `run_locally`.
        parity: As for `run_locally`; the environments have been made by a run.
        images: The `images` of the backend that would run it, if it is not processes.

    Raises:
        RequestError: If the pipeline cannot run, or has no such step.
        HomeError: If the home cannot be used.
    """
    asked = Asked(
        definition=definition,
        files=files,
        parameters=parameters,
        name=name,
        home=home,
        stand_ins=stand_ins,
        python=python,
        parity=parity,
    )
    return explain(asked, step, images=images)


def explain(asked: Asked, step: str, *, images: Images | None = None) -> Explanation:
    """Explain one step of what is asked for; see `explain_locally`."""
    with contextlib.ExitStack() as stack:
        run = stack.enter_context(prepared(asked, images=images, may_install=False))
        tasks = {task.step.name: task for task in run.plan.tasks}
        if step not in tasks:
            near = difflib.get_close_matches(step, tasks, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"there are: {[*tasks]}"
            msg = f"the pipeline has no step {step!r}; {hint}"
            raise InputError(msg)
        if run.memory is None:
            return Explanation(step=step, reasons=(FIRST,))
        return _explained(run, run.cache(run.database(stack)), tasks[step])


def _explained(run: Prepared, cache: Cache, wanted: Task) -> Explanation:
    """Return what the cache would do about one task, and those it needs."""
    name = wanted.step.name
    described: dict[str, Mapping[str, Any]] = {}
    skipped: set[str] = set()
    above = run.plan.ancestors(name)
    for task in run.plan.tasks:
        each = task.step.name
        if each != name and each not in above:
            continue
        needs = run.plan.needs[each]
        why = why_skipped(task.step, needs=needs, described=described, skipped=skipped)
        if why is not None:
            skipped.add(each)
            if each == name:
                return Explanation(step=name, is_skipped=True, reasons=(why,))
            continue
        request = _request(run, task, described)
        known = _known_at_once(task, request)
        if known is not None:
            described[each] = task.described(known)
            continue
        if not task.is_job and each != name:
            return Explanation(step=name, waits_for=each, reasons=(ALWAYS,))
        if not task.is_job:
            continue
        inputs = task.kind.inputs(request)
        verdict = cache.judge(run.plan.pipeline, task.step, request, inputs)
        if each == name:
            return _explanation(run, cache, wanted, verdict)
        if verdict.result is None:
            return Explanation(step=name, waits_for=each, reasons=verdict.reasons)
        described[each] = task.described(verdict.result.properties)
    return Explanation(step=name, reasons=(ALWAYS,))


def _known_at_once(task: Task, request: Node) -> Mapping[str, Any] | None:
    """Return what a step says of itself that takes no job to know, or None."""
    if isinstance(task.kind, Decision):
        return task.kind.decide(request).properties
    if isinstance(task.kind, ModelKind):
        # A model is what it is made of.
        return task.kind.expected(request, task.job_name)
    return None


def _request(run: Prepared, task: Task, described: Mapping[str, Any]) -> Node:
    """Return what one task asks for, those before it being known."""
    return run.plan.request(task, described, run.storage)


def _explanation(
    run: Prepared, cache: Cache, task: Task, verdict: Verdict
) -> Explanation:
    """Return a verdict together with what was compared."""
    name = task.step.name
    before: Result | None = verdict.result
    if before is None and verdict.key is not None:
        before = cache.results.latest(run.plan.pipeline, name)
    return Explanation(
        step=name,
        reused_from=None if verdict.result is None else verdict.result.run,
        reasons=verdict.reasons,
        parts=NOTHING if verdict.key is None else verdict.key.everything,
        compared_to=None if before is None else before.run,
        before=NOTHING if before is None else before.key.everything,
    )
