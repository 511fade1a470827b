"""What is promised of homes in which runs were killed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from penguin_pipes.local.history import KILLED, History
from penguin_pipes.local.locks import alive, at_work
from penguin_pipes.local.records import Run, Status, StepRun
from penguin_pipes.local.recovery import recover
from penguin_pipes.local.storage import Storage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
STATUSES = (Status.SUCCEEDED, Status.EXECUTING, Status.NOT_STARTED)


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    """Return the records of an empty home."""
    with History(tmp_path) as found:
        yield found


def _run(history: History, home: Path, status: Status = Status.EXECUTING) -> Run:
    """Note a run whose second step is under way."""
    steps = tuple(
        StepRun(
            name=f"step-{number}",
            type="Processing",
            job_name="job",
            log=home / "runs/abc/log.txt",
            status=each,
        )
        for number, each in enumerate(STATUSES)
    )
    run = Run(id="abc", pipeline="p", started_at=AT, status=status, steps=steps)
    history.save(run)
    return run


def _recover(home: Path, history: History) -> None:
    """Put the home in order."""
    recover(home, history, Storage(home / "s3", {}))


def test_killed_run_is_stopped(history: History, tmp_path: Path) -> None:
    """The run and the step in flight are stopped; what had finished stays so."""
    _run(history, tmp_path)

    _recover(tmp_path, history)

    run = history.run("abc")
    assert run.status is Status.STOPPED
    assert [(step.status, step.failure) for step in run.steps] == [
        (Status.SUCCEEDED, None),
        (Status.STOPPED, KILLED),
        (Status.NOT_STARTED, None),
    ]


def test_run_that_is_alive_goes_on(history: History, tmp_path: Path) -> None:
    """A run that somebody works at is none of our business."""
    run = _run(history, tmp_path)

    with alive(tmp_path / "runs" / "abc"):
        _recover(tmp_path, history)

    assert history.run("abc") == run


def test_run_that_ended_in_the_meantime_keeps_its_end(
    history: History, tmp_path: Path
) -> None:
    """Between looking for a run and writing its end it may have done so itself."""
    run = _run(history, tmp_path, Status.FAILED)

    history.end_killed("abc")

    assert history.run("abc").status is run.status


def test_what_was_about_to_be_published_goes(history: History, tmp_path: Path) -> None:
    """Nobody else looks after what a killed run had begun to write."""
    half = tmp_path / "s3" / ".aside-1234"
    whole = tmp_path / "s3" / "bucket"
    for folder in (half, whole):
        folder.mkdir(parents=True)
        (folder / "file").touch()

    _recover(tmp_path, history)

    assert [path.name for path in (tmp_path / "s3").iterdir()] == ["bucket"]


def test_nothing_goes_while_others_are_at_work(
    history: History, tmp_path: Path
) -> None:
    """What looks like a leftover may be what another run is writing right now."""
    half, bare = tmp_path / "s3" / ".aside-1234", tmp_path / "runs" / "fresh"
    half.mkdir(parents=True)
    bare.mkdir(parents=True)

    with at_work(tmp_path):
        _recover(tmp_path, history)

    assert half.exists()
    assert bare.exists()


def test_folder_of_a_run_that_was_never_noted_goes(
    history: History, tmp_path: Path
) -> None:
    """Only if there is nothing in it: a log is kept, whoever wrote it."""
    _run(history, tmp_path, Status.SUCCEEDED)
    for name in ("abc", "stillborn", "logged"):
        (tmp_path / "runs" / name).mkdir(parents=True)
        (tmp_path / "runs" / name / "run.lock").touch()
    (tmp_path / "runs" / "logged" / "step").mkdir()

    _recover(tmp_path, history)

    left = {path.name for path in (tmp_path / "runs").iterdir()}
    assert left == {"abc", "logged"}
