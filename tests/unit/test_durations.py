"""Durations, as the service reads them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from penguin_pipes.durations import after, iso_duration


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
    ("duration", "end"),
    [
        ("15d", datetime(2026, 2, 15, tzinfo=UTC)),
        ("T16m", datetime(2026, 1, 31, 0, 16, tzinfo=UTC)),
        ("30dT5h", datetime(2026, 3, 2, 5, tzinfo=UTC)),
        ("P1M", datetime(2026, 2, 28, tzinfo=UTC)),
        ("P1Y2M", datetime(2027, 3, 31, tzinfo=UTC)),
        ("P2W", datetime(2026, 2, 14, tzinfo=UTC)),
        ("PT90S", datetime(2026, 1, 31, 0, 1, 30, tzinfo=UTC)),
    ],
)
def test_durations_end_by_the_calendar(duration: str, end: datetime) -> None:
    """Months and years are those of the calendar, everything else is exact."""
    assert after(datetime(2026, 1, 31, tzinfo=UTC), duration) == end


@pytest.mark.parametrize("duration", ["P9999Y", "P99999Y", "P999999999999D"])
def test_durations_past_all_time_never_end(duration: str) -> None:
    """A duration that no calendar holds does not end, and does not fail."""
    assert after(datetime(2026, 1, 31, tzinfo=UTC), duration).year == 9999
