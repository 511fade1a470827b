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
NOTHING: Final = "\N{EN DASH}"
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
    """Return the label of each column; names that would clash stay as they are."""
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
    return Label(spoken, f"{sentence(spoken)}{unit}")


def short(text: str, longest: int = LONGEST) -> str:
    """Return a text on one line that fits into a figure."""
    line = " ".join(text.split()) or repr(text)
    line = "".join(sign if sign.isprintable() else "\ufffd" for sign in line)
    return line if len(line) <= longest else f"{line[: longest - 1].rstrip()}…"


def number(value: Any) -> str:
    """Return a number as a reader wants it: some four digits, all of a whole one."""
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
    return signed(text)


def signed(text: str) -> str:
    """Return a number's text with a minus that is none of the many hyphens."""
    return text.replace("-", "\N{MINUS SIGN}")


def coefficient(value: float) -> str:
    """Return a number between -1 and 1 with two decimals."""
    rounded = round(value, 2) + 0.0  # no -0.00
    return NOTHING if math.isnan(value) else signed(f"{rounded:.2f}")


def share(part: float, whole: float) -> str:
    """Return a part in percent; little is not 0 %, and almost all is not 100 %."""
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


def sentence(text: str) -> str:
    """Return a text with the first letter of a sentence."""
    return f"{text[:1].upper()}{text[1:]}"


def typeset(text: str) -> str:
    """Return a sentence with its capital; no line ends inside of ``r = 0.87``."""
    kept = text.replace(" = ", "\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}")
    return sentence(kept.replace(" %", "\N{NO-BREAK SPACE}%"))


def quoted(value: object) -> str:
    """Return a value for a sentence, in quotes if it has no letter or digit."""
    text = short(str(value))
    return text if any(map(str.isalnum, text)) else repr(text)


def counted(count: int, noun: str) -> str:
    """Return a number with its noun: 1 row, 2 rows."""
    plural = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{count:,} {noun if count == 1 else plural}"


def strength(value: float) -> str:
    """Return how a coefficient between -1 and 1 is called."""
    size = abs(value)
    if size >= STRONG:
        return "strongly"
    if size >= MODERATE:
        return "moderately"
    return "weakly" if size >= WEAK else "hardly"
