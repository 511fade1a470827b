"""Log a run that is over, each of its jobs once, and tell what became of them."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

import attrs

from penguin_pipes.experiments.asking import StoreError
from penguin_pipes.experiments.jobs import jobs
from penguin_pipes.experiments.store import Store, opened
from penguin_pipes.local.finding import LATEST, existing, find_run
from penguin_pipes.local.history import History

if TYPE_CHECKING:
    from pathlib import Path

    from penguin_pipes.experiments.jobs import Job
    from penguin_pipes.local.records import StepRun

GONE = "the run that trained it was taken out of the home"
SILENT = "MLflow does not answer any more"


class State(enum.StrEnum):
    """What became of a job in MLflow."""

    LOGGED = "logged"
    KNOWN = "known"
    """It was there already: the step was reused, or the run logged before."""

    FAILED = "failed"


@attrs.frozen(kw_only=True)
class Outcome:
    """What became of the job of one step.

    Attributes:
        step: The step's name.
        state: Whether it is in MLflow.
        run_id: The id of its MLflow run, if it is.
        reused_from: The id of the run that the step was taken from, if it was.
        trials: How many training jobs a tuning step has tried.
        reason: Why it was not logged, if it was not.
    """

    step: str
    state: State
    run_id: str | None = None
    reused_from: str | None = None
    trials: int = 0
    reason: str | None = None


@attrs.frozen(kw_only=True)
class Logged:
    """What of a run is in MLflow.

    Attributes:
        run: The id of the run.
        store: Where it was logged.
        outcomes: Of each step that trains or tunes, and has come to it.
    """

    run: str
    store: Store
    outcomes: tuple[Outcome, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether nothing is missing."""
        return all(each.state is not State.FAILED for each in self.outcomes)


def log_run(
    home: Path,
    run: str = LATEST,
    *,
    uri: str | None = None,
    experiment: str | None = None,
    store: Store | None = None,
) -> Logged:
    """Log the training jobs of a run that is over; those that are there stay.

    Args:
        home: The folder that keeps the run.
        run: Its id, or ``latest``.
        uri: The address of the MLflow store, unless *store* is given.
        experiment: The experiment's name; the pipeline's by default.
        store: One that is open already.

    Raises:
        InputError: There is no such run, or no such store.
        HomeError: The home cannot be used.
    """
    with existing(home) as database:
        found, history = find_run(database, run), History(database)
        if store is None:
            store = opened(uri or "", experiment or found.pipeline)
        outcomes: list[Outcome] = []
        for step, job in jobs(found, history):
            silent = bool(outcomes) and outcomes[-1].reason == SILENT
            outcomes.append(_outcome(store, step, job, silent=silent))
        return Logged(run=found.id, store=store, outcomes=tuple(outcomes))


def _outcome(store: Store, step: StepRun, job: Job | None, *, silent: bool) -> Outcome:
    """Log one job; where MLflow has gone silent, do not wait for it again."""
    outcome = Outcome(
        step=step.name, state=State.FAILED, reused_from=step.reused_from, reason=GONE
    )
    if job is None:
        return outcome
    if silent:
        return attrs.evolve(outcome, reason=SILENT)
    try:
        known = store.find(job)
        made = known or store.log(job)
    except StoreError as error:
        return attrs.evolve(outcome, reason=str(error) if store.answers() else SILENT)
    return attrs.evolve(
        outcome,
        state=State.LOGGED if known is None else State.KNOWN,
        run_id=made,
        trials=len(job.trials),
        reason=None,
    )
