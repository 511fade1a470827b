"""What is promised of runs in MLflow: a real store, read back with MLflow's client."""

from __future__ import annotations

import math
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penguin_pipes.errors import InputError
from penguin_pipes.experiments import State, Store, log_run, opened
from penguin_pipes.experiments.store import _name, check_library
from penguin_pipes.experiments.uris import check_scheme, shown, without_password
from penguin_pipes.local import History, MetricPoint, Status

if TYPE_CHECKING:
    from tests.unit.experiments.conftest import Home

MS = 1000


def points(*values: float, at: Any) -> tuple[MetricPoint, ...]:
    """Return values, one a second."""
    return tuple(
        MetricPoint(at=at + timedelta(seconds=number), value=value)
        for number, value in enumerate(values)
    )


def runs(store: Store, query: str = "") -> list[Any]:
    """Return the runs of the experiment, as MLflow has them."""
    return list(store.client.search_runs([store.id], query))


def the_run(store: Store) -> Any:
    """Return the only run of the experiment."""
    (found,) = runs(store)
    return found


class TestTraining:
    """A training job becomes one run."""

    def test_it_has_what_the_script_was_called_with(
        self, home: Home, store: Store
    ) -> None:
        """Values are what the script sees, without what is the toolkit's own.

        The pipeline's parameters stand beside them, under a prefix.
        """
        request = {
            "HyperParameters": {
                "epochs": "50",
                "optimizer": '"adam"',
                "sagemaker_program": "train.py",
            }
        }
        home.run(home.training(request=request), parameters={"data": "s3://b/x"})

        log_run(home.folder, store=store)

        assert the_run(store).data.params == {
            "epochs": "50",
            "optimizer": "adam",
            "pipeline.data": "s3://b/x",
        }

    def test_what_nobody_may_see_is_masked(self, home: Home, store: Store) -> None:
        """Values whose names say that they are secrets do not leave the computer."""
        request = {"HyperParameters": {"api_key": "hunter2"}}
        home.run(home.training(request=request), parameters={"DbPassword": "hunter3"})

        log_run(home.folder, store=store)

        params = the_run(store).data.params
        assert params == {"api_key": "****", "pipeline.DbPassword": "****"}

    def test_curves_are_whole(self, home: Home, store: Store) -> None:
        """Every value is there with its place and its time, and the last is shown."""
        step = home.training()
        at = step.started_at
        series = {"loss": points(3.0, 2.0, 1.5, at=at), "val:acc": points(0.5, at=at)}
        home.run(attrs.evolve(step, series=series))

        log_run(home.folder, store=store)

        found = the_run(store)
        assert found.data.metrics == {"loss": 1.5, "val:acc": 0.5}
        history = store.client.get_metric_history(found.info.run_id, "loss")
        assert [(each.step, each.value) for each in history] == [
            (0, 3.0),
            (1, 2.0),
            (2, 1.5),
        ]
        assert at is not None
        begun = round(at.timestamp() * MS)
        assert [each.timestamp - begun for each in history] == [0, MS, 2 * MS]

    def test_a_long_curve_is_whole_too(self, home: Home, store: Store) -> None:
        """More values than one request takes arrive all the same."""
        step = home.training()
        values = [1 / (1 + number) for number in range(2500)]
        home.run(attrs.evolve(step, series={"l": points(*values, at=step.started_at)}))

        log_run(home.folder, store=store)

        found = store.client.get_metric_history(the_run(store).info.run_id, "l")
        assert [each.value for each in found] == values

    def test_a_value_that_is_no_number_does_not_sink_it(
        self, home: Home, store: Store
    ) -> None:
        """A loss that diverged is logged as that."""
        step = home.training()
        series = {"loss": points(1.0, math.nan, at=step.started_at)}
        home.run(attrs.evolve(step, series=series))

        log_run(home.folder, store=store)

        assert math.isnan(the_run(store).data.metrics["loss"])

    def test_artifacts_are_the_same_bytes(
        self, home: Home, store: Store, tmp_path: Path
    ) -> None:
        """Files and folders of files can be downloaded again."""
        step = home.training()
        folder = tmp_path / "checkpoints"
        (folder / "deep").mkdir(parents=True)
        (folder / "deep" / "1.bin").write_bytes(b"\x00\x01")
        artifacts = {**step.artifacts, "checkpoints": folder}
        home.run(attrs.evolve(step, artifacts=artifacts))

        log_run(home.folder, store=store)

        run_id = the_run(store).info.run_id
        place = Path(store.client.download_artifacts(run_id, "", str(tmp_path)))
        model = step.artifacts["model"].read_bytes()
        assert (place / "model.tar.gz").read_bytes() == model
        assert (place / "checkpoints/deep/1.bin").read_bytes() == b"\x00\x01"

    def test_it_tells_where_it_is_from_and_when_it_ran(
        self, home: Home, store: Store
    ) -> None:
        """Pipeline, run, step and job are tags; times are those of the job."""
        step = home.training()
        home.run(step)

        log_run(home.folder, store=store)

        found = the_run(store)
        assert found.info.run_name == "job-fit"
        assert found.info.status == "FINISHED"
        assert found.info.end_time - found.info.start_time == 2 * MS
        tags = found.data.tags
        assert tags["penguin_pipes.pipeline"] == "churn"
        assert tags["penguin_pipes.run"] == "abc123def456"
        assert tags["penguin_pipes.step"] == "fit"
        assert tags["mlflow.source.name"] == "churn"

    @pytest.mark.parametrize(
        ("status", "shown"), [(Status.FAILED, "FAILED"), (Status.STOPPED, "KILLED")]
    )
    def test_one_that_came_to_no_good_end_is_there_too(
        self, home: Home, store: Store, status: Status, shown: str
    ) -> None:
        """What it measured until then, and why it ended, can be seen."""
        step = home.training(status=status, failure="no more rows", artifacts={})
        home.run(attrs.evolve(step, series={"loss": points(1.0, at=step.started_at)}))

        log_run(home.folder, store=store)

        found = the_run(store)
        assert found.info.status == shown
        assert found.data.tags["penguin_pipes.failure"] == "no more rows"
        assert found.data.metrics == {"loss": 1.0}

    def test_a_job_whose_files_are_gone_is_logged_without_them(
        self, home: Home, store: Store
    ) -> None:
        """Pruned artifacts and requests are no reason to lose the curves."""
        step = home.training(log=Path("/gone/log.txt"))
        home.run(attrs.evolve(step, artifacts={"model": Path("/gone/model.tar.gz")}))

        found = log_run(home.folder, store=store)

        assert found.is_whole
        assert the_run(store).data.params == {}

    def test_steps_that_train_nothing_are_not_there(
        self, home: Home, store: Store
    ) -> None:
        """Nor are those that the run did not come to."""
        prepare = attrs.evolve(home.training("prepare"), type="Processing")
        later = home.training("later", status=Status.NOT_STARTED, started_at=None)
        home.run(prepare, later)

        assert log_run(home.folder, store=store).outcomes == ()
        assert runs(store) == []


