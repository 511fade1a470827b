"""What is promised of reading metrics from logs."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import pytest

from penguin_pipes.definition import Node
from penguin_pipes.errors import DefinitionError
from penguin_pipes.local.metrics import MetricReader, check_metrics

AT = datetime(2026, 11, 23, tzinfo=UTC)


def _values(regex: str, *lines: str) -> list[float]:
    reader = MetricReader([("m", regex)])
    found = [point.value for line in lines for _, point in reader.feed(line, AT)]
    assert found == [point.value for point in reader.series.get("m", ())]
    return found


def test_every_match_is_kept_in_order() -> None:
    """The first group of each matching line is a value; other lines are none."""
    assert _values(r"m=([0-9.e-]+)", "m=1", "x", "m=1.2e-05 m=7") == [1.0, 1.2e-05]


def test_expression_without_a_group_is_the_value_itself() -> None:
    """Without a group the whole match is taken."""
    assert _values(r"\d+\.\d+", "auc 0.75") == [0.75]


@pytest.mark.parametrize(
    "line", ["m=...", "m=", "m=1.2.3", "\N{REPLACEMENT CHARACTER}"]
)
def test_what_is_no_number_is_passed_over(line: str) -> None:
    """A match that is no number is no value, and no error."""
    assert _values(r"m=(.*)", line) == []


def test_group_that_took_no_part_is_passed_over() -> None:
    """An alternative without the group gives no value."""
    assert _values(r"m=(\d)|none", "none") == []


def test_not_a_number_is_a_value() -> None:
    """A loss that became NaN is seen."""
    (value,) = _values(r"m=(\S+)", "m=nan")

    assert math.isnan(value)


def test_several_metrics_come_from_one_line() -> None:
    """Each definition reads each line by itself."""
    reader = MetricReader([("a", r"a=(\d)"), ("b", r"b=(\d)")])

    found = [name for name, _ in reader.feed("a=1 b=2", AT)]

    assert found == ["a", "b"]


def test_broken_expression_is_refused_at_its_address() -> None:
    """An expression that cannot be read is refused before the job starts."""
    metrics = [{"Name": "m", "Regex": "m=([0-9"}]
    request = Node({"AlgorithmSpecification": {"MetricDefinitions": metrics}})

    with pytest.raises(DefinitionError, match=r"MetricDefinitions\[0\]\.Regex: 'm="):
        check_metrics(request)
