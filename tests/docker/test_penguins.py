"""The worked example in containers, from the command line."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from penguin_pipes import build_pipeline, penguins_config
from penguin_pipes.local import run_locally
from penguin_pipes.local.contract.requests import images_of

if TYPE_CHECKING:
    from pathlib import Path


def splits(home: Path) -> dict[str, bytes]:
    """Return what preprocessing has made, by name."""
    (folder,) = home.glob("s3/*/penguins/*/preprocess-data")
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*.csv")
    }


def test_penguins_train_in_the_images_of_the_service(
    project: Any, tmp_path: Path
) -> None:
    """Both steps run with AWS's toolkit, and the data is that of a run without."""
    pipeline = build_pipeline(penguins_config())
    definition = json.loads(pipeline.definition())
    sklearn, tensorflow = dict.fromkeys(images_of(definition))
    contained, plain = tmp_path / "contained", tmp_path / "plain"
    words = [
        *("--local", "--epochs", "2", "--home", str(contained)),
        *("--backend", "docker"),
        f"--image={sklearn}=penguin-pipes/stand-in:sklearn",
        f"--image={tensorflow}=penguin-pipes/stand-in:tensorflow",
    ]

    done = subprocess.run(
        [sys.executable, "-m", "penguin_pipes.deploy", *words],
        check=False,
        capture_output=True,
        text=True,
    )
    definition["Steps"] = definition["Steps"][:1]
    run_locally(definition, files=pipeline.files, home=plain, name="penguins")

    assert done.returncode == 0, done.stdout + done.stderr
    assert "val_accuracy" in done.stdout
    assert len(splits(plain)) > 2
    assert splits(contained) == splits(plain)
    assert project.containers == []
