"""Run the trials of a tuning job: as many at once as may, each told what to try."""

from __future__ import annotations

import contextlib
import math
import queue
import time
from typing import TYPE_CHECKING, Final

import attrs

from penguin_pipes.local.contract.tuning import trial_name
from penguin_pipes.local.events import (
    MetricSeen,
    StepLine,
    StepWarned,
    TrialFinished,
    TrialLine,
    TrialMetric,
    TrialStarted,
)
from penguin_pipes.local.records import Status, Trial, now
from penguin_pipes.local.tuning.ending import brought, ended, lost, objective_of
from penguin_pipes.local.tuning.live import Ended, Heard, LiveTrial, mailbox
from penguin_pipes.local.tuning.searches import searches, turns
from penguin_pipes.local.tuning.stopping import Medians, hopeless

if TYPE_CHECKING:
    from collections.abc import Sequence

    from penguin_pipes.local.contract.tuning import Algorithm, TuningRequest
    from penguin_pipes.local.jobs.base import Job, JobResult
    from penguin_pipes.local.tuning.book import OpenBook
    from penguin_pipes.local.tuning.live import Message, RunJob
    from penguin_pipes.local.tuning.search import Proposal

INTERRUPTED: Final = "the run was interrupted"
LOOK_S: Final = 0.2
"""How often to see whether the whole run is asked to end."""


