"""Take old runs out of a home: their records, logs, work trees and outputs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from penguin_pipes.errors import HomeError, InputError
from penguin_pipes.local.database import FILE, Database
from penguin_pipes.local.disk import home_errors, remove
from penguin_pipes.local.history import History
from penguin_pipes.local.locks import alone
from penguin_pipes.local.records import now
from penguin_pipes.local.recovery import RUNS, recover
from penguin_pipes.local.storage import Storage, files_below

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime, timedelta

    from penguin_pipes.local.records import Run


@attrs.frozen(kw_only=True)
class Pruned:
    """What was taken out of a home.

    Attributes:
        runs: The ids of the runs that are gone.
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
    run always stays. Outputs are deleted once no record names them any more.

    Args:
        home: The folder that keeps the runs.
        older_than: Runs that started longer ago are taken out.
        max_bytes: How much the outputs, logs and work trees of all runs may take.

    Raises:
        InputError: If neither is given, or there is no such home.
        HomeError: If the home cannot be used, or a run is at work in it.
    """
    if older_than is None and max_bytes is None:
        msg = "prune: say how much is to be kept, with older_than= or max_bytes="
        raise InputError(msg)
    if not (home / FILE).is_file():
        msg = f"{home} is no home of local runs: there is no {FILE} in it"
        raise InputError(msg)
    home = home.absolute()
    with home_errors(home), Database(home) as database:
        recover(home, History(database), Storage(home / "s3", {}))
        with alone(home) as is_alone:
            if not is_alone:
                msg = f"{home}: a run is at work in this home; prune it afterwards"
                raise HomeError(msg)
            return _prune(home, database, older_than, max_bytes)


def shrink(home: Path, max_bytes: int) -> Pruned | None:
    """Take out the oldest runs until the rest is small, if nobody is at work here."""
    with home_errors(home), Database(home) as database, alone(home) as is_alone:
        return _prune(home, database, None, max_bytes) if is_alone else None


def _prune(
    home: Path, database: Database, older_than: timedelta | None, max_bytes: int | None
) -> Pruned:
    """Take out what is too old or too much, nobody being at work in the home."""
    history = History(database)
    runs, sizes = history.runs(), _Sizes(home)
    whole = sum(map(sizes.of, runs))
    since = None if older_than is None else now() - older_than
    kept = _kept(runs, sizes, since=since, max_bytes=max_bytes)
    gone = tuple(run for run in reversed(runs) if run.id not in kept)
    needed = _Needed(path for run in runs if run.id in kept for path in outputs(run))
    unrecorded = _unrecorded(home, {run.id for run in gone})
    for run in gone:
        # The record last: until it is gone, the next pruning knows what is left.
        for path in (*outputs(run), *unrecorded.get(run.id, ())):
            if not needed.has(path) and path.is_relative_to(home):
                _remove_with_parents(path, home / "s3")
        remove(home / RUNS / run.id)
        history.forget(run.id)
    _forget_digests(database)
    left = sum(map(_Sizes(home).of, history.runs()))
    return Pruned(runs=tuple(run.id for run in gone), freed=whole - left, left=left)


def _kept(
    runs: tuple[Run, ...],
    sizes: _Sizes,
    *,
    since: datetime | None,
    max_bytes: int | None,
) -> set[str]:
    """Return which runs stay: the newest ones that fit, and those they took from."""
    by_id = {run.id: run for run in runs}
    kept: set[str] = set()
    total = 0
    for run in runs:
        more = _sources(run, by_id) - kept
        size = sum(sizes.of(by_id[each]) for each in more)
        is_old = since is not None and run.started_at < since
        is_much = max_bytes is not None and total + size > max_bytes
        if kept and (is_old or is_much):
            break
        kept |= more
        total += size
    return kept


def _sources(run: Run, by_id: Mapping[str, Run]) -> set[str]:
    """Return a run and all whose results it took."""
    found = {run.id}
    for step in run.steps:
        # What is taken is always the original: there are no chains.
        if step.reused_from is not None and step.reused_from in by_id:
            found.add(step.reused_from)
    return found


def outputs(run: Run) -> Iterator[Path]:
    """Yield where the outputs of a run lie, those that it took included."""
    for step in run.steps:
        yield from step.artifacts.values()


def _unrecorded(home: Path, runs: set[str]) -> dict[str, list[Path]]:
    """Return what runs that were killed may have published without a record of it.

    The names of outputs hold the id of their run, unless a definition fixes them.
    """
    found: dict[str, list[Path]] = {}
    for path in (home / "s3").rglob("*"):
        for identity in runs.intersection(path.name.split("-")):
            found.setdefault(identity, []).append(path)
    return found


class _Needed:
    """The outputs that stay."""

    def __init__(self, paths: Iterable[Path]) -> None:
        self._paths = set(paths)
        self._around = {above for path in self._paths for above in path.parents}

    def has(self, path: Path) -> bool:
        """Return whether a path is one of them, lies in one, or has one inside."""
        return path in self._around or not self._paths.isdisjoint({path, *path.parents})


class _Sizes:
    """How many bytes runs take; what two have in common counts for the first."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._counted: set[Path] = set()
        self._runs: dict[str, int] = {}

    def of(self, run: Run) -> int:
        """Return what one run takes."""
        if run.id not in self._runs:
            own = [self._home / RUNS / run.id, *outputs(run)]
            new = [path for path in own if path not in self._counted]
            self._counted.update(new)
            self._runs[run.id] = sum(map(_size, new))
        return self._runs[run.id]


def _size(path: Path) -> int:
    """Return how many bytes a file, or all files in a folder, hold."""
    if not path.is_dir():
        return path.lstat().st_size if path.is_symlink() or path.is_file() else 0
    return sum((path / inner).lstat().st_size for inner in files_below(path))


def _remove_with_parents(path: Path, top: Path) -> None:
    """Remove a path, and every folder above that it leaves empty."""
    remove(path)
    for folder in path.parents:
        if folder == top or not folder.is_relative_to(top):
            return
        try:
            folder.rmdir()
        except OSError:
            return


def _forget_digests(database: Database) -> None:
    """Forget the digests of files that are gone."""
    for row in database.rows("SELECT path FROM digests"):
        if not Path(row["path"]).exists():
            database.write("DELETE FROM digests WHERE path = ?", row["path"])
