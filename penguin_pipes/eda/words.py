"""How names and numbers are told: labels of columns, numbers, shares, lists."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

import attrs

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

UNITS: Final = frozenset(
    {"mm", "cm", "m", "km", "mg", "g", "kg", "ms", "s", "min", "h", "usd", "eur"}
)
"""What is a unit where it ends the name of a measure."""

LONGEST: Final = 28
NOTHING: Final = "–"
STRONG, MODERATE, WEAK = 0.7, 0.4, 0.2


@attrs.frozen
class Label:
    """How a column is called.

    Attributes:
        name: In a sentence: ``body mass``.
        axis: Under an axis: ``Body mass (g)``.
    """

    name: str
    axis: str


def labels(names: Iterable[str], measures: Sequence[str] = ()) -> dict[str, Label]:
    """Return the label of each column; names that would be the same stay as they are."""
    given = list(names)
    found = {name: _label(name, is_measure=name in measures) for name in given}
    times = Counter(label.name.casefold() for label in found.values())
    return {
        name: label
        if times[label.name.casefold()] == 1
        else Label(short(name), short(name))
        for name, label in found.items()
    }


def _label(name: str, *, is_measure: bool) -> Label:
    words = name.replace("_", " ").split() or [name]
    unit = ""
    if is_measure and words[1:] and words[-1].casefold() in UNITS:
        unit = f" ({words.pop()})"
    spoken = short(" ".join(words))
    return Label(spoken, f"{spoken[:1].upper()}{spoken[1:]}{unit}")


def short(text: str, longest: int = LONGEST) -> str:
    """Return a text on one line that fits into a figure."""
    line = " ".join(text.split()) or repr(text)
    line = "".join(sign if sign.isprintable() else "\ufffd" for sign in line)
    return line if len(line) <= longest else f"{line[: longest - 1].rstrip()}…"


def number(value: Any) -> str:
    """Return a number as a reader wants it: about four digits, or all of a whole one."""
    found = float(value)
    if math.isnan(found):
        return NOTHING
    size = abs(found)
    if size >= 1e9 or 0 < size < 1e-3:  # noqa: PLR2004
        text = f"{found:.3g}"
    elif size >= 1000 or found == int(found):  # noqa: PLR2004
        text = f"{found:,.0f}"
    else:
        text = f"{found:.2f}" if size >= 1 else f"{found:.3g}"
    return text.replace("-", "\N{MINUS SIGN}")


def coefficient(value: float) -> str:
    """Return a number between -1 and 1 with two decimals."""
    rounded = round(value, 2) + 0.0  # no -0.00
    return f"{rounded:.2f}".replace("-", "\N{MINUS SIGN}")


def share(part: float, whole: float) -> str:
    """Return a part in percent; nothing small is 0 % and nothing short of all is 100 %."""
    percent = 100 * part / whole
    if 0 < percent < 1:
        return "less than 1 %"
    if 99 < percent < 100:  # noqa: PLR2004
        return "more than 99 %"
    return f"{percent:.0f} %"


def listed(texts: Sequence[str], most: int = 6) -> str:
    """Return texts as a list in a sentence, the end of a long one as a number."""
    if len(texts) > most:
        texts = [*texts[: most - 1], f"{len(texts) - most + 1} others"]
    if len(texts) < 2:  # noqa: PLR2004
        return "".join(texts)
    return f"{', '.join(texts[:-1])} and {texts[-1]}"


def counted(count: int, noun: str, plural: str = "") -> str:
    """Return a number with its noun: 1 row, 2 rows."""
    return f"{count:,} {noun if count == 1 else plural or f'{noun}s'}"


def strength(value: float) -> str:
    """Return how a coefficient between -1 and 1 is called."""
    size = abs(value)
    if size >= STRONG:
        return "strongly"
    if size >= MODERATE:
        return "moderately"
    return "weakly" if size >= WEAK else "hardly"
