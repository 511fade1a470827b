"""When an earlier result is taken, and when not; commands are recorded, not run."""

from __future__ import annotations

import os
import shutil
import sqlite3
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from penguin_pipes.errors import InputError, StepFailedError
from penguin_pipes.local import Status, StepWarned
from penguin_pipes.local.database import FILE

if TYPE_CHECKING:
    from pathlib import Path


def _reasons(run: Any, step: str = "a") -> tuple[str, ...]:
    """Return why a step of a run ran."""
    reasons: tuple[str, ...] = run.step(step).reasons
    return reasons


class TestTheSame:
    """Where nothing that counts has changed, nothing runs."""

    def test_second_run_takes_all_of_the_first(self, cached: Any) -> None:
        """The record of a reused step is whole: outputs, log, exit code, source."""
        first = cached.run(cached.processing())

        second = cached.run(cached.processing())

        before, after = first.step("a"), second.step("a")
        assert cached.ran == []
        assert after.reused_from == first.id
        assert after.status is Status.SUCCEEDED
        assert after.artifacts == before.artifacts
        assert (after.log, after.job_name) == (before.log, before.job_name)
        assert (after.exit_code, after.reasons) == (0, ())

    def test_reused_training_keeps_its_metrics(self, cached: Any) -> None:
        """Metrics of a reused step are those of its job, in the order of its log."""

        def act(_: Any, on_line: Any) -> None:
            cached.ran.append("t")
            on_line("zeta=1 alpha=2")
            on_line("zeta=3 alpha=4")

        cached.recorder.act = act
        step = cached.training(metrics={"z": r"zeta=(\d)", "a": r"alpha=(\d)"})
        first = cached.run(step)

        second = cached.run(step)

        assert cached.ran == []
        assert second.step("t").series == first.step("t").series
        assert list(second.step("t").metrics.items()) == [("z", 3.0), ("a", 4.0)]

    def test_step_after_a_reused_one_reads_its_output(self, cached: Any) -> None:
        """What refers to a reused step gets what the earlier job wrote."""
        first = cached.processing("a")
        cached.run(first)
        reads = {"d": cached.project.output("a", "data")}
        seen = []

        def act(command: Any, _: Any) -> None:
            seen.append((command.cwd / "processing/input/d/x").read_text())

        cached.recorder.act = act

        cached.run(first, cached.processing("b", inputs=reads))

        assert seen == ["1"]

    def test_touched_files_are_the_same(self, cached: Any) -> None:
        """Neither inputs nor outputs are judged by their times."""
        uri = cached.project.file("s3://in/x.csv", "1")
        step = cached.processing(inputs={"d": uri})
        first = cached.run(step)
        os.utime(cached.project.files[uri], (1, 1))
        os.utime(first.step("a").artifacts["data"] / "x", (1, 1))

        cached.run(step)

        assert cached.ran == []

    def test_archive_packed_anew_is_the_same(self, cached: Any) -> None:
        """What counts of an archive is what is in it, not how it was packed."""
        step = cached.training(script="print(1)")
        cached.run(step)
        archive = cached.project.files["s3://code/t/sourcedir.tar.gz"]
        before = archive.read_bytes()
        cached.project.archive("s3://code/t/sourcedir.tar.gz", {"train.py": "print(1)"})
        archive.write_bytes(archive.read_bytes()[:4] + b"\1\1\1\1" + before[8:])

        cached.run(step)

        assert archive.read_bytes() != before
        assert cached.ran == []

    def test_code_under_another_name_in_s3_is_the_same(self, cached: Any) -> None:
        """A definition that names the same code elsewhere takes the same results."""
        step = cached.training(script="print(1)")
        cached.run(step)
        moved = cached.project.archive("s3://new/s.tar.gz", {"train.py": "print(1)"})
        parameters = {"sagemaker_submit_directory": moved}

        cached.run(cached.training(script="print(1)", hyperparameters=parameters))

        assert cached.ran == []

    @pytest.mark.parametrize(
        "changes",
        [
            {"RoleArn": "arn:aws:iam::123456789012:role/other"},
            {"StoppingCondition": {"MaxRuntimeInSeconds": 60}},
            {"ProcessingResources": {"ClusterConfig": {"InstanceType": "ml.m5.large"}}},
        ],
        ids=lambda changes: next(iter(changes)),
    )
    def test_what_is_not_in_the_key_reruns_nothing(
        self, cached: Any, changes: Any
    ) -> None:
        """As at the service, role, limits and instances do not count."""
        cached.run(cached.processing())

        cached.run(cached.processing(arguments=changes))

        assert cached.ran == []

    def test_result_of_two_runs_ago_is_taken(self, cached: Any) -> None:
        """Going back to an earlier value finds the earlier result."""
        fast, slow = ({"n": "1"}, {"n": "2"})
        first = cached.run(cached.training(hyperparameters=fast))
        cached.run(cached.training(hyperparameters=slow))

        third = cached.run(cached.training(hyperparameters=fast))

        assert cached.ran == []
        assert third.step("t").reused_from == first.id


