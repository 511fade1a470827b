"""Keep the records of runs in SQLite, at every change of state.

The database is ``runs.sqlite`` in the home folder. Paths below the home are kept
relative to it, so that a home can be moved.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Self

from penguin_pipes.local.cache.results import Results
from penguin_pipes.local.database import Database
from penguin_pipes.local.records import Run, Status, StepRun
from penguin_pipes.local.registry import Registry
from penguin_pipes.local.rows import (
    in_order,
    metric_rows,
    moment_of,
    series_of,
    text_of,
)
from penguin_pipes.local.trials import Trials

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

    from penguin_pipes.local.cache.results import Output

KILLED: Final = "the run was killed"
UNFINISHED: Final = "SELECT id FROM runs WHERE status = 'Executing'"
"""Word for word what the index has, so that it serves."""


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
                text_of(run.finished_at),
                json.dumps(dict(run.parameters)),
                None if run.selected is None else json.dumps(run.selected),
            )
            for position, step in enumerate(run.steps):
                self._save_step(run.id, position, step)

    def save_step(self, run: str, position: int, step: StepRun) -> None:
        """Write one step as it is now.

        Args:
            run: The id of the run.
            position: Where the step stands among those of the run.
            step: The step.
        """
        with self._database.transaction():
            self._save_step(run, position, step)

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
            metric_rows(run, step),
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
            "started_at": text_of(step.started_at),
            "finished_at": text_of(step.finished_at),
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
        return tuple(self.newest())

    def newest(self) -> Iterator[Run]:
        """Yield every run, the newest first; one is read when it is asked for."""
        # In the order in which they were written down: clocks can be set back.
        yield from map(
            self._run, self._database.each("SELECT * FROM runs ORDER BY rowid DESC")
        )

    def together(self) -> AbstractContextManager[None]:
        """Write down all of what follows at once, or nothing of it."""
        return self._database.transaction()

    def ids(self) -> tuple[str, ...]:
        """Return the id of every run."""
        return tuple(row["id"] for row in self._database.rows("SELECT id FROM runs"))

    def unfinished(self) -> tuple[str, ...]:
        """Return the ids of the runs whose end nobody has written down."""
        return tuple(row["id"] for row in self._database.rows(UNFINISHED))

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
        query = "SELECT DISTINCT surroundings FROM results WHERE run = ?"
        with self.together():
            its = [row["surroundings"] for row in self._database.rows(query, identity)]
            self._database.write("DELETE FROM runs WHERE id = ?", identity)
            for digest in its:
                self._database.write(
                    "DELETE FROM surroundings WHERE digest = ? AND NOT EXISTS "
                    "(SELECT 1 FROM results WHERE surroundings = digest)",
                    digest,
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
            finished_at=moment_of(row["finished_at"]),
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
            started_at=moment_of(row["started_at"]),
            finished_at=moment_of(row["finished_at"]),
            seconds=row["seconds"],
            exit_code=row["exit_code"],
            failure=row["failure"],
            reused_from=row["reused_from"],
            reasons=tuple(json.loads(row["reasons"])),
            attempts=row["attempts"],
            properties=json.loads(row["properties"]),
            series=in_order(series_of(points), names),
            artifacts=in_order(artifacts, names),
            trials=self.trials.of(*key) if row["type"] == "Tuning" else (),
        )
