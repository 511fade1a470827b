"""Durations and hyperparameters, as the service and the containers read them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from penguin_pipes.service import hyperparameter_text, iso_duration


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (timedelta(days=15), "P15D"),
        (timedelta(hours=36), "P1DT12H"),
        (timedelta(seconds=90), "PT1M30S"),
        ("15d", "P15D"),
        ("P15D", "P15D"),
        ("p30d", "P30D"),
        ("5y", "P5Y"),
        ("T16m", "PT16M"),
        ("T12h", "PT12H"),
        ("30dT5h", "P30DT5H"),
        ("P2W", "P14D"),
        ("P1Y6M", "P1Y6M"),
        (" P0DT1H ", "PT1H"),
    ],
)
def test_durations_become_strict_iso(value: str | timedelta, expected: str) -> None:
    """Every form that the service takes is written in the one that all can read."""
    assert iso_duration(value) == expected
    assert iso_duration(expected) == expected


@pytest.mark.parametrize(
    ("value", "match"),
    [
        ("banana", "expected a duration"),
        ("", "expected a duration"),
        ("P", "expected a duration"),
        ("P1DT", "expected a duration"),
        ("15", "expected a duration"),
        ("-P15D", "expected a duration"),
        ("P30M", "'P30M' means 30 months, not minutes; write 'PT30M'"),
        ("30m", "'30m' means 30 months"),
        ("P0D", "longer than zero"),
        (timedelta(0), "more than zero"),
        (timedelta(days=-1), "more than zero"),
        (timedelta(milliseconds=1500), "whole seconds"),
    ],
)
def test_what_is_no_duration_is_refused(value: str | timedelta, match: str) -> None:
    """The service would take garbage and never hit the cache; here it is refused."""
    with pytest.raises(ValueError, match=match):
        iso_duration(value)


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
