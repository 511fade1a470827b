"""What a plan says: frozen records, and the JSON that machines read."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

import attrs

if TYPE_CHECKING:
    from collections.abc import Iterable

VERSION: Final = 1
"""Of the JSON: members may be added under the same number, none renamed or removed."""


class StepChange(StrEnum):
    """What a deploy does to a step; whether it runs again is another question."""

    NEW = "new"
    CHANGED = "changed"
    """What it asks for differs, the parameters' default values filled in."""

    UNCHANGED = "unchanged"
    REMOVED = "removed"


class Cache(StrEnum):
    """Whether the next execution can take the result of an earlier one."""

    HIT = "hit"
    """Nothing in its cache key changes: it can, if an earlier run of the step
    succeeded within ``ExpireAfter``."""

    MAY_HIT = "may-hit"
    """Its key holds a value that is known only when the steps before it have run."""

    MISS = "miss"
    """Something in its key changes: it runs."""

    NEVER = "never"
    """Its key differs in every execution, whatever one does: it always runs."""

    OFF = "off"
    """It asks for no caching: it always runs."""

    NEW = "new"
    """There is no earlier run of a step of this name: it runs."""

    UNKNOWN = "unknown"
    """It asks for caching, but nobody documents the cache key of this type."""

    REMOVED = "removed"
    """The step is gone."""

    @property
    def runs(self) -> bool:
        """Whether the step certainly runs."""
        return self in {Cache.MISS, Cache.NEVER, Cache.OFF, Cache.NEW}


@attrs.frozen(kw_only=True)
class Change:
    """One value that differs.

    Attributes:
        address: The place in the new definition; for what is gone, the place where
            it was. Beside the definition a plain word, such as ``description``.
        old: The deployed value, None where there is none.
        new: The wanted value, None where there is none. Parameters are filled in
            with their default values if that gives a plain value.
        step: The step whose rerun makes the value another one; None where the
            definition itself does.
    """

    address: str
    old: Any
    new: Any
    step: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the change as JSON has it."""
        found = {"address": self.address, "old": self.old, "new": self.new}
        return found if self.step is None else {**found, "step": self.step}


@attrs.frozen(kw_only=True)
class StepPlan:
    """What a deploy means for one step.

    Attributes:
        name: The step's name; a renamed step is a removed one and a new one.
        type: The step's type.
        change: What the deploy does to it.
        cache: Whether the next execution can reuse an earlier result.
        reasons: Why it cannot, or why that is not sure: what changes in the cache
            key. Where no key is in force, all that changes.
        ignored: What changes without being in the cache key, so that it makes
            nothing run again.
        notes: What else one should know, as sentences.
        expires: ``ExpireAfter`` of the new definition, where caching is on.
    """

    name: str
    type: str
    change: StepChange
    cache: Cache
    reasons: tuple[Change, ...] = ()
    ignored: tuple[Change, ...] = ()
    notes: tuple[str, ...] = ()
    expires: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the step as JSON has it."""
        return {
            "name": self.name,
            "type": self.type,
            "change": str(self.change),
            "cache": str(self.cache),
            "reasons": [each.to_json() for each in self.reasons],
            "ignored": [each.to_json() for each in self.ignored],
            "notes": list(self.notes),
        }


@attrs.frozen(kw_only=True)
class Plan:
    """What a deploy would do.

    Attributes:
        steps: In the order of the new definition, those of a condition's branches
            after it; then the removed ones.
        pipeline: What changes beside the steps.
        uploads: S3 URIs of what would be uploaded.
    """

    steps: tuple[StepPlan, ...]
    pipeline: tuple[Change, ...] = ()
    uploads: tuple[str, ...] = ()

    @property
    def has_changes(self) -> bool:
        """Whether a deploy would write anything."""
        steps = any(each.change is not StepChange.UNCHANGED for each in self.steps)
        return steps or bool(self.pipeline) or bool(self.uploads)

    def step(self, name: str) -> StepPlan:
        """Return the plan of one step.

        Raises:
            KeyError: There is no such step.
        """
        for each in self.steps:
            if each.name == name:
                return each
        raise KeyError(name)

    def to_json(self) -> dict[str, Any]:
        """Return the plan as JSON has it: see `VERSION` for what one may rely on."""
        return {
            "version": VERSION,
            "steps": [each.to_json() for each in self.steps],
            "pipeline": [each.to_json() for each in self.pipeline],
            "uploads": list(self.uploads),
        }


def uncovered(changes: Iterable[Change], by: Iterable[Change]) -> tuple[Change, ...]:
    """Return those *changes* of which none of *by* is a part or the whole."""
    places = [each.address for each in by]
    return tuple(
        change
        for change in changes
        if not any(_touch(change.address, place) for place in places)
    )


def _touch(one: str, other: str) -> bool:
    """Return whether an address is that of *other*, lies in it, or has it inside."""
    short, long = sorted((one, other), key=len)
    return long.startswith(short) and long[len(short) :][:1] in {"", ".", "["}
