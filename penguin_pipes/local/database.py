"""The home's SQLite database: opened, upgraded, and its refusals translated."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import time
from typing import TYPE_CHECKING, Any, Final, Self

from penguin_pipes.errors import HomeError
from penguin_pipes.local.schema import LAYOUTS

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator
    from pathlib import Path

FILE: Final = "runs.sqlite"
BUSY_S: Final = 30.0
"""How long to wait for another run that writes into the same home."""
PAUSE_S: Final = 0.01

LITTLE: Final = 64 * 1024
"""Bytes without which SQLite cannot do much: its index of the log takes half of it."""

PRIMARY: Final = 0xFF
"""The part of an error's code that says its kind; the rest tells details."""


class Database:
    """One connection to ``runs.sqlite`` in a home.

    Args:
        home: The folder; it is made if it is missing.

    Raises:
        HomeError: If it cannot be used; also from every method.
    """

    def __init__(self, home: Path) -> None:
        self.home = home.absolute()
        self._path = self.home / FILE
        with self._translated():
            self.home.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(
                self._path, timeout=BUSY_S, isolation_level=None
            )
            self._connection.row_factory = sqlite3.Row
            try:
                self._opened = _identity(self._path)
                self._prepare()
            except BaseException:
                self._connection.close()
                raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the database."""
        self._connection.close()

    def rows(self, query: str, *values: object) -> list[sqlite3.Row]:
        """Return what a query finds."""
        with self._translated():
            return self._connection.execute(query, values).fetchall()

    def each(self, query: str, *values: object) -> Generator[sqlite3.Row, None, None]:
        """Yield what a query finds; who needs only the first few reads no more."""
        with self._translated():
            # No "yield from": it would close the cursor, maybe after the database.
            for row in self._connection.execute(query, values):  # noqa: UP028
                yield row

    def write(self, statement: str, *values: object) -> int:
        """Carry out one statement; return how many rows it changed."""
        with self._translated():
            if not self._connection.in_transaction:
                self._refuse_if_gone()
            return self._connection.execute(statement, values).rowcount

    def write_all(self, statement: str, rows: Iterable[tuple[Any, ...]]) -> None:
        """Carry out one statement for each of the *rows*."""
        with self._translated():
            self._connection.executemany(statement, rows)

    def kept(self, path: Path) -> str:
        """Return a path as it is kept: relative to the home if it is in there."""
        absolute = path.absolute()
        if absolute.is_relative_to(self.home):
            return str(absolute.relative_to(self.home))
        return str(absolute)

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """Do all of what follows, or nothing; one inside another is part of it."""
        if self._connection.in_transaction:
            yield
            return
        self.write("BEGIN IMMEDIATE")
        try:
            yield
            self._refuse_if_gone()
            self.write("COMMIT")
        except BaseException:
            # A disk that is full has rolled back already.
            with contextlib.suppress(sqlite3.Error):
                self._connection.execute("ROLLBACK")
            raise

    def _prepare(self) -> None:
        """Set the database up, or see that it is one of ours."""
        self.write("PRAGMA foreign_keys = ON")
        self._keep_log()
        # With a write-ahead log the database is sound after a loss of power, too;
        # what it may lose then are the last steps, which are run again.
        self.write("PRAGMA synchronous = NORMAL")
        if self._layout() == len(LAYOUTS):
            return
        with self.transaction():
            found = self._layout()
            for layout in LAYOUTS[found:]:
                for statement in layout.split(";"):
                    self.write(statement)
            if found < len(LAYOUTS):
                self.write(f"PRAGMA user_version = {len(LAYOUTS)}")
        if found > len(LAYOUTS):
            msg = (
                f"{self._path} was written by a newer penguin_pipes (layout {found}, "
                f"this one knows {len(LAYOUTS)}); upgrade it, or choose another home"
            )
            raise HomeError(msg)

    def _keep_log(self) -> None:
        """Have a write-ahead log.

        For everything else SQLite waits by itself until others let go, but whoever is
        not the only one to open a new database is refused the change to a log at once.
        """
        last = time.monotonic() + BUSY_S
        while True:
            try:
                self._connection.execute("PRAGMA journal_mode = WAL")
            except sqlite3.OperationalError as error:
                is_busy = error.sqlite_errorcode & PRIMARY == sqlite3.SQLITE_BUSY
                if not is_busy or time.monotonic() > last:
                    raise
                time.sleep(PAUSE_S)
            else:
                return

    def _layout(self) -> int:
        """Return how many layouts the database has had."""
        return int(self.rows("PRAGMA user_version")[0][0])

    def _refuse_if_gone(self) -> None:
        """Raise if the file is no more: SQLite would go on writing, to nowhere."""
        if _identity(self._path) != self._opened:
            msg = (
                f"{self._path} was deleted or moved while it was in use, and the "
                "records in it with it; run again, and leave the home alone meanwhile"
            )
            raise HomeError(msg)

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        """Translate what the disk or the database refuses."""
        try:
            yield
        except (OSError, sqlite3.Error) as error:
            msg = (
                f"{self._path} cannot be used: {self._cause(error)}; free or unlock "
                "it, or choose another folder with home= (--home)"
            )
            raise HomeError(msg) from error

    def _cause(self, error: Exception) -> str:
        """Return why something was refused; SQLite does not always tell of space."""
        with contextlib.suppress(OSError):
            if shutil.disk_usage(self.home).free < LITTLE:
                return f"{error} (the disk is full)"
        return str(error)


def _identity(path: Path) -> tuple[int, int] | None:
    """Return what tells a file from every other, or None if there is none."""
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return status.st_dev, status.st_ino
