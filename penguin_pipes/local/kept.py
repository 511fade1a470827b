"""What a run keeps beside its record: its definition, and what its jobs ran in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import attrs

from penguin_pipes.local.disk import write_json
from penguin_pipes.local.recovery import RUNS

if TYPE_CHECKING:
    from pathlib import Path

DEFINITION: Final = "definition.json"
SURROUNDINGS: Final = "surroundings.json"
"""Names in a run's folder; a step's has no dot."""


@attrs.frozen(kw_only=True)
class Kept:
    """What was kept of a run; None for what was not, as by earlier versions.

    Attributes:
        definition: The definition that ran.
        surroundings: The interpreter and its packages, or the images, by name.
    """

    definition: Mapping[str, Any] | None = None
    surroundings: Mapping[str, str] | None = None


def keep(
    folder: Path, definition: Mapping[str, Any], surroundings: Mapping[str, str]
) -> None:
    """Write what is kept of the run that has this folder."""
    write_json(folder / DEFINITION, definition)
    write_json(folder / SURROUNDINGS, surroundings)


def kept(home: Path, run: str) -> Kept:
    """Return what was kept of the run with this id."""
    folder = home / RUNS / run
    return Kept(
        definition=_object(folder / DEFINITION),
        surroundings=_object(folder / SURROUNDINGS),
    )


def _object(path: Path) -> Mapping[str, Any] | None:
    """Return the object in a JSON file; None if it is not there, or not whole."""
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None
