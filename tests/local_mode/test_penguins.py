"""From raw CSV to a model that knows penguins, on this computer."""

from __future__ import annotations

import csv
import hashlib
import json
import statistics
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from penguin_pipes.local import Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from penguin_pipes.local import Run

pytestmark = pytest.mark.slow

BASELINE = Path(__file__).parent / "baseline.json"
SPLITS = ("train", "validation", "test")
TOLERANCE = 0.03
"""How far a metric may lie from the baseline: less than two of 52 penguins, and more
than the last bits in which processors and TensorFlow's kernels differ."""

PREDICT = """
import csv, json, sys
import numpy as np
import tensorflow as tf
rows = np.array(list(csv.reader(open(sys.argv[2])))[1:], dtype="float32")
serve = tf.saved_model.load(sys.argv[1]).signatures["serving_default"]
(probabilities,) = serve(tf.constant(rows[:, :-1])).values()
probabilities = probabilities.numpy()
json.dump(
    {
        "shape": probabilities.shape,
        "sums": [float(probabilities.sum(axis=1).min()), float(probabilities.sum(axis=1).max())],
        "accuracy": float((probabilities.argmax(axis=1) == rows[:, -1]).mean()),
    },
    sys.stdout,
)
"""


def rows(run: Run, split: str) -> list[list[str]]:
    """Return the rows of one split, without the header."""
    path = run.step("preprocess-data").artifacts[split] / f"{split}.csv"
    with path.open(newline="") as stream:
        return list(csv.reader(stream))[1:]


def majority(run: Run) -> float:
    """Return the validation accuracy of always naming the most frequent species."""
    labels = [row[-1] for row in rows(run, "validation")]
    return max(labels.count(label) for label in set(labels)) / len(labels)


def predict(run: Run, folder: Path) -> dict[str, Any]:
    """Load the model back, as a server would, and ask it for the test split."""
    with tarfile.open(run.step("train-model").artifacts["model"]) as archive:
        for member in archive.getmembers():
            target = folder / member.name
            target.parent.mkdir(parents=True, exist_ok=True)
            content = archive.extractfile(member)
            assert content is not None
            target.write_bytes(content.read())
    test = run.step("preprocess-data").artifacts["test"] / "test.csv"
    done = subprocess.run(
        [sys.executable, "-c", PREDICT, str(folder / "001"), str(test)],
        capture_output=True,
        check=True,
    )
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_every_step_succeeds(default_run: Run) -> None:
    """Two steps, both finished, with their artifacts and their four metrics."""
    assert default_run.status is Status.SUCCEEDED
    assert [step.status for step in default_run.steps] == [Status.SUCCEEDED] * 2
    assert set(default_run.step("preprocess-data").artifacts) == {
        *SPLITS,
        "transformers",
    }
    assert set(default_run.step("train-model").metrics) == {
        *("loss", "accuracy"),
        *("val_loss", "val_accuracy"),
    }


def test_every_epoch_leaves_a_point_of_each_metric(default_run: Run) -> None:
    """The learning curve has fifty points, and accuracy is never read from a loss."""
    series = default_run.step("train-model").series

    assert {name: len(points) for name, points in series.items()} == dict.fromkeys(
        ("loss", "accuracy", "val_loss", "val_accuracy"), 50
    )
    assert all(0 <= point.value <= 1 for point in series["val_accuracy"])


def test_no_penguin_is_lost(default_run: Run) -> None:
    """The three splits hold the 344 penguins, 70, 15 and 15 in a hundred."""
    counts = [len(rows(default_run, split)) for split in SPLITS]

    assert sum(counts) == 344
    assert counts == pytest.approx([344 * 0.70, 344 * 0.15, 344 * 0.15], abs=2)


def test_the_model_serves(default_run: Run, tmp_path: Path) -> None:
    """Loaded back by its serving signature, it knows penguins it has never seen."""
    answer = predict(default_run, tmp_path)

    assert answer["shape"] == [len(rows(default_run, "test")), 3]
    assert answer["sums"] == pytest.approx([1, 1], abs=1e-4)
    assert answer["accuracy"] >= 0.85


def test_the_default_run_is_the_committed_one(
    default_run: Run, update_baseline: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    """Splits to the byte, metrics within a tolerance: nothing moved unnoticed."""
    found = {
        "splits": {split: _digest(default_run, split) for split in SPLITS},
        "metrics": default_run.step("train-model").metrics,
    }
    committed = json.loads(BASELINE.read_text()) if BASELINE.exists() else {}
    if update_baseline:
        with capsys.disabled():
            _print_moves(committed, found)
        BASELINE.write_text(json.dumps(found, indent=2) + "\n")
        return

    assert found["splits"] == committed["splits"]
    assert found["metrics"] == pytest.approx(committed["metrics"], abs=TOLERANCE)


@pytest.mark.durability
def test_accuracy_does_not_hang_on_a_seed(
    default_run: Run, run_penguins: Callable[..., Run], tmp_path: Path
) -> None:
    """Over ten seeds the median is 0.85, and each beats the majority by 0.2."""
    others = [run_penguins(tmp_path / str(seed), seed=seed) for seed in range(1, 10)]
    runs = [default_run, *others]

    accuracies = [run.step("train-model").metrics["val_accuracy"] for run in runs]
    margins = [
        accuracy - majority(run) for accuracy, run in zip(accuracies, runs, strict=True)
    ]

    assert statistics.median(accuracies) >= 0.85, accuracies
    assert min(margins) >= 0.2, margins


def test_the_same_seed_gives_the_same_model(
    default_run: Run, run_penguins: Callable[..., Run], tmp_path: Path
) -> None:
    """A second run, in a home of its own, ends with the very same metrics."""
    again = run_penguins(tmp_path)

    assert again.step("train-model").metrics == default_run.step("train-model").metrics
    assert [_digest(again, split) for split in SPLITS] == [
        _digest(default_run, split) for split in SPLITS
    ]


def _digest(run: Run, split: str) -> str:
    path = run.step("preprocess-data").artifacts[split] / f"{split}.csv"
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _print_moves(before: dict[str, Any], after: dict[str, Any]) -> None:
    moved = [
        f"{part}.{name}: {before.get(part, {}).get(name)} → {value}"
        for part, values in after.items()
        for name, value in values.items()
        if before.get(part, {}).get(name) != value
    ]
    sys.stdout.write("\n".join(["", *(moved or ["nothing moved"]), ""]))
