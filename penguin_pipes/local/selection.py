"""Which steps of a pipeline run, when not all of them shall.

As the service has it (``SelectiveExecutionConfig``): the selected steps run; what they
refer to of other steps is taken from an earlier run, whatever came of that as a whole;
nothing else runs.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import TYPE_CHECKING

import attrs

from penguin_pipes.definition import find_references, in_order, upstream
from penguin_pipes.errors import InputError
from penguin_pipes.local.records import Run, Status, StepRun

if TYPE_CHECKING:
    from collections.abc import Iterable

    from penguin_pipes.definition import Definition


@attrs.frozen(kw_only=True)
class Choice:
    """What is to be run, if not everything.

    Attributes:
        start: A step to run together with all that come after it.
        only: The steps to run.
    """

    start: str | None = None
    only: tuple[str, ...] = ()

    def __attrs_post_init__(self) -> None:
        if self.start is not None and self.only:
            msg = "from_step and only: both say what is to be run; give one of them"
            raise InputError(msg)

    @property
    def is_made(self) -> bool:
        """Whether not everything is to be run."""
        return self.start is not None or bool(self.only)


@attrs.frozen(kw_only=True)
class Selection:
    """The steps that run, and those whose outputs an earlier run has.

    Attributes:
        names: Of the steps that run.
        taken: The records of the steps that others refer to, by name.
    """

    names: frozenset[str]
    taken: Mapping[str, StepRun]


def select(
    choice: Choice, definition: Definition, *, runs: Iterable[Run], pipeline: str
) -> Selection:
    """Return what a choice comes to.

    Args:
        choice: What is asked for.
        definition: The pipeline.
        runs: Earlier ones, the newest first.
        pipeline: The pipeline's name.

    Raises:
        InputError: There is no such step, a step between two of them is missing, or
            nobody has what they refer to.
        DefinitionError: The steps have no order.
    """
    needs = upstream(definition)
    order = [step.name for step in in_order(definition)]
    for name in (*choice.only, *filter(None, [choice.start])):
        _refuse_unknown(name, order)
    names = {*choice.only}
    if choice.start is not None:
        names = _from(choice.start, order, needs)
    _refuse_gaps(names, order, needs)
    wanted = _referred_to(definition, names)
    own = (run for run in runs if run.pipeline == pipeline)
    taken = _reference(own, wanted, pipeline) if wanted else {}
    return Selection(names=frozenset(names), taken=taken)


def _refuse_unknown(name: str, order: list[str]) -> None:
    """Raise if there is no step called *name*."""
    if name not in order:
        near = difflib.get_close_matches(name, order, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"there are: {order}"
        msg = f"the pipeline has no step {name!r} to run; {hint}"
        raise InputError(msg)


def _from(
    start: str, order: list[str], needs: Mapping[str, tuple[str, ...]]
) -> set[str]:
    """Return a step and all that come after it."""
    found = {start}
    for name in order:
        if not found.isdisjoint(needs[name]):
            found.add(name)
    return found


def _refuse_gaps(
    names: set[str], order: list[str], needs: Mapping[str, tuple[str, ...]]
) -> None:
    """Raise if a step between two selected ones is not selected."""
    above: dict[str, set[str]] = {}
    for name in order:
        above[name] = set(needs[name]).union(*(above[need] for need in needs[name]))
    for name in order:
        before = above[name] & names
        after = [each for each in order if each in names and name in above[each]]
        if name not in names and before and after:
            first = next(each for each in order if each in before)
            msg = (
                f"step {name!r} lies between {first!r} and {after[0]!r} and is not "
                "selected; select it too, as the service would demand"
            )
            raise InputError(msg)


def _referred_to(definition: Definition, names: set[str]) -> dict[str, str]:
    """Return the steps that others refer to, each with one of those."""
    return {
        reference.name: step.name
        for step in definition.every_step
        if step.name in names
        for reference in find_references(step.own, step.address)
        if reference.kind == "Steps" and reference.name not in names
    }


def _reference(
    runs: Iterable[Run], wanted: Mapping[str, str], pipeline: str
) -> dict[str, StepRun]:
    """Return the steps of the newest run that has all that is wanted."""
    for run in runs:
        steps = {step.name: step for step in run.steps if _is_good(step)}
        if steps.keys() >= wanted.keys():
            return {
                name: attrs.evolve(step, reused_from=step.reused_from or run.id)
                for name, step in steps.items()
                if name in wanted
            }
    name, reader = next(iter(wanted.items()))
    others = [*wanted][1:]
    more = f" (and other steps what {', '.join(others)} wrote)" if others else ""
    msg = (
        f"step {reader!r} reads what {name!r} wrote{more}, and no run of {pipeline!r} "
        "here has that still; run the whole pipeline first, or select that step too"
    )
    raise InputError(msg)


def _is_good(step: StepRun) -> bool:
    """Return whether a step has succeeded, and what it wrote is there still."""
    return (
        step.status is Status.SUCCEEDED
        and bool(step.properties)
        and all(path.exists() for path in step.artifacts.values())
    )
