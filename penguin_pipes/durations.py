"""Durations as the service reads them in ``ExpireAfter``."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Final

_DURATION: Final = re.compile(
    r"P?(?:(?P<Y>\d+)Y)?(?:(?P<Mo>\d+)M)?(?:(?P<W>\d+)W)?(?:(?P<D>\d+)D)?"
    r"(?P<time>T(?:(?P<H>\d+)H)?(?:(?P<M>\d+)M)?(?:(?P<S>\d+)S)?)?"
)
_UNITS: Final = ("Y", "Mo", "W", "D", "H", "M", "S")
_FORMS: Final = "a timedelta, '15d', 'P15D' or 'PT12H'"


def iso_duration(value: str | timedelta) -> str:
    """Return *value* as a strict ISO 8601 duration, e.g. ``P15D``.

    The service also takes forms without the leading ``P`` (``30dT5h``); what is
    returned here is understood by every reader of the definition.

    Args:
        value: A `timedelta` of whole seconds, or a duration such as ``15d``,
            ``P15D``, ``T12h``, ``30dT5h``; letters in either case.

    Raises:
        ValueError: It is no duration, is not longer than zero, or gives months
            alone: ``P30M`` is 30 months although minutes are nearly always meant.
    """
    if isinstance(value, timedelta):
        return _from_timedelta(value)
    parts = duration_parts(value)
    if set(parts) == {"Mo"}:
        count = parts["Mo"]
        msg = (
            f"{value!r} means {count} months, not minutes; write 'PT{count}M' for "
            f"minutes, or months as days, e.g. 'P{count * 30}D'"
        )
        raise ValueError(msg)
    if not any(parts.values()):
        msg = f"expected a duration longer than zero ({_FORMS}); got {value!r}"
        raise ValueError(msg)
    return _write(parts)


def duration_parts(text: str) -> dict[str, int]:
    """Return what a duration is made of: ``{"Y", "Mo", "W", "D", "H", "M", "S"}``.

    Args:
        text: With or without the leading ``P``, letters in either case.

    Raises:
        ValueError: It is no duration.
    """
    match = _DURATION.fullmatch(text.strip().upper())
    parts = (
        {k: int(v) for k, v in match.groupdict().items() if v and v.isdigit()}
        if match
        else {}
    )
    if match is None or not parts or match["time"] == "T":
        msg = f"expected a duration ({_FORMS}); got {text!r}"
        raise ValueError(msg)
    return parts


def after(moment: datetime, duration: str) -> datetime:
    """Return when *duration* has passed since *moment*, by the calendar.

    Args:
        moment: When it begins.
        duration: Any that the service takes for ``ExpireAfter``.

    Raises:
        ValueError: It is no duration.
    """
    from dateutil.relativedelta import relativedelta

    parts = duration_parts(duration)
    years, months, weeks, days, hours, minutes, seconds = (
        parts.get(unit, 0) for unit in _UNITS
    )
    try:
        return moment + relativedelta(
            years=years,
            months=months,
            weeks=weeks,
            days=days,
            hours=hours,
            minutes=minutes,
            seconds=seconds,
        )
    except (OverflowError, ValueError):
        return datetime.max.replace(tzinfo=moment.tzinfo)


def _from_timedelta(value: timedelta) -> str:
    if value <= timedelta(0) or value.microseconds:
        msg = f"expected whole seconds, more than zero ({_FORMS}); got {value!r}"
        raise ValueError(msg)
    hours, rest = divmod(value.seconds, 3600)
    return _write({"D": value.days, "H": hours, "M": rest // 60, "S": rest % 60})


def _write(parts: dict[str, int]) -> str:
    """Write *parts* without zeros; weeks as days, since ISO keeps weeks apart."""
    days = parts.get("D", 0) + 7 * parts.get("W", 0)
    date = {"Y": parts.get("Y", 0), "M": parts.get("Mo", 0), "D": days}
    time = {unit: parts.get(unit, 0) for unit in "HMS"}
    tail = "".join(f"{n}{unit}" for unit, n in time.items() if n)
    head = "".join(f"{n}{unit}" for unit, n in date.items() if n)
    return f"P{head}" + (f"T{tail}" if tail else "")
