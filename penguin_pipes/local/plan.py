"""What a run will do: a task for every step, in their order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import attrs

from penguin_pipes.definition import Node, Scalar, Step
from penguin_pipes.local import property_files
from penguin_pipes.local.jobs import KINDS, JobKind, Still, UnselectedKind
from penguin_pipes.local.records import now
from penguin_pipes.local.resolve import Scope, Unknown, not_read, resolve
from penguin_pipes.local.retries import RetryPolicy

if TYPE_CHECKING:
    from penguin_pipes.local.storage import Storage

JOB_NAMES: Final = tuple(
    kind.names_job for kind in KINDS.values() if kind.names_job is not None
)
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
    def is_selected(self) -> bool:
        """Whether it is to be run at all."""
        return not isinstance(self.kind, UnselectedKind)

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


def none_registered(_: str) -> None:
    """Return what is said of a version where no run has registered any."""


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
        images_of: The images that the job of each step names.
        registered: Returns what is said of the version of a model, by its ARN, if an
            earlier run registered it.
        definition: The definition as written.
    """

    id: str
    pipeline: str
    parameters: Mapping[str, Scalar]
    execution: Mapping[str, str]
    tasks: tuple[Task, ...]
    needs: Mapping[str, tuple[str, ...]]
    images_of: Mapping[str, tuple[str, ...]] = attrs.field(factory=dict)
    registered: Callable[[str], Mapping[str, Any] | None] = none_registered
    definition: Mapping[str, Any] = attrs.field(factory=dict, repr=False)

    @property
    def images(self) -> tuple[str, ...]:
        """The images that the jobs name, each once."""
        named = (uri for uris in self.images_of.values() for uri in uris)
        return tuple(dict.fromkeys(named))

    @property
    def selected(self) -> tuple[str, ...] | None:
        """The steps that were selected; None if all run."""
        names = tuple(task.step.name for task in self.tasks if task.is_selected)
        return None if len(names) == len(self.tasks) else names

    def ancestors(self, name: str) -> set[str]:
        """Return all that must have finished before one step."""
        found: set[str] = set()
        waiting = [name]
        while waiting:
            more = set(self.needs[waiting.pop()]) - found
            found |= more
            waiting += more
        return found

    def request(
        self,
        task: Task,
        steps: Mapping[str, Mapping[str, Any] | Unknown],
        storage: Storage | None = None,
    ) -> Node:
        """Return what one task asks for: references replaced, models looked up.

        Args:
            task: The task.
            steps: What other steps say of themselves.
            storage: Where the property files of finished steps lie; without it, they
                are not read.

        Raises:
            DefinitionError: A reference leads nowhere.
        """
        asked = task.step.request
        value = resolve(asked, self.scope(task, steps, storage))
        request = Node(value, asked.address)
        return task.kind.completed(request, steps, self.registered)

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
