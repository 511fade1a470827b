"""Where two parts of a definition differ, down to the smallest member that does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any

import attrs

from penguin_pipes.definition.plan.records import Change
from penguin_pipes.definition.plan.worth import Cause, Follow, Worth, is_same, worth
from penguin_pipes.definition.references import expression


class Kind(StrEnum):
    """How two values differ."""

    CHANGED = "changed"
    """The definition makes another value of it."""

    FRESH = "fresh"
    """A rerun makes another value of it."""

    UNSURE = "unsure"
    """A rerun may make another value of it."""

    STALE = "stale"
    """They do not differ, although a rerun writes anew to the place they name."""


@attrs.frozen(kw_only=True)
class Difference:
    """One value that differs, and how."""

    kind: Kind
    change: Change


@attrs.frozen(kw_only=True)
class Eyes:
    """How the two sides are looked at.

    Attributes:
        old: Says what a reference of the old side is worth.
        new: Says what a reference of the new side is worth.
    """

    old: Follow
    new: Follow


def differences(old: Any, new: Any, address: str, eyes: Eyes) -> Iterator[Difference]:
    """Yield what differs between *old* and *new*, the latter standing at *address*."""
    if _is_object(old) and _is_object(new):
        for key in dict.fromkeys((*new, *old)):
            place = f"{address}.{key}"
            yield from differences(old.get(key), new.get(key), place, eyes)
    elif isinstance(old, list) and isinstance(new, list):
        found = [
            difference
            for place, before, after in _aligned(old, new, address)
            for difference in differences(before, after, place, eyes)
        ]
        if not found and len(old) != len(new):
            # An item that is null is no item that is missing.
            change = Change(address=address, old=old, new=new)
            found = [Difference(kind=Kind.CHANGED, change=change)]
        yield from found
    else:
        yield from _leaf(old, new, address, eyes)


def changes(old: Any, new: Any, address: str, eyes: Eyes) -> tuple[Change, ...]:
    """Return what the definition itself changes."""
    found = differences(old, new, address, eyes)
    return tuple(each.change for each in found if each.kind is Kind.CHANGED)


def _is_object(value: Any) -> bool:
    return isinstance(value, Mapping) and expression(value) is None


def _aligned(
    old: list[Any], new: list[Any], address: str
) -> Iterator[tuple[str, Any, Any]]:
    """Yield the items that stand for each other, each with its place.

    In lists of unequal length, items at both ends that are the same are paired, so
    that one that is added in the middle does not seem to change all after it.
    """
    head = tail = 0
    if len(old) != len(new):
        most = min(len(old), len(new))
        while head < most and is_same(old[head], new[head]):
            head += 1
        while tail < most - head and is_same(old[-1 - tail], new[-1 - tail]):
            tail += 1
    for index in range(max(len(old), len(new)) - tail):
        before = old[index] if index < len(old) - tail else None
        after = new[index] if index < len(new) - tail else None
        yield f"{address}[{index}]", before, after
    for index in range(-tail, 0):
        yield f"{address}[{len(new) + index}]", old[index], new[index]


def _leaf(old: Any, new: Any, address: str, eyes: Eyes) -> Iterator[Difference]:
    """Yield how two values differ that have no members in common."""
    before = worth(old, address, eyes.old)
    after = worth(new, address, eyes.new)
    if after.fresh and old is not None:
        for cause in after.fresh:
            yield _because(Kind.FRESH, cause)
    elif not is_same(before.value, after.value):
        change = Change(address=address, old=_told(old, before), new=_told(new, after))
        yield Difference(kind=Kind.CHANGED, change=change)
    else:
        for cause in after.unsure:
            yield _because(Kind.UNSURE, cause)
        for cause in after.stale:
            yield _because(Kind.STALE, cause)


def _told(written: Any, found: Worth) -> Any:
    """Return the value if the expression has a plain one, or else the expression."""
    return written if isinstance(found.value, (Mapping, list)) else found.value


def _because(kind: Kind, cause: Cause) -> Difference:
    """Return the difference that a rerun makes at a reference."""
    again = "perhaps run again" if kind is Kind.UNSURE else "run again"
    old, new = f"Steps.{cause.step}, reused", f"Steps.{cause.step}, {again}"
    if not cause.step:
        old, new = "what the object held", "what the object will hold"
    change = Change(address=cause.address, old=old, new=new, step=cause.step or None)
    return Difference(kind=kind, change=change)
