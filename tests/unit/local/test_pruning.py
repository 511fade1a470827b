"""What is taken out of a home, and what stays."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from penguin_pipes.errors import HomeError, InputError
from penguin_pipes.local import History, Status, prune
from penguin_pipes.local.locks import at_work

POLICY = {"Enabled": True, "ExpireAfter": "P15D"}


def _step(project: Any, recorder: Any, text: str) -> Any:
    """Return a cached step whose output holds *text*."""

    def act(command: Any, _: Any) -> None:
        (command.cwd / "processing" / "data" / "x").write_text(text)

    recorder.act = act
    return project.processing("a", text, outputs=("data",), CacheConfig=POLICY)


def _runs(project: Any) -> list[str]:
    """Return the ids of the runs that there are, the newest first."""
    with History(project.home) as history:
        return [run.id for run in history.runs()]


def test_oldest_runs_go_until_the_rest_is_small(project: Any, recorder: Any) -> None:
    """Record, folder and outputs of what is too much are gone; the newest stays."""
    first = project.run(_step(project, recorder, "1" * 5000), backend=recorder)
    second = project.run(_step(project, recorder, "2" * 5000), backend=recorder)

    found = prune(project.home, max_bytes=1000)

    assert found.runs == (first.id,)
    assert found.freed >= 5000
    assert _runs(project) == [second.id]
    assert not first.step("a").artifacts["data"].exists()
    assert not (project.home / "runs" / first.id).exists()
    assert second.step("a").artifacts["data"].exists()


def test_run_whose_result_was_taken_stays(project: Any, recorder: Any) -> None:
    """What a kept run took from another is kept with that other."""
    step = _step(project, recorder, "1" * 5000)
    first = project.run(step, backend=recorder)
    second = project.run(step, backend=recorder)

    prune(project.home, older_than=timedelta())

    assert _runs(project) == [second.id, first.id]
    assert first.step("a").artifacts["data"].exists()


def test_size_limit_of_a_run_takes_out_older_ones(project: Any, recorder: Any) -> None:
    """A run can keep its home small by itself."""
    project.run(_step(project, recorder, "1" * 5000), backend=recorder)

    second = project.run(
        _step(project, recorder, "2" * 5000), backend=recorder, size_limit=1000
    )

    assert _runs(project) == [second.id]


def test_home_in_which_a_run_is_at_work_is_left_alone(
    project: Any, recorder: Any
) -> None:
    """Nothing is taken from under a run."""
    project.run(_step(project, recorder, "1"), backend=recorder)

    with (
        at_work(project.home),
        pytest.raises(HomeError, match="a run is at work in this home"),
    ):
        prune(project.home, max_bytes=0)


def test_pruning_without_a_measure_is_refused(project: Any) -> None:
    """Nobody deletes by accident."""
    with pytest.raises(InputError, match="say how much is to be kept"):
        prune(project.home)


def test_run_that_was_killed_is_written_down_as_stopped(
    project: Any, recorder: Any
) -> None:
    """The next run finds a run that nobody works at, and notes its end."""
    run = project.run(_step(project, recorder, "1"), backend=recorder)
    with History(project.home) as history:
        history._database.write("UPDATE runs SET status = 'Executing'")
        history._database.write("UPDATE steps SET status = 'Executing'")

    project.run(_step(project, recorder, "2"), backend=recorder)

    with History(project.home) as history:
        killed = history.run(run.id)
    assert killed.status is Status.STOPPED
    assert killed.step("a").failure == "the run was killed"
