"""Find a run that somebody names in a home that may not be there."""

from __future__ import annotations

import contextlib
import difflib
from typing import TYPE_CHECKING, Final

from penguin_pipes.errors import InputError
from penguin_pipes.local.database import FILE, Database
from penguin_pipes.local.history import History

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from penguin_pipes.local.records import Run

LATEST: Final = "latest"
NAMED: Final = 5
"""How many runs an error names."""


@contextlib.contextmanager
def existing(home: Path) -> Iterator[Database]:
    """Yield the database of a home that is there.

    Raises:
        InputError: If there is none; nothing is made.
        HomeError: If it cannot be used.
    """
    # Opening a database makes one.
    if not (home / FILE).is_file():
        msg = f"there are no runs in {home}; run a pipeline, or name its --home"
        raise InputError(msg)
    with Database(home) as database:
        yield database


def find_run(database: Database, identity: str) -> Run:
    """Return the run of this id, or the newest if it is ``latest``.

    Raises:
        InputError: If there is none; the message names those there are.
    """
    # In the order in which they were written down: clocks can be set back.
    rows = database.rows("SELECT id FROM runs ORDER BY rowid DESC")
    newest = [row["id"] for row in rows]
    if identity == LATEST and newest:
        identity = newest[0]
    if identity in newest:
        return History(database).run(identity)
    near = difflib.get_close_matches(identity, newest, n=1)
    names = ", ".join(newest[:NAMED]) or "none"
    hint = f"did you mean {near[0]!r}?" if near else f"there are: {names}"
    if len(newest) > NAMED and not near:
        hint += f" and {len(newest) - NAMED} more (python -m penguin_pipes.history)"
    msg = f"there is no run {identity!r} in {database.home}; {hint}"
    raise InputError(msg)
