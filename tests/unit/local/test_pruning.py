"""What is taken out of a home, and what stays."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from penguin_pipes.errors import HomeError, InputError
from penguin_pipes.local import History, Status, prune
from penguin_pipes.local.digests import REMEMBERED
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


def test_old_runs_go(project: Any, recorder: Any) -> None:
    """Those that began longer ago than is said, and no others."""
    runs = [
        project.run(_step(project, recorder, text), backend=recorder) for text in "123"
    ]
    with History(project.home) as history:
        past = (runs[0].started_at - timedelta(days=8)).isoformat()
        history._database.write(
            "UPDATE runs SET started_at = ? WHERE id = ?", past, runs[0].id
        )

    found = prune(project.home, older_than=timedelta(days=7))

    assert found.runs == (runs[0].id,)
    assert _runs(project) == [runs[2].id, runs[1].id]
    assert prune(project.home, older_than=timedelta.max).runs == ()


def test_result_of_a_run_that_is_gone_is_not_taken(project: Any, recorder: Any) -> None:
    """Its results and its log go with its record; the step runs again."""
    step = _step(project, recorder, "1")
    first = project.run(step, backend=recorder)
    second = project.run(_step(project, recorder, "2"), backend=recorder)
    prune(project.home, older_than=timedelta())

    again = project.run(_step(project, recorder, "1"), backend=recorder)

    assert again.step("a").reused_from is None
    assert _runs(project) == [again.id, second.id]
    assert not first.step("a").log.exists()
    with History(project.home) as history:
        assert len(history._database.rows("SELECT * FROM surroundings")) == 1


def test_sizes_are_those_of_the_files(project: Any, recorder: Any) -> None:
    """What is told to be left is what the files of all runs take together."""
    first = project.run(_step(project, recorder, "1" * 5000), backend=recorder)
    project.run(_step(project, recorder, "1" * 5000), backend=recorder)
    project.run(_step(project, recorder, "3" * 7000), backend=recorder)

    found = prune(project.home, max_bytes=10**9)

    files = [
        path
        for folder in ("runs", "s3")
        for path in (project.home / folder).rglob("*")
        if path.is_file()
    ]
    assert found.runs == ()
    assert found.freed == 0
    assert found.left == sum(path.stat().st_size for path in files)
    # The first run's output counts once, though the second has it, too.
    assert prune(project.home, max_bytes=found.left).runs == ()
    gone = prune(project.home, max_bytes=found.left - 1)
    assert gone.freed + gone.left == found.left
    assert first.id in gone.runs


def test_shared_output_stays(project: Any, recorder: Any) -> None:
    """What a run that stays has at the same name is not taken from it."""
    runs = []
    for text in "12":
        step = _step(project, recorder, text)
        (output,) = step["Arguments"]["ProcessingOutputConfig"]["Outputs"]
        output["S3Output"]["S3Uri"] = "s3://shared/out"
        runs.append(project.run(step, backend=recorder))

    assert prune(project.home, max_bytes=0).runs == (runs[0].id,)
    assert (project.home / "s3/shared/out/x").read_text() == "2"


def test_what_a_killed_run_published_without_a_record_goes(
    project: Any, recorder: Any
) -> None:
    """It is found by the run's id in its name, wherever in the name that is."""
    run = project.run(_step(project, recorder, "1"), backend=recorder)
    project.run(_step(project, recorder, "2"), backend=recorder)
    names = (f"models/pipelines-{run.id}-train/model", f"x/a_{run.id}.csv", run.id)
    for name in names:
        path = project.home / "s3" / "bucket" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x" * 5000)

    found = prune(project.home, max_bytes=0)

    assert not (project.home / "s3" / "bucket").exists()
    assert found.freed >= 15000


def test_files_of_others_stay(project: Any, recorder: Any, tmp_path: Any) -> None:
    """Nothing that no run has made is deleted, in the home or outside of it."""
    project.run(_step(project, recorder, "1"), backend=recorder)
    with History(project.home) as history:
        history._database.write("UPDATE artifacts SET path = ?", str(tmp_path / "mine"))
    project.run(_step(project, recorder, "2"), backend=recorder)
    kept = [tmp_path / "mine", project.home / "notes", project.home / "s3" / "mine"]
    for path in kept:
        path.write_text("precious")

    prune(project.home, max_bytes=0)

    assert [path.read_text() for path in kept] == ["precious"] * 3


def test_digests_of_files_that_are_gone_are_forgotten(
    project: Any, recorder: Any
) -> None:
    """Those of files that are there, inputs included, are remembered on."""
    project.run(_step(project, recorder, "1" * REMEMBERED), backend=recorder)
    kept = project.run(_step(project, recorder, "2" * REMEMBERED), backend=recorder)

    prune(project.home, max_bytes=0)

    with History(project.home) as history:
        rows = history._database.rows("SELECT path FROM digests")
    place = kept.step("a").artifacts["data"] / "x"
    code = project.files["s3://code/a.py"]
    assert {row["path"] for row in rows} == {str(place), str(code)}


@pytest.mark.parametrize(
    ("measure", "message"),
    [
        ({"max_bytes": -1}, "max_bytes: expected 0 or more; got -1"),
        ({"older_than": timedelta(days=-1)}, "older_than: expected no time or more"),
    ],
)
def test_measure_that_means_nothing_is_refused(
    project: Any, recorder: Any, measure: Any, message: str
) -> None:
    """A negative measure is a mistake, and nothing is deleted by mistake."""
    run = project.run(_step(project, recorder, "1"), backend=recorder)

    with pytest.raises(InputError, match=message):
        prune(project.home, **measure)

    assert _runs(project) == [run.id]


def test_folder_that_is_no_home_is_refused(tmp_path: Any) -> None:
    """And left as it was: nobody makes a home by pruning it."""
    with pytest.raises(InputError, match="is no home of local runs"):
        prune(tmp_path, max_bytes=0)

    assert [*tmp_path.iterdir()] == []
