"""Run the trials of a tuning job: as many at once as may, each told what to try."""

from __future__ import annotations

import contextlib
import itertools
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
from penguin_pipes.local.tuning.ending import brought, ended, objective_of
from penguin_pipes.local.tuning.live import Ended, Heard, LiveTrial, mailbox
from penguin_pipes.local.tuning.search import Search
from penguin_pipes.local.tuning.stopping import hopeless

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from penguin_pipes.local.contract.tuning import Algorithm, TuningRequest
    from penguin_pipes.local.jobs.base import Job
    from penguin_pipes.local.tuning.book import OpenBook
    from penguin_pipes.local.tuning.live import Message, RunJob

INTERRUPTED: Final = "the run was interrupted"
LOOK_S: Final = 0.2
"""How often to see whether the whole run is asked to end."""

LEARNT: Final = (3, 10)
"""Between how many and how many trials ``Bayesian`` draws by lot: a quarter of all."""


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
        self._warned: set[str] = set()
        self._over: str | None = None
        self._searches = searches(asked, parents)
        self._turns = enumerate(self._order(), start=1)
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

    @property
    def over(self) -> str | None:
        """Why the search was over before its last trial, if it was."""
        return self._over

    def _order(self) -> Iterator[int]:
        """Yield whose turn it is: the definitions in turn, while they have trials."""
        turns = take_turns([each.size for each in self._searches])
        return itertools.islice(turns, self._asked.max_jobs)

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
        name = trial_name(self._job.name, number)
        folder = self._job.folder / "trials" / f"{number:03d}"
        live = LiveTrial(
            trial=Trial(
                number=number,
                definition=algorithm.name,
                job_name=name,
                hyperparameters=proposal.values,
                metric=algorithm.metric,
                maximize=algorithm.maximize,
                status=Status.EXECUTING,
                started_at=now(),
                log=folder / "log.txt",
            ),
            algorithm=algorithm,
            proposal=proposal,
            job=attrs.evolve(self._job, name=name, folder=folder, trials=None),
            began=time.perf_counter(),
        )
        if earlier is not None and earlier.taken_from is not None:
            self._replay(live, earlier)
            return
        self._book.note(live.trial)
        self._job.announce(TrialStarted(self._job.step, live.trial))
        self._live[number] = live
        live.start(self._run, self._box)

    def _replay(self, live: LiveTrial, earlier: Trial) -> None:
        """Take a trial that an interrupted run had finished."""
        for value in objective_of(earlier.series, live.algorithm):
            live.proposal.report(value)
        self._close(live, brought(earlier, live.algorithm, self._job.storage))

    def _take_next(self) -> None:
        """Wait for the next thing that happens, and see to it."""
        outer = self._job.stop
        if outer is not None and outer.is_asked:
            raise KeyboardInterrupt
        left = self._until - time.monotonic()
        if left <= 0 and self._over is None:
            seconds = self._asked.completion.max_runtime_s
            self._end(f"MaxRuntimeInSeconds, {seconds} s, was over")
        wait = left if outer is None and left > 0 else LOOK_S
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
        del self._live[message.number]
        live.stop.close()
        if message.error is not None:
            self._note_lost(live, str(message.error))
            raise message.error
        assert message.result is not None  # noqa: S101  # it is one or the other
        self._close(live, ended(live, message.result))

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
            others = [
                objective_of(trial.series, live.algorithm)
                for trial in self._trials
                if trial.status is Status.SUCCEEDED
            ]
            why = hopeless(live.series, others, maximize=self._asked.maximize)
            if why is not None:
                self._stop(live, why)

    def _stop(self, live: LiveTrial, why: str) -> None:
        """Ask a trial to end."""
        live.trial = attrs.evolve(live.trial, stopped_by=why)
        live.stop.ask()

    def _end(self, why: str) -> None:
        """Let the search be over, with all that runs."""
        self._over = why
        for live in self._live.values():
            if live.trial.stopped_by is None:
                self._stop(live, why)

    def _close(self, live: LiveTrial, trial: Trial) -> None:
        """Take note of how a trial ended."""
        self._book.note(trial)
        self._trials.append(trial)
        if trial.status is Status.SUCCEEDED and trial.objective is not None:
            live.proposal.complete(trial.objective)
        elif trial.is_finished:
            live.proposal.stop()
        else:
            live.proposal.fail()
        self._job.announce(TrialFinished(self._job.step, trial))
        if self._over is None:
            objectives = [each.objective for each in self._trials if each.is_ranked]
            known = [value for value in objectives if value is not None]
            why = self._asked.completion.reached(known)
            if why is not None:
                self._end(why)

    def _abandon(self) -> None:
        """Stop everything that runs, and wait for it."""
        for live in self._live.values():
            live.stop.ask(urgent=True)
        while self._live:
            message = self._box.get()
            if isinstance(message, Ended):
                live = self._live.pop(message.number)
                live.stop.close()
                self._note_lost(live, INTERRUPTED)

    def _note_lost(self, live: LiveTrial, why: str) -> None:
        """Take note that a trial came to no end, if that can be written down."""
        trial = attrs.evolve(
            live.trial,
            status=Status.STOPPED,
            stopped_by=None,
            failure=why,
            finished_at=now(),
            seconds=time.perf_counter() - live.began,
        )
        with contextlib.suppress(Exception):
            self._book.note(trial)
        self._job.announce(TrialFinished(self._job.step, trial))


def searches(asked: TuningRequest, parents: Sequence[Trial]) -> list[Search]:
    """Return a search for every training job definition, each with its own ranges."""
    found = [_search(asked, each, index) for index, each in enumerate(asked.algorithms)]
    for trial in parents:
        if trial.is_ranked and trial.objective is not None:
            found[0].learn(trial.hyperparameters, trial.objective)
    return found


def _search(asked: TuningRequest, algorithm: Algorithm, index: int) -> Search:
    """Return the search of one training job definition."""
    least, most = LEARNT
    share = most if asked.max_jobs is None else asked.max_jobs // 4
    return Search(
        algorithm.ranges,
        strategy=asked.strategy,
        maximize=algorithm.maximize,
        seed=asked.seed + index,
        startup=min(most, max(least, share)),
        resources=asked.resources,
    )


def take_turns(sizes: Sequence[int | None]) -> Iterator[int]:
    """Yield indices in turn, each as often as its size says; None is for ever."""
    for turn in itertools.count():
        left = [i for i, size in enumerate(sizes) if size is None or turn < size]
        if not left:
            return
        yield from left
