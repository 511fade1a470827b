"""What is promised when the clock is set back, or forward."""

from __future__ import annotations

import contextlib
import sqlite3
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import pytest

from penguin_pipes.local import History, prune

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TIMES: Final = {"runs": ["started_at", "finished_at"], "results": ["finished_at"]}


def _shift(home: Path, by: timedelta) -> None:
    """Date everything in a home otherwise, as if the clock had been another then."""
    with contextlib.closing(sqlite3.connect(home / "runs.sqlite")) as database:
        for table, columns in TIMES.items():
            for column in columns:
                query = f"SELECT rowid, {column} FROM {table}"
                for row, text in database.execute(query).fetchall():
                    moved = (datetime.fromisoformat(text) + by).isoformat()
                    change = f"UPDATE {table} SET {column} = ? WHERE rowid = ?"
                    database.execute(change, (moved, row))
        database.commit()


@pytest.fixture
def run(project: Any, recorder: Any) -> Callable[..., Any]:
    """Return what runs one cached step, whose results expire after a day or never."""

    def run(*, expires: bool = True, text: str = "") -> Any:
        policy = {"Enabled": True, **({"ExpireAfter": "P1D"} if expires else {})}
        step = project.processing("step", text, CacheConfig=policy)
        return project.run(step, backend=recorder)

    return run


@pytest.mark.parametrize("expires", [True, False])
def test_result_from_the_future_is_not_taken(
    run: Any, project: Any, expires: bool
) -> None:
    """Nobody knows how old it is; a new one is made, and that is taken from then on."""
    future = run(expires=expires)
    _shift(project.home, timedelta(days=3))

    second = run(expires=expires)
    third = run(expires=expires)

    reason = f"run {future.id} lies in the future: the clock was set back"
    assert second.step("step").reused_from is None
    assert second.step("step").reasons == (reason,)
    assert third.step("step").reused_from == second.id


def test_moments_that_a_clock_is_corrected_by_do_no_harm(
    run: Any, project: Any
) -> None:
    """Clocks are set back by seconds all the time; results are taken all the same."""
    first = run()
    _shift(project.home, timedelta(seconds=30))

    assert run().step("step").reused_from == first.id


def test_clock_that_leaps_forward_lets_results_expire(run: Any, project: Any) -> None:
    """What expires has expired then; what does not is taken."""
    first = run()
    _shift(project.home, timedelta(days=-400))

    assert run(expires=False).step("step").reused_from == first.id
    assert run().step("step").reused_from is None


def test_newest_run_is_the_last_that_began(run: Any, project: Any) -> None:
    """Runs are listed as they were begun, whatever the clock said then."""
    first = run(text="1")
    _shift(project.home, timedelta(days=30))
    second = run(text="2")
    _shift(project.home, timedelta(days=-300))
    third = run(text="3")

    with History(project.home) as history:
        found = [each.id for each in history.runs()]

    assert found == [third.id, second.id, first.id]


def test_pruning_after_the_clock_was_set_back_keeps_the_newest(
    run: Any, project: Any
) -> None:
    """A run that was just made is never taken for the oldest."""
    first = run(text="1")
    _shift(project.home, timedelta(days=30))
    second = run(text="2")

    assert prune(project.home, older_than=timedelta(days=1)).runs == ()
    assert prune(project.home, max_bytes=0).runs == (first.id,)
    with History(project.home) as history:
        assert [each.id for each in history.runs()] == [second.id]


def test_pruning_by_age_looks_at_each_run(run: Any, project: Any) -> None:
    """A run that seems old does not take those before it along."""
    first = run(text="1")
    _shift(project.home, timedelta(days=30))
    old = run(text="2")
    with contextlib.closing(sqlite3.connect(project.home / "runs.sqlite")) as database:
        past = (old.started_at - timedelta(days=9)).isoformat()
        database.execute("UPDATE runs SET started_at = ? WHERE id = ?", (past, old.id))
        database.commit()
    newest = run(text="3")

    assert prune(project.home, older_than=timedelta(days=1)).runs == (old.id,)
    with History(project.home) as history:
        assert [each.id for each in history.runs()] == [newest.id, first.id]
