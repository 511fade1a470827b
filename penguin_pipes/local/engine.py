"""Run a pipeline definition on this computer, from its JSON and the files it names."""

from __future__ import annotations

import time
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Never

import attrs

from penguin_pipes.definition import Node, Problem, parse, refuse_errors
from penguin_pipes.errors import HomeError, RequestError, StepFailedError
from penguin_pipes.local.backends import Backend, ProcessBackend
from penguin_pipes.local.contract.host import Host, this_host
from penguin_pipes.local.disk import home_errors, remove, write_json
from penguin_pipes.local.events import (
    Announcer,
    DefinitionWarned,
    RunFinished,
    RunStarted,
    StepFinished,
    StepStarted,
    Watcher,
)
from penguin_pipes.local.failures import failure_message
from penguin_pipes.local.history import History
from penguin_pipes.local.jobs import Job
from penguin_pipes.local.parameters import Given, bind
from penguin_pipes.local.preflight import Plan, Task, make_plan
from penguin_pipes.local.records import Run, Status, StepRun, now
from penguin_pipes.local.resolve import resolve
from penguin_pipes.local.storage import Storage

if TYPE_CHECKING:
    from collections.abc import Mapping

HOME: Final = Path(".penguin_pipes")
INTERRUPTED: Final = "the run was interrupted"
NONE: Final[Mapping[str, Never]] = MappingProxyType({})


def run_locally(
    definition: str | Mapping[str, Any] | Path,
    *,
    files: Mapping[str, Path] = NONE,
    parameters: Mapping[str, Given] = NONE,
    name: str = "pipeline",
    home: Path = HOME,
    watch: Watcher | None = None,
    backend: Backend | None = None,
) -> Run:
    """Run a pipeline here, step by step, and return the record of it.

    Args:
        definition: The definition JSON as text, the document, or the file it is in.
        files: Which local file or folder an S3 name, or prefix of names, stands for.
        parameters: Values for the pipeline's parameters. A `Path` becomes an input
            that is named by its content.
        name: What ``Execution.PipelineName`` is; definitions do not say.
        home: The folder that keeps the runs and what they wrote.
        watch: Told what happens, as it happens.
        backend: Where commands run; as processes unless said otherwise.

    Raises:
        RequestError: If the pipeline cannot run; nothing was started or written.
        StepFailedError: If a job failed; the error has the record of the run so far.
        HomeError: If the home cannot be used.
    """
    parsed = parse(definition)
    warnings = refuse_errors(parsed.raw, files=files)
    bound = bind(parsed, parameters)
    home = home.absolute()
    storage = Storage(home / "s3", {**files, **bound.files})
    with home_errors(home):
        plan = make_plan(parsed, name=name, parameters=bound.values, storage=storage)
        with History(home) as history:
            return _Execution(
                plan=plan,
                warnings=warnings,
                home=home,
                history=history,
                storage=storage,
                announce=Announcer(watch),
                backend=backend or ProcessBackend(),
                host=this_host(),
            ).run()


@attrs.define(kw_only=True)
class _Execution:
    """A run while it goes on: what has finished so far, and what comes next."""

    plan: Plan
    warnings: tuple[Problem, ...]
    home: Path
    history: History
    storage: Storage
    announce: Announcer
    backend: Backend
    host: Host
    record: Run = attrs.field(init=False)
    described: dict[str, Mapping[str, Any]] = attrs.field(factory=dict, init=False)

    def run(self) -> Run:
        """Run the tasks in their turn, up to the first that fails."""
        self.record = self._fresh()
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
        if failed is not None:
            message = failure_message(failed)
            raise StepFailedError(message, step=failed.name, run=self.record)
        return self.record

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
        return self.home / "runs" / self.plan.id / task.step.name

    def _run_task(self, task: Task) -> StepRun:
        """Run one task, writing down its beginning and its end, whatever that is."""
        self._note(task, status=Status.EXECUTING, started_at=now())
        self.announce(StepStarted(self.record.step(task.step.name)))
        began = time.perf_counter()
        end: dict[str, Any] = {"status": Status.STOPPED, "failure": INTERRUPTED}
        try:
            end = self._attempt(task)
        except (HomeError, OSError) as error:
            end = {"status": Status.FAILED, "failure": str(error)}
            raise
        finally:
            seconds = time.perf_counter() - began
            step = self._note(task, **end, finished_at=now(), seconds=seconds)
            self.announce(StepFinished(step))
        return step

    def _attempt(self, task: Task) -> dict[str, Any]:
        """Run one task to its end; return what is to be noted of it."""
        scope = self.plan.scope(task, self.described)
        asked = task.step.request
        job = self._job(task)
        job.folder.mkdir(parents=True, exist_ok=True)
        try:
            request = Node(resolve(asked, scope), asked.address)
            write_json(job.folder / "request.json", request.value)
            result = task.kind.run(request, job)
        except RequestError as error:
            return {"status": Status.FAILED, "failure": str(error)}
        if result.failure is None:
            self.described[task.step.name] = result.properties
            # After a failure the work tree stays, for it shows what the job saw.
            remove(job.tree.root)
        return {
            "status": Status.FAILED if result.failure else Status.SUCCEEDED,
            "failure": result.failure,
            "exit_code": result.exit_code,
            "series": result.series,
            "artifacts": result.artifacts,
        }

    def _job(self, task: Task) -> Job:
        """Return what the task's kind needs to run it."""
        return Job(
            step=task.step.name,
            name=task.job_name,
            folder=self._folder(task),
            storage=self.storage,
            backend=self.backend,
            host=self.host,
            announce=self.announce,
        )

    def _note(self, task: Task, **changes: Any) -> StepRun:
        """Write down what changed about a step."""
        step = attrs.evolve(self.record.step(task.step.name), **changes)
        self.record = self.record.with_step(step)
        self.history.save_step(self.record, step.name)
        return step
