"""Keep what steps resulted in, for runs to come."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from penguin_pipes.local.cache.key import Key, digest_of

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

    from penguin_pipes.local.database import Database

SELECT = (
    "SELECT results.*, surroundings.parts AS around FROM results "
    "JOIN surroundings ON surroundings.digest = results.surroundings "
)


@attrs.frozen(kw_only=True)
class Output:
    """Something a step published.

    Attributes:
        path: Where it lies.
        sha256: The digest of its bytes, or of its names and bytes.
    """

    path: Path
    sha256: str


@attrs.frozen(kw_only=True)
class Result:
    """What one step of one run resulted in.

    Attributes:
        run: The id of the run.
        step: The name of the step.
        pipeline: The name of the pipeline; results are taken within one pipeline only.
        key: What it came of.
        properties: What its job's Describe call would return.
        outputs: What it published, by name.
        finished_at: When it ended.
    """

    run: str
    step: str
    pipeline: str
    key: Key
    properties: Mapping[str, Any]
    outputs: Mapping[str, Output]
    finished_at: datetime


class Results:
    """The results in one home.

    Args:
        database: The home's database.

    Raises:
        HomeError: If it cannot be used; from every method.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    @property
    def home(self) -> Path:
        """The home's folder."""
        return self._database.home

    def keep(self, result: Result) -> None:
        """Keep a result, for as long as the record of its run is kept."""
        around = digest_of(result.key.surroundings)
        with self._database.transaction():
            self._database.write(
                "INSERT OR IGNORE INTO surroundings VALUES (?, ?)",
                around,
                json.dumps(result.key.surroundings),
            )
            self._database.write(
                "INSERT OR REPLACE INTO results (run, step, pipeline, key, parts, "
                "surroundings, properties, outputs, finished_at) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                result.run,
                result.step,
                result.pipeline,
                result.key.digest,
                json.dumps(result.key.parts),
                around,
                json.dumps(result.properties),
                json.dumps(
                    {
                        name: [self._database.kept(output.path), output.sha256]
                        for name, output in result.outputs.items()
                    }
                ),
                result.finished_at.isoformat(),
            )

    def of_key(self, pipeline: str, step: str, key: Key) -> Iterator[Result]:
        """Yield the results that came of the same *key*, the newest first."""
        query = (
            f"{SELECT} WHERE pipeline = ? AND step = ? AND key = ? "
            "ORDER BY position DESC"
        )
        for row in self._database.each(query, pipeline, step, key.digest):
            yield self._result(row)

    def of_step(self, run: str, step: str) -> Result | None:
        """Return what one step of one run resulted in, if that can be taken."""
        for row in self._database.rows(
            f"{SELECT} WHERE run = ? AND step = ?", run, step
        ):
            return self._result(row)
        return None

    def latest(self, pipeline: str, step: str) -> Result | None:
        """Return the newest result of a step, whatever it came of."""
        query = (
            f"{SELECT} WHERE pipeline = ? AND step = ? ORDER BY position DESC LIMIT 1"
        )
        for row in self._database.rows(query, pipeline, step):
            return self._result(row)
        return None

    def _result(self, row: sqlite3.Row) -> Result:
        """Return one result."""
        outputs = json.loads(row["outputs"])
        return Result(
            run=row["run"],
            step=row["step"],
            pipeline=row["pipeline"],
            key=Key(
                parts=json.loads(row["parts"]), surroundings=json.loads(row["around"])
            ),
            properties=json.loads(row["properties"]),
            outputs={
                name: Output(path=self._database.home / path, sha256=sha256)
                for name, (path, sha256) in outputs.items()
            },
            finished_at=datetime.fromisoformat(row["finished_at"]),
        )
