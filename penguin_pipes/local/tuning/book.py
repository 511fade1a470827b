"""The trials of one tuning step: noted as they end, taken where they can be."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from penguin_pipes.local.database import Database
from penguin_pipes.local.digests import Digests
from penguin_pipes.local.records import Trial
from penguin_pipes.local.trials import Trials

if TYPE_CHECKING:
    from collections.abc import Iterator


@attrs.frozen(kw_only=True)
class TrialBook:
    """Where a tuning step keeps its trials.

    Attributes:
        home: The folder that keeps them.
        run: The id of the run.
        pipeline: The name of the pipeline.
        step: The name of the step.
        key: What the step's result will have come of; None if no later run may take
            a trial of it.
        takes: Whether trials of earlier runs may be taken.
        is_fit: Whether a trial of an earlier run is young enough.
    """

    home: Path
    run: str
    pipeline: str
    step: str
    key: str | None
    takes: bool
    is_fit: Callable[[str, Trial], bool]

    @contextlib.contextmanager
    def opened(self) -> Iterator[OpenBook]:
        """Open the book, for the thread that runs the step.

        Raises:
            HomeError: If the home cannot be used.
        """
        # A connection of its own: one of another thread's must not be used here.
        with Database(self.home) as database:
            yield OpenBook(self, database)


class OpenBook:
    """A book that can be written in and read, in one thread.

    Raises:
        HomeError: If the home cannot be used; from every method.
    """

    def __init__(self, book: TrialBook, database: Database) -> None:
        self._book = book
        self._database = database
        self._trials = Trials(database)
        self._digests = Digests(database)

    def note(self, trial: Trial) -> None:
        """Write down how a trial stands."""
        book = self._book
        held = self._held(trial) if trial.is_finished else {}
        with self._database.transaction():
            self._trials.save(book.run, book.step, trial)
            if book.key is not None:
                self._trials.offer(
                    book.run, book.step, trial.number, key=book.key, digests=held
                )

    def earlier(self) -> Mapping[int, Trial]:
        """Return the trials that runs which were interrupted had begun, by number.

        Those that had finished, if what they left is still there, unchanged, have the
        id of their run; of the others, only what they tried is of use.
        """
        book = self._book
        found: dict[int, Trial] = {}
        if book.key is None or not book.takes:
            return found
        kept = self._trials.interrupted(book.pipeline, book.step, book.key)
        for run, trial, digests in kept:
            before = found.get(trial.number)
            if before is not None and before.taken_from is not None:
                continue
            is_whole = trial.is_finished and self._held(trial) == digests
            if is_whole and book.is_fit(run, trial):
                origin = trial.taken_from or run
                found[trial.number] = attrs.evolve(trial, taken_from=origin)
            else:
                found.setdefault(trial.number, attrs.evolve(trial, taken_from=None))
        return found

    def of_job(self, name: str) -> tuple[Trial, ...] | None:
        """Return the trials of the tuning job of this name; None if there is none."""
        return self._trials.of_job(name)

    def jobs(self) -> tuple[str, ...]:
        """Return the names of the tuning jobs that there are, the newest first."""
        return self._trials.jobs()

    def _held(self, trial: Trial) -> dict[str, str]:
        """Return the digests of what a trial has left; nothing of what is gone."""
        found = {}
        for name, path in trial.artifacts.items():
            with contextlib.suppress(OSError):
                found[name] = self._digests.of(path)
        return found
