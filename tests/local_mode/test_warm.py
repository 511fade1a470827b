"""The penguins forked from servers beside the penguins started anew."""

from __future__ import annotations

import sys
import tarfile
from typing import TYPE_CHECKING

import numpy as np
import pytest

from penguin_pipes import build_pipeline, penguins_config, run_locally
from penguin_pipes.local.backends import ProcessBackend

if TYPE_CHECKING:
    from pathlib import Path

    from penguin_pipes.local import Run

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="starts cold anyway"),
]


def run(home: Path, *, warm: bool) -> Run:
    """Run the penguins' pipeline for three epochs."""
    pipeline = build_pipeline(penguins_config(epochs=3))
    with ProcessBackend(warm=warm) as backend:
        return run_locally(
            pipeline.definition(), files=pipeline.files, home=home, backend=backend
        )


def weights(run: Run, folder: Path) -> list[tuple[tuple[int, ...], bytes]]:
    """Return the weights in a run's model; Keras names them in no order of its own."""
    import tensorflow as tf

    with tarfile.open(run.step("train-model").artifacts["model"]) as tar:
        tar.extractall(folder, filter="data")
    saved = tf.train.load_checkpoint(str(folder / "001/variables/variables"))
    arrays = [
        np.asarray(saved.get_tensor(name))
        for name in saved.get_variable_to_shape_map()
        if name.startswith("_all_variables/")
    ]
    return sorted((array.shape, array.tobytes()) for array in arrays)


def test_warm_and_cold_runs_come_to_the_same(tmp_path: Path) -> None:
    """Splits, every metric of every epoch, log and weights are those of a cold start."""
    warm = run(tmp_path / "warm", warm=True)
    cold = run(tmp_path / "cold", warm=False)

    for name, folder in cold.step("preprocess-data").artifacts.items():
        if name != "transformers":
            other = warm.step("preprocess-data").artifacts[name]
            files = [path.name for path in folder.iterdir()]
            assert files == [path.name for path in other.iterdir()]
            for file in files:
                assert (folder / file).read_bytes() == (other / file).read_bytes()
    values = [
        {
            name: [point.value for point in points]
            for name, points in each.series.items()
        }
        for each in (warm.step("train-model"), cold.step("train-model"))
    ]
    assert values[0] == values[1]
    assert len(values[0]["val_accuracy"]) == 3
    found = weights(warm, tmp_path / "of-warm")
    assert len(found) > 5
    assert found == weights(cold, tmp_path / "of-cold")
