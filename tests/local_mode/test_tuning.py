"""Tuning the penguins' network on this computer."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
from typing import TYPE_CHECKING

import pytest

from penguin_pipes.local import History, Status

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow


def tune(home: Path) -> str:
    """Run the command; return what it printed."""
    command = (sys.executable, "-m", "penguin_pipes.deploy", "--local", "--tune")
    done = subprocess.run(
        [*command, "--home", str(home)],
        cwd=home.parent,
        env={"PATH": os.environ["PATH"], "HOME": "/nonexistent", "LANG": "C.UTF-8"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_one_line_tunes_a_model(tmp_path: Path) -> None:
    """Three trials and a winner, whose model lies where the output says; then a hit."""
    home = tmp_path / "home"

    printed = tune(home)

    with History(home) as history:
        (run,) = history.runs()
    step = run.step("tune-model")
    assert [trial.status for trial in step.trials] == [Status.SUCCEEDED] * 3
    assert all(10 <= int(t.hyperparameters["epochs"]) <= 50 for t in step.trials)
    for trial in step.trials:
        epochs = int(trial.hyperparameters["epochs"])
        assert len(trial.series["val_accuracy"]) == epochs
        assert trial.metric == "val_accuracy"
    best = step.best_trial
    assert best is not None
    assert best.objective == max(trial.objective or 0 for trial in step.trials)
    assert f"tune-model: trial {best.number} won: epochs" in printed
    assert (best.objective or 0) > 0.9
    with tarfile.open(best.artifacts["model"]) as archive:
        assert any(name.endswith("saved_model.pb") for name in archive.getnames())
    again = tune(home)
    assert f"tune-model: reused from run {run.id}" in again
    assert f"tune-model: trial {best.number} won: epochs" in again
    request = json.loads((best.log.parent / "request.json").read_text())
    assert request["HyperParameters"]["_tuning_objective_metric"] == "val_accuracy"
