"""What the page is made of: one run out of a home, and what was kept of it."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

import attrs

from penguin_pipes.errors import InputError
from penguin_pipes.local.cache import Result, Results
from penguin_pipes.local.database import FILE, Database
from penguin_pipes.local.history import History
from penguin_pipes.local.kept import Kept, kept
from penguin_pipes.local.records import Run, StepRun

if TYPE_CHECKING:
    from collections.abc import Iterator

LATEST: Final = "latest"
NAMED: Final = 5
"""How many runs an error names."""


@attrs.frozen(kw_only=True)
class Source:
    """One run, with all that its home has of it.

    Attributes:
        home: The folder that keeps it.
        run: Its record.
        kept: Its definition, and what it ran in.
        origins: Of a step that was reused, the record of the one that ran.
        results: Of a step, what it published, with digests; not of those of old homes.
    """

    home: Path
    run: Run
    kept: Kept = attrs.field(factory=Kept)
    origins: Mapping[str, StepRun] = attrs.field(factory=dict)
    results: Mapping[str, Result] = attrs.field(factory=dict)

    def worked(self, step: StepRun) -> StepRun:
        """Return the record of the step that ran, which may be an earlier run's."""
        return self.origins.get(step.name, step)

    def near(self, path: Path) -> str:
        """Return a path as seen from the home, if it is in there."""
        home = self.home.absolute()
        inside = path.is_relative_to(home)
        return path.relative_to(home).as_posix() if inside else str(path)


def read(home: Path, identity: str = LATEST) -> Source:
    """Return the run of this id.

    Args:
        home: The folder that keeps it.
        identity: Its id, or ``latest``.

    Raises:
        InputError: If there is none.
        HomeError: If the home cannot be used.
    """
    # Opening a database makes one.
    if not (home / FILE).is_file():
        msg = f"there are no runs in {home}; run a pipeline, or name its --home"
        raise InputError(msg)
    with Database(home) as database:
        history, results = History(database), Results(database)
        run = history.run(_known(identity, history, home))
        return Source(
            home=home,
            run=run,
            kept=kept(home, run.id),
            origins=dict(_origins(run, history)),
            results=dict(_results(run, results)),
        )


def _known(identity: str, history: History, home: Path) -> str:
    """Return the id that is meant, if there is a run of that id."""
    ids = [each.id for each in history.runs()]
    if identity == LATEST and ids:
        return ids[0]
    if identity in ids:
        return identity
    near = difflib.get_close_matches(identity, ids, n=1)
    newest = ", ".join(ids[:NAMED]) or "none"
    hint = f"did you mean {near[0]!r}?" if near else f"the newest are: {newest}"
    msg = f"there is no run {identity!r} in {home}; {hint}"
    raise InputError(msg)


def _origins(run: Run, history: History) -> Iterator[tuple[str, StepRun]]:
    """Yield the steps that ran in the place of those that were reused."""
    for step in run.steps:
        if step.reused_from is not None:
            try:
                yield step.name, history.step(step.reused_from, step.name)
            except KeyError:  # that run was taken out of the home
                continue


def _results(run: Run, results: Results) -> Iterator[tuple[str, Result]]:
    """Yield what the steps published."""
    for step in run.steps:
        found = results.of_step(step.reused_from or run.id, step.name)
        if found is not None:
            yield step.name, found
