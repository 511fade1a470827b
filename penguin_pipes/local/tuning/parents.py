"""Tuning jobs that another one learns from: they must have been run here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from penguin_pipes.definition import find_references
from penguin_pipes.errors import InputError
from penguin_pipes.local.resolve import resolve
from penguin_pipes.local.trials import Trials

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from penguin_pipes.definition import Node
    from penguin_pipes.local.database import Database
    from penguin_pipes.local.plan import Plan

NAME = "HyperParameterTuningJobName"


def refuse_unknown_parents(plan: Plan, memory: Database | None) -> None:
    """Raise if a tuning step is to learn from a job that nobody knows here.

    Jobs of this very run, to which a step refers, will be known when its turn comes.

    Args:
        plan: The run.
        memory: The home's database, if there is one already.

    Raises:
        InputError: There is no such job.
    """
    for task in (each for each in plan.tasks if each.is_selected):
        for node in _parents(task.step.request):
            if any(each.kind == "Steps" for each in find_references(node.value)):
                continue
            name = str(resolve(node, plan.scope(task, {})))
            trials = None if memory is None else Trials(memory)
            if trials is None or trials.of_job(name) is None:
                known = () if trials is None else trials.jobs()
                raise unknown_parent(name, known, address=node.address)


def _parents(request: Node) -> Iterator[Node]:
    """Yield the names of the jobs that a request is to learn from."""
    warm = request.get("WarmStartConfig")
    for each in () if warm is None else warm.all("ParentHyperParameterTuningJobs"):
        yield each.need(NAME)


def unknown_parent(name: str, known: Iterable[str], *, address: str) -> InputError:
    """Return the error of a job to learn from that was not run here."""
    there = ", ".join(known)
    hint = f"there is: {there}" if there else "no tuning step has run in it yet"
    return InputError(
        f"{address}: there is no tuning job {name!r} in this home to start from; {hint}"
    )
