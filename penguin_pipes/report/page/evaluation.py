"""What an ``evaluation.json`` among a run's artifacts tells of the model."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import attrs

from penguin_pipes.report.page.tables import Table, texts
from penguin_pipes.report.words import number

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from penguin_pipes.report.page.source import Source

FILE: Final = "evaluation.json"
LARGEST: Final = 4_000_000
"""Bytes of a file that is no table of scores any more."""

NOTHING: Final = "not defined"
MANY_CLASSES: Final = 50


@attrs.frozen(kw_only=True)
class MatrixRow:
    """The rows of data that are of one class, by what they were taken for."""

    label: str
    counts: tuple[int, ...]

    @property
    def shares(self) -> tuple[int, ...]:
        """Each count as tenths of the row, for its shade."""
        total = sum(self.counts) or 1
        return tuple(math.ceil(10 * count / total) for count in self.counts)


@attrs.frozen(kw_only=True)
class Evaluation:
    """What one file tells.

    Attributes:
        step: The step that wrote it.
        file: Where it lies, seen from the home.
        labels: The classes that the columns of the matrix stand for.
        matrix: The confusion matrix; empty if there is none.
        scores: Accuracy and the like.
        classes: Precision, recall and F1 of each class.
        note: What could not be read of it.
    """

    step: str
    file: str
    labels: tuple[str, ...] = ()
    matrix: tuple[MatrixRow, ...] = ()
    scores: Table | None = None
    classes: Table | None = None
    note: str = ""


def evaluations(source: Source) -> tuple[Evaluation, ...]:
    """Return what every file of that name tells, the same file once."""
    found: dict[Path, Evaluation] = {}
    for step in source.run.steps:
        for artifact in step.artifacts.values():
            path = artifact if artifact.name == FILE else artifact / FILE
            if path.is_file() and path not in found:
                found[path] = _read(path, step.name, source.near(path))
    return tuple(found.values())


def _read(path: Path, step: str, near: str) -> Evaluation:
    blank = Evaluation(step=step, file=near)
    try:
        if path.stat().st_size > LARGEST:
            return attrs.evolve(blank, note="It is too long to be shown here.")
        document = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        return attrs.evolve(blank, note=f"It cannot be read: {error}.")
    return of_document(document, blank)


def of_document(document: Any, blank: Evaluation) -> Evaluation:
    """Return what a document of model quality metrics tells.

    What is not there, or is not as Model Monitor writes it, is left out.
    """
    groups = [
        value
        for key, value in _members(document)
        if str(key).endswith("_metrics") and isinstance(value, Mapping)
    ]
    metrics = {key: value for group in groups for key, value in group.items()}
    labels, matrix = _matrix(metrics.get("confusion_matrix"))
    scores = [
        texts(str(key).replace("_", " "), _score(value))
        for key, value in metrics.items()
        if key != "confusion_matrix" and _is_metric(value)
    ]
    classes = _classes(dict(_members(document)).get("classes"))
    if not (matrix or scores or classes):
        note = "It holds no metrics in the format of SageMaker's model quality."
        return attrs.evolve(blank, note=note)
    return attrs.evolve(
        blank,
        labels=labels,
        matrix=matrix,
        scores=Table(
            caption="Scores",
            columns=("metric", "value"),
            rows=tuple(scores),
            numeric=frozenset({1}),
        )
        if scores
        else None,
        classes=classes,
    )


def _members(value: Any) -> Iterator[tuple[Any, Any]]:
    yield from value.items() if isinstance(value, Mapping) else ()


def _matrix(value: Any) -> tuple[tuple[str, ...], tuple[MatrixRow, ...]]:
    """Return the labels and the rows; none if it is no matrix of counts."""
    rows = [(label, row) for label, row in _members(value) if isinstance(row, Mapping)]
    labels = tuple(dict.fromkeys(str(key) for _, row in rows for key in row))
    counts = [[row.get(label, 0) for label in labels] for _, row in rows]
    is_counted = all(isinstance(n, int) and n >= 0 for row in counts for n in row)
    if not is_counted or len(labels) > MANY_CLASSES:
        return (), ()
    return labels, tuple(
        MatrixRow(label=str(label), counts=tuple(row))
        for (label, _), row in zip(rows, counts, strict=True)
    )


def _classes(value: Any) -> Table | None:
    """Return the scores of each class, in whatever columns the file has them."""
    rows = [(label, row) for label, row in _members(value) if isinstance(row, Mapping)]
    columns = list(dict.fromkeys(str(key) for _, row in rows for key in row))
    if not columns:
        return None
    return Table(
        caption="Scores of each class",
        columns=("class", *columns),
        rows=tuple(
            texts(str(label), *(_score(row.get(each)) for each in columns))
            for label, row in rows
        ),
        numeric=frozenset(range(1, len(columns) + 1)),
    )


def _is_metric(value: Any) -> bool:
    return _is_number(value) or (isinstance(value, Mapping) and "value" in value)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _score(value: Any) -> str:
    """Return a score as people read it; null is what is not defined."""
    plain = value.get("value") if isinstance(value, Mapping) else value
    if isinstance(plain, int) and not isinstance(plain, bool):
        return str(plain)
    return number(plain) if isinstance(plain, float) else NOTHING
