"""Logistic regression by gradient descent, on columns scaled by their largest."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, TypedDict

if TYPE_CHECKING:
    from numbers_of.tables import Rows


class Model(TypedDict):
    """Whoever has more than nothing, by these weights, leaves."""

    weights: dict[str, float]
    bias: float


def fit(rows: Rows, left: list[bool], *, rounds: int, rate: float) -> Model:
    """Return the model after so many rounds."""
    scale = {name: max(abs(row[name]) for row in rows) or 1.0 for name in rows[0]}
    weights, bias = dict.fromkeys(scale, 0.0), 0.0
    for _ in range(rounds):
        slope, lift = dict.fromkeys(scale, 0.0), 0.0
        for row, gone in zip(rows, left, strict=True):
            height = sum(weights[n] * row[n] / scale[n] for n in scale) + bias
            error = 1 / (1 + math.exp(-height)) - gone
            slope = {n: slope[n] + error * row[n] / scale[n] for n in scale}
            lift += error
        weights = {n: weights[n] - rate * slope[n] / len(rows) for n in scale}
        bias -= rate * lift / len(rows)
    return {"weights": {n: weights[n] / scale[n] for n in scale}, "bias": bias}


def share_right(model: Model, rows: Rows, left: list[bool]) -> float:
    """Return how often the model says what happened, 0 to 1."""
    said = [
        sum(weight * row[n] for n, weight in model["weights"].items()) + model["bias"]
        > 0
        for row in rows
    ]
    return sum(a == b for a, b in zip(said, left, strict=True)) / len(rows)
