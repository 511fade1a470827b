"""Why an earlier result was not taken, in words; pure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from penguin_pipes.definition.node import shown
from penguin_pipes.local.cache.surroundings import BACKEND, PROCESS
from penguin_pipes.service import SECRET_NAME

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime, timedelta

    from penguin_pipes.local.cache.key import Key

CONTENT: Final = ("input ", "code ")
"""Parts whose value is a digest, which tells nobody anything."""

ABSENT: Final = object()
LONGEST: Final = 60
"""How much of a value is told."""


def differences(old: Key, new: Key) -> tuple[str, ...]:
    """Return what differs between two keys, one sentence for each part."""
    return (
        *_differences(old.parts, new.parts),
        *_surroundings(old.surroundings, new.surroundings),
    )


def _surroundings(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[str]:
    """Yield what differs around the job; of another backend, that is everything."""
    before, after = (each.get(BACKEND, PROCESS) for each in (old, new))
    if before != after:
        yield f"{BACKEND} {before} → {after}"
    else:
        yield from _differences(old, new)


def _differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    """Yield what differs, in the order of the new parts, then those that are gone."""
    for name in dict.fromkeys((*new, *old)):
        before, after = old.get(name, ABSENT), new.get(name, ABSENT)
        if before is ABSENT:
            yield f"{name} is new"
        elif after is ABSENT:
            yield f"{name} is gone"
        elif json.dumps(before) != json.dumps(after):  # in JSON, true is not 1
            yield _changed(name, before, after)


def _changed(name: str, before: Any, after: Any) -> str:
    """Return how one part changed; secrets are not told."""
    last = name.rpartition(" ")[2].rpartition(".")[2]
    if name.startswith(CONTENT) or SECRET_NAME.search(last):
        return f"{name} changed"
    return f"{name} {_plain(before)} → {_plain(after)}"


def _plain(value: Any) -> str:
    """Return a value as it is told: strings as they are, unless they are odd."""
    if isinstance(value, str) and value.isprintable() and value.strip() == value != "":
        return value if len(value) <= LONGEST else f"{value[:LONGEST]}…"
    return shown(value)


def expired(end: datetime, now: datetime) -> str:
    """Return that a result has expired, and how long ago."""
    return f"expired {ago(now - end)}"


def ago(past: timedelta) -> str:
    """Return a span of time as people say it, in its largest unit: ``2 d ago``."""
    seconds = max(0, int(past.total_seconds()))
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= length:
            return f"{seconds // length} {unit} ago"
    return f"{seconds} s ago"
