"""Refuse everything that can be known to fail, before anything starts or is written.

Every request is resolved once with what its upstream steps will say of themselves,
so that a reference that leads nowhere, a feature that cannot run here and an input
that nobody has are found at the start and not after an hour.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Never

import attrs

from penguin_pipes.definition import (
    Definition,
    Node,
    Scalar,
    Step,
    in_order,
    upstream,
)
from penguin_pipes.errors import DefinitionError, InputError, UnsupportedError
from penguin_pipes.local import property_files
from penguin_pipes.local.contract.names import arn, execution_id, job_name
from penguin_pipes.local.jobs import KINDS, JobKind, StandIn, StandInKind, Still
from penguin_pipes.local.jobs.stand_ins import refuse_strangers
from penguin_pipes.local.records import now
from penguin_pipes.local.resolve import Scope, Unknown, not_read, resolve
from penguin_pipes.local.retries import RetryPolicy, policies_of
from penguin_pipes.local.storage import S3Uri, Storage

if TYPE_CHECKING:
    from penguin_pipes.local.contract.requests import DataInput

JOB_NAMES = ("ProcessingJobName", "TrainingJobName")
NONE: Final[Mapping[str, Never]] = MappingProxyType({})
UNREAD: Final = Unknown("a property file")


@attrs.frozen(kw_only=True)
class Task:
    """One step that is ready to be run in its turn.

    Attributes:
        step: What to run.
        kind: What runs it.
        job_name: The name its job has.
        retries: When it is tried again after a failure.
    """

    step: Step
    kind: JobKind
    job_name: str
    retries: tuple[RetryPolicy, ...] = ()

    @property
    def is_job(self) -> bool:
        """Whether it takes a job, and so an earlier result can spare it."""
        return not isinstance(self.kind, Still)

    def expected(self, request: Node) -> Mapping[str, Any] | Unknown:
        """Return what the step will say of itself, as far as is known beforehand."""
        properties = self.kind.expected(request, self.job_name)
        if isinstance(properties, Unknown):
            return properties
        files = property_files.declared(self.step, properties)
        return {**properties, property_files.MEMBER: dict.fromkeys(files, UNREAD)}

    def described(self, properties: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return what the step says of itself, its Describe call being known."""
        files = property_files.declared(self.step, properties)
        return {**properties, property_files.MEMBER: files}


@attrs.frozen(kw_only=True)
class Plan:
    """A run that was found to be possible.

    Attributes:
        id: The run's.
        pipeline: The pipeline's name.
        parameters: The value of every parameter.
        execution: What ``Execution.*`` leads to.
        tasks: The steps in the order in which they run, those first that could all be
            next.
        needs: For every step, those that it waits for.
        ancestors: For every step, all that must have finished before it.
    """

    id: str
    pipeline: str
    parameters: Mapping[str, Scalar]
    execution: Mapping[str, str]
    tasks: tuple[Task, ...]
    needs: Mapping[str, tuple[str, ...]]
    ancestors: Mapping[str, set[str]]

    def scope(
        self,
        task: Task,
        steps: Mapping[str, Mapping[str, Any] | Unknown],
        storage: Storage | None = None,
    ) -> Scope:
        """Return what the references of one task can lead to.

        Args:
            task: The task.
            steps: What other steps say of themselves.
            storage: Where the property files of finished steps lie; without it, they
                are not read.
        """
        own = dict.fromkeys(JOB_NAMES, task.job_name)
        moment = {"CurrentDateTime": now().isoformat(timespec="milliseconds")}
        return Scope(
            parameters=self.parameters,
            execution={**self.execution, **moment, **own},
            steps=steps,
            read=not_read if storage is None else partial(_read, storage),
        )


def _read(storage: Storage, uri: str, at: Node) -> Any:
    """Return the document in a JSON file."""
    return property_files.read(uri, storage, at)


