"""What is promised of the records of runs."""

from __future__ import annotations

import math
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import attrs
import pytest

from penguin_pipes.errors import HomeError
from penguin_pipes.local.database import FILE
from penguin_pipes.local.history import KILLED, History
from penguin_pipes.local.records import MetricPoint, Run, Status, StepRun, Trial

AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def _run(home: Path, identity: str = "abc", **fields: object) -> Run:
    step = StepRun(
        name="train",
        type="Training",
        job_name="pipelines-abc-train",
        log=home / "runs" / identity / "train" / "log.txt",
        status=Status.SUCCEEDED,
        started_at=AT,
        finished_at=AT + timedelta(seconds=2),
        seconds=2.0,
        exit_code=0,
        series={
            "loss": (MetricPoint(at=AT, value=0.5), MetricPoint(at=AT, value=0.25)),
            "odd": (MetricPoint(at=AT, value=math.inf),),
        },
        artifacts={"model": home / "s3" / "b" / "m", "far": Path("/elsewhere/x")},
    )
    waiting = StepRun(
        name="next", type="Processing", job_name="pipelines-abc-next", log=home / "log"
    )
    values = {
        "id": identity,
        "pipeline": "p",
        "started_at": AT,
        "status": Status.EXECUTING,
        "parameters": {"n": 1, "flag": True, "text": "x", "rate": 0.5},
        "steps": (step, waiting),
    }
    return Run(**{**values, **fields})  # type: ignore[arg-type] # a table of fields


def test_run_comes_back_as_it_was(tmp_path: Path) -> None:
    """Whatever is saved is read back equal, by another reader too."""
    run = _run(tmp_path)

    with History(tmp_path) as history:
        history.save(run)

    with History(tmp_path) as reader:
        assert reader.run("abc") == run


def _trial(home: Path, number: int = 1, **fields: Any) -> Trial:
    values = {
        "number": number,
        "job_name": f"job-{number}",
        "log": home / "runs" / "abc" / "tune" / "log.txt",
        "definition": "forest",
        "hyperparameters": {"b": "2", "a": "1"},
        "status": Status.SUCCEEDED,
        "metric": "auc",
        "maximize": False,
        "objective": 0.5,
        "started_at": AT,
        "finished_at": AT + timedelta(seconds=3),
        "seconds": 3.0,
        "exit_code": 0,
        "series": {"auc": (MetricPoint(at=AT, value=0.5),), "odd": ()},
        "artifacts": {"model": home / "s3" / "m", "far": Path("/elsewhere/m")},
        "taken_from": "xyz",
    }
    return Trial(**{**values, **fields})


def _tuned(home: Path, *trials: Trial, **fields: Any) -> Run:
    step = StepRun(
        name="tune", type="Tuning", job_name="j", log=home / "log", trials=trials
    )
    return _run(home, steps=(step,), **fields)


def test_trials_come_back_as_they_were(tmp_path: Path) -> None:
    """Everything that is known of the trials of a tuning step is kept, in their order."""
    stopped = _trial(
        tmp_path,
        2,
        status=Status.STOPPED,
        stopped_by="early stopping",
        objective=None,
        taken_from=None,
        finished_at=None,
    )
    run = _tuned(tmp_path, _trial(tmp_path), stopped)
    with History(tmp_path) as history:
        history.save(run)
        changed = attrs.evolve(stopped, failure="no", status=Status.FAILED)
        history.trials.save("abc", "tune", changed)

    with History(tmp_path) as reader:
        assert reader.run("abc") == _tuned(tmp_path, _trial(tmp_path), changed)


def test_trials_of_a_killed_run_are_stopped(tmp_path: Path) -> None:
    """What a killed run was doing was killed with it, what had ended has ended."""
    running = _trial(tmp_path, 2, status=Status.EXECUTING)
    with History(tmp_path) as history:
        history.save(_tuned(tmp_path, _trial(tmp_path), running))

        history.end_killed("abc")

        first, second = history.run("abc").step("tune").trials
        assert first == _trial(tmp_path)
        assert (second.status, second.failure) == (Status.STOPPED, KILLED)


def test_trials_go_with_their_run(tmp_path: Path) -> None:
    """Of a run that is forgotten, no trial is left."""
    with History(tmp_path) as history:
        history.save(_tuned(tmp_path, _trial(tmp_path)))

        history.forget("abc")

        assert history.trials.of("abc", "tune") == ()


