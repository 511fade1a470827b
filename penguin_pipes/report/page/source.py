"""What the page is made of: one run out of a home, and what was kept of it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from penguin_pipes.local.cache.results import Output
from penguin_pipes.local.finding import LATEST, existing, find_run
from penguin_pipes.local.history import History
from penguin_pipes.local.kept import Kept, kept
from penguin_pipes.local.records import Run, StepRun

if TYPE_CHECKING:
    from collections.abc import Iterator


@attrs.frozen(kw_only=True)
class Source:
    """One run, with all that its home has of it.

    Attributes:
        home: The folder that keeps it.
        run: Its record.
        kept: Its definition, and what it ran in.
        origins: Of a step that was reused, the record of the one that ran.
        outputs: Of a step, what it published, with digests; of those of old homes
            nothing.
    """

    home: Path
    run: Run
    kept: Kept = attrs.field(factory=Kept)
    origins: Mapping[str, StepRun] = attrs.field(factory=dict)
    outputs: Mapping[str, Mapping[str, Output]] = attrs.field(factory=dict)

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
    with existing(home) as database:
        run, history = find_run(database, identity), History(database)
        return Source(
            home=home,
            run=run,
            kept=kept(home, run.id),
            origins=dict(_origins(run, history)),
            outputs={step.name: history.outputs(run.id, step) for step in run.steps},
        )


def _origins(run: Run, history: History) -> Iterator[tuple[str, StepRun]]:
    """Yield the steps that ran in the place of those that were reused."""
    for step in run.steps:
        if step.reused_from is not None:
            try:
                yield step.name, history.step(step.reused_from, step.name)
            except KeyError:  # that run was taken out of the home
                continue
