"""Keep the trials of tuning steps: those of a run, and those that others can take."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from penguin_pipes.local.records import MetricPoint, Status, Trial
from penguin_pipes.local.rows import moment_of, text_of

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping
    from pathlib import Path

    from penguin_pipes.local.database import Database

Digested = dict[str, str]
"""Name of an artifact → the digest of what it held."""


class Trials:
    """The trials in one home.

    Args:
        database: The home's database.

    Raises:
        HomeError: If it cannot be used; from every method.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def save(self, run: str, step: str, trial: Trial) -> None:
        """Write a trial as it is now."""
        columns = {"run": run, "step": step, **self._columns(trial)}
        self._database.write(
            f"INSERT INTO trials ({', '.join(columns)}) "  # noqa: S608  # our own names
            f"VALUES ({', '.join('?' * len(columns))}) "
            "ON CONFLICT (run, step, number) "
            f"DO UPDATE SET {', '.join(f'{c} = excluded.{c}' for c in columns)}",
            *columns.values(),
        )

    def offer(
        self, run: str, step: str, number: int, *, key: str, digests: Digested
    ) -> None:
        """Let later runs take a trial, if this one is interrupted.

        Args:
            run: The run it belongs to.
            step: The tuning step it belongs to.
            number: Its number.
            key: What the tuning step's result will have come of.
            digests: What its artifacts hold.
        """
        self._database.write(
            "UPDATE trials SET key = ?, digests = ? "
            "WHERE run = ? AND step = ? AND number = ?",
            *(key, json.dumps(digests), run, step, number),
        )

    def of(self, run: str, step: str) -> tuple[Trial, ...]:
        """Return the trials of one step of one run."""
        query = "SELECT * FROM trials WHERE run = ? AND step = ? ORDER BY number"
        return tuple(map(self._trial, self._database.rows(query, run, step)))

    def interrupted(
        self, pipeline: str, step: str, key: str
    ) -> tuple[tuple[str, Trial, Digested], ...]:
        """Return the trials that came of *key* in runs of *step* that did not succeed.

        Returns:
            The run, the trial and its digests, those of the newest run first.
        """
        query = (
            "SELECT trials.* FROM trials JOIN runs ON runs.id = trials.run "
            "JOIN steps ON steps.run = trials.run AND steps.name = trials.step "
            "WHERE trials.key = ? AND trials.step = ? AND runs.pipeline = ? "
            "AND steps.status != ? ORDER BY runs.rowid DESC, trials.number"
        )
        rows = self._database.rows(query, key, step, pipeline, Status.SUCCEEDED)
        return tuple(
            (row["run"], self._trial(row), json.loads(row["digests"])) for row in rows
        )

    def of_job(self, name: str) -> tuple[Trial, ...] | None:
        """Return the trials of the tuning job of this name; None if there is none."""
        query = (
            "SELECT run, name FROM steps WHERE type = 'Tuning' AND job_name = ? "
            "AND reused_from IS NULL"
        )
        for row in self._database.rows(query, name):
            return self.of(row["run"], row["name"])
        return None

    def jobs(self) -> tuple[str, ...]:
        """Return the names of all tuning jobs that have a trial, the newest first."""
        query = (
            "SELECT DISTINCT steps.job_name FROM steps JOIN trials ON "
            "trials.run = steps.run AND trials.step = steps.name "
            "WHERE steps.reused_from IS NULL ORDER BY steps.rowid DESC"
        )
        return tuple(row["job_name"] for row in self._database.rows(query))

    def end_killed(self, run: str, why: str) -> None:
        """Write down that what a run was doing was killed with it."""
        self._database.write(
            "UPDATE trials SET status = ?, failure = ? WHERE run = ? AND status = ?",
            *(Status.STOPPED, why, run, Status.EXECUTING),
        )

    def _columns(self, trial: Trial) -> dict[str, Any]:
        """Return a trial as it is kept."""
        kept = self._database.kept
        return {
            "number": trial.number,
            "definition": trial.definition,
            "job_name": trial.job_name,
            "log": kept(trial.log),
            "hyperparameters": json.dumps(dict(trial.hyperparameters)),
            "status": trial.status,
            "metric": trial.metric,
            "maximize": trial.maximize,
            "objective": trial.objective,
            "stopped_by": trial.stopped_by,
            "failure": trial.failure,
            "started_at": text_of(trial.started_at),
            "finished_at": text_of(trial.finished_at),
            "seconds": trial.seconds,
            "exit_code": trial.exit_code,
            "series": json.dumps(_plain(trial.series)),
            "artifacts": json.dumps({k: kept(v) for k, v in trial.artifacts.items()}),
            "taken_from": trial.taken_from,
        }

    def _trial(self, row: sqlite3.Row) -> Trial:
        """Return one trial."""
        home: Path = self._database.home
        return Trial(
            number=row["number"],
            definition=row["definition"],
            job_name=row["job_name"],
            log=home / row["log"],
            hyperparameters=json.loads(row["hyperparameters"]),
            status=Status(row["status"]),
            metric=row["metric"],
            maximize=bool(row["maximize"]),
            objective=row["objective"],
            stopped_by=row["stopped_by"],
            failure=row["failure"],
            started_at=moment_of(row["started_at"]),
            finished_at=moment_of(row["finished_at"]),
            seconds=row["seconds"],
            exit_code=row["exit_code"],
            series=_series(json.loads(row["series"])),
            artifacts={k: home / v for k, v in json.loads(row["artifacts"]).items()},
            taken_from=row["taken_from"],
        )


def _plain(series: Mapping[str, tuple[MetricPoint, ...]]) -> dict[str, Any]:
    """Return metrics as they are kept."""
    return {
        name: [[point.at.isoformat(), point.value] for point in points]
        for name, points in series.items()
    }


def _series(kept: Mapping[str, Any]) -> dict[str, tuple[MetricPoint, ...]]:
    """Return kept metrics."""
    return {
        name: tuple(
            MetricPoint(at=datetime.fromisoformat(at), value=value)
            for at, value in points
        )
        for name, points in kept.items()
    }
