"""What a run left: where it lies, how big it is, and the digest of its bytes."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Final

import attrs

from penguin_pipes.local.digests import Digests
from penguin_pipes.local.storage import files_below
from penguin_pipes.report.page.tables import Cell, Table, amount

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from penguin_pipes.report.page.source import Source

GONE: Final = "gone"
UNITS: Final = ("bytes", "kB", "MB", "GB", "TB")
THOUSAND: Final = 1000


@attrs.frozen(kw_only=True)
class Artifact:
    """One thing that a job left.

    Attributes:
        job: The step, and the trial of it.
        name: What the job calls it.
        path: Where it lies, seen from the home.
        files: How many files it is.
        bytes: How much they hold; None if they are gone.
        sha256: Its digest, as it was published, or else as it lies there now.
    """

    job: str
    name: str
    path: str
    files: int = 0
    bytes: int | None = None
    sha256: str = ""


def artifacts(source: Source) -> tuple[Artifact, ...]:
    """Return everything that the steps and the trials left."""
    return tuple(_artifacts(source))


def _artifacts(source: Source) -> Iterator[Artifact]:
    for step in source.run.steps:
        outputs = source.outputs.get(step.name, {}).values()
        known = {output.path: output.sha256 for output in outputs}
        for name, path in step.artifacts.items():
            yield _artifact(source, step.name, name, path, known.get(path))
        for trial in step.trials:
            for name, path in trial.artifacts.items():
                job = f"{step.name}, trial {trial.number}"
                yield _artifact(source, job, name, path, known.get(path))


def _artifact(
    source: Source, job: str, name: str, path: Path, sha256: str | None
) -> Artifact:
    found = Artifact(job=job, name=name, path=source.near(path), sha256=sha256 or "")
    with contextlib.suppress(OSError):
        if path.exists():
            inner = [path] if path.is_file() else [path / p for p in files_below(path)]
            found = attrs.evolve(
                found,
                files=len(inner),
                bytes=sum(each.stat().st_size for each in inner),
                sha256=sha256 or Digests().of(path),
            )
    return found


def size_words(count: int) -> str:
    """Return a size as people read it."""
    value, unit = float(count), UNITS[0]
    for larger in UNITS[1:]:
        if value < THOUSAND:
            break
        value, unit = value / THOUSAND, larger
    return f"{count} {unit}" if unit == UNITS[0] else f"{value:.3g} {unit}"


def artifact_table(found: tuple[Artifact, ...]) -> Table:
    """Return the artifacts as a table that sorts."""
    return Table(
        caption="What the run left",
        columns=("job", "artifact", "size", "files", "SHA-256", "path in the home"),
        rows=tuple(
            (
                Cell(each.job),
                Cell(each.name),
                amount(
                    each.bytes, GONE if each.bytes is None else size_words(each.bytes)
                ),
                amount(each.files, str(each.files)),
                Cell(each.sha256),
                Cell(each.path),
            )
            for each in found
        ),
        numeric=frozenset({2, 3}),
        is_sortable=True,
    )
