"""The same pipeline with a training script that lets it down."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import pytest

from penguin_pipes import Compute, build_pipeline, penguins_config, run_locally
from penguin_pipes.errors import StepFailedError
from penguin_pipes.local import History, Run, Status

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FAILS = "print('epoch 1'); raise ValueError('the data is upside down')"
IS_KILLED = "import os, signal; print('so far'); os.kill(os.getpid(), signal.SIGKILL)"
PRINTS_GARBAGE = r"""
import sys
sys.stdout.buffer.write(bytes(range(256)) * 40 + b"x" * 300_000 + b"\n")
print("\x1b[31mval_accuracy: lots\x1b[0m - val_accuracy: 0.5 - loss: 1e999")
print("a - val_accuracy: 0.75")
"""
WRITES_NOTHING = "pass"
HANGS = "import time; print('waiting', flush=True); time.sleep(3600)"


@pytest.fixture
def run_with(tmp_path: Path) -> Callable[..., Run]:
    """Return what runs the penguins with another training script."""

    def run(source: str, max_runtime_s: int = 3600) -> Run:
        script = tmp_path / "train.py"
        script.write_text(source)
        config = penguins_config()
        compute = Compute(max_runtime_s=max_runtime_s)
        training = attrs.evolve(config.training, source=script, compute=compute)
        pipeline = build_pipeline(attrs.evolve(config, training=training))
        return run_locally(
            pipeline.definition(), files=pipeline.files, home=tmp_path / "home"
        )

    return run


@pytest.mark.parametrize(
    ("source", "reason", "last_line"),
    [
        (FAILS, "the data is upside down", "ValueError: the data is upside down"),
        (IS_KILLED, "ExitCode -9|ExitCode 137", "so far"),
    ],
    ids=["fails", "is killed"],
)
def test_a_failure_names_step_reason_and_log(
    run_with: Callable[[str], Run], source: str, reason: str, last_line: str
) -> None:
    """The message has the step, the end of its log and where the rest is."""
    with pytest.raises(StepFailedError, match="'train-model' failed") as caught:
        run_with(source)

    run = caught.value.run
    assert isinstance(run, Run)
    step = run.step("train-model")
    assert last_line in str(caught.value)
    assert str(step.log) in str(caught.value)
    assert step.log.is_file()
    assert any(part in str(step.failure) for part in reason.split("|"))


def test_a_failure_loses_nothing_of_what_had_finished(
    run_with: Callable[[str], Run], tmp_path: Path
) -> None:
    """The splits are there, and so is the record of the step that made them."""
    with pytest.raises(StepFailedError, match="train-model"):
        run_with(FAILS)

    with History(tmp_path / "home") as history:
        (run,) = history.runs()
    assert run.status is Status.FAILED
    prepared = run.step("preprocess-data")
    assert prepared.status is Status.SUCCEEDED
    assert (prepared.artifacts["train"] / "train.csv").stat().st_size > 0


def test_a_script_that_hangs_is_stopped(run_with: Callable[..., Run]) -> None:
    """After its maximum runtime the job ends, and the message says why."""
    with pytest.raises(StepFailedError, match="MaxRuntimeExceeded") as caught:
        run_with(HANGS, max_runtime_s=2)

    assert "waiting" in str(caught.value)


def test_garbage_in_the_log_is_only_garbage(run_with: Callable[[str], Run]) -> None:
    """Binary output, endless lines and odd numbers neither stop nor fool the run."""
    run = run_with(PRINTS_GARBAGE)

    step = run.step("train-model")
    assert step.status is Status.SUCCEEDED
    assert step.metrics["val_accuracy"] == 0.75
    assert step.log.stat().st_size > 300_000


def test_a_script_that_writes_nothing_leaves_an_empty_model(
    run_with: Callable[[str], Run],
) -> None:
    """As at SageMaker: an archive of nothing, and no metric."""
    step = run_with(WRITES_NOTHING).step("train-model")

    assert step.status is Status.SUCCEEDED
    assert step.artifacts["model"].is_file()
    assert step.metrics == {}