class TestChanges:
    """A change of what counts runs the step again, and is told."""

    def test_changed_byte_of_an_input(self, cached: Any) -> None:
        """An input of the same name, size and times, but with another byte."""
        uri = cached.project.file("s3://in/x.csv", "1")
        step = cached.processing(inputs={"d": uri})
        cached.run(step)
        path = cached.project.files[uri]
        times = path.stat()
        path.write_text("2")
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))

        run = cached.run(step)

        assert cached.ran == ["a"]
        assert _reasons(run) == ("input d changed",)

    def test_renamed_file_of_an_input(self, cached: Any) -> None:
        """A job sees the names of its files, so these count as well."""
        one = cached.project.file("s3://in/data/x.csv", "1")
        step = cached.processing(inputs={"d": "s3://in/data/"})
        cached.run(step)
        del cached.project.files[one]
        cached.project.file("s3://in/data/y.csv", "1")

        run = cached.run(step)

        assert _reasons(run) == ("input d changed",)

    def test_changed_helper_in_the_bundle(self, cached: Any) -> None:
        """Any file of the code counts, and is named; nobody lists them by hand."""
        uri = "s3://code/t/sourcedir.tar.gz"
        step = cached.training()
        cached.project.archive(uri, {"train.py": "", "lib/helper.py": "x = 1"})
        cached.run(step)
        cached.project.archive(uri, {"train.py": "", "lib/helper.py": "x = 2"})

        run = cached.run(step)

        assert cached.ran == ["t"]
        assert _reasons(run, "t") == ("code lib/helper.py changed",)

    def test_changed_script(self, cached: Any) -> None:
        """The script of a processing step is code, too."""
        cached.run(cached.processing(script="print(1)"))

        run = cached.run(cached.processing(script="print(2)"))

        assert _reasons(run) == ("code a.py changed",)

    def test_changed_hyperparameter(self, cached: Any) -> None:
        """Values are told as they were and as they are."""
        cached.run(cached.training(hyperparameters={"epochs": "50"}))

        run = cached.run(cached.training(hyperparameters={"epochs": "60"}))

        assert _reasons(run, "t") == ("hyperparameter epochs 50 → 60",)

    def test_several_changes_are_all_told(self, cached: Any) -> None:
        """Changed, new and gone parts each get a sentence."""
        cached.run(cached.training(hyperparameters={"a": "1", "b": "1"}))

        run = cached.run(cached.training(hyperparameters={"a": "2", "c": "x"}))

        assert set(_reasons(run, "t")) == {
            "hyperparameter a 1 → 2",
            "hyperparameter b is gone",
            "hyperparameter c is new",
        }

    def test_secrets_are_not_told(self, cached: Any) -> None:
        """Of what is called a secret, only that it changed is said."""
        old, new = ({"Environment": {"API_KEY": each}} for each in ("sesame", "poppy"))
        cached.run(cached.processing(arguments=old))

        run = cached.run(cached.processing(arguments=new))

        assert _reasons(run) == ("environment variable API_KEY changed",)

    def test_only_what_depends_on_a_change_reruns(self, cached: Any) -> None:
        """Steps beside the changed one are taken as they are."""
        beside = cached.processing("b")
        cached.run(cached.processing("a", "print(1)"), beside)

        cached.run(cached.processing("a", "print(2)"), beside)

        assert cached.ran == ["a"]

    def test_rerun_with_other_output_reruns_what_reads_it(self, cached: Any) -> None:
        """A changed output is a changed input of the step after."""
        reads = {"d": cached.project.output("a", "data")}
        after = cached.training("t", channels=reads)
        cached.run(cached.processing("a", "print(1)"), after)
        cached.content = "2"

        run = cached.run(cached.processing("a", "print(2)"), after)

        assert cached.ran == ["a", "t"]
        assert _reasons(run, "t") == ("input d changed",)

    def test_rerun_with_the_same_output_spares_what_reads_it(self, cached: Any) -> None:
        """Early cut-off: the same bytes under another name change nothing."""
        reads = {"d": cached.project.output("a", "data")}
        after = cached.training("t", channels=reads)
        cached.run(cached.processing("a", "print(1)"), after)

        cached.run(cached.processing("a", "print(1)  # better"), after)

        assert cached.ran == ["a"]


