"""python -m penguin_pipes.deploy --local, as a newcomer types it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import psutil
import pytest

from penguin_pipes.local import History, Status

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COMMAND = [sys.executable, "-m", "penguin_pipes.deploy"]
# A machine without AWS settings; HOME has none either.
BARE = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "LANG": "C.UTF-8"}


def deploy(
    *arguments: str, cwd: Path, check: bool = False
) -> subprocess.CompletedProcess[str]:
    """Run the command in *cwd*."""
    return subprocess.run(
        [*COMMAND, *arguments],
        cwd=cwd,
        env=BARE,
        capture_output=True,
        text=True,
        check=check,
    )


@pytest.mark.slow
def test_one_line_trains_a_model(tmp_path: Path) -> None:
    """Nothing but the command: it prints a table and says where the model lies."""
    done = deploy("--local", "--epochs", "3", cwd=tmp_path)

    assert done.returncode == 0, done.stderr
    for words in ("preprocess-data", "train-model", "Succeeded", "val_accuracy"):
        assert words in done.stdout
    assert "\x1b" not in done.stdout
    assert "\r" not in done.stdout
    (model,) = (tmp_path / ".penguin_pipes").rglob("model.tar.gz")
    assert str(model.relative_to(tmp_path)) in done.stdout.replace("\n", "")
    with History(tmp_path / ".penguin_pipes") as history:
        (run,) = history.runs()
    assert len(run.step("train-model").series["loss"]) == 3


@pytest.mark.slow
def test_fields_and_data_can_be_changed(tmp_path: Path) -> None:
    """--dataset, --seed and --set reach the jobs."""
    from penguin_pipes.penguins import shipped

    lines = shipped("data/penguins.csv").read_text().splitlines(keepends=True)
    (tmp_path / "few.csv").write_text("".join([lines[0], *lines[1::2]]))

    done = deploy(
        *("--local", "--dataset", "few.csv", "--seed", "7", "--home", "h"),
        *("--set", "training.hyperparameters.epochs=2"),
        *("--set", "training.hyperparameters.learning_rate=0.05"),
        cwd=tmp_path,
    )

    assert done.returncode == 0, done.stderr
    (request,) = (tmp_path / "h").glob("runs/*/train-model/request.json")
    text = request.read_text()
    assert '"learning_rate": "0.05"' in text
    assert '"seed": "7"' in text
    (train,) = (tmp_path / "h").rglob("train.csv")
    assert 110 < len(train.read_text().splitlines()) < 130


def test_bad_data_fails_the_step_with_one_sentence(tmp_path: Path) -> None:
    """Exit code 1, the step, the script's own sentence, no trace."""
    (tmp_path / "bad.csv").write_text("species,island\nAdelie,Dream\n")

    done = deploy("--local", "--cold", "--dataset", "bad.csv", cwd=tmp_path)

    assert done.returncode == 1
    assert "preprocess-data" in done.stderr
    assert "culmen_length_mm" in done.stderr
    assert "log.txt" in done.stderr.replace("\n", "")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            ["--local", "--cold", "--tune", "--set", "tuning.strategy=Grid"],
            ["Grid takes a CategoricalRange only", "epochs"],
        ),
        (["--local", "--cold", "--dataset", "no.csv"], ["dataset", "no.csv"]),
        (["--local", "--cold", "--dataset", "s3://b/k.csv"], ["s3://b/k.csv"]),
        (["--local", "--set", "training.x=1"], ["--set: training.x", "no such field"]),
        (["--local", "--epochs", "many"], ["--epochs", "many"]),
        (["--local", "--start"], ["--start is for SageMaker"]),
        ([], ["--bucket, --role, --region: SageMaker needs to know"]),
    ],
)
def test_wrong_requests_are_refused_before_anything_starts(
    tmp_path: Path, arguments: list[str], words: list[str]
) -> None:
    """Exit code 2, the place and the way out, and no home was made."""
    done = deploy(*arguments, cwd=tmp_path)

    assert done.returncode == 2
    for word in words:
        assert word in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_interrupting_ends_the_job_and_keeps_what_had_finished(tmp_path: Path) -> None:
    """Exit code 130, the record says Stopped, and no process is left behind."""
    process = subprocess.Popen(
        [*COMMAND, "--local", "--epochs", "100000"],
        cwd=tmp_path,
        env=BARE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        _until(lambda: "Epoch" in _training_log(tmp_path), process)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    finally:
        process.kill()  # or it would go on for hours if this test fails

    assert process.returncode == 130, err
    assert "interrupted; what had finished is kept" in err
    with History(tmp_path / ".penguin_pipes") as history:
        (run,) = history.runs()
    assert run.status is Status.STOPPED
    assert run.step("preprocess-data").status is Status.SUCCEEDED
    assert run.step("train-model").status is Status.STOPPED
    still = [" ".join(process.info["cmdline"] or ()) for process in _processes()]
    assert not [line for line in still if str(tmp_path) in line]


def _processes() -> Iterator[psutil.Process]:
    return psutil.process_iter(["cmdline"])


def _training_log(folder: Path) -> str:
    # Work trees come and go meanwhile: nothing may look into them.
    logs = folder.glob(".penguin_pipes/runs/*/train-model/log.txt")
    return "".join(log.read_text() for log in logs)


def _until(is_true: object, process: subprocess.Popen[str]) -> None:
    """Wait for a condition for as long as the process runs."""
    assert callable(is_true)
    while not is_true():
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)


@pytest.mark.slow
def test_the_training_is_logged_where_the_config_says(tmp_path: Path) -> None:
    """MLflow has what the table shows; a run that cannot be logged does not begin."""
    from penguin_pipes.experiments import opened

    database = f"sqlite:///{tmp_path / 'mlflow.db'}"
    table = f'[mlflow]\ntracking_uri = "{database}"\nexperiment = "birds"\n'
    (tmp_path / "pipeline.toml").write_text(table)

    done = deploy("--local", "--epochs", "2", cwd=tmp_path, check=True)

    assert "MLflow: train-model is run" in done.stdout
    store = opened(database, "birds")
    (found,) = store.client.search_runs([store.id])
    with History(tmp_path / ".penguin_pipes") as history:
        (run,) = history.runs()
    assert found.data.metrics == run.step("train-model").metrics
    assert found.data.params["epochs"] == "2"
    assert [each.path for each in store.client.list_artifacts(found.info.run_id)] == [
        "model.tar.gz"
    ]

    done = deploy("--local", "--mlflow", "ftp://host", cwd=tmp_path)
    assert done.returncode == 2
    assert "there is no store for 'ftp'" in done.stderr
    done = deploy("--plan", "--mlflow", database, cwd=tmp_path)
    assert "--mlflow goes with --local only" in done.stderr
