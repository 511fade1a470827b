"""Write down how a run stands, at every change, and tell the watcher."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import attrs

from penguin_pipes.errors import HomeError
from penguin_pipes.local.cache import Result
from penguin_pipes.local.events import (
    DefinitionWarned,
    RunFinished,
    RunStarted,
    StepFinished,
)
from penguin_pipes.local.records import MetricPoint, Run, Status, StepRun, Trial, now

if TYPE_CHECKING:
    from penguin_pipes.definition import Problem
    from penguin_pipes.local.cache import Results
    from penguin_pipes.local.events import Announcer
    from penguin_pipes.local.history import History

NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})
INTERRUPTED: Final = "the run was interrupted"


@attrs.frozen(kw_only=True)
class End:
    """How a step ended: what the record says of it, and what is kept besides."""

    status: Status
    failure: str | None = None
    exit_code: int | None = None
    series: Mapping[str, tuple[MetricPoint, ...]] = NOTHING
    artifacts: Mapping[str, Path] = NOTHING
    properties: Mapping[str, Any] = NOTHING
    attempts: int = 1
    trials: tuple[Trial, ...] = ()
    kept: Result | None = None
    model_group: str | None = None

    @classmethod
    def failed(cls, failure: str) -> End:
        """Return the end of a step that came to no job."""
        return cls(status=Status.FAILED, failure=failure)

    @classmethod
    def by(cls, error: BaseException) -> End:
        """Return the end of a step that an error ended."""
        if isinstance(error, (HomeError, OSError)):
            return cls.failed(str(error))
        return cls(status=Status.STOPPED, failure=INTERRUPTED)


@attrs.define(kw_only=True)
class Journal:
    """The record of a run that goes on; of one thread.

    Attributes:
        record: The run as it stands.
    """

    record: Run
    _history: History
    _results: Results
    _announce: Announcer
    _began: dict[str, float] = attrs.field(factory=dict, init=False)

    def open(self, warnings: tuple[Problem, ...]) -> None:
        """Write down that the run begins."""
        self._history.save(self.record)
        self._announce(RunStarted(self.record))
        for problem in warnings:
            self._announce(DefinitionWarned(problem))

    def close(self, status: Status) -> None:
        """Write down how the run ended; the watcher hears of it in any case."""
        self.record = attrs.evolve(self.record, status=status, finished_at=now())
        try:
            self._history.save(self.record)
        finally:
            self._announce(RunFinished(self.record))

    def begin(self, name: str) -> StepRun:
        """Write down that a step begins."""
        self._began[name] = time.perf_counter()
        return self.note(name, status=Status.EXECUTING, started_at=now())

    def skip(self, name: str, why: str) -> None:
        """Write down that a step is not run at all."""
        step = self.note(name, status=Status.SKIPPED, reasons=(why,))
        self._announce(StepFinished(step))

    def note(self, name: str, **changes: Any) -> StepRun:
        """Write down what changed about a step."""
        step = attrs.evolve(self.record.step(name), **changes)
        self.record = self.record.with_step(step)
        self._history.save_step(self.record, name)
        return step

    def end(self, name: str, end: End) -> StepRun:
        """Write down how a step ended; the watcher hears of it in any case."""
        try:
            self._end(name, end)
        finally:
            step = self.record.step(name)
            self._announce(StepFinished(step))
        return step

    def _end(self, name: str, end: End) -> None:
        """Write down how a step ended, and what later runs can take of it."""
        changes = attrs.asdict(end, recurse=False)
        del changes["kept"], changes["model_group"]
        seconds = time.perf_counter() - self._began[name]
        before = self.record
        try:
            with self._history.together():
                # Both or neither: a step that is not run again has a whole record.
                if end.kept is not None:
                    self._results.keep(end.kept)
                if end.model_group is not None:
                    package = self._history.registry.add(
                        end.model_group, end.properties, run=self.record.id, step=name
                    )
                    changes["properties"] = package.properties
                self.note(name, **changes, finished_at=now(), seconds=seconds)
        except HomeError as error:
            # What nobody could write down is no success, whatever comes of the run.
            step = before.step(name)
            step = attrs.evolve(step, status=Status.FAILED, failure=str(error))
            self.record = before.with_step(step)
            raise
        except BaseException:
            # Nothing of it was written down.
            self.record = before
            raise
