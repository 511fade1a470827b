"""The penguins in ZenML: two steps that are cached, and three trainings."""

import sys

from scripts import preprocess, train
from zenml import pipeline, step

RATES = (0.01, 0.02, 0.03)


@step
def prepare() -> str:
    """Split and transform the penguins."""
    return preprocess("data", "prepared")


@step
def fit(prepared: str, learning_rate: float, epochs: int) -> str:
    """Train on them."""
    return train(prepared, f"models/{learning_rate}", learning_rate, epochs)


@pipeline
def penguins(learning_rate: float = 0.01) -> None:
    """Prepare, then train."""
    fit(prepare(), learning_rate, 50)


@pipeline
def tune() -> None:
    """Prepare, then train with each rate."""
    prepared = prepare()
    for rate in RATES:
        fit(prepared, rate, 50)


if __name__ == "__main__":
    if sys.argv[1:] == ["tune"]:
        tune()
    else:
        penguins(*map(float, sys.argv[1:]))
