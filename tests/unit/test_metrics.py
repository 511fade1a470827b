"""The metric definitions over lines that Keras really printed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from penguin_pipes.metrics import KERAS_METRICS, keras_metric

LOGS = Path(__file__).parent / "data"

PENGUINS = {
    "loss": ["0.9004", "0.7964", "0.7176", "0.6581"],
    "accuracy": ["0.4375", "0.5583", "0.6333", "0.6958"],
    "val_loss": ["0.8613", "0.7705", "0.7042", "0.6535"],
    "val_accuracy": ["0.4231", "0.5000", "0.6346", "0.6923"],
}
SMALL_LOSSES = {
    "loss": [
        "0.1779",
        "0.0014",
        "8.1851e-04",
        "5.6129e-04",
        "4.2298e-04",
        "3.3709e-04",
    ],
    "accuracy": ["0.9750", *["1.0000"] * 5],
    "val_loss": [
        "0.0021",
        "0.0010",
        "6.7222e-04",
        "4.9098e-04",
        "3.8370e-04",
        "3.1320e-04",
    ],
    "val_accuracy": ["1.0000"] * 6,
}


def read_series(expression: str, text: str) -> list[str]:
    """Return what *expression* captures, line by line, as the service does."""
    return [
        match[1]
        for line in text.splitlines()
        for match in re.finditer(expression, line)
    ]


@pytest.mark.parametrize(
    ("log", "expected"),
    [
        pytest.param("keras_log.txt", PENGUINS, id="with TensorFlow's own noise"),
        pytest.param(
            "keras_log_small_losses.txt", SMALL_LOSSES, id="down to exponents"
        ),
    ],
)
def test_each_expression_reads_its_own_series(
    log: str, expected: dict[str, list[str]]
) -> None:
    """From a real log, each definition reads all values of its own metric alone."""
    text = (LOGS / log).read_text(encoding="utf-8")

    series = {name: read_series(regex, text) for name, regex in KERAS_METRICS.items()}

    assert series == expected


@pytest.mark.parametrize(
    ("naive", "misread"),
    [
        pytest.param(r"loss: ([0-9\.]+)", "0.0021", id="val_loss read as loss"),
        pytest.param(r"loss: ([0-9\.]+)", "8.1851", id="exponent cut off"),
        pytest.param(
            r"(?:^|\s)accuracy: ([0-9.]+)\s*$", "1.0000", id="summary read as an epoch"
        ),
    ],
)
def test_naive_expressions_misread_the_same_log(naive: str, misread: str) -> None:
    """The real log tells a careful expression from a naive one."""
    text = (LOGS / "keras_log_small_losses.txt").read_text(encoding="utf-8")

    assert misread in read_series(naive, text)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param(
            "8/8 - 0s - 5ms/step - accuracy: 0.3000 - loss: 1.0986 - "
            "val_accuracy: 0.3 - val_loss: 1.1",
            {"accuracy": "0.3000", "loss": "1.0986"}
            | {"val_accuracy": "0.3", "val_loss": "1.1"},
            id="Keras 3",
        ),
        pytest.param(
            "8/8 - 0s - loss: 1.0986 - accuracy: 1 - val_loss: 12.5 - "
            "val_accuracy: 0.0000e+00 - 23ms/epoch - 3ms/step",
            {"loss": "1.0986", "accuracy": "1"}
            | {"val_loss": "12.5", "val_accuracy": "0.0000e+00"},
            id="Keras 2",
        ),
        pytest.param("loss: 1.2e-05", {"loss": "1.2e-05"}, id="the whole line"),
        pytest.param(
            "8/8 - 0s - 5ms/step - loss: 398916.3125 - val_loss: -.5E+3",
            {"loss": "398916.3125", "val_loss": "-.5E+3"},
            id="large and negative",
        ),
        pytest.param("8/8 - 0s - 5ms/step - loss: nan - val_loss: inf", {}, id="nan"),
        pytest.param("Validation accuracy: 0.9804", {}, id="the script's last line"),
        pytest.param("  total loss: 0.5, my-accuracy: 0.7", {}, id="other people's"),
    ],
)
def test_every_form_of_line_and_number_is_read(
    line: str, expected: dict[str, str]
) -> None:
    """Any place in the line and any form of number is read, and nothing but metrics."""
    found = {name: re.findall(regex, line) for name, regex in KERAS_METRICS.items()}

    assert {name: values for name, values in found.items() if values} == {
        name: [value] for name, value in expected.items()
    }


@pytest.mark.parametrize("name", KERAS_METRICS)
def test_expressions_keep_to_what_every_engine_knows(name: str) -> None:
    """Each has one group, 500 characters at most, and no look-around."""
    regex = KERAS_METRICS[name]

    assert re.compile(regex).groups == 1
    assert len(regex) <= 500
    assert not re.search(r"\(\?(?!:)|\\[1-9]|[*+?}][+]", regex)


@pytest.mark.parametrize(
    "name",
    ["", "val loss", "loss\n", "loss:", "a" * 256],
    ids=["empty", "blank", "newline", "colon", "too long"],
)
def test_names_that_cannot_work_are_refused(name: str) -> None:
    """A name that Keras cannot print or SageMaker cannot take is refused by name."""
    with pytest.raises(ValueError, match=f"metric {re.escape(repr(name))}: "):
        keras_metric(name)


def test_the_longest_name_fits() -> None:
    """A name of the longest length that SageMaker takes gives a definition it takes."""
    regex = keras_metric("a" * 255)

    assert len(regex) <= 500
    assert re.findall(regex, "a" * 255 + ": 0.5") == ["0.5"]
