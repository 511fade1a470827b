"""Hyperparameters, as the containers read them."""

from __future__ import annotations

import pytest

from penguin_pipes.service import hyperparameter_text


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (50, "50"),
        (0.01, "0.01"),
        (1e-05, "1e-05"),
        (True, "true"),
        ("train.py", "train.py"),
        ("64,32", "64,32"),
        ("s3://bucket/key", "s3://bucket/key"),
    ],
)
def test_hyperparameters_have_one_spelling(value: object, expected: str) -> None:
    """Training and tuning get the same string for the same value."""
    assert hyperparameter_text(value) == expected


@pytest.mark.parametrize(
    "value",
    ["a b", "", "it's", "a;b", "$HOME", "a|b", "[64, 32]", '["a"]', "null", "*"],
)
def test_values_that_a_shell_would_break_are_refused(value: str) -> None:
    """Toolkits up to 5.1.2 hand arguments to a shell without quoting them."""
    with pytest.raises(ValueError, match="the container would break the argument"):
        hyperparameter_text(value)


@pytest.mark.parametrize("value", [None, float("nan"), float("inf"), [1], {"a": 1}])
def test_values_that_are_no_scalar_are_refused(value: object) -> None:
    """The two step types would write such a value differently."""
    with pytest.raises(ValueError, match="expected a string, a finite number or a"):
        hyperparameter_text(value)
