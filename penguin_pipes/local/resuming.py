"""Go on from a run that failed or was killed: what it had done is not done again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from penguin_pipes.errors import InputError
from penguin_pipes.local.locks import is_alive
from penguin_pipes.local.records import Run, Status, StepRun

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@attrs.frozen(kw_only=True)
class Resumed:
    """The run that is gone on from.

    Attributes:
        run: Its record.
        folder: Of all runs.
    """

    run: Run
    folder: Path

    @property
    def results(self) -> dict[str, str]:
        """Which run holds the result of each step that had succeeded."""
        return {
            step.name: step.reused_from or self.run.id
            for step in self.run.steps
            if step.status is Status.SUCCEEDED
        }

    def same(self, name: str, request: Mapping[str, Any]) -> StepRun | None:
        """Return what a step came to in that run, if it asked for the same there."""
        for step in self.run.steps:
            if step.name == name and step.status is Status.SUCCEEDED:
                identity = step.reused_from or self.run.id
                file = self.folder / identity / name / "request.json"
                try:
                    is_same = json.loads(file.read_bytes()) == request
                except (OSError, ValueError):
                    return None
                found = attrs.evolve(step, reused_from=identity)
                return found if is_same else None
        return None


def to_resume(runs: Iterable[Run], *, folder: Path, pipeline: str) -> Resumed:
    """Return the last run of a pipeline.

    Args:
        runs: All of them, the newest first.
        folder: Where each has its own.
        pipeline: The pipeline's name.

    Raises:
        InputError: There is none, it has succeeded, or it goes on still.
    """
    run = next((run for run in runs if run.pipeline == pipeline), None)
    if run is None:
        msg = f"there is no run of {pipeline!r} here to resume; run it without resume"
        raise InputError(msg)
    if run.status is Status.SUCCEEDED:
        msg = (
            f"the last run of {pipeline!r}, {run.id}, has succeeded: there is nothing "
            "to resume; run it without resume"
        )
        raise InputError(msg)
    if run.status is Status.EXECUTING and is_alive(folder / run.id):
        msg = f"run {run.id} of {pipeline!r} goes on still; wait for it, or stop it"
        raise InputError(msg)
    return Resumed(run=run, folder=folder)
