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


class Journal:
    """The record of a run that goes on; of one thread.

    Args:
        record: The run before anything has happened.
        history: Where it is written down.
        results: Where what later runs can take is kept.
        announce: Tells the watcher.
    """

    def __init__(
        self, record: Run, *, history: History, results: Results, announce: Announcer
    ) -> None:
        self._run = record
        # By name: a note about one step must not take longer the more there are.
        self._steps = {step.name: step for step in record.steps}
        self._positions = {name: at for at, name in enumerate(self._steps)}
        self._history = history
        self._results = results
        self._announce = announce
        self._began: dict[str, float] = {}

    @property
    def record(self) -> Run:
        """The run as it stands."""
        return attrs.evolve(self._run, steps=tuple(self._steps.values()))

    def step(self, name: str) -> StepRun:
        """Return one step as it stands."""
        return self._steps[name]

    def open(self, warnings: tuple[Problem, ...]) -> None:
        """Write down that the run begins."""
        self._history.save(self.record)
        self._announce(RunStarted(self.record))
        for problem in warnings:
            self._announce(DefinitionWarned(problem))

    def close(self, status: Status) -> None:
        """Write down how the run ended; the watcher hears of it in any case."""
        self._run = attrs.evolve(self._run, status=status, finished_at=now())
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
        step = self._steps[name] = attrs.evolve(self._steps[name], **changes)
        self._history.save_step(self._run.id, self._positions[name], step)
        return step

    def end(self, name: str, end: End) -> StepRun:
        """Write down how a step ended; the watcher hears of it in any case."""
        try:
            self._end(name, end)
        finally:
            step = self._steps[name]
            self._announce(StepFinished(step))
        return step

    def _end(self, name: str, end: End) -> None:
        """Write down how a step ended, and what later runs can take of it."""
        changes = attrs.asdict(end, recurse=False)
        del changes["kept"], changes["model_group"]
        seconds = time.perf_counter() - self._began[name]
        before = self._steps[name]
        try:
            with self._history.together():
                # Both or neither: a step that is not run again has a whole record.
                if end.kept is not None:
                    self._results.keep(end.kept)
                if end.model_group is not None:
                    package = self._history.registry.add(
                        end.model_group, end.properties, run=self._run.id, step=name
                    )
                    changes["properties"] = package.properties
                self.note(name, **changes, finished_at=now(), seconds=seconds)
        except HomeError as error:
            # What nobody could write down is no success, whatever comes of the run.
            self._steps[name] = attrs.evolve(
                before, status=Status.FAILED, failure=str(error)
            )
            raise
        except BaseException:
            # Nothing of it was written down.
            self._steps[name] = before
            raise