def test_step_can_be_saved_by_itself(tmp_path: Path) -> None:
    """A change of one step, with new metrics, is kept."""
    run = _run(tmp_path)
    point = MetricPoint(at=AT, value=0.125)
    changed = attrs.evolve(
        run.step("next"), status=Status.FAILED, failure="no", series={"loss": (point,)}
    )
    with History(tmp_path) as history:
        history.save(run)

        history.save_step("abc", 1, changed)

        assert history.run("abc").step("next") == changed
        assert history.run("abc").step("train") == run.step("train")


def test_not_a_number_is_kept(tmp_path: Path) -> None:
    """A loss that became NaN is in the record as that."""
    series = {"loss": (MetricPoint(at=AT, value=math.nan),)}
    run = _run(tmp_path)
    run = run.with_step(attrs.evolve(run.step("train"), series=series))

    with History(tmp_path) as history:
        history.save(run)
        found = history.run("abc").step("train").metrics["loss"]

    assert math.isnan(found)


def test_newest_run_comes_first(tmp_path: Path) -> None:
    """All runs are listed, the newest first."""
    with History(tmp_path) as history:
        for day, identity in enumerate(["a", "c", "b"]):
            at = AT + timedelta(days=day)
            history.save(_run(tmp_path, identity, started_at=at))

        assert [run.id for run in history.runs()] == ["b", "c", "a"]


def test_home_can_be_moved(tmp_path: Path) -> None:
    """Paths below the home are found from wherever the home is now."""
    with History(tmp_path / "old") as history:
        history.save(_run(tmp_path / "old"))
    (tmp_path / "old").rename(tmp_path / "new")

    with History(tmp_path / "new") as history:
        step = history.run("abc").step("train")

    assert step.log == tmp_path / "new" / "runs" / "abc" / "train" / "log.txt"
    assert step.artifacts["far"] == Path("/elsewhere/x")


def test_unknown_run_is_named(tmp_path: Path) -> None:
    """Asking for a run that is not there says so."""
    with History(tmp_path) as history, pytest.raises(KeyError, match="no run 'zzz'"):
        history.run("zzz")


def test_two_writers_share_a_home(tmp_path: Path) -> None:
    """Runs of two processes in one home are both kept."""
    with History(tmp_path) as one, History(tmp_path) as two:
        one.save(_run(tmp_path, "a"))
        two.save(_run(tmp_path, "b"))

        assert {run.id for run in one.runs()} == {"a", "b"}


def test_newer_layout_is_refused(tmp_path: Path) -> None:
    """A database of a later version is left alone."""
    database = sqlite3.connect(tmp_path / FILE)
    database.execute("PRAGMA user_version = 99")
    database.close()

    with pytest.raises(HomeError, match=r"newer penguin_pipes \(layout 99"):
        History(tmp_path)


def test_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    """A broken database is named, with the way out."""
    (tmp_path / FILE).write_text("not a database, but long enough to be read as one")

    with pytest.raises(HomeError, match=r"runs\.sqlite cannot be used: .*--home"):
        History(tmp_path)


def test_home_that_is_a_file_is_refused(tmp_path: Path) -> None:
    """A home that cannot be a folder is named, with the way out."""
    (tmp_path / "home").touch()

    with pytest.raises(HomeError, match=r"home.*choose another folder"):
        History(tmp_path / "home")


def test_failed_change_leaves_the_record_as_it_was(tmp_path: Path) -> None:
    """A run is written as a whole or not at all."""
    run = _run(tmp_path)
    wrong: Any = None
    broken = attrs.evolve(run.step("next"), job_name=wrong)
    with History(tmp_path) as history:
        with pytest.raises(HomeError, match="NOT NULL"):
            history.save(run.with_step(broken))

        assert history.runs() == ()


class TestRun:
    """The record itself."""

    def test_metrics_are_the_last_values(self, tmp_path: Path) -> None:
        """A step's metrics are the last value of each series."""
        assert _run(tmp_path).step("train").metrics == {"loss": 0.25, "odd": math.inf}

    def test_unknown_step_is_named(self, tmp_path: Path) -> None:
        """Asking for a step that is not there offers the nearest."""
        with pytest.raises(KeyError, match="'trian'; did you mean 'train'"):
            _run(tmp_path).step("trian")
