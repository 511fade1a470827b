"""What a watcher is told while a run goes on."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import TypeAlias

import attrs

from penguin_pipes.definition import Problem
from penguin_pipes.local.records import MetricPoint, Run, StepRun, Trial

LOGGER = logging.getLogger(__name__)


@attrs.frozen
class RunStarted:
    """Everything was checked, and the first step is about to start.

    Attributes:
        run: Its record so far.
    """

    run: Run


@attrs.frozen
class DefinitionWarned:
    """The definition runs, but would cost more, or mean something else, than seems.

    Attributes:
        problem: What, where, and the way out.
    """

    problem: Problem


@attrs.frozen
class StepStarted:
    """A step's job is about to start.

    Attributes:
        step: Its record so far.
    """

    step: StepRun


@attrs.frozen
class StepLine:
    """A job printed a line.

    Attributes:
        step: The step's name.
        line: The line, without its end.
    """

    step: str
    line: str


@attrs.frozen
class MetricSeen:
    """A line of a job's log held a value of a metric.

    Attributes:
        step: The step's name.
        name: The metric's name.
        point: The value, and when it was read.
    """

    step: str
    name: str
    point: MetricPoint


@attrs.frozen
class StepWarned:
    """Something runs here that would not run, or not so, in a container.

    Attributes:
        step: The step's name.
        text: What, and why.
    """

    step: str
    text: str


@attrs.frozen
class TrialStarted:
    """A training job of a tuning step is about to start.

    Attributes:
        step: The tuning step's name.
        trial: Its record so far.
    """

    step: str
    trial: Trial


@attrs.frozen
class TrialLine:
    """A training job of a tuning step printed a line.

    Attributes:
        step: The tuning step's name.
        number: The trial's number, from 1.
        line: The line, without its end.
    """

    step: str
    number: int
    line: str


@attrs.frozen
class TrialMetric:
    """A line of a trial's log held a value of a metric.

    Attributes:
        step: The tuning step's name.
        number: The trial's number, from 1.
        name: The metric's name.
        point: The value, and when it was read.
    """

    step: str
    number: int
    name: str
    point: MetricPoint


@attrs.frozen
class TrialFinished:
    """A trial ended, well or not, or was taken from a run that was interrupted.

    Attributes:
        step: The tuning step's name.
        trial: Its record.
    """

    step: str
    trial: Trial


@attrs.frozen
class StepFinished:
    """A step ended, well or not.

    Attributes:
        step: Its record.
    """

    step: StepRun


@attrs.frozen
class RunFinished:
    """The run ended, well or not; always the last event.

    Attributes:
        run: Its record.
    """

    run: Run


Event: TypeAlias = (
    RunStarted
    | DefinitionWarned
    | StepStarted
    | StepLine
    | StepWarned
    | MetricSeen
    | TrialStarted
    | TrialLine
    | TrialMetric
    | TrialFinished
    | StepFinished
    | RunFinished
)
Watcher: TypeAlias = Callable[[Event], None]


class Announcer:
    """Tell a watcher what happens, one thing at a time, and survive it.

    A watcher only looks on: if it raises, the error is logged, it is told nothing
    more, and the run goes on.
    """

    def __init__(self, watch: Watcher | None) -> None:
        self._watch = watch
        self._lock = threading.RLock()

    def __call__(self, event: Event) -> None:
        """Tell the watcher, if there still is one."""
        with self._lock:
            if self._watch is None:
                return
            try:
                self._watch(event)
            except Exception:
                self._watch = None
                LOGGER.exception("The run's watcher failed and is not called any more")
