"""The penguins' two scripts, run by hand one after the other."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from benchmarks.measure import python
from penguin_pipes.penguins import penguins_config, shipped

if TYPE_CHECKING:
    from pathlib import Path


def preprocess(folder: Path) -> None:
    """Split and transform the penguins into *folder*."""
    arguments = [*map(str, penguins_config().processing.arguments)]
    data = folder / "data"
    data.mkdir()
    (data / "penguins.csv").symlink_to(shipped("data/penguins.csv"))
    here = {"--input": data, "--output": folder, "--message": folder / "message"}
    for flag, path in here.items():
        arguments[arguments.index(flag) + 1] = str(path)
    python(shipped("scripts/preprocessor.py"), *arguments, cwd=folder)


def train(folder: Path, *, learning_rate: float = 0.01, epochs: int = 50) -> None:
    """Train on what is in *folder*."""
    channels = {
        f"SM_CHANNEL_{name.upper()}": str(folder / name)
        for name in ("train", "validation", "transformers")
    }
    python(
        shipped("scripts/train.py"),
        *("--epochs", str(epochs), "--learning_rate", str(learning_rate)),
        cwd=folder,
        environ={**os.environ, **channels, "SM_MODEL_DIR": str(folder / "model")},
    )


def both(folder: Path, _: int) -> None:
    """Run the one, then the other."""
    preprocess(folder)
    train(folder)
