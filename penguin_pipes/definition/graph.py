"""Say which step comes after which, and that the question has an answer."""

from __future__ import annotations

import difflib
import heapq
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

from penguin_pipes.definition.references import Reference, find_references
from penguin_pipes.errors import DefinitionError

if TYPE_CHECKING:
    from collections.abc import Collection

    from penguin_pipes.definition.model import Definition, Step


def in_order(definition: Definition) -> tuple[Step, ...]:
    """Return every step in an order in which each follows everything it reads.

    The steps in a condition's branches follow the condition.

    Among steps that could go next, the definition's own order decides, so that the
    answer is always the same.

    Raises:
        DefinitionError: If a reference leads nowhere or the steps form a circle.
    """
    steps = definition.every_step
    position = {step.name: index for index, step in enumerate(steps)}
    needs = upstream(definition)
    sorter = TopologicalSorter(needs)
    try:
        sorter.prepare()
    except CycleError as error:
        raise _circle(definition, error.args[1]) from None
    ready: list[int] = []
    order: list[Step] = []
    while sorter.is_active():
        for name in sorter.get_ready():
            heapq.heappush(ready, position[name])
        order.append(steps[heapq.heappop(ready)])
        sorter.done(order[-1].name)
    return tuple(order)


def upstream(definition: Definition) -> dict[str, tuple[str, ...]]:
    """Return, for every step, the steps that must have finished before it.

    Raises:
        DefinitionError: If a reference or a ``DependsOn`` names nothing that exists.
    """
    steps = {step.name for step in definition.every_step}
    parameters = {parameter.name for parameter in definition.parameters}
    return {
        step.name: _needs(step, steps=steps, parameters=parameters)
        for step in definition.every_step
    }


def _needs(step: Step, *, steps: set[str], parameters: set[str]) -> tuple[str, ...]:
    """Return the other steps that *step* leans on, the condition around it first."""
    found = dict.fromkeys(condition for condition, _ in step.within[-1:])
    for name in step.depends_on:
        _refuse_unknown("step", name, steps, f"{step.address}.DependsOn")
        found[name] = None
    for reference in find_references(step.own, step.address):
        _check(reference, steps=steps, parameters=parameters)
        if reference.kind == "Steps":
            found[reference.name] = None
    return tuple(found)


def _check(reference: Reference, *, steps: set[str], parameters: set[str]) -> None:
    """Raise unless what *reference* names is declared."""
    if reference.kind == "Parameters":
        _refuse_unknown("parameter", reference.name, parameters, reference.address)
    if reference.kind == "Steps":
        _refuse_unknown("step", reference.name, steps, reference.address)


def _refuse_unknown(
    what: str, name: str, declared: Collection[str], address: str
) -> None:
    """Raise if *name* is not among those *declared*, offering the nearest."""
    if name in declared:
        return
    known = sorted(declared)
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(known)}"
    msg = f"no {what} is called {name!r}; {hint if known else 'there are none'}"
    raise DefinitionError(msg, address=address)


def _circle(definition: Definition, names: list[str]) -> DefinitionError:
    """Return the error that draws the circle."""
    step = next(step for step in definition.every_step if step.name == names[0])
    way = " → ".join(reversed(names))
    msg = f"the steps wait for each other: {way}; take one of these references out"
    return DefinitionError(msg, address=step.address)
