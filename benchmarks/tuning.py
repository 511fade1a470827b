"""A tuning step beside its trainings run by hand, one after the other."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

from benchmarks import by_hand
from benchmarks.measure import Contender, python
from penguin_pipes import build_pipeline
from penguin_pipes.config import CategoricalRange, TuningConfig
from penguin_pipes.penguins import penguins_config

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

RATES = (0.01, 0.02, 0.03)
"""Trials of the same length, so that it does not matter which is tried when."""

READY = "tune.json"
LIMIT = 0.6


def _ready(folder: Path, _: int) -> None:
    """Preprocess the data, and render a pipeline of nothing but the tuning step."""
    by_hand.preprocess(folder)
    search = TuningConfig(
        strategy="Grid",
        ranges={"learning_rate": CategoricalRange(RATES)},
        max_parallel_jobs=2,
    )
    pipeline = build_pipeline(penguins_config(use_tuning=True, tuning=search))
    document: dict[str, Any] = json.loads(pipeline.definition())
    step = document["Steps"][-1]
    document["Steps"], document["Parameters"] = [step], []
    files: dict[str, str] = {}
    for number, (uri, path) in enumerate(pipeline.files.items()):
        # What the pipeline has packed goes with it.
        target = folder / f"file-{number}" / path.name
        target.parent.mkdir()
        shutil.copyfile(path, target)
        files[uri] = str(target)
    for channel in step["Arguments"]["TrainingJobDefinition"]["InputDataConfig"]:
        uri = f"s3://bench/{channel['ChannelName']}"
        channel["DataSource"]["S3DataSource"]["S3Uri"] = uri
        files[uri] = str(folder / channel["ChannelName"])
    (folder / READY).write_text(json.dumps(document))
    (folder / "files.json").write_text(json.dumps(files))


def _tune(folder: Path, _: int) -> None:
    files = json.loads((folder / "files.json").read_text())
    flags = (f"--file={uri}={path}" for uri, path in files.items())
    python("-m", "penguin_pipes.local", READY, *flags, cwd=folder)


def _by_hand(folder: Path, _: int) -> None:
    for rate in RATES:
        by_hand.train(folder, learning_rate=rate)


def contenders() -> Sequence[Contender]:
    """Return three trainings in sequence, and three trials, two at once."""
    return (
        Contender(name="three trainings by hand", prepare=_preprocess, run=_by_hand),
        Contender(
            name="a tuning step of three trials, two at once",
            prepare=_ready,
            run=_tune,
            limit=LIMIT,
        ),
    )


def _preprocess(folder: Path, _: int) -> None:
    """Preprocess the data."""
    by_hand.preprocess(folder)
