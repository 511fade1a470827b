"""Bring one task to its end: take an earlier result, or make ready what runs it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import attrs

from penguin_pipes.local.backends import Stop
from penguin_pipes.local.cache import CacheMode, Result, Verdict
from penguin_pipes.local.disk import remove, write_json
from penguin_pipes.local.events import StepStarted, StepWarned
from penguin_pipes.local.jobs import Decision, Job, JobResult, UnselectedKind
from penguin_pipes.local.journal import End
from penguin_pipes.local.plan import Task
from penguin_pipes.local.records import Status
from penguin_pipes.local.retries import Retrying
from penguin_pipes.local.warming import scripts_to_come

if TYPE_CHECKING:
    from pathlib import Path

    from penguin_pipes.definition import Node
    from penguin_pipes.local.backends import Backend
    from penguin_pipes.local.cache import Cache
    from penguin_pipes.local.contract.host import Host
    from penguin_pipes.local.environments import Environments, Pythons
    from penguin_pipes.local.events import Announcer
    from penguin_pipes.local.history import History
    from penguin_pipes.local.journal import Journal
    from penguin_pipes.local.plan import Plan
    from penguin_pipes.local.records import StepRun
    from penguin_pipes.local.resuming import Resumed
    from penguin_pipes.local.slots import Slots
    from penguin_pipes.local.storage import Storage

Work: TypeAlias = Callable[[Stop], JobResult]
"""What runs a job to its end, in a thread of its own."""

CHANGED: Final = (
    "an input or the code changed while the step ran; its result is not kept for "
    "later runs"
)
OVERWRITTEN: Final = (
    "another run wrote to the same output at the same time; the step's result is not "
    "kept for later runs"
)


@attrs.frozen(kw_only=True)
class _Begun:
    """A task whose job was begun, and what its result will have come of."""

    task: Task
    job: Job
    verdict: Verdict


@attrs.define(kw_only=True)
class TaskRunner:
    """Knows what to do about each task of a run, and what came of it so far.

    Everything but the `Work` that it gives out is for one thread.

    Attributes:
        folder: Of the run; every task has one in there.
        described: What each step that has succeeded says of itself.
        decided: The same of those that were to be run. Whoever selects a step of a
            branch but not the condition wants it run.
    """

    plan: Plan
    folder: Path
    history: History
    journal: Journal
    storage: Storage
    announce: Announcer
    backend: Backend
    host: Host
    cache: Cache
    slots: Slots
    environments: Environments
    pythons: Pythons
    resumed: Resumed | None = None
    described: dict[str, Mapping[str, Any]] = attrs.field(factory=dict, init=False)
    decided: dict[str, Mapping[str, Any]] = attrs.field(factory=dict, init=False)
    _begun: dict[str, _Begun] = attrs.field(factory=dict, init=False)
    _is_prepared: bool = attrs.field(default=False, init=False)

    def begin(self, task: Task) -> End | Work:
        """Return how a task ended, if it takes no job, or else what runs the job.

        Raises:
            RequestError: It cannot run.
        """
        if isinstance(task.kind, UnselectedKind) and task.kind.taken is not None:
            return self._take(task, task.kind.taken)
        request = self.plan.request(task, self.described, self.storage)
        if not task.is_job:
            done = self._done_before(task, request)
            return done or self._work(task, request, Verdict())
        inputs = task.kind.inputs(request)
        verdict = self.cache.judge(self.plan.pipeline, task.step, request, inputs)
        if verdict.result is not None:
            return self._reuse(task, verdict.result)
        started = self.journal.note(task.step.name, reasons=verdict.reasons)
        if self.cache.mode is CacheMode.ONLY:
            why = f"no earlier result can be taken: {'; '.join(verdict.reasons)}"
            return End.failed(why)
        self.announce(StepStarted(started))
        return self._work(task, request, verdict)

    def _reuse(self, task: Task, result: Result) -> End:
        """Take an earlier result."""
        earlier = self.history.step(result.run, result.step)
        earlier = attrs.evolve(
            earlier, reused_from=result.run, properties=result.properties
        )
        return self._take(task, earlier)

    def _take(self, task: Task, earlier: StepRun) -> End:
        """Take what a step came to in an earlier run."""
        self.journal.note(
            task.step.name,
            job_name=earlier.job_name,
            log=earlier.log,
            reused_from=earlier.reused_from,
        )
        return End(
            status=Status.SUCCEEDED,
            exit_code=earlier.exit_code,
            series=earlier.series,
            artifacts=earlier.artifacts,
            properties=earlier.properties,
            trials=earlier.trials,
        )

    def _done_before(self, task: Task, request: Node) -> End | None:
        """Return what a step without a job came to in the run that is gone on from.

        A decision is made again: it may be another one now.
        """
        if self.resumed is None or isinstance(task.kind, Decision):
            return None
        earlier = self.resumed.same(task.step.name, request.value)
        return None if earlier is None else self._take(task, earlier)

    def _work(self, task: Task, request: Node, verdict: Verdict) -> Work:
        """Return what runs a task's job."""
        job = self._job(task, verdict)
        job.folder.mkdir(parents=True, exist_ok=True)
        write_json(job.folder / "request.json", request.value)
        if task.is_job:
            self._prepare()
        self._begun[task.step.name] = _Begun(task=task, job=job, verdict=verdict)
        return partial(self._run, task, request, job)

    def _run(self, task: Task, request: Node, job: Job, stop: Stop) -> JobResult:
        """Run a task's job to its end, in a thread of its own."""
        job = attrs.evolve(job, stop=stop)

        def wait(seconds: float) -> None:
            stop.wait(seconds)
            job.refuse_if_over()

        trying = Retrying(type=task.step.type, policies=task.retries, wait=wait)
        act = partial(task.kind.run, request, job)
        return trying.run(act, partial(self._try_again, job))

    def _try_again(self, job: Job, why: str) -> None:
        """Have a job begin from the beginning; its log goes on."""
        self.announce(StepWarned(job.step, why))
        remove(job.tree.root)

    def _prepare(self) -> None:
        """Let the backend get ready for all that comes, now that something does.

        Not before: a run that takes everything from earlier ones needs nothing.
        """
        if not self._is_prepared:
            self._is_prepared = True
            to_come = scripts_to_come(
                self.plan, self.described, storage=self.storage, host_of=self._warm_host
            )
            self.backend.prepare(to_come)

    def end(self, name: str, result: JobResult) -> End:
        """Return how a job ended, and see to what it leaves."""
        end = End(
            status=Status.FAILED if result.failure else Status.SUCCEEDED,
            failure=result.failure,
            exit_code=result.exit_code,
            series=result.series,
            artifacts=result.artifacts,
            attempts=result.attempts,
            trials=result.trials,
        )
        begun = self._begun.pop(name)
        if result.failure is not None:
            return end
        # After a failure the work tree stays, for it shows what the job saw. If it
        # cannot go, say because a process that left the job still writes there, it
        # stays until the run is pruned: the step has succeeded all the same.
        with contextlib.suppress(OSError):
            remove(begun.job.tree.root)
        kept = self._kept(begun.task, begun.verdict, result)
        return attrs.evolve(
            end,
            properties=result.properties,
            kept=kept,
            model_group=result.model_group,
        )

    def know(self, task: Task, step: StepRun) -> None:
        """Take note of what a step that has succeeded says of itself."""
        self.described[step.name] = task.described(step.properties)
        if task.is_selected:
            self.decided[step.name] = self.described[step.name]

    def _kept(self, task: Task, verdict: Verdict, result: JobResult) -> Result | None:
        """Return what later runs can take, if they may."""
        if verdict.key is None:
            return None
        name = task.step.name
        if not self.cache.still_holds(verdict):
            why = CHANGED
        else:
            kept = self.cache.result(
                verdict.key,
                result,
                run=self.plan.id,
                pipeline=self.plan.pipeline,
                step=name,
            )
            if all(map(self.storage.is_own, result.everything.values())):
                return kept
            why = OVERWRITTEN
        if verdict.is_cached:
            self.announce(StepWarned(name, why))
        return None

    def _host(self, task: Task) -> Host:
        """Return the computer as the job of a task may know it."""
        if self.backend.images is not None:
            return self.host
        python = self.pythons.of(task.step.name)
        return attrs.evolve(self.host, python=python.executable)

    def _warm_host(self, task: Task) -> Host | None:
        """Return the same of a job whose Python is that of the servers."""
        host = self._host(task)
        return host if host.python == self.host.python else None

    def _job(self, task: Task, verdict: Verdict) -> Job:
        """Return what the task's kind needs to run it."""
        return Job(
            step=task.step.name,
            name=task.job_name,
            folder=self.folder / task.step.name,
            storage=self.storage,
            backend=self.backend,
            host=self._host(task),
            base=self.pythons.of(task.step.name),
            announce=self.announce,
            slots=self.slots,
            environments=self.environments,
            trials=self.cache.book(
                verdict, run=self.plan.id, pipeline=self.plan.pipeline, step=task.step
            ),
        )
