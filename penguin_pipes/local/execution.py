"""A run while it goes on: what is ready, run it or take an earlier result, note it."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import attrs

from penguin_pipes.definition import Node
from penguin_pipes.errors import HomeError, RequestError, StepFailedError
from penguin_pipes.local.cache import CacheMode, Result
from penguin_pipes.local.disk import remove, write_json
from penguin_pipes.local.events import (
    DefinitionWarned,
    RunFinished,
    RunStarted,
    StepFinished,
    StepStarted,
    StepWarned,
)
from penguin_pipes.local.failures import failure_message
from penguin_pipes.local.jobs import Job
from penguin_pipes.local.locks import alive
from penguin_pipes.local.records import MetricPoint, Run, Status, StepRun, Trial, now
from penguin_pipes.local.recovery import RUNS
from penguin_pipes.local.resolve import resolve
from penguin_pipes.local.warming import scripts_to_come

if TYPE_CHECKING:
    from penguin_pipes.definition import Problem
    from penguin_pipes.local.backends import Backend
    from penguin_pipes.local.cache import Cache, Verdict
    from penguin_pipes.local.contract.host import Host
    from penguin_pipes.local.events import Announcer
    from penguin_pipes.local.history import History
    from penguin_pipes.local.jobs import JobResult
    from penguin_pipes.local.preflight import Plan, Task
    from penguin_pipes.local.slots import Slots
    from penguin_pipes.local.storage import Storage

NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})
INTERRUPTED: Final = "the run was interrupted"
CHANGED: Final = (
    "an input or the code changed while the step ran; its result is not kept for "
    "later runs"
)
OVERWRITTEN: Final = (
    "another run wrote to the same output at the same time; the step's result is not "
    "kept for later runs"
)


@attrs.frozen(kw_only=True)
class _End:
    """How a task ended: what the record says of it, and what is kept besides."""

    status: Status
    failure: str | None = None
    exit_code: int | None = None
    series: Mapping[str, tuple[MetricPoint, ...]] = NOTHING
    artifacts: Mapping[str, Path] = NOTHING
    trials: tuple[Trial, ...] = ()
    kept: Result | None = None


@attrs.define(kw_only=True)
class Execution:
    """A run while it goes on: what has finished so far, and what comes next."""

    plan: Plan
    warnings: tuple[Problem, ...]
    home: Path
    history: History
    storage: Storage
    announce: Announcer
    backend: Backend
    host: Host
    cache: Cache
    slots: Slots
    record: Run = attrs.field(init=False)
    described: dict[str, Mapping[str, Any]] = attrs.field(factory=dict, init=False)
    is_prepared: bool = attrs.field(default=False, init=False)

    def run(self) -> Run:
        """Run the tasks in their turn, up to the first that fails."""
        self.record = self._fresh()
        with alive(self.home / RUNS / self.plan.id):
            failed = self._run_and_note()
        if failed is not None:
            message = failure_message(failed)
            raise StepFailedError(message, step=failed.name, run=self.record)
        return self.record

    def _run_and_note(self) -> StepRun | None:
        """Write down the beginning and the end of the run, whatever that is."""
        self.history.save(self.record)
        self.announce(RunStarted(self.record))
        for problem in self.warnings:
            self.announce(DefinitionWarned(problem))
        status, failed = Status.STOPPED, None
        try:
            failed = self._run_tasks()
            status = Status.FAILED if failed else Status.SUCCEEDED
        except (HomeError, OSError):
            status = Status.FAILED
            raise
        finally:
            self._end(status)
        return failed

    def _end(self, status: Status) -> None:
        """Write down how the run ended; the watcher hears of it in any case."""
        self.record = attrs.evolve(self.record, status=status, finished_at=now())
        try:
            self.history.save(self.record)
        finally:
            self.announce(RunFinished(self.record))

    def _run_tasks(self) -> StepRun | None:
        """Run the tasks; return the one that failed, if one did."""
        for task in self.plan.tasks:
            step = self._run_task(task)
            if step.status is Status.FAILED:
                return step
        return None

    def _fresh(self) -> Run:
        """Return the record of a run of which nothing has happened yet."""
        steps = tuple(
            StepRun(
                name=task.step.name,
                type=task.step.type,
                job_name=task.job_name,
                log=self._folder(task) / "log.txt",
            )
            for task in self.plan.tasks
        )
        return Run(
            id=self.plan.id,
            pipeline=self.plan.pipeline,
            started_at=now(),
            parameters=self.plan.parameters,
            steps=steps,
        )

    def _folder(self, task: Task) -> Path:
        """Return where a task keeps its log, its request and its work tree."""
        return self.home / RUNS / self.plan.id / task.step.name

    def _run_task(self, task: Task) -> StepRun:
        """Bring one task to its end and write that down, whatever it is."""
        self._note(task, status=Status.EXECUTING, started_at=now())
        began = time.perf_counter()
        end = _End(status=Status.STOPPED, failure=INTERRUPTED)
        try:
            end = self._attempt(task)
        except (HomeError, OSError) as error:
            end = _End(status=Status.FAILED, failure=str(error))
            raise
        finally:
            seconds = time.perf_counter() - began
            step = self._note_end(task, end, seconds)
            self.announce(StepFinished(step))
        return step

    def _note_end(self, task: Task, end: _End, seconds: float) -> StepRun:
        """Write down how a task ended, and what later runs can take of it."""
        changes = attrs.asdict(end, recurse=False)
        del changes["kept"]
        before = self.record
        try:
            with self.history.together():
                # Both or neither: a step that is not run again has a whole record.
                if end.kept is not None:
                    self.cache.results.keep(end.kept)
                return self._note(task, **changes, finished_at=now(), seconds=seconds)
        except HomeError as error:
            # What nobody could write down is no success, whatever comes of the run.
            step = before.step(task.step.name)
            step = attrs.evolve(step, status=Status.FAILED, failure=str(error))
            self.record = before.with_step(step)
            raise

    def _attempt(self, task: Task) -> _End:
        """Take an earlier result, or run the task."""
        asked = task.step.request
        try:
            scope = self.plan.scope(task, self.described)
            request = Node(resolve(asked, scope), asked.address)
            inputs = task.kind.inputs(request)
            verdict = self.cache.judge(self.plan.pipeline, task.step, request, inputs)
            if verdict.result is not None:
                return self._reuse(task, verdict.result)
            started = self._note(task, reasons=verdict.reasons)
            if self.cache.mode is CacheMode.ONLY:
                why = f"no earlier result can be taken: {'; '.join(verdict.reasons)}"
                return _End(status=Status.FAILED, failure=why)
            self.announce(StepStarted(started))
            return self._run_job(task, request, verdict)
        except RequestError as error:
            return _End(status=Status.FAILED, failure=str(error))

    def _reuse(self, task: Task, result: Result) -> _End:
        """Take an earlier result."""
        self.described[task.step.name] = result.properties
        earlier = self.history.step(result.run, result.step)
        self._note(
            task,
            job_name=earlier.job_name,
            log=earlier.log,
            reused_from=result.run,
        )
        return _End(
            status=Status.SUCCEEDED,
            exit_code=earlier.exit_code,
            series=earlier.series,
            artifacts=earlier.artifacts,
            trials=earlier.trials,
        )

    def _run_job(self, task: Task, request: Node, verdict: Verdict) -> _End:
        """Run a task's job to its end."""
        job = self._job(task, verdict)
        job.folder.mkdir(parents=True, exist_ok=True)
        write_json(job.folder / "request.json", request.value)
        self._prepare()
        result = task.kind.run(request, job)
        end = _End(
            status=Status.FAILED if result.failure else Status.SUCCEEDED,
            failure=result.failure,
            exit_code=result.exit_code,
            series=result.series,
            artifacts=result.artifacts,
            trials=result.trials,
        )
        if result.failure is not None:
            return end
        self.described[task.step.name] = result.properties
        # After a failure the work tree stays, for it shows what the job saw. If it
        # cannot go, say because a process that left the job still writes there, it
        # stays until the run is pruned: the step has succeeded all the same.
        with contextlib.suppress(OSError):
            remove(job.tree.root)
        return attrs.evolve(end, kept=self._kept(task, verdict, result))

    def _prepare(self) -> None:
        """Let the backend get ready for all that comes, now that something does.

        Not before: a run that takes everything from earlier ones needs nothing.
        """
        if not self.is_prepared:
            self.is_prepared = True
            to_come = scripts_to_come(
                self.plan, self.described, storage=self.storage, host=self.host
            )
            self.backend.prepare(to_come)

    def _kept(self, task: Task, verdict: Verdict, result: JobResult) -> Result | None:
        """Return what later runs can take, if they may."""
        if verdict.key is None:
            return None
        name = task.step.name
        if not self.cache.still_holds(verdict):
            self.announce(StepWarned(name, CHANGED))
            return None
        where = {"run": self.plan.id, "pipeline": self.plan.pipeline, "step": name}
        kept = self.cache.result(verdict.key, result, **where)
        if not all(map(self.storage.is_own, result.everything.values())):
            self.announce(StepWarned(name, OVERWRITTEN))
            return None
        return kept

    def _job(self, task: Task, verdict: Verdict) -> Job:
        """Return what the task's kind needs to run it."""
        return Job(
            step=task.step.name,
            name=task.job_name,
            folder=self._folder(task),
            storage=self.storage,
            backend=self.backend,
            host=self.host,
            announce=self.announce,
            slots=self.slots,
            trials=self.cache.book(
                verdict, run=self.plan.id, pipeline=self.plan.pipeline, step=task.step
            ),
        )

    def _note(self, task: Task, **changes: Any) -> StepRun:
        """Write down what changed about a step."""
        step = attrs.evolve(self.record.step(task.step.name), **changes)
        self.record = self.record.with_step(step)
        self.history.save_step(self.record, step.name)
        return step
