"""The penguins' second run: what is reused, what runs again, and why."""

from __future__ import annotations

import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from penguin_pipes import build_pipeline, penguins_config, run_locally
from penguin_pipes.penguins import shipped

if TYPE_CHECKING:
    from pathlib import Path

    from penguin_pipes.local import Run

pytestmark = pytest.mark.slow

COMMAND = [sys.executable, "-m", "penguin_pipes.deploy", "--local", "--epochs", "2"]
NO_SDK = """
import sys
from penguin_pipes.deploy import main
code = main(["--local", "--epochs", "2"])
print(sorted(name for name in sys.modules if name.split(".")[0] in ("sagemaker", "boto3")))
sys.exit(code)
"""


def run(home: Path, script: Path) -> Run:
    """Run the pipeline for two epochs with a preprocessor of one's own."""
    config = penguins_config(epochs=2)
    processing = {**_fields(config.processing), "script": script}
    pipeline = build_pipeline(
        penguins_config(epochs=2, processing=type(config.processing)(**processing))
    )
    return run_locally(
        pipeline.definition(), files=pipeline.files, home=home, name="penguins"
    )


def _fields(config: Any) -> dict[str, Any]:
    """Return what a config was made of."""
    return {name: getattr(config, name) for name in ("script", "arguments", "outputs")}


def test_comment_in_the_preprocessor_spares_the_training(tmp_path: Path) -> None:
    """The preprocessor runs again; its output being the same, the training does not."""
    script = tmp_path / "preprocessor.py"
    shutil.copyfile(shipped("scripts/preprocessor.py"), script)
    first = run(tmp_path / "home", script)
    script.write_text(f"{script.read_text()}\n# A comment changes no penguin.\n")

    second = run(tmp_path / "home", script)

    prepared, trained = second.steps
    assert prepared.reused_from is None
    assert prepared.reasons == ("code preprocessor.py changed",)
    assert trained.reused_from == first.id
    assert trained.metrics == first.step("train-model").metrics


def test_rerun_from_the_command_line(tmp_path: Path) -> None:
    """Unchanged, nothing runs and no SDK is loaded; a change is told, and only it."""
    _call(*COMMAND, cwd=tmp_path)

    unchanged = _call(sys.executable, "-c", NO_SDK, cwd=tmp_path)
    assert unchanged.count("Reused") == 2
    assert unchanged.rstrip().endswith("[]")

    explained = _call(*(*COMMAND[:-1], "3", "--explain", "train-model"), cwd=tmp_path)
    assert "train-model would run:\n  hyperparameter epochs 2 → 3" in explained

    changed = _call(*COMMAND[:-1], "3", cwd=tmp_path)
    assert "train-model: hyperparameter epochs 2 → 3" in changed
    assert changed.count("Reused") == 1

    back = _call(*COMMAND, "--cache-only", cwd=tmp_path)
    assert back.count("Reused") == 2


def test_miss_fails_where_only_the_cache_may_serve(tmp_path: Path) -> None:
    """In CI a miss is exit code 1, and says why; nothing is run."""
    done = subprocess.run(
        [*COMMAND, "--cache-only"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert "no earlier result can be taken" in done.stderr
    assert not list(tmp_path.rglob("log.txt"))


def _call(*words: str, cwd: Path) -> str:
    """Run a command that has to succeed; return what it printed."""
    done = subprocess.run(words, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