class TestTuning:
    """A tuning step becomes a run with one child for each trial."""

    def test_trials_are_children_of_one_parent(self, home: Home, store: Store) -> None:
        """MLflow shows them below it, each with its own hyperparameters and curve."""
        home.run(home.search(home.trial(1, 0.5), home.trial(2, 0.9)))

        (outcome,) = log_run(home.folder, store=store).outcomes

        assert (outcome.state, outcome.trials) == (State.LOGGED, 2)
        children = runs(store, f"tags.`mlflow.parentRunId` = '{outcome.run_id}'")
        assert {
            each.info.run_name: (each.data.params, each.data.metrics)
            for each in children
        } == {
            "search-001": ({"depth": "1", "seed": "7"}, {"score": 0.5}),
            "search-002": ({"depth": "2", "seed": "7"}, {"score": 0.9}),
        }

    def test_the_parent_tells_who_won(self, home: Home, store: Store) -> None:
        """Its numbers are the winner's, what was fixed for all, and the winner's name."""
        home.run(home.search(home.trial(1, 0.5), home.trial(2, 0.9)))

        (outcome,) = log_run(home.folder, store=store).outcomes

        parent = store.client.get_run(outcome.run_id)
        assert parent.data.params == {"seed": "7", "best_depth": "2"}
        assert parent.data.metrics == {"best_score": 0.9}
        assert parent.data.tags["penguin_pipes.best_job"] == "search-002"
        assert "mlflow.parentRunId" not in parent.data.tags
        assert store.client.list_artifacts(outcome.run_id) == []

    def test_a_trial_that_was_stopped_says_why(self, home: Home, store: Store) -> None:
        """Stopping a hopeless trial is the search's doing, and no failure."""
        stopped = home.trial(
            2, 0.1, status=Status.STOPPED, stopped_by="worse than the median"
        )
        home.run(home.search(home.trial(1, 0.9), stopped))

        log_run(home.folder, store=store)

        (found,) = runs(store, "tags.`penguin_pipes.trial` = '2'")
        assert found.info.status == "KILLED"
        assert found.data.tags["penguin_pipes.stopped_by"] == "worse than the median"

    def test_a_search_without_a_winner_is_there_too(
        self, home: Home, store: Store
    ) -> None:
        """With all that failed."""
        bad = home.trial(1, 0.0, status=Status.FAILED, failure="no rows")
        failed = attrs.evolve(bad, objective=None)
        home.run(attrs.evolve(home.search(failed), status=Status.FAILED))

        log_run(home.folder, store=store)

        assert [each.info.status for each in runs(store)] == ["FAILED", "FAILED"]


