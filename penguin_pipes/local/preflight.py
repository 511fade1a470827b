"""Refuse everything that can be known to fail, before anything starts or is written.

Every request is resolved once with what its upstream steps will say of themselves,
so that a reference that leads nowhere, a feature that cannot run here and an input
that nobody has are found at the start and not after an hour.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Never, TypeAlias

import attrs

from penguin_pipes.definition import (
    Definition,
    Scalar,
    Step,
    in_order,
    upstream,
)
from penguin_pipes.errors import DefinitionError, InputError, UnsupportedError
from penguin_pipes.local.contract.names import (
    arn,
    execution_id,
    job_name,
    tuning_job_name,
)
from penguin_pipes.local.contract.requests import images_of
from penguin_pipes.local.jobs import (
    KINDS,
    JobKind,
    StandIn,
    StandInKind,
    UnselectedKind,
)
from penguin_pipes.local.jobs.stand_ins import refuse_strangers
from penguin_pipes.local.plan import Plan, Task, none_registered
from penguin_pipes.local.records import now
from penguin_pipes.local.resolve import Unknown
from penguin_pipes.local.retries import policies_of
from penguin_pipes.local.uris import S3Uri

if TYPE_CHECKING:
    from collections.abc import Iterable

    from penguin_pipes.local.contract.requests import DataInput
    from penguin_pipes.local.selection import Selection
    from penguin_pipes.local.storage import Storage

Fetch: TypeAlias = Callable[[str], Mapping[str, Path]]
"""An S3 name → the objects at or below it, by their names."""

NONE: Final[Mapping[str, Never]] = MappingProxyType({})


def make_plan(  # noqa: PLR0913  # each is an option of its own
    definition: Definition,
    *,
    name: str,
    parameters: Mapping[str, Scalar],
    storage: Storage,
    stand_ins: Mapping[str, StandIn] = NONE,
    selection: Selection | None = None,
    known: Mapping[str, JobKind] = KINDS,
    fetch: Fetch | None = None,
    registered: Callable[[str], Mapping[str, Any] | None] = none_registered,
) -> Plan:
    """Return how *definition* will run.

    Args:
        definition: The pipeline.
        name: What it is called.
        parameters: The value of every parameter.
        storage: Where inputs come from.
        stand_ins: Functions for steps that cannot run here.
        selection: Which steps run; all of them if None.
        known: What runs the steps, by their types.
        fetch: Brings inputs that are not there, once all else was found right.
        registered: Knows the versions of models that earlier runs registered.

    Raises:
        RequestError: If it cannot; nothing has been started or written.
    """
    order, needs = in_order(definition), upstream(definition)
    refuse_strangers(stand_ins, order, known)
    kinds = {step.name: _kind(step, known, stand_ins, selection) for step in order}
    _refuse_types(step for step in order if kinds[step.name] is None)
    identity = execution_id()
    pipeline = arn("pipeline", name)
    plan = Plan(
        id=identity,
        pipeline=name,
        parameters=parameters,
        execution={
            "PipelineName": name,
            "PipelineArn": pipeline,
            "PipelineExecutionId": identity,
            "PipelineExecutionArn": f"{pipeline}/execution/{identity}",
            "StartDateTime": now().isoformat(timespec="milliseconds"),
        },
        tasks=tuple(
            _task(step, identity, kind)
            for step in order
            if (kind := kinds[step.name]) is not None
        ),
        needs=needs,
        registered=registered,
        definition=definition.raw,
    )
    if fetch is not None:
        missing: dict[str, None] = {}
        _rehearse(plan, storage, missing)
        for uri in missing:
            storage.add(fetch(uri))
    return attrs.evolve(plan, images_of=_rehearse(plan, storage))


def _kind(
    step: Step,
    known: Mapping[str, JobKind],
    stand_ins: Mapping[str, StandIn],
    selection: Selection | None,
) -> JobKind | None:
    """Return what runs a step, or None if nothing can."""
    if selection is not None and step.name not in selection.names:
        return UnselectedKind(selection.taken.get(step.name))
    act = stand_ins.get(step.name)
    return known.get(step.type) if act is None else StandInKind(step, act)


def _refuse_types(steps: Iterable[Step]) -> None:
    """Raise if there are steps of types that do not run here; name them all."""
    strange = [*steps]
    if strange:
        names = ", ".join(f"{step.name!r} ({step.type})" for step in strange)
        functions = ", ".join(f"{step.name!r}: function" for step in strange)
        msg = (
            f"the local run cannot run {names}; it runs {_listed(KINDS)} steps, and "
            f"run_locally(stand_ins={{{functions}}}) has a function stand in"
        )
        raise UnsupportedError(msg, address=strange[0].address)


def _listed(words: Iterable[str]) -> str:
    """Return words as a sentence lists them."""
    *most, last = words
    return f"{', '.join(most)} and {last}"


def _task(step: Step, identity: str, kind: JobKind) -> Task:
    """Return one step with the name of its job."""
    prefix = step.arguments.get(kind.names_job or "", "")
    make_name = tuning_job_name if step.type == "Tuning" else job_name
    name = make_name(
        identity, step.name, prefix=prefix if isinstance(prefix, str) else ""
    )
    return Task(step=step, kind=kind, job_name=name, retries=policies_of(step))


def _rehearse(
    plan: Plan, storage: Storage, missing: dict[str, None] | None = None
) -> dict[str, tuple[str, ...]]:
    """Resolve and check every request, with what is known beforehand.

    Args:
        plan: The run.
        storage: Where inputs come from.
        missing: Gets the names of inputs that nobody has, instead of an error.

    Returns:
        The images that the job of each step names.
    """
    images: dict[str, tuple[str, ...]] = {}
    expected: dict[str, Mapping[str, Any] | Unknown] = {}
    written: dict[str, tuple[S3Uri, ...]] = {}
    for task in plan.tasks:
        name, asked = task.step.name, task.step.request
        if isinstance(task.kind, UnselectedKind):
            expected[name] = task.expected(asked)
            continue
        request = plan.request(task, expected)
        task.kind.check(request, storage)
        if not isinstance(task.kind, StandInKind):
            images[name] = tuple(dict.fromkeys(images_of(request.value)))
        for data in task.kind.inputs(request):
            if data.is_known:
                _refuse_unmapped(data, name, plan, storage, written, missing)
        expected[name] = task.expected(request)
        written[name] = tuple(
            _parsed(uri, request.address)
            for uri in task.kind.outputs(request, task.job_name)
            if not isinstance(uri, Unknown)
        )
    return images


def _refuse_unmapped(
    data: DataInput,
    step: str,
    plan: Plan,
    storage: Storage,
    written: Mapping[str, tuple[S3Uri, ...]],
    missing: dict[str, None] | None,
) -> None:
    """Raise unless what *step* reads is there, or will be when its turn comes."""
    name = _parsed(data.uri, data.address)
    # Nearly all read what is there, or of a step that they wait for themselves:
    # only the others are worth a look at all that comes before.
    if storage.has(name) or _writers(name, plan.needs[step], written):
        return
    if _writers(name, plan.ancestors(step), written):
        return
    writers = _writers(name, written, written)
    place = f"{data.address}: step {step!r} reads {data.uri}"
    if writers:
        msg = f"{place}, which {writers[0]!r} writes, but does not depend on that step"
        hint = "refer to its output with Get, or name it under DependsOn"
    elif missing is not None:
        missing[str(name)] = None
        return
    else:
        msg = f"{place}, and nothing on this computer lies there"
        hint = (
            "say where it is with files={uri: path} (--file URI=PATH), or bring it "
            "from S3 (deploy --local --fetch)"
        )
    text = f"{msg}; {hint}"
    raise InputError(text)


def _writers(
    name: S3Uri, steps: Iterable[str], written: Mapping[str, tuple[S3Uri, ...]]
) -> list[str]:
    """Return those of the *steps* that write at, below or above *name*."""
    return [
        step
        for step in steps
        if any(
            name.below(other) is not None or other.below(name) is not None
            for other in written.get(step, ())
        )
    ]


def _parsed(uri: str, address: str) -> S3Uri:
    """Return the S3 name that *uri* writes, or the error of the place it stands at."""
    try:
        return S3Uri.parse(uri)
    except InputError as error:
        raise DefinitionError(str(error), address=address) from None
