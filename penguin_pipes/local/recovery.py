"""Put a home in order after runs that were killed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from penguin_pipes.local.disk import remove
from penguin_pipes.local.locks import RUN, alone, is_alive

if TYPE_CHECKING:
    from pathlib import Path

    from penguin_pipes.local.history import History
    from penguin_pipes.local.storage import Storage

RUNS = "runs"
"""The folder in a home that has a folder for every run."""


def recover(home: Path, history: History, storage: Storage) -> None:
    """Write down the end of runs that did not live to do so, and clear up after them.

    What such a run had finished is kept; of what it was about to publish, nothing is.
    """
    for identity in history.unfinished():
        if not is_alive(home / RUNS / identity):
            history.end_killed(identity)
    with alone(home) as is_alone:
        if is_alone:
            storage.sweep()
            _remove_stillborn(home / RUNS, frozenset(history.ids()))


def _remove_stillborn(runs: Path, known: frozenset[str]) -> None:
    """Remove the folders of runs that were killed before anything was noted of them."""
    if not runs.is_dir():
        return
    with os.scandir(runs) as entries:
        # Nearly all are known, and need no look inside.
        strange = [each for each in entries if each.name not in known]
    for folder in (runs / each.name for each in strange if each.is_dir()):
        if all(path.name == RUN for path in folder.iterdir()):
            remove(folder)