class TestOutputs:
    """A result is taken only if what it published is still there and intact."""

    def test_deleted_output(self, cached: Any) -> None:
        """What is gone is made again."""
        first = cached.run(cached.processing())
        shutil.rmtree(first.step("a").artifacts["data"])

        run = cached.run(cached.processing())

        assert cached.ran == ["a"]
        assert _reasons(run) == (f"output data of run {first.id} is gone",)

    def test_changed_output(self, cached: Any) -> None:
        """A file that was edited by hand is not passed on as the step's own."""
        first = cached.run(cached.processing())
        (first.step("a").artifacts["data"] / "x").write_text("2")

        run = cached.run(cached.processing())

        assert cached.ran == ["a"]
        assert _reasons(run) == (f"output data of run {first.id} was changed",)

    def test_older_result_stands_in_for_a_damaged_one(self, cached: Any) -> None:
        """The newest result that is intact is taken."""
        first = cached.run(cached.processing())
        second = cached.run(cached.processing(), cache="refresh")
        shutil.rmtree(second.step("a").artifacts["data"])

        third = cached.run(cached.processing())

        assert cached.ran == []
        assert third.step("a").reused_from == first.id

    def test_newest_result_is_taken(self, cached: Any) -> None:
        """Of several equal results the newest is taken, as at the service."""
        cached.run(cached.processing())
        second = cached.run(cached.processing(), cache="refresh")

        third = cached.run(cached.processing())

        assert third.step("a").reused_from == second.id


class TestPolicy:
    """``CacheConfig`` decides."""

    @pytest.mark.parametrize(
        "config", [None, {"Enabled": False}, {"Enabled": False, "ExpireAfter": "P15D"}]
    )
    def test_step_without_caching_runs_every_time(
        self, cached: Any, config: Any
    ) -> None:
        """A step that does not ask for caching is not cached."""
        step = cached.processing(CacheConfig=config)
        cached.run(step)

        run = cached.run(step)

        assert cached.ran == ["a"]
        assert _reasons(run) == ("its caching is off",)

    def test_caching_that_is_switched_on_later_holds_for_earlier(
        self, cached: Any
    ) -> None:
        """What ran without caching was looked at all the same, and can be taken."""
        first = cached.run(cached.processing(CacheConfig={"Enabled": False}))

        run = cached.run(cached.processing())

        assert run.step("a").reused_from == first.id

    @pytest.mark.parametrize(
        ("expire_after", "age", "reason"),
        [
            ("P15D", timedelta(days=14, hours=23), None),
            ("P15D", timedelta(days=17), "expired 2 d ago"),
            ("15d", timedelta(days=15, hours=3), "expired 3 h ago"),
            ("PT30M", timedelta(minutes=29), None),
            ("T30m", timedelta(minutes=45), "expired 15 min ago"),
            ("P1Y", timedelta(days=364), None),
            ("P1M", timedelta(days=40), "expired"),
            ("P2W", timedelta(days=13), None),
        ],
    )
    def test_results_expire(
        self, cached: Any, expire_after: str, age: timedelta, reason: str | None
    ) -> None:
        """A result is taken for as long as ``ExpireAfter`` says, in all its forms."""
        step = cached.processing(
            CacheConfig={"Enabled": True, "ExpireAfter": expire_after}
        )
        cached.run(step)
        _set_back(cached.project.home, age)

        run = cached.run(step)

        assert (cached.ran == []) is (reason is None)
        assert [each[: len(reason or "")] for each in _reasons(run)] == (
            [] if reason is None else [reason]
        )

    def test_reuse_does_not_prolong_a_result(self, cached: Any) -> None:
        """A result expires by the time of the job, however often it was taken."""
        step = cached.processing()
        cached.run(step)
        _set_back(cached.project.home, timedelta(days=14))
        cached.run(step)
        _set_back(cached.project.home, timedelta(days=16))

        cached.run(step)

        assert cached.ran == ["a"]

    def test_result_of_the_future_is_not_believed(self, cached: Any) -> None:
        """After the clock was set back, nobody knows how old a result is."""
        step = cached.processing()
        first = cached.run(step)
        _set_back(cached.project.home, timedelta(hours=-2))

        run = cached.run(step)

        reason = f"run {first.id} lies in the future: the clock was set back"
        assert _reasons(run) == (reason,)

    def test_clock_that_is_set_back_a_little_does_no_harm(self, cached: Any) -> None:
        """Clocks are corrected by moments all the time."""
        step = cached.processing()
        cached.run(step)
        _set_back(cached.project.home, timedelta(minutes=-1))

        cached.run(step)

        assert cached.ran == []

    def test_other_pipelines_results_are_not_taken(self, cached: Any) -> None:
        """As at the service, results are taken within one pipeline."""
        cached.run(cached.processing(), name="one")

        cached.run(cached.processing(), name="two")

        assert cached.ran == ["a"]

    def test_failed_step_is_run_again(self, cached: Any) -> None:
        """Only what succeeded can be taken."""
        cached.recorder.exit_codes = [1]
        with pytest.raises(StepFailedError):
            cached.run(cached.processing())

        cached.run(cached.processing())

        assert cached.ran == ["a"]

    def test_steps_before_a_failure_are_taken(self, cached: Any) -> None:
        """After the mending of a step, those before it are not run again."""
        reads = {"d": cached.project.output("a", "data")}
        cached.recorder.exit_codes = [0, 1]
        with pytest.raises(StepFailedError):
            cached.run(cached.processing("a"), cached.processing("b", inputs=reads))

        cached.run(
            cached.processing("a"), cached.processing("b", "print()", inputs=reads)
        )

        assert cached.ran == ["b"]


