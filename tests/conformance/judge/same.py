"""The one question of all these tests: did both sides see the same?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import attrs

from judge.differences import level_all

if TYPE_CHECKING:
    from judge.case import Case
    from judge.differences import Difference
    from judge.sides import Seen

ABSENT: Final = "(nothing)"


def disagreements(
    case: Case, theirs: Seen, ours: Seen, *, but: Difference | None = None
) -> dict[str, tuple[Any, Any]]:
    """Return what is not the same: the toolkit's value and ours, by where it stands.

    Args:
        case: What both were asked for; it names the differences it may show.
        theirs: What the script saw under the toolkit.
        ours: What it saw in the local run.
        but: A known difference that is to be told all the same.
    """
    toolkit, package = map(_flat, level_all(case, theirs, ours, but=but))
    return {
        place: (toolkit.get(place, ABSENT), package.get(place, ABSENT))
        for place in sorted({*toolkit, *package})
        if toolkit.get(place, ABSENT) != package.get(place, ABSENT)
    }


def _flat(seen: Seen) -> dict[str, Any]:
    """Return everything that was seen, the parts of the probe one by one."""
    found = attrs.asdict(
        seen, filter=lambda field, _: field.name not in {"log", "probe"}
    )
    for part, content in seen.probe.items():
        members = content.items() if isinstance(content, dict) else [("", content)]
        found.update({f"{part}.{key}": value for key, value in members})
    return found
