"""The penguins' pipeline beside its scripts run by hand: cold, unchanged, changed."""

from __future__ import annotations

import functools
import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from benchmarks import by_hand
from benchmarks.measure import Contender, python
from penguin_pipes import build_pipeline
from penguin_pipes.penguins import penguins_config

if TYPE_CHECKING:
    from collections.abc import Sequence

HAND = Contender(name="the two scripts by hand", run=by_hand.both)
READY, CHANGED = "ready.json", "changed.json"


def _learning_rate(number: int) -> float:
    """Return a rate that no earlier round had."""
    return round(0.011 + number / 1000, 3)


def _render(folder: Path, name: str, learning_rate: float) -> None:
    """Put a definition, and the files it names, into *folder*."""
    config = penguins_config()
    rate = {**config.training.hyperparameters, "learning_rate": learning_rate}
    training = attrs.evolve(config.training, hyperparameters=rate)
    pipeline = build_pipeline(attrs.evolve(config, training=training))
    files: dict[str, str] = {}
    for number, (uri, path) in enumerate(pipeline.files.items()):
        target = folder / f"{Path(name).stem}-{number}" / path.name
        target.parent.mkdir()
        shutil.copyfile(path, target)
        files[uri] = str(target)
    (folder / name).write_text(pipeline.definition())
    (folder / f"files-of-{name}").write_text(json.dumps(files))


def _engine(folder: Path, name: str) -> None:
    """Run a definition that is ready."""
    files = json.loads((folder / f"files-of-{name}").read_text())
    flags = (f"--file={uri}={path}" for uri, path in files.items())
    python("-m", "penguin_pipes.local", name, *flags, cwd=folder)


def _ready(folder: Path, number: int) -> None:
    _render(folder, READY, 0.01)
    _render(folder, CHANGED, _learning_rate(number))


def _ready_and_run(folder: Path, number: int) -> None:
    _ready(folder, number)
    _engine(folder, READY)


def engine() -> Sequence[Contender]:
    """Return `run_locally` on a definition that is ready, as a command."""
    return (
        HAND,
        Contender(
            name="run_locally, cold",
            prepare=_ready,
            run=lambda folder, _: _engine(folder, READY),
            limit=0.95,
        ),
        Contender(
            name="run_locally, unchanged",
            prepare=_ready_and_run,
            run=lambda folder, _: _engine(folder, READY),
        ),
        Contender(
            name="run_locally, new learning rate",
            prepare=_ready_and_run,
            run=lambda folder, _: _engine(folder, CHANGED),
            limit=0.85,
        ),
    )


def _command(folder: Path, _: int, *words: str) -> None:
    python("-m", "penguin_pipes.deploy", "--local", *words, cwd=folder)


def _changed(folder: Path, number: int) -> None:
    rate = f"training.hyperparameters.learning_rate={_learning_rate(number)}"
    _command(folder, number, "--set", rate)


def command() -> Sequence[Contender]:
    """Return the whole command, from an empty home or after a first run."""
    return (
        HAND,
        Contender(name="deploy --local, cold", run=_command, limit=1.15),
        Contender(
            name="deploy --local, unchanged",
            prepare=_command,
            run=_command,
            limit=0.06,
        ),
        Contender(
            name="deploy --local, new learning rate",
            prepare=_command,
            run=_changed,
            limit=1.0,
        ),
        Contender(
            name="deploy --local --cold, cold",
            run=functools.partial(_with, "--cold"),
        ),
    )


def _with(flag: str, folder: Path, number: int) -> None:
    _command(folder, number, flag)
