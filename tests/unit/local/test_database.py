"""What is promised of the home's database."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from typing import TYPE_CHECKING, NoReturn

import pytest

from penguin_pipes.errors import HomeError
from penguin_pipes.local import Status
from penguin_pipes.local.database import FILE, Database
from penguin_pipes.local.history import History
from penguin_pipes.local.schema import LAYOUTS, RUNS

if TYPE_CHECKING:
    from pathlib import Path

OLD = """
INSERT INTO runs VALUES ('abc', 'p', 'Succeeded', '2026-11-20T12:00:00+00:00',
    '2026-11-20T12:00:05+00:00', '{"epochs": 50}');
INSERT INTO steps VALUES ('abc', 'train', 0, 'Training', 'job', 'runs/abc/train/log.txt',
    'Succeeded', '2026-11-20T12:00:00+00:00', '2026-11-20T12:00:05+00:00', 5.0, 0, NULL);
INSERT INTO metrics VALUES ('abc', 'train', 'loss', 0, '2026-11-20T12:00:03+00:00', 0.5);
INSERT INTO artifacts VALUES ('abc', 'train', 'model', 's3/b/model.tar.gz');
PRAGMA user_version = 1;
"""


def _rows(database: Database) -> list[str]:
    """Return what was written."""
    return [row["path"] for row in database.rows("SELECT path FROM digests")]


def _insert(database: Database, path: str) -> None:
    """Write something."""
    database.write("INSERT INTO digests VALUES (?, '', 0, '')", path)


def _fail(database: Database) -> NoReturn:
    """Write something, and fail before all of it is there."""
    with database.transaction():
        _insert(database, "outer")
        with database.transaction():
            _insert(database, "inner")
        raise ZeroDivisionError


def _replace(database: Database) -> None:
    """Write something while the file is replaced."""
    with database.transaction():
        _insert(database, "it")
        (database.home / FILE).rename(database.home / "elsewhere")
        (database.home / FILE).write_bytes(b"")


def test_old_home_is_upgraded(tmp_path: Path) -> None:
    """The records of the first layout are read as they were, and can be added to."""
    with contextlib.closing(sqlite3.connect(tmp_path / FILE)) as old:
        old.executescript(RUNS + OLD)

    with History(tmp_path) as history:
        (run,) = history.runs()

    step = run.step("train")
    assert run.parameters == {"epochs": 50}
    assert (step.status, step.seconds, step.exit_code) == (Status.SUCCEEDED, 5.0, 0)
    assert step.metrics == {"loss": 0.5}
    assert step.artifacts == {"model": tmp_path / "s3/b/model.tar.gz"}
    assert step.log == tmp_path / "runs/abc/train/log.txt"
    assert (step.reused_from, step.reasons) == (None, ())
    with Database(tmp_path) as database:
        assert database.rows("PRAGMA user_version")[0][0] == len(LAYOUTS)
        assert database.rows("SELECT * FROM results") == []


def test_upgrade_that_fails_leaves_the_old_home(tmp_path: Path) -> None:
    """An upgrade happens as a whole, or not at all."""
    with contextlib.closing(sqlite3.connect(tmp_path / FILE)) as old:
        old.executescript(RUNS + OLD + "CREATE TABLE digests (in_the_way);")

    with pytest.raises(HomeError, match="table digests already exists"):
        Database(tmp_path)

    with contextlib.closing(sqlite3.connect(tmp_path / FILE)) as old:
        assert old.execute("PRAGMA user_version").fetchone() == (1,)
        columns = [row[1] for row in old.execute("PRAGMA table_info(steps)")]
    assert "reused_from" not in columns


def test_transaction_is_all_or_nothing(tmp_path: Path) -> None:
    """What an error interrupts was never written, transactions inside included."""
    with Database(tmp_path) as database:
        _insert(database, "before")
        with pytest.raises(ZeroDivisionError):
            _fail(database)

        _insert(database, "after")

        assert _rows(database) == ["after", "before"]


def test_home_that_another_is_making_is_waited_for(tmp_path: Path) -> None:
    """SQLite would refuse at once, with "database is locked"."""
    with contextlib.closing(
        sqlite3.connect(tmp_path / FILE, isolation_level=None, check_same_thread=False)
    ) as other:
        other.execute("BEGIN IMMEDIATE")
        timer = threading.Timer(0.3, other.execute, ["COMMIT"])
        timer.start()

        with Database(tmp_path) as database:
            _insert(database, "it")
            assert _rows(database) == ["it"]

        timer.join()


def test_file_that_is_gone_is_not_written_to(tmp_path: Path) -> None:
    """What SQLite would write to nowhere, without a word, is an error."""
    with Database(tmp_path) as database:
        (tmp_path / FILE).unlink()

        with pytest.raises(HomeError, match="was deleted or moved while it was in use"):
            _insert(database, "it")


def test_file_that_goes_during_a_transaction_is_noticed(tmp_path: Path) -> None:
    """A transaction is no success if there is nothing left to write it to."""
    with (
        Database(tmp_path) as database,
        pytest.raises(HomeError, match="leave the home alone meanwhile"),
    ):
        _replace(database)

    assert (tmp_path / FILE).read_bytes() == b""


def test_paths_in_the_home_are_kept_relative(tmp_path: Path) -> None:
    """So that a home can be moved; others are kept as they are."""
    with Database(tmp_path / "home") as database:
        assert database.kept(tmp_path / "home" / "s3" / "x") == "s3/x"
        assert database.kept(tmp_path / "x") == str(tmp_path / "x")


def test_reading_may_be_left_off_before_the_database_is_closed(tmp_path: Path) -> None:
    """Who wanted only the first few rows is not told of it when they are let go."""
    with Database(tmp_path) as database:
        _insert(database, "one")
        _insert(database, "two")
        rows = database.each("SELECT path FROM digests ORDER BY path")

        assert next(rows)["path"] == "one"

    rows.close()