class TestOnce:
    """Each job is in MLflow once, however often it is asked for."""

    def test_a_run_that_is_there_stays_as_it_is(self, home: Home, store: Store) -> None:
        """Logging again adds nothing, and says which run it is."""
        home.run(home.search(home.trial(1, 0.5)), home.training())
        first = log_run(home.folder, store=store).outcomes
        before = runs(store)

        again = log_run(home.folder, store=store).outcomes

        assert {each.state for each in again} == {State.KNOWN}
        assert [each.run_id for each in again] == [each.run_id for each in first]
        assert len(runs(store)) == len(before) == 3

    def test_a_reused_step_is_the_job_that_ran(self, home: Home, store: Store) -> None:
        """Whether that was logged when it ran, or is only now."""
        step = home.training()
        home.run(step, run_id="first0000000")
        reused = attrs.evolve(
            step, reused_from="first0000000", job_name="", started_at=None
        )
        for number in (1, 2):
            home.run(reused, run_id=f"later000000{number}")

        one = log_run(home.folder, "later0000001", store=store).outcomes[0]
        two = log_run(home.folder, "later0000002", store=store).outcomes[0]

        assert (one.state, two.state) == (State.LOGGED, State.KNOWN)
        assert one.reused_from == two.reused_from == "first0000000"
        assert the_run(store).info.run_id == one.run_id == two.run_id
        assert the_run(store).data.tags["penguin_pipes.run"] == "first0000000"

    def test_a_reused_step_whose_run_is_gone_is_told_of(
        self, home: Home, store: Store
    ) -> None:
        """What trained it is not known any more."""
        home.run(home.training(reused_from="gone00000000"))

        found = log_run(home.folder, store=store)

        assert not found.is_whole
        assert "taken out of the home" in str(found.outcomes[0].reason)

    def test_what_was_half_logged_is_logged_anew(
        self, home: Home, store: Store
    ) -> None:
        """A command that was killed leaves a run without an end; it goes to the trash."""
        home.run(home.search(home.trial(1, 0.5)))
        tags = {"penguin_pipes.job": "job-search", "penguin_pipes.run": "abc123def456"}
        half = store.client.create_run(store.id, tags=tags).info.run_id
        below = {"mlflow.parentRunId": half}
        child = store.client.create_run(store.id, tags=below).info.run_id

        (outcome,) = log_run(home.folder, store=store).outcomes

        assert outcome.state is State.LOGGED
        assert {half, child}.isdisjoint(each.info.run_id for each in runs(store))
        assert len(runs(store)) == 2

    def test_one_job_that_cannot_be_logged_leaves_the_others(
        self, home: Home, store: Store
    ) -> None:
        """Of it nothing stays; which it is, and why, is told."""
        # Two names that are one to MLflow, with two values.
        bad = {"HyperParameters": {"a@b": "1", "a#b": "2"}}
        home.run(home.training("bad", request=bad), home.training("good"))

        found = log_run(home.folder, store=store)

        assert [each.state for each in found.outcomes] == [State.FAILED, State.LOGGED]
        assert "a_b" in str(found.outcomes[0].reason)
        assert the_run(store).data.tags["penguin_pipes.step"] == "good"


