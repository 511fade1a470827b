"""Keep the records of runs in SQLite, at every change of state.

The database is ``runs.sqlite`` in the home folder. Paths below the home are kept
relative to it, so that a home can be moved.
"""

from __future__ import annotations

import json
import math
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

from penguin_pipes.local.cache.results import Results
from penguin_pipes.local.database import Database
from penguin_pipes.local.records import MetricPoint, Run, Status, StepRun
from penguin_pipes.local.registry import Registry
from penguin_pipes.local.trials import Trials

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

    from penguin_pipes.local.cache.results import Output

T = TypeVar("T")

KILLED: Final = "the run was killed"


class History:
    """The records of all runs in one home.

    Args:
        home: The folder, which is made if it is missing, or its opened database.

    Attributes:
        registry: The models that were registered.
        trials: Those of the tuning steps.

    Raises:
        HomeError: If it cannot be used; also from every method.
    """

    def __init__(self, home: Path | Database) -> None:
        self._database = home if isinstance(home, Database) else Database(home)
        self.registry = Registry(self._database)
        self.trials = Trials(self._database)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the database."""
        self._database.close()

    def save(self, run: Run) -> None:
        """Write *run* and all its steps as they are now."""
        with self._database.transaction():
            self._database.write(
                "INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?, ?) "
                "ON CONFLICT (id) DO UPDATE SET status = excluded.status, "
                "finished_at = excluded.finished_at",
                run.id,
                run.pipeline,
                run.status,
                run.started_at.isoformat(),
                _text(run.finished_at),
                json.dumps(dict(run.parameters)),
                None if run.selected is None else json.dumps(run.selected),
            )
            for position, step in enumerate(run.steps):
                self._save_step(run.id, position, step)

    def save_step(self, run: Run, name: str) -> None:
        """Write the step *name* of *run* as it is now."""
        names = [step.name for step in run.steps]
        with self._database.transaction():
            self._save_step(run.id, names.index(name), run.step(name))

    def _save_step(self, run: str, position: int, step: StepRun) -> None:
        """Write one step, its metrics and its artifacts."""
        columns = self._columns(run, position, step)
        self._database.write(
            f"INSERT INTO steps ({', '.join(columns)}) "  # noqa: S608  # our own names
            f"VALUES ({', '.join('?' * len(columns))}) ON CONFLICT (run, name) "
            f"DO UPDATE SET {', '.join(f'{c} = excluded.{c}' for c in columns)}",
            *columns.values(),
        )
        self._database.write_all(
            "INSERT OR REPLACE INTO metrics VALUES (?, ?, ?, ?, ?, ?)",
            _metric_rows(run, step),
        )
        self._database.write_all(
            "INSERT OR REPLACE INTO artifacts VALUES (?, ?, ?, ?)",
            [
                (run, step.name, name, self._database.kept(path))
                for name, path in step.artifacts.items()
            ],
        )
        for trial in step.trials:
            self.trials.save(run, step.name, trial)

    def _columns(self, run: str, position: int, step: StepRun) -> dict[str, Any]:
        """Return one step as it is kept."""
        return {
            "run": run,
            "name": step.name,
            "position": position,
            "type": step.type,
            "job_name": step.job_name,
            "log": self._database.kept(step.log),
            "status": step.status,
            "started_at": _text(step.started_at),
            "finished_at": _text(step.finished_at),
            "seconds": step.seconds,
            "exit_code": step.exit_code,
            "failure": step.failure,
            "reused_from": step.reused_from,
            "reasons": json.dumps(step.reasons),
            "attempts": step.attempts,
            "properties": json.dumps(dict(step.properties)),
            # The order of metrics and artifacts, which tables do not keep.
            "names": json.dumps([*step.series, *step.artifacts]),
        }

    def runs(self) -> tuple[Run, ...]:
        """Return every run, the newest first."""
        # In the order in which they were written down: clocks can be set back.
        rows = self._database.rows("SELECT * FROM runs ORDER BY rowid DESC")
        return tuple(self._run(row) for row in rows)

    def together(self) -> AbstractContextManager[None]:
        """Write down all of what follows at once, or nothing of it."""
        return self._database.transaction()

    def ids(self) -> tuple[str, ...]:
        """Return the id of every run."""
        return tuple(row["id"] for row in self._database.rows("SELECT id FROM runs"))

    def unfinished(self) -> tuple[str, ...]:
        """Return the ids of the runs whose end nobody has written down."""
        query = "SELECT id FROM runs WHERE status = ?"
        return tuple(row["id"] for row in self._database.rows(query, Status.EXECUTING))

    def end_killed(self, identity: str) -> None:
        """Write down that the run *identity* was killed, and so was what it was doing.

        Nothing changes if it has written down its own end in the meantime.
        """
        with self._database.transaction():
            self._database.write(
                "UPDATE runs SET status = ? WHERE id = ? AND status = ?",
                *(Status.STOPPED, identity, Status.EXECUTING),
            )
            self._database.write(
                "UPDATE steps SET status = ?, failure = ? WHERE run = ? AND status = ?",
                *(Status.STOPPED, KILLED, identity, Status.EXECUTING),
            )
            self.trials.end_killed(identity, KILLED)

    def forget(self, identity: str) -> None:
        """Delete the record of the run *identity*, and its results for others."""
        with self.together():
            self._database.write("DELETE FROM runs WHERE id = ?", identity)
            self._database.write(
                "DELETE FROM surroundings WHERE digest NOT IN "
                "(SELECT surroundings FROM results)"
            )

    def run(self, identity: str) -> Run:
        """Return the run with the id *identity*.

        Raises:
            KeyError: If there is none.
        """
        for row in self._database.rows("SELECT * FROM runs WHERE id = ?", identity):
            return self._run(row)
        msg = f"there is no run {identity!r} in {self._database.home}"
        raise KeyError(msg)

    def outputs(self, run: str, step: StepRun) -> Mapping[str, Output]:
        """Return the outputs of a step with the digests they had when they were made.

        Args:
            run: The id of the run.
            step: A step of it; if it was reused, its outputs are an earlier run's.

        Returns:
            None of them if the step did not succeed, or could not be remembered.
        """
        found = Results(self._database).of_step(step.reused_from or run, step.name)
        return {} if found is None else found.outputs

    def step(self, run: str, name: str) -> StepRun:
        """Return the step *name* of the run with the id *run*.

        Raises:
            KeyError: If there is none.
        """
        query = "SELECT * FROM steps WHERE run = ? AND name = ?"
        for row in self._database.rows(query, run, name):
            return self._step(row)
        msg = f"there is no step {name!r} of run {run!r} in {self._database.home}"
        raise KeyError(msg)

    def _run(self, row: sqlite3.Row) -> Run:
        """Return one run with its steps."""
        steps = self._database.rows(
            "SELECT * FROM steps WHERE run = ? ORDER BY position", row["id"]
        )
        selected = row["selected"]
        return Run(
            id=row["id"],
            pipeline=row["pipeline"],
            status=Status(row["status"]),
            started_at=datetime.fromisoformat(row["started_at"]),
            finished_at=_moment(row["finished_at"]),
            parameters=json.loads(row["parameters"]),
            selected=None if selected is None else tuple(json.loads(selected)),
            steps=tuple(self._step(step) for step in steps),
        )

    def _step(self, row: sqlite3.Row) -> StepRun:
        """Return one step with its metrics and artifacts."""
        key = (row["run"], row["name"])
        points = self._database.rows(
            "SELECT * FROM metrics WHERE run = ? AND step = ? ORDER BY name, position",
            *key,
        )
        artifacts = {
            each["name"]: self._database.home / each["path"]
            for each in self._database.rows(
                "SELECT * FROM artifacts WHERE run = ? AND step = ?", *key
            )
        }
        names = json.loads(row["names"])
        return StepRun(
            name=row["name"],
            type=row["type"],
            job_name=row["job_name"],
            log=self._database.home / row["log"],
            status=Status(row["status"]),
            started_at=_moment(row["started_at"]),
            finished_at=_moment(row["finished_at"]),
            seconds=row["seconds"],
            exit_code=row["exit_code"],
            failure=row["failure"],
            reused_from=row["reused_from"],
            reasons=tuple(json.loads(row["reasons"])),
            attempts=row["attempts"],
            properties=json.loads(row["properties"]),
            series=_in_order(_series(points), names),
            artifacts=_in_order(artifacts, names),
            trials=self.trials.of(*key) if row["type"] == "Tuning" else (),
        )


def _in_order(table: dict[str, T], names: list[str]) -> dict[str, T]:
    """Return *table* in the order of *names*; homes of old layouts know none."""
    return {name: table[name] for name in names if name in table} or table


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
