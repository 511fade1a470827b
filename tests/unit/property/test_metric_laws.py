"""Laws of the metric definitions, over any line that Keras could print."""

from __future__ import annotations

import math
import re

from hypothesis import given
from hypothesis import strategies as st

from penguin_pipes.metrics import KERAS_METRICS, keras_metric

PREFIXES = (
    "",
    "8/8 - 0s - ",
    "8/8 - 0s - 5ms/step - ",
    "\x1b[1m8/8\x1b[0m \x1b[1m0s\x1b[0m 5ms/step - ",
)
SUFFIXES = ("", " - learning_rate: 0.0100", " - 23ms/epoch - 3ms/step", "\r")

names = st.from_regex(r"[a-z0-9]{1,6}(_[a-z0-9]{1,6}){0,2}", fullmatch=True)


def format_as_keras(value: float) -> str:
    """Return *value* as the progress bar of Keras 2 and 3 prints it."""
    return f"{value:.4f}" if abs(value) > 1e-3 else f"{value:.4e}"


def format_line(values: dict[str, float]) -> str:
    """Return the part of an epoch line that holds the metrics."""
    return " - ".join(f"{name}: {format_as_keras(v)}" for name, v in values.items())


@st.composite
def epoch_lines(
    draw: st.DrawFn, *, among: tuple[str, ...]
) -> tuple[str, dict[str, float]]:
    """Draw an epoch line with the metrics *among* in any order, and their values."""
    order = draw(st.permutations(among))
    values = {name: draw(st.floats(allow_nan=True)) for name in order}
    prefix, suffix = draw(st.sampled_from(PREFIXES)), draw(st.sampled_from(SUFFIXES))
    return f"{prefix}{format_line(values)}{suffix}", values


@given(epoch_lines(among=tuple(KERAS_METRICS)))
def test_each_expression_reads_exactly_its_value(
    drawn: tuple[str, dict[str, float]],
) -> None:
    """In any order, each definition reads its own value as printed, if it is finite."""
    line, values = drawn

    found = {name: re.findall(regex, line) for name, regex in KERAS_METRICS.items()}

    assert found == {
        name: [format_as_keras(value)] if math.isfinite(value) else []
        for name, value in values.items()
    }


@given(name=names, others=st.dictionaries(names, st.floats(), max_size=5))
def test_no_expression_reads_another_metric(
    name: str, others: dict[str, float]
) -> None:
    """A definition reads nothing from a line that lacks its metric."""
    others.pop(name, None)
    others |= {f"val_{name}": 0.5, f"{name}_2": 0.25}
    line = f"8/8 - 0s - 5ms/step - {format_line(others)}"

    assert re.search(keras_metric(name), line) is None


@given(name=names, value=st.floats(allow_nan=False, allow_infinity=False))
def test_summaries_are_not_epoch_lines(name: str, value: float) -> None:
    """A sentence that ends in the metric's name is not read as an epoch's value."""
    line = f"Validation {name}: {format_as_keras(value)}"

    assert re.search(keras_metric(name), line) is None
