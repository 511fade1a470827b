"""Take old runs out of a home: their records, logs, work trees and outputs."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

import attrs

from penguin_pipes.errors import HomeError, InputError
from penguin_pipes.local.database import FILE, Database
from penguin_pipes.local.disk import home_errors, remove
from penguin_pipes.local.environments.store import FOLDER as ENVIRONMENTS
from penguin_pipes.local.environments.store import USERS
from penguin_pipes.local.history import History
from penguin_pipes.local.locks import alone
from penguin_pipes.local.records import now
from penguin_pipes.local.recovery import RUNS, recover
from penguin_pipes.local.storage import Storage, files_below

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from penguin_pipes.local.records import Run

WORDS: Final = re.compile(r"[^0-9A-Za-z]+")
"""What stands between the words of a name."""


@attrs.frozen(kw_only=True)
class Pruned:
    """What was taken out of a home.

    Attributes:
        runs: The ids of the runs that are gone, the newest first.
        freed: How many bytes of outputs, logs and work trees they had.
        left: How many bytes are left.
    """

    runs: tuple[str, ...]
    freed: int
    left: int


def prune(
    home: Path,
    *,
    older_than: timedelta | None = None,
    max_bytes: int | None = None,
) -> Pruned:
    """Take out the runs that are too old, then the oldest until the rest is small.

    A run whose results a later run took stays as long as that one does. The newest
    run always stays. Outputs are deleted once no record names them any more, and so
    are environments, into which what code asked for was installed.

    Args:
        home: The folder that keeps the runs.
        older_than: Runs that started longer ago are taken out.
        max_bytes: How much the outputs, logs and work trees of all runs may take.

    Raises:
        InputError: If neither is given, or is negative, or there is no such home.
        HomeError: If the home cannot be used, or a run is at work in it.
    """
    if older_than is None and max_bytes is None:
        msg = "prune: say how much is to be kept, with older_than= or max_bytes="
        raise InputError(msg)
    if older_than is not None and older_than < timedelta():
        msg = f"prune: older_than: expected no time or more; got {older_than}"
        raise InputError(msg)
    if max_bytes is not None and max_bytes < 0:
        msg = f"prune: max_bytes: expected 0 or more; got {max_bytes}"
        raise InputError(msg)
    home = home.absolute()
    with home_errors(home):
        is_home = (home / FILE).is_file()
    if not is_home:
        msg = f"{home} is no home of local runs: there is no {FILE} in it"
        raise InputError(msg)
    with home_errors(home), Database(home) as database:
        recover(home, History(database), Storage(home / "s3", {}))
        with alone(home) as is_alone:
            if not is_alone:
                msg = f"{home}: a run is at work in this home; prune it afterwards"
                raise HomeError(msg)
            return _prune(home, database, older_than, max_bytes)


def shrink(home: Path, max_bytes: int) -> Pruned | None:
    """Take out the oldest runs until the rest is small, if nobody is at work here."""
    if not (home / FILE).is_file():
        return None  # whoever took it away has taken out everything
    with home_errors(home), Database(home) as database, alone(home) as is_alone:
        return _prune(home, database, None, max_bytes) if is_alone else None


def _prune(
    home: Path, database: Database, older_than: timedelta | None, max_bytes: int | None
) -> Pruned:
    """Take out what is too old or too much, nobody being at work in the home."""
    history, storage = History(database), Storage(home / "s3", {})
    runs = history.runs()
    places = _places(home, runs)
    used = _environments(home)
    sizes = _sizes(home, _with(places, used))
    kept = _kept(runs, sizes, since=_since(older_than), max_bytes=max_bytes)
    needed = _Needed(path for run in kept for path in places[run])
    # The newest first: at no time is a run left without one whose results it took.
    gone = tuple(run.id for run in runs if run.id not in kept)
    last = {path: run for run in gone for path in places[run]}
    for run in gone:
        # The record last: until it is gone, the next pruning knows what is left.
        for path in places[run]:
            if last[path] == run and not needed.has(path):
                storage.discard(path)
        remove(home / RUNS / run)
        history.forget(run)
    for environment, users in used.items():
        if kept.isdisjoint(users):
            remove(environment)
    _forget_digests(database)
    stay = {run: paths for run, paths in _with(places, used).items() if run in kept}
    left = sum(_sizes(home, stay).values())
    return Pruned(runs=gone, freed=sum(sizes.values()) - left, left=left)


def _environments(home: Path) -> dict[Path, set[str]]:
    """Return the environments of a home, each with the runs that used it."""
    return {
        folder: {path.name for path in (folder / USERS).glob("*")}
        for folder in (home / ENVIRONMENTS).glob("*")
    }


def _with(
    places: Mapping[str, set[Path]], used: Mapping[Path, set[str]]
) -> dict[str, set[Path]]:
    """Return where the outputs of every run lie, and the environments it used."""
    return {
        run: paths | {folder for folder, users in used.items() if run in users}
        for run, paths in places.items()
    }


def _since(older_than: timedelta | None) -> datetime | None:
    """Return when a run must have started to be young enough."""
    try:
        return None if older_than is None else now() - older_than
    except OverflowError:
        return None  # before the calendar begins: every run is


def _kept(
    runs: tuple[Run, ...],
    sizes: Mapping[str, int],
    *,
    since: datetime | None,
    max_bytes: int | None,
) -> set[str]:
    """Return which runs stay: the newest ones that fit, and those they took from."""
    by_id = {run.id: run for run in runs}
    kept: set[str] = set()
    total = 0
    for run in runs:
        # Records can lie in the future, or out of order: clocks can be set.
        if kept and since is not None and run.started_at < since:
            continue
        more = _needed(run, by_id) - kept
        size = sum(sizes[each] for each in more)
        if kept and max_bytes is not None and total + size > max_bytes:
            break
        kept |= more
        total += size
    return kept


def _needed(run: Run, by_id: Mapping[str, Run]) -> set[str]:
    """Return a run, and those whose results or trials it took.

    What is taken is always the original; but a step that was taken can be a tuning
    step that took trials itself.
    """
    found = {run.id}
    waiting = [run]
    while waiting:
        for step in waiting.pop().steps:
            taken = {step.reused_from, *(trial.taken_from for trial in step.trials)}
            more = (taken & by_id.keys()) - found
            found |= {each for each in more if each is not None}
            waiting += [by_id[each] for each in more if each is not None]
    return found


def _outputs(run: Run) -> set[Path]:
    """Return where the outputs of a run lie, as far as there is a record of them."""
    own = {path for step in run.steps for path in step.artifacts.values()}
    trials = (trial for step in run.steps for trial in step.trials)
    return own | {path for trial in trials for path in trial.artifacts.values()}


def _places(home: Path, runs: Iterable[Run]) -> dict[str, set[Path]]:
    """Return where the outputs of every run lie, those that it took included.

    A run that was killed may have published more than there is a record of. The names
    of outputs hold the id of their run, unless a definition fixes them.
    """
    found = {run.id: _outputs(run) for run in runs}
    for path in (home / "s3").rglob("*"):
        for run in found.keys() & set(WORDS.split(path.name)):
            if found[run].isdisjoint(path.parents):
                # What lies inside goes with it.
                inside = {each for each in found[run] if path in each.parents}
                found[run] = {path, *found[run]} - inside
    return found


class _Needed:
    """The outputs that stay."""

    def __init__(self, paths: Iterable[Path]) -> None:
        self._paths = set(paths)
        self._around = {above for path in self._paths for above in path.parents}

    def has(self, path: Path) -> bool:
        """Return whether a path is one of them, lies in one, or has one inside."""
        return path in self._around or not self._paths.isdisjoint({path, *path.parents})


def _sizes(home: Path, places: Mapping[str, set[Path]]) -> dict[str, int]:
    """Return how many bytes runs take; what two have in common counts for the first."""
    everything = {path for outputs in places.values() for path in outputs}
    counted: set[Path] = set()
    found = {}
    for run, outputs in places.items():
        outer = {path for path in outputs if everything.isdisjoint(path.parents)}
        own = {home / RUNS / run, *outer} - counted
        counted |= own
        found[run] = sum(map(_size, own))
    return found


def _size(path: Path) -> int:
    """Return how many bytes a file, or all files in a folder, hold."""
    if not path.is_dir():
        return path.lstat().st_size if path.is_symlink() or path.is_file() else 0
    return sum((path / inner).lstat().st_size for inner in files_below(path))


def _forget_digests(database: Database) -> None:
    """Forget the digests of files that are gone."""
    paths = [row["path"] for row in database.rows("SELECT path FROM digests")]
    gone = [(path,) for path in paths if not Path(path).exists()]
    with database.transaction():
        database.write_all("DELETE FROM digests WHERE path = ?", gone)
