"""Laws of the metrics of any confusion matrix."""

from __future__ import annotations

import json

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn.metrics import precision_recall_fscore_support

from penguin_pipes.scripts.evaluate import measure


@st.composite
def matrices(draw: st.DrawFn) -> list[list[int]]:
    """Draw a confusion matrix with a row or more."""
    size = draw(st.integers(2, 5))
    row = st.lists(st.integers(0, 9), min_size=size, max_size=size)
    matrix = draw(st.lists(row, min_size=size, max_size=size))
    assume(any(map(any, matrix)))
    return matrix


@given(matrix=matrices())
def test_metrics_are_those_of_scikit_learn(matrix: list[list[int]]) -> None:
    """Of each class and weighted; what is not defined counts as zero there."""
    numbers = range(len(matrix))
    pairs = [(i, j) for i in numbers for j in numbers for _ in range(matrix[i][j])]
    truth, guess = zip(*pairs, strict=True)
    names = [f"class {number}" for number in numbers]

    found = measure(matrix, names)

    for average in (None, "weighted"):
        expected = precision_recall_fscore_support(
            truth, guess, labels=[*numbers], average=average, zero_division=0
        )
        for metric, values in zip(
            ("precision", "recall", "f1"), expected, strict=False
        ):
            if average is None:
                ours = [found["classes"][name][metric]["value"] or 0 for name in names]
                assert ours == pytest.approx(values.tolist())
            else:
                metrics = found["multiclass_classification_metrics"]
                assert metrics[f"weighted_{metric}"]["value"] == pytest.approx(values)


@given(matrix=matrices())
def test_every_row_is_counted_once(matrix: list[list[int]]) -> None:
    """Weighted recall is accuracy, rows and predictions each add up to all."""
    found = measure(matrix, [str(number) for number in range(len(matrix))])

    metrics, total = found["multiclass_classification_metrics"], sum(map(sum, matrix))
    assert found["dataset"]["item_count"] == total
    for column in ("rows", "predicted"):
        assert sum(each[column] for each in found["classes"].values()) == total
    accuracy = metrics["accuracy"]["value"]
    assert metrics["weighted_recall"]["value"] == pytest.approx(accuracy)
    assert json.loads(json.dumps(found, allow_nan=False)) == found