class Conductor:
    """A tuning job while it goes on. Everything but the trials' jobs is one thread's.

    Args:
        asked: What is asked for.
        job: The tuning job.
        book: Where its trials are noted.
        run: Runs one training job.
        parents: The trials of the tuning jobs that it learns from.
    """

    def __init__(
        self,
        asked: TuningRequest,
        job: Job,
        book: OpenBook,
        *,
        run: RunJob,
        parents: Sequence[Trial] = (),
    ) -> None:
        self._asked = asked
        self._job = job
        self._book = book
        self._run = run
        self._earlier = book.earlier()
        self._box: queue.Queue[Message] = mailbox()
        self._live: dict[int, LiveTrial] = {}
        self._trials: list[Trial] = []
        self._objectives: list[float] = []
        self._medians = {each.metric: Medians() for each in asked.algorithms}
        self._warned: set[str] = set()
        self._over: str | None = None
        self._searches = searches(asked, parents)
        self._turns = enumerate(turns(asked, self._searches), start=1)
        self._until = time.monotonic() + (asked.completion.max_runtime_s or math.inf)

    def conduct(self) -> tuple[Trial, ...]:
        """Run the trials; return them in the order in which they ended."""
        try:
            self._launch()
            while self._live:
                self._take_next()
                self._launch()
        except BaseException:
            self._abandon()
            raise
        return tuple(self._trials)

    def _launch(self) -> None:
        """Start trials until as many run as may, or there are no more."""
        width = min(self._asked.max_parallel_jobs, self._job.slots.limit)
        while self._over is None and len(self._live) < width:
            turn = next(self._turns, None)
            if turn is None:
                return
            self._begin(*turn)

    def _begin(self, number: int, index: int) -> None:
        """Start one trial, or take it from a run that was interrupted."""
        algorithm, earlier = self._asked.algorithms[index], self._earlier.get(number)
        values = None if earlier is None else earlier.hyperparameters
        proposal = self._searches[index].ask(values)
        if earlier is not None and earlier.taken_from is not None:
            for value in objective_of(earlier.series, algorithm):
                proposal.report(value)
            self._close(proposal, brought(earlier, algorithm, self._job.storage))
            return
        live = self._new(number, algorithm, proposal)
        # Known before anything else: an interrupt may come at any time.
        self._live[number] = live
        self._book.note(live.trial)
        self._job.announce(TrialStarted(self._job.step, live.trial))
        live.start(self._run, self._box)

    def _new(self, number: int, algorithm: Algorithm, proposal: Proposal) -> LiveTrial:
        """Return a trial that is about to start."""
        name = trial_name(self._job.name, number)
        folder = self._job.folder / "trials" / f"{number:03d}"
        trial = Trial(
            number=number,
            definition=algorithm.name,
            job_name=name,
            hyperparameters=proposal.values,
            metric=algorithm.metric,
            maximize=algorithm.maximize,
            status=Status.EXECUTING,
            started_at=now(),
            log=folder / "log.txt",
        )
        job = attrs.evolve(self._job, name=name, folder=folder, trials=None)
        return LiveTrial(trial=trial, algorithm=algorithm, proposal=proposal, job=job)

    def _take_next(self) -> None:
        """Wait for the next thing that happens, and see to it."""
        self._job.refuse_if_over()
        left = self._until - time.monotonic()
        if left <= 0 and self._over is None:
            seconds = self._asked.completion.max_runtime_s
            self._end(f"MaxRuntimeInSeconds, {seconds} s, was over")
        wait = left if self._job.stop is None and left > 0 else LOOK_S
        try:
            message = self._box.get(timeout=None if math.isinf(wait) else wait)
        except queue.Empty:
            return
        self._see_to(message)

    def _see_to(self, message: Message) -> None:
        """See to one thing that happened."""
        live = self._live[message.number]
        if isinstance(message, Heard):
            self._hear(live, message)
            return
        if message.error is not None:
            live.failure = str(message.error)
            raise message.error
        assert message.result is not None  # noqa: S101  # it is one or the other
        self._close(live.proposal, ended(live, message.result))
        self._forget(live)

    def _forget(self, live: LiveTrial) -> None:
        """Let go of a trial that has ended."""
        del self._live[live.trial.number]
        live.stop.close()

    def _hear(self, live: LiveTrial, message: Heard) -> None:
        """Take note of what a trial's job announces, and tell it."""
        step, number = self._job.step, live.trial.number
        match message.event:
            case StepLine(_, line):
                self._job.announce(TrialLine(step, number, line))
            case MetricSeen(_, name, point):
                self._job.announce(TrialMetric(step, number, name, point))
                if name == live.algorithm.metric:
                    self._judge(live, point.value)
            case StepWarned(_, text) if text not in self._warned:
                self._warned.add(text)
                self._job.announce(StepWarned(step, f"trial {number}: {text}"))

    def _judge(self, live: LiveTrial, value: float) -> None:
        """Take the next value of a trial's objective; stop the trial if that is it."""
        live.series.append(value)
        gives_up = live.proposal.report(value)
        count = len(live.series)
        if live.trial.stopped_by is not None:
            return
        if self._asked.strategy == "Hyperband":
            least, most = self._asked.resources
            if count > most:
                self._stop(live, f"Hyperband: it went past MaxResource, {most}")
            elif gives_up and count >= least:
                self._stop(live, f"Hyperband: not in the best third at epoch {count}")
        elif self._asked.stops_early:
            medians = self._medians[live.algorithm.metric]
            why = hopeless(live.series, medians, maximize=self._asked.maximize)
            if why is not None:
                self._stop(live, why)

    def _stop(self, live: LiveTrial, why: str) -> None:
        """Ask a trial to end."""
        live.trial = attrs.evolve(live.trial, stopped_by=why)
        live.stop.ask()

    def _end(self, why: str) -> None:
        """Let the search be over, with all that runs."""
        self._over = why
        self._say(f"the search is over: {why}")
        for live in self._live.values():
            if live.trial.stopped_by is None:
                self._stop(live, why)

    def _say(self, text: str) -> None:
        """Tell something of the whole search, and write it into the step's log."""
        with (self._job.folder / "log.txt").open("a", encoding="utf-8") as log:
            log.write(f"{text}\n")
        self._job.announce(StepLine(self._job.step, text))

    def _close(self, proposal: Proposal, trial: Trial) -> None:
        """Take note of how a trial ended."""
        self._book.note(trial)
        self._trials.append(trial)
        self._learn(trial)
        if trial.status is Status.SUCCEEDED and trial.objective is not None:
            proposal.complete(trial.objective)
        elif trial.is_finished:
            proposal.stop()
        else:
            proposal.fail()
        self._job.announce(TrialFinished(self._job.step, trial))
        if self._over is None:
            why = self._asked.completion.reached(self._objectives)
            if why is not None:
                self._end(why)

    def _learn(self, trial: Trial) -> None:
        """Take note of what a trial came to, for those that decide about others."""
        if trial.is_ranked and trial.objective is not None:
            self._objectives.append(trial.objective)
        if self._asked.stops_early and trial.status is Status.SUCCEEDED:
            for metric, medians in self._medians.items():
                points = trial.series.get(metric, ())
                medians.add([point.value for point in points])

    def _abandon(self) -> None:
        """Stop everything that runs, and wait for it; what has ended is kept."""
        for live in self._live.values():
            live.stop.ask(urgent=True)
        results: dict[int, JobResult | None] = {}
        outer = self._job.stop
        while self._is_busy() or not self._box.empty():
            if outer is not None and outer.is_forced:
                for live in self._live.values():
                    live.stop.ask(forced=True)
            with contextlib.suppress(queue.Empty):
                message = self._box.get(timeout=LOOK_S)
                if isinstance(message, Ended):
                    results[message.number] = message.result
        for live in list(self._live.values()):
            self._note_end(live, results.get(live.trial.number))
            self._forget(live)

    def _is_busy(self) -> bool:
        """Return whether any trial's job may still be at work."""
        return any(live.is_running for live in self._live.values())

    def _note_end(self, live: LiveTrial, result: JobResult | None) -> None:
        """Take note of how a trial ended that was stopped with all, or just before."""
        if result is not None and not result.stopped:
            trial = ended(live, result)
        else:
            trial = lost(live, live.failure or INTERRUPTED)
        # The error that is on its way says more than one that comes of it.
        with contextlib.suppress(Exception):
            self._book.note(trial)
        self._job.announce(TrialFinished(self._job.step, trial))
