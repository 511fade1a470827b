"""Keep the records of runs in SQLite, at every change of state.

The database is ``runs.sqlite`` in the home folder. Paths below the home are kept
relative to it, so that a home can be moved.
"""

from __future__ import annotations

import contextlib
import json
import math
import sqlite3
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Self

from penguin_pipes.errors import HomeError
from penguin_pipes.local.records import MetricPoint, Run, Status, StepRun
from penguin_pipes.local.schema import SCHEMA, VERSION

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

FILE: Final = "runs.sqlite"
BUSY_S: Final = 30.0
"""How long to wait for another run that writes into the same home."""


class History:
    """The records of all runs in one home.

    Args:
        home: The folder; it is made if it is missing.

    Raises:
        HomeError: If it cannot be used; also from every method.
    """

    def __init__(self, home: Path) -> None:
        self._home = home.absolute()
        self._path = self._home / FILE
        with self._translated():
            self._home.mkdir(parents=True, exist_ok=True)
            self._database = sqlite3.connect(
                self._path, timeout=BUSY_S, isolation_level=None
            )
            self._database.row_factory = sqlite3.Row
            try:
                self._prepare()
            except BaseException:
                self._database.close()
                raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the database."""
        self._database.close()

    def _prepare(self) -> None:
        """Set the database up, or see that it is one of ours."""
        self._database.execute("PRAGMA foreign_keys = ON")
        self._database.execute("PRAGMA journal_mode = WAL")
        with self._transaction():
            (found,) = self._database.execute("PRAGMA user_version").fetchone()
            if found == 0:
                for statement in SCHEMA.split(";"):
                    self._database.execute(statement)
                self._database.execute(f"PRAGMA user_version = {VERSION}")
        if found > VERSION:
            msg = (
                f"{self._path} was written by a newer penguin_pipes (layout {found}, "
                f"this one knows {VERSION}); upgrade it, or choose another home"
            )
            raise HomeError(msg)

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        """Translate what the disk or the database refuses."""
        try:
            yield
        except (OSError, sqlite3.Error) as error:
            msg = (
                f"{self._path} cannot be used: {error}; free or unlock it, or choose "
                "another folder with home= (--home)"
            )
            raise HomeError(msg) from error

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        """Do all of what follows, or nothing."""
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._database.execute("ROLLBACK")
            raise
        self._database.execute("COMMIT")

    def save(self, run: Run) -> None:
        """Write a run and all its steps as they are now."""
        with self._translated(), self._transaction():
            self._database.execute(
                "INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE "
                "SET status = excluded.status, finished_at = excluded.finished_at",
                (
                    run.id,
                    run.pipeline,
                    run.status,
                    run.started_at.isoformat(),
                    _text(run.finished_at),
                    json.dumps(dict(run.parameters)),
                ),
            )
            for position, step in enumerate(run.steps):
                self._save_step(run.id, position, step)

    def save_step(self, run: Run, name: str) -> None:
        """Write one step of *run* as it is now."""
        names = [step.name for step in run.steps]
        with self._translated(), self._transaction():
            self._save_step(run.id, names.index(name), run.step(name))

    def _save_step(self, run: str, position: int, step: StepRun) -> None:
        """Write one step, its metrics and its artifacts."""
        self._database.execute(
            "INSERT INTO steps VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
            "ON CONFLICT (run, name) DO UPDATE SET status = excluded.status, "
            "started_at = excluded.started_at, finished_at = excluded.finished_at, "
            "seconds = excluded.seconds, exit_code = excluded.exit_code, "
            "failure = excluded.failure",
            (
                run,
                step.name,
                position,
                step.type,
                step.job_name,
                self._relative(step.log),
                step.status,
                _text(step.started_at),
                _text(step.finished_at),
                step.seconds,
                step.exit_code,
                step.failure,
            ),
        )
        self._database.executemany(
            "INSERT OR REPLACE INTO metrics VALUES (?, ?, ?, ?, ?, ?)",
            _metric_rows(run, step),
        )
        self._database.executemany(
            "INSERT OR REPLACE INTO artifacts VALUES (?, ?, ?, ?)",
            [
                (run, step.name, name, self._relative(path))
                for name, path in step.artifacts.items()
            ],
        )

    def runs(self) -> tuple[Run, ...]:
        """Return every run, the newest first."""
        with self._translated():
            rows = self._database.execute(
                "SELECT * FROM runs ORDER BY started_at DESC, rowid DESC"
            ).fetchall()
            return tuple(self._run(row) for row in rows)

    def run(self, identity: str) -> Run:
        """Return the run with this id.

        Raises:
            KeyError: If there is none.
        """
        with self._translated():
            row = self._database.execute(
                "SELECT * FROM runs WHERE id = ?", (identity,)
            ).fetchone()
            if row is not None:
                return self._run(row)
        msg = f"there is no run {identity!r} in {self._home}"
        raise KeyError(msg)

    def _run(self, row: sqlite3.Row) -> Run:
        """Return one run with its steps."""
        steps = self._rows(
            "SELECT * FROM steps WHERE run = ? ORDER BY position", row["id"]
        )
        return Run(
            id=row["id"],
            pipeline=row["pipeline"],
            status=Status(row["status"]),
            started_at=datetime.fromisoformat(row["started_at"]),
            finished_at=_moment(row["finished_at"]),
            parameters=json.loads(row["parameters"]),
            steps=tuple(self._step(step) for step in steps),
        )

    def _step(self, row: sqlite3.Row) -> StepRun:
        """Return one step with its metrics and artifacts."""
        key = (row["run"], row["name"])
        points = self._rows(
            "SELECT * FROM metrics WHERE run = ? AND step = ? ORDER BY name, position",
            *key,
        )
        artifacts = self._rows(
            "SELECT * FROM artifacts WHERE run = ? AND step = ?", *key
        )
        return StepRun(
            name=row["name"],
            type=row["type"],
            job_name=row["job_name"],
            log=self._home / row["log"],
            status=Status(row["status"]),
            started_at=_moment(row["started_at"]),
            finished_at=_moment(row["finished_at"]),
            seconds=row["seconds"],
            exit_code=row["exit_code"],
            failure=row["failure"],
            series=_series(points),
            artifacts={each["name"]: self._home / each["path"] for each in artifacts},
        )

    def _rows(self, query: str, *values: str) -> list[sqlite3.Row]:
        """Return what a query finds."""
        return self._database.execute(query, values).fetchall()

    def _relative(self, path: Path) -> str:
        """Return a path as it is kept: relative to the home if it is in there."""
        absolute = path.absolute()
        if absolute.is_relative_to(self._home):
            return str(absolute.relative_to(self._home))
        return str(absolute)


def _text(at: datetime | None) -> str | None:
    """Return a moment as it is kept."""
    return None if at is None else at.isoformat()


def _moment(text: str | None) -> datetime | None:
    """Return a kept moment."""
    return None if text is None else datetime.fromisoformat(text)


def _metric_rows(run: str, step: StepRun) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a step's metrics; SQLite has NULL for not-a-number."""
    for name, points in step.series.items():
        for position, point in enumerate(points):
            value = None if math.isnan(point.value) else point.value
            yield run, step.name, name, position, point.at.isoformat(), value


def _series(rows: Iterable[sqlite3.Row]) -> dict[str, tuple[MetricPoint, ...]]:
    """Return the metrics in *rows*."""
    found: dict[str, list[MetricPoint]] = {}
    for row in rows:
        value = math.nan if row["value"] is None else row["value"]
        at = datetime.fromisoformat(row["at"])
        found.setdefault(row["name"], []).append(MetricPoint(at=at, value=value))
    return {name: tuple(points) for name, points in found.items()}
