"""What more steps, more runs on record and more trials cost.

Jobs do nothing, so that all there is to time is the engine.
"""

from __future__ import annotations

import functools
import tarfile
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import attrs

from benchmarks import steps
from benchmarks.curves import Curve
from penguin_pipes.local import History, run_locally
from penguin_pipes.local.cache import Results
from penguin_pipes.local.database import Database

if TYPE_CHECKING:
    from collections.abc import Sequence

    from penguin_pipes.local import Run

TITLE: Final = "What growth costs, in an engine whose jobs do nothing"
STEPS: Final = (10, 100, 1_000)
RUNS: Final = (1_000, 10_000, 100_000)
TRIALS: Final = (20, 60, 200)

NOTHING: Final = "pass\n"
LITTLE: Final = """\
import pathlib, sys
pathlib.Path(sys.argv[1], "little").write_text("penguins")
"""
TRIAL: Final = """\
import argparse
parser = argparse.ArgumentParser()
parser.add_argument("--rate", type=float)
print(f"score={parser.parse_known_args()[0].rate}")
"""


def curves(
    *,
    step_counts: tuple[int, ...] = STEPS,
    run_counts: tuple[int, ...] = RUNS,
    trial_counts: tuple[int, ...] = TRIALS,
) -> Sequence[Curve]:
    """Return all that is timed."""
    return [
        Curve(name="steps side by side", sizes=step_counts, run=_side_by_side),
        Curve(name="steps in a chain", sizes=step_counts, run=_chain),
        Curve(
            name="a chain that is taken from its last run",
            sizes=step_counts,
            prepare=functools.partial(_chain, is_cached=True),
            run=functools.partial(_chain, is_cached=True),
        ),
        Curve(
            name="a step that is taken, by runs on record",
            sizes=run_counts,
            run=functools.partial(_after_many, is_cached=True),
            prepare=functools.partial(_ready, is_cached=True),
        ),
        Curve(
            name="a step that is not cached, by runs on record of the very same",
            sizes=run_counts,
            run=functools.partial(_after_many, is_cached=False),
            prepare=functools.partial(_ready, is_cached=False),
        ),
        *(
            Curve(
                name=f"trials, {strategy}",
                sizes=trial_counts,
                run=functools.partial(_tune, strategy=strategy),
            )
            for strategy in ("Random", "Bayesian")
        ),
    ]


def _run(found: list[dict[str, Any]], script: str, folder: Path, home: Path) -> Run:
    """Run steps that all have the same script, each at a name of its own."""
    path = folder / "n.py"
    path.write_text(script)
    names = {step["Name"] for step in found}
    return run_locally(
        steps.definition(found),
        files={steps.code_of(name): path for name in names},
        home=home,
    )


def _side_by_side(size: int, folder: Path, _: int) -> None:
    names = [f"s-{number}" for number in range(size)]
    found = [steps.processing(name, code=steps.code_of(name)) for name in names]
    _run(found, NOTHING, folder, folder / "home")


def _chain(size: int, folder: Path, _: int, *, is_cached: bool = False) -> None:
    found = steps.chain(size, is_cached=is_cached)
    run = _run(found, LITTLE, folder, folder / "home")
    is_again = run.steps[0].reused_from is not None
    if any((step.reused_from is not None) is not is_again for step in run.steps):
        msg = "some steps were taken from an earlier run, others not"
        raise RuntimeError(msg)


def _tune(size: int, folder: Path, _: int, *, strategy: str) -> None:
    (folder / "n.py").write_text(TRIAL)
    with tarfile.open(folder / "sourcedir.tar.gz", "w:gz") as archive:
        archive.add(folder / "n.py", "n.py")
    code = f"{steps.BUCKET}/code/sourcedir.tar.gz"
    step = steps.tuning(size, strategy=strategy, code=code)
    run = run_locally(
        steps.definition([step]),
        files={code: folder / "sourcedir.tar.gz"},
        home=folder / "home",
    )
    if len([trial for trial in run.steps[0].trials if trial.is_ranked]) != size:
        msg = "some trials came to nothing"
        raise RuntimeError(msg)


@functools.cache
def _home(size: int, *, is_cached: bool) -> tempfile.TemporaryDirectory[str]:
    """Return a home with so many runs on record; made once, gone with the program."""
    folder = tempfile.TemporaryDirectory(prefix="penguin-bench-")
    home = Path(folder.name)
    run = _run(steps.chain(1, is_cached=is_cached), LITTLE, home, home)
    with Database(home) as database:
        _copy(run, size, database, is_cached=is_cached)
    return folder


def _copy(run: Run, size: int, database: Database, *, is_cached: bool) -> None:
    """Write down a run so often, as runs of scripts that changed if they are cached."""
    history, results = History(database), Results(database)
    name = run.steps[0].name
    result = results.of_step(run.id, name)
    if result is None:
        msg = "the run has left no result"
        raise RuntimeError(msg)
    with history.together():
        for number in range(1, size):
            identity = f"{number:012d}"
            history.save(attrs.evolve(run, id=identity))
            parts = {**result.key.parts, "number": number}
            key = attrs.evolve(result.key, parts=parts) if is_cached else result.key
            results.keep(attrs.evolve(result, run=identity, key=key))
    for number in range(1, size):
        (database.home / "runs" / f"{number:012d}" / name).mkdir(parents=True)


def _ready(size: int, _: Path, __: int, *, is_cached: bool) -> None:
    _home(size, is_cached=is_cached)


def _after_many(size: int, folder: Path, _: int, *, is_cached: bool) -> None:
    home = Path(_home(size, is_cached=is_cached).name)
    found = steps.chain(1, is_cached=is_cached)
    run = _run(found, LITTLE, folder, home)
    if (run.steps[0].reused_from is not None) is not is_cached:
        msg = "the step was taken, or not, when it ought to have been the other way"
        raise RuntimeError(msg)
