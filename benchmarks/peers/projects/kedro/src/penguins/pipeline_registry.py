"""The pipelines: prepare and train, or three trainings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kedro.pipeline import Pipeline, node
from scripts import preprocess, train

if TYPE_CHECKING:
    from collections.abc import Callable

RATES = (0.01, 0.02, 0.03)


def _prepare() -> str:
    return preprocess("data", "prepared")


def _train(prepared: str, learning_rate: float, epochs: int) -> str:
    return train(prepared, f"models/{learning_rate}", learning_rate, epochs)


def _with(rate: float) -> Callable[[str, int], str]:
    def fit(prepared: str, epochs: int) -> str:
        return _train(prepared, rate, epochs)

    return fit


def register_pipelines() -> dict[str, Pipeline]:
    """Return the project's pipelines."""
    prepare = node(_prepare, None, "prepared", name="prepare")
    inputs = ["prepared", "params:learning_rate", "params:epochs"]
    fit = node(_train, inputs, "model", name="train")
    trials = [
        node(
            _with(rate),
            ["prepared", "params:epochs"],
            f"model_{number}",
            name=f"train_{number}",
        )
        for number, rate in enumerate(RATES)
    ]
    return {"__default__": Pipeline([prepare, fit]), "tune": Pipeline(trials)}
