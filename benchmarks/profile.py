"""``python -m benchmarks.profile``: where the time of the whole command goes.

Each command is run once, with Python's own account of imports; the record of its run
says what its jobs took. Written to ``PROFILE.md`` beside this file.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from benchmarks.results import facts
from penguin_pipes.local import History

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PROFILE: Final = Path(__file__).with_name("PROFILE.md")
HEAD: Final = """\
# Where the time of `deploy --local` goes

Written by `python -m benchmarks.profile`; do not edit. Seconds since the command was
started; imports are those of the command's own process, and of its jobs and their
servers none.
"""
NEW_RATE: Final = ("--set", "training.hyperparameters.learning_rate=0.02")
COMMANDS: Final = (
    ("cold", ()),
    ("unchanged", ()),
    ("new learning rate", NEW_RATE),
)
IMPORTED: Final = re.compile(r"^import time: +\d+ \| +(\d+) \|( +)(\S+)$", re.MULTILINE)
WORTH_NAMING_S: Final = 0.1


class Phase(NamedTuple):
    """What the time went to."""

    name: str
    began: float | None
    seconds: float


def main() -> None:
    """Run the commands one after the other in one home, and write the page."""
    with tempfile.TemporaryDirectory(prefix="penguin-bench-") as folder:
        sections = [
            f"## {title}\n\n" + "\n".join(table(profile(words, Path(folder))))
            for title, words in COMMANDS
        ]
    text = "\n\n".join([HEAD.rstrip(), *sections, facts()])
    PROFILE.write_text(text + "\n", encoding="utf-8")
    print(text)


def profile(words: Sequence[str], folder: Path) -> list[Phase]:
    """Run the command in *folder*, and return what its time went to."""
    command = ("-X", "importtime", "-m", "penguin_pipes.deploy", "--local", *words)
    at, began = datetime.now(tz=UTC), time.perf_counter()
    done = subprocess.run(
        [sys.executable, *command],
        check=True,
        cwd=folder,
        capture_output=True,
        text=True,
    )
    seconds = time.perf_counter() - began
    return [
        Phase("the whole command", 0.0, seconds),
        *imports(done.stderr),
        *steps(folder, at),
    ]


def imports(log: str) -> Iterator[Phase]:
    """Yield the imports that took long and were not part of another one.

    Args:
        log: What ``-X importtime`` wrote; a module comes after those that it imports,
            which are indented further.
    """
    found = [(float(us) / 1e6, len(depth), name) for us, depth, name in _rows(log)]
    for seconds, depth, name in found:
        if depth == 1 and seconds >= WORTH_NAMING_S:
            yield Phase(f"import {name}", None, seconds)


def _rows(log: str) -> list[tuple[str, str, str]]:
    return IMPORTED.findall(log)


def steps(folder: Path, at: datetime) -> Iterator[Phase]:
    """Yield the steps that ran in the newest run of the home in *folder*."""
    with History(folder / ".penguin_pipes") as history:
        run = max(history.runs(), key=lambda each: each.started_at)
    for step in run.steps:
        if step.started_at is not None and step.seconds is not None:
            began = (step.started_at - at).total_seconds()
            yield Phase(f"step {step.name}", began, step.seconds)


def table(phases: Sequence[Phase]) -> Iterator[str]:
    """Yield the lines of a table."""
    yield "| | begins | takes |"
    yield "| --- | ---: | ---: |"
    for each in phases:
        began = "" if each.began is None else f"{each.began:.2f}"
        yield f"| {each.name} | {began} | {each.seconds:.2f} |"


if __name__ == "__main__":
    main()
