"""What the engine itself takes for a step: definitions of jobs that do nothing."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from benchmarks import steps
from benchmarks.measure import Contender
from penguin_pipes.local import run_locally

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

STEPS = (30, 100, 300)


def _write(folder: Path, _: int) -> None:
    (folder / "n.py").write_text("pass\n")


def _run(count: int, folder: Path, _: int) -> None:
    code = steps.code_of("all")
    found = [steps.processing(f"step-{n}", code=code) for n in range(count)]
    run_locally(
        steps.definition(found),
        files={code: folder / "n.py"},
        home=folder / "home",
    )


def contenders() -> Sequence[Contender]:
    """Return definitions of so many steps; linear is what grows as they do."""
    return [
        Contender(
            name=f"{count} steps",
            prepare=_write,
            run=functools.partial(_run, count),
            limit=count / STEPS[0] if count > STEPS[0] else None,
        )
        for count in STEPS
    ]
