"""A run while it goes on: every task in its turn, and noted what became of it."""

from __future__ import annotations

import contextlib
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar

import attrs

from penguin_pipes.errors import HomeError, RequestError, StepFailedError
from penguin_pipes.local.backends import StoppedError
from penguin_pipes.local.branches import why_skipped
from penguin_pipes.local.environments import Environments, Pythons
from penguin_pipes.local.failures import failures_message
from penguin_pipes.local.jobs import UnselectedKind
from penguin_pipes.local.journal import End, Journal
from penguin_pipes.local.kept import keep
from penguin_pipes.local.locks import alive
from penguin_pipes.local.records import Run, Status, StepRun, now
from penguin_pipes.local.recovery import RUNS
from penguin_pipes.local.schedule import Schedule
from penguin_pipes.local.task_runner import TaskRunner
from penguin_pipes.local.workers import Workers

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from penguin_pipes.definition import Problem
    from penguin_pipes.local.backends import Backend
    from penguin_pipes.local.cache import Cache
    from penguin_pipes.local.contract.host import Host
    from penguin_pipes.local.events import Announcer
    from penguin_pipes.local.history import History
    from penguin_pipes.local.plan import Plan, Task
    from penguin_pipes.local.resuming import Resumed
    from penguin_pipes.local.slots import Slots
    from penguin_pipes.local.storage import Storage
    from penguin_pipes.local.workers import Ended

T = TypeVar("T")

UNSELECTED: Final = "it was not selected"


@attrs.define(kw_only=True)
class Execution:
    """A run while it goes on: what has finished so far, and what comes next.

    Jobs run in threads of their own; all else, and all that is written down, is done
    by the one that calls `run`, which is also the one that signals interrupt.
    """

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
    surroundings: Mapping[str, str]
    keep_going: bool = False
    pythons: Pythons = attrs.field(factory=Pythons)
    resumed: Resumed | None = None
    _tasks: dict[str, Task] = attrs.field(init=False)
    _journal: Journal = attrs.field(init=False)
    _workers: Workers = attrs.field(factory=Workers, init=False)
    _runner: TaskRunner = attrs.field(init=False)
    _running: set[str] = attrs.field(factory=set, init=False)
    _skipped: set[str] = attrs.field(factory=set, init=False)
    _failed: list[str] = attrs.field(factory=list, init=False)
    _lost: set[str] = attrs.field(factory=set, init=False)

    def __attrs_post_init__(self) -> None:
        self._tasks = {task.step.name: task for task in self.plan.tasks}
        self._journal = Journal(
            self._fresh(),
            history=self.history,
            results=self.cache.results,
            announce=self.announce,
        )
        self._runner = TaskRunner(
            plan=self.plan,
            folder=self._folder,
            history=self.history,
            journal=self._journal,
            storage=self.storage,
            announce=self.announce,
            backend=self.backend,
            host=self.host,
            cache=self.cache,
            slots=self.slots,
            environments=Environments(
                home=self.home, run=self.plan.id, lent=self.host.environment
            ),
            pythons=self.pythons,
            resumed=self.resumed,
        )

    @property
    def _folder(self) -> Path:
        """Where the run keeps what it is doing."""
        return self.home / RUNS / self.plan.id

    def run(self) -> Run:
        """Run the tasks, each in its turn, as many at once as there are slots."""
        with alive(self._folder):
            self._run_and_note()
        record = self._journal.record
        if self._failed:
            failed = [record.step(name) for name in self._failed]
            message = failures_message(failed)
            raise StepFailedError(message, step=failed[0].name, run=record)
        return record

    def _run_and_note(self) -> None:
        """Write down the beginning and the end of the run, whatever that is."""
        self._journal.open(self.warnings)
        status = Status.STOPPED
        try:
            keep(self._folder, self.plan.definition, self.surroundings)
            self._run_tasks()
            status = Status.FAILED if self._failed else Status.SUCCEEDED
        except (HomeError, OSError):
            status = Status.FAILED
            raise
        finally:
            self._journal.close(status)

    def _run_tasks(self) -> None:
        """Run what can be run."""
        schedule = Schedule([*self._tasks], self.plan.needs)
        try:
            while True:
                while self._has_room() and (name := schedule.pop()) is not None:
                    if not self._begin(self._tasks[name]):
                        schedule.over(name)
                if not self._running:
                    return
                schedule.over(self._finish(self._workers.next()))
        except BaseException:
            self._end_all()
            raise

    def _has_room(self) -> bool:
        """Return whether another job may be started now."""
        goes_on = self.keep_going or not self._failed
        return goes_on and len(self._running) < self.slots.limit

    def _fresh(self) -> Run:
        """Return the record of a run of which nothing has happened yet."""
        steps = tuple(
            StepRun(
                name=task.step.name,
                type=task.step.type,
                job_name=task.job_name,
                log=self._folder / task.step.name / "log.txt",
            )
            for task in self.plan.tasks
        )
        return Run(
            id=self.plan.id,
            pipeline=self.plan.pipeline,
            started_at=now(),
            parameters=self.plan.parameters,
            selected=self.plan.selected,
            steps=steps,
        )

    def _begin(self, task: Task) -> bool:
        """Begin a task; return whether its job runs now, or else it is over."""
        name = task.step.name
        if self._failed_before(name):
            self._lost.add(name)
            return False
        if isinstance(task.kind, UnselectedKind) and task.kind.taken is None:
            self._journal.skip(name, UNSELECTED)
            return False
        why = why_skipped(
            task.step,
            needs=self.plan.needs[name],
            described=self._runner.decided,
            skipped=self._skipped,
        )
        if why is not None:
            self._journal.skip(name, why)
            self._skipped.add(name)
            return False
        self._journal.begin(name)
        found = self._tried(name, partial(self._runner.begin, task))
        if isinstance(found, End):
            self._end(name, found)
            return False
        self._running.add(name)
        self._workers.start(name, found)
        return True

    def _failed_before(self, name: str) -> bool:
        """Return whether something has failed that a step needs."""
        return not self._lost.isdisjoint(self.plan.needs[name])

    def _finish(self, ended: Ended) -> str:
        """Write down how a job ended; return the name of its step."""
        name = ended.name
        self._running.discard(name)
        end = self._tried(name, lambda: self._runner.end(name, ended.get()))
        self._end(name, end)
        return name

    def _tried(self, name: str, act: Callable[[], T]) -> T | End:
        """Return what comes of an act, or the end that it makes of a step."""
        try:
            return act()
        except RequestError as error:
            return End.failed(str(error))
        except BaseException as error:
            self._end(name, End.by(error))
            raise

    def _end(self, name: str, end: End) -> None:
        """Write down how a step ended, whether it came to run or not."""
        step = self._journal.end(name, end)
        if step.status is Status.FAILED:
            self._failed.append(name)
            self._lost.add(name)
        if step.status is Status.SUCCEEDED:
            self._runner.know(self._tasks[name], step)

    def _end_all(self) -> None:
        """Stop what runs, and write down of each job how it ended, if that can be."""
        self._running.clear()
        try:
            for ended in self._workers.stop():
                with contextlib.suppress(HomeError, OSError):
                    if ended.error is None or isinstance(ended.error, RequestError):
                        self._finish(ended)
                    else:
                        self._end(ended.name, End.by(ended.error))
        finally:
            for step in self._journal.record.steps:
                if step.status is Status.EXECUTING:
                    with contextlib.suppress(HomeError):
                        self._end(step.name, End.by(StoppedError()))