class TestModes:
    """What a run can be told about earlier results."""

    def test_refresh_runs_everything_and_keeps_it(self, cached: Any) -> None:
        """What a refreshing run makes can be taken by the next."""
        cached.run(cached.processing())
        second = cached.run(cached.processing(), cache="refresh")
        assert cached.ran == ["a"]

        third = cached.run(cached.processing())

        assert third.step("a").reused_from == second.id

    def test_only_fails_where_a_step_would_run(self, cached: Any) -> None:
        """In CI, a miss is an error that says why; nothing is run."""
        first = cached.processing("a")
        cached.run(first)

        with pytest.raises(StepFailedError, match="no earlier result can be taken: it"):
            cached.run(first, cached.processing("b"), cache="only")

        assert cached.ran == []

    def test_only_succeeds_where_all_is_there(self, cached: Any) -> None:
        """Without a miss, the run is as any other."""
        cached.run(cached.processing())

        run = cached.run(cached.processing(), cache="only")

        assert run.status is Status.SUCCEEDED

    def test_unknown_word_is_refused(self, cached: Any) -> None:
        """A word that means nothing starts nothing."""
        with pytest.raises(InputError, match="cache: expected one of 'use', 'refresh'"):
            cached.run(cached.processing(), cache="off")

        assert not cached.project.home.exists()


class TestChangesMeanwhile:
    """What changes while a step runs is never taken for what it read."""

    def test_input_that_changes_while_the_step_runs(self, cached: Any) -> None:
        """The result is not kept, and the run says so."""
        uri = cached.project.file("s3://in/x.csv", "1")
        step = cached.processing(inputs={"d": uri})
        events: list[Any] = []
        cached.recorder.act = lambda *_: cached.project.files[uri].write_text("2")

        run = cached.run(step, watch=events.append)

        (warned,) = (each for each in events if isinstance(each, StepWarned))
        assert run.status is Status.SUCCEEDED
        assert "changed while the step ran" in warned.text
        cached.project.files[uri].write_text("1")
        cached.recorder.act = cached._write
        cached.run(step)
        assert cached.ran == ["a"]

    def test_file_that_joins_an_input_while_the_step_runs(self, cached: Any) -> None:
        """What lies in a folder counts, not only what lay there at first."""
        folder = cached.project.folder / "in"
        folder.mkdir()
        (folder / "x.csv").write_text("1")
        cached.project.files["s3://in/data"] = folder
        step = cached.processing(inputs={"d": "s3://in/data/"})
        cached.recorder.act = lambda *_: (folder / "y.csv").write_text("2")
        cached.run(step)
        (folder / "y.csv").unlink()
        cached.recorder.act = cached._write

        cached.run(step)

        assert cached.ran == ["a"]


def _set_back(home: Path, age: timedelta) -> None:
    """Make all results as old as *age*."""
    at = (datetime.now(UTC) - age).isoformat()
    with sqlite3.connect(home / FILE) as database:
        database.execute("UPDATE results SET finished_at = ?", (at,))
    database.close()
