"""Ways out: the name that was probably meant, or all there are."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_NAMED: Final = 8


def nearest(name: str, known: Iterable[str]) -> str:
    """Return the hint that offers the nearest of the *known* names, or lists them."""
    names = list(dict.fromkeys(known))
    near = difflib.get_close_matches(name, names, n=1)
    if near:
        return f"did you mean {near[0]!r}?"
    if not names:
        return "there are none"
    more = ", …" if len(names) > MOST_NAMED else ""
    return f"there are: {', '.join(names[:MOST_NAMED])}{more}"