class TestStores:
    """What can be known before a run is told before it."""

    @pytest.mark.parametrize(
        ("uri", "words"),
        [
            (
                "mlflow.db",
                "expected the address of a store, such as sqlite:///mlflow.db",
            ),
            ("", "expected the address of a store"),
            ("ftp://host/x", "there is no store for 'ftp'; there are: arn, "),
            ("sqllite:///x.db", "did you mean 'sqlite'?"),
            ("postgres://h/x", "did you mean 'postgresql'?"),
            ("ftp://me:hunter2@host/x", "ftp://me:****@host/x: there is no store"),
        ],
    )
    def test_an_address_without_a_store_is_refused(self, uri: str, words: str) -> None:
        """Without loading MLflow, and without telling a password."""
        with pytest.raises(InputError) as told:
            check_scheme(uri)

        assert words in str(told.value)
        assert "hunter2" not in str(told.value)

    @pytest.mark.parametrize(
        "uri",
        [
            "sqlite:///mlflow.db",
            "postgresql+psycopg2://host/x",
            "HTTPS://host",
            "databricks",
            "databricks://profile",
            "arn:aws:sagemaker:eu-west-1:123456789012:mlflow-app/app-1",
        ],
    )
    def test_addresses_that_mlflow_knows_pass(self, uri: str) -> None:
        """Those of the SDK's plugin for SageMaker's managed MLflow, too."""
        check_scheme(uri)

    def test_a_server_that_is_not_there_is_told_in_seconds(self) -> None:
        """MLflow by itself tries for minutes; port 1 has nobody."""
        with pytest.raises(InputError) as told:
            opened("http://me:hunter2@127.0.0.1:1", "churn")

        assert str(told.value) == (
            "MLflow: http://me:****@127.0.0.1:1 cannot be used: no server answers "
            "there; start it, or correct the address"
        )
        assert "hunter2" not in str(told.value)
        assert "\n" not in str(told.value)

    def test_a_database_that_cannot_be_opened_is_told(self, tmp_path: Path) -> None:
        """In one line."""
        (tmp_path / "mlflow.db").write_text("this is no database, but a sentence" * 99)

        with pytest.raises(InputError, match="cannot be used") as told:
            opened(f"sqlite:///{tmp_path}/mlflow.db", "churn")

        assert "\n" not in str(told.value)

    def test_folders_of_files_are_what_mlflow_makes_of_them(
        self, tmp_path: Path
    ) -> None:
        """MLflow 3.17 has given them up, and says what to take instead."""
        with pytest.raises(InputError, match=r"sqlite:///mlflow\.db"):
            opened(f"file:{tmp_path}/mlruns", "churn")

    def test_a_deleted_experiment_is_not_logged_to(
        self, store: Store, mlflow_database: str
    ) -> None:
        """MLflow would take the runs and show nobody."""
        store.client.delete_experiment(store.id)

        with pytest.raises(InputError, match="was deleted; restore it"):
            opened(mlflow_database, store.experiment)

    def test_an_experiment_that_is_there_is_taken(
        self, store: Store, mlflow_database: str
    ) -> None:
        """Runs of one pipeline gather in one experiment."""
        assert opened(mlflow_database, store.experiment).id == store.id

    def test_missing_library_is_told_with_the_way_out(self) -> None:
        """Before anything is run."""
        with pytest.raises(InputError, match=r"pip install 'penguin-pipes\[mlflow\]'"):
            check_library("no_such_library")

    def test_a_server_has_a_page(self, store: Store) -> None:
        """A database has none."""
        server = attrs.evolve(store, uri="http://host:5000/", id="7")

        assert server.page == "http://host:5000/#/experiments/7"
        assert store.page is None

    def test_nothing_stays_in_the_environment(
        self, store: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Jobs that come later are not told of it, and what the user set holds."""
        import os

        monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "5")
        before = dict(os.environ)

        assert store.answers()

        assert dict(os.environ) == before


@given(st.text())
def test_every_name_becomes_one_that_mlflow_takes(name: str) -> None:
    """Metrics may be called anything in a definition."""
    from mlflow.utils.validation import _validate_metric_name

    _validate_metric_name(  # type: ignore[no-untyped-call]
        _name(f"m{name}"[:250])
    )


@given(
    st.from_regex(r"[a-z]{1,5}", fullmatch=True),
    st.from_regex(r"[^\s/@:?#\[\]]{1,20}", fullmatch=True),
)
def test_no_password_is_ever_shown(user: str, password: str) -> None:
    """Neither in an address nor in a message that quotes it."""
    uri = f"postgresql://{user}:{password}@host/db"

    assert shown(uri) == f"postgresql://{user}:****@host/db"
    quoted = without_password(f"cannot reach {uri}!", uri)
    assert quoted == f"cannot reach postgresql://{user}:****@host/db!"


def test_records_of_the_home_are_not_changed(home: Home, store: Store) -> None:
    """Logging reads."""
    run = home.run(home.training())

    log_run(home.folder, store=store)

    with History(home.folder) as history:
        assert history.run(run.id) == run