def make_plan(
    definition: Definition,
    *,
    name: str,
    parameters: Mapping[str, Scalar],
    storage: Storage,
    stand_ins: Mapping[str, StandIn] = NONE,
) -> Plan:
    """Return how *definition* will run.

    Raises:
        RequestError: If it cannot; nothing has been started or written.
    """
    order, needs = in_order(definition), upstream(definition)
    refuse_strangers(stand_ins, order, KINDS)
    _refuse_types(definition, stand_ins)
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
        tasks=tuple(_task(step, identity, stand_ins) for step in order),
        needs=needs,
        ancestors=_ancestors(needs, order),
    )
    _rehearse(plan, storage)
    return plan


def _refuse_types(definition: Definition, stand_ins: Mapping[str, StandIn]) -> None:
    """Raise if there are steps of a type that does not run here; name them all."""
    strange = [
        step
        for step in definition.every_step
        if step.type not in KINDS and step.name not in stand_ins
    ]
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


def _task(step: Step, identity: str, stand_ins: Mapping[str, StandIn]) -> Task:
    """Return one step with the name of its job."""
    prefix = next(
        (step.arguments[key] for key in JOB_NAMES if key in step.arguments), ""
    )
    name = job_name(
        identity, step.name, prefix=prefix if isinstance(prefix, str) else ""
    )
    act = stand_ins.get(step.name)
    kind = KINDS[step.type] if act is None else StandInKind(step, act)
    return Task(step=step, kind=kind, job_name=name, retries=policies_of(step))


def _ancestors(
    needs: Mapping[str, tuple[str, ...]], order: tuple[Step, ...]
) -> dict[str, set[str]]:
    """Return, for every step, all that must have finished before it."""
    found: dict[str, set[str]] = {}
    for step in order:
        above = needs[step.name]
        found[step.name] = set(above).union(*(found[name] for name in above))
    return found


def _rehearse(plan: Plan, storage: Storage) -> None:
    """Resolve and check every request, with what is known beforehand."""
    expected: dict[str, Mapping[str, Any] | Unknown] = {}
    written: dict[str, tuple[S3Uri, ...]] = {}
    for task in plan.tasks:
        name, asked = task.step.name, task.step.request
        request = Node(resolve(asked, plan.scope(task, expected)), asked.address)
        task.kind.check(request, storage)
        for data in task.kind.inputs(request):
            _refuse_unmapped(data, name, storage, written, plan.ancestors[name])
        expected[name] = task.expected(request)
        written[name] = tuple(
            _parsed(uri, request.address)
            for uri in task.kind.outputs(request, task.job_name)
            if not isinstance(uri, Unknown)
        )


def _refuse_unmapped(
    data: DataInput,
    step: str,
    storage: Storage,
    written: Mapping[str, tuple[S3Uri, ...]],
    above: set[str],
) -> None:
    """Raise unless what *step* reads is there, or will be when its turn comes."""
    if not data.is_known:
        return
    name = _parsed(data.uri, data.address)
    writers = [each for each in written if _overlaps(name, written[each])]
    if storage.has(name) or any(each in above for each in writers):
        return
    place = f"{data.address}: step {step!r} reads {data.uri}"
    if writers:
        msg = f"{place}, which {writers[0]!r} writes, but does not depend on that step"
        hint = "refer to its output with Get, or name it under DependsOn"
    else:
        msg = f"{place}, and nothing on this computer lies there"
        hint = "say where it is with files={uri: path} (--file URI=PATH)"
    text = f"{msg}; {hint}"
    raise InputError(text)


def _overlaps(name: S3Uri, others: tuple[S3Uri, ...]) -> bool:
    """Return whether *name* lies at, below or above one of the *others*."""
    return any(
        name.below(other) is not None or other.below(name) is not None
        for other in others
    )


def _parsed(uri: str, address: str) -> S3Uri:
    """Return the S3 name that *uri* writes, or the error of the place it stands at."""
    try:
        return S3Uri.parse(uri)
    except InputError as error:
        raise DefinitionError(str(error), address=address) from None
