"""What to tell people of a column: its name in words, its unit, what it means.

The penguins are known; of other columns the name is taken apart.
"""

from __future__ import annotations

from typing import Final

import attrs


@attrs.frozen(kw_only=True)
class Explained:
    """A column in words.

    Attributes:
        label: Its name.
        unit: What it is counted in, if that is known.
        meaning: What it is, in a sentence, if that is known.
    """

    label: str
    unit: str = ""
    meaning: str = ""

    @property
    def text(self) -> str:
        """All of it, in one line."""
        unit = f", in {self.unit}" if self.unit else ""
        meaning = f". {self.meaning}" if self.meaning else ""
        return f"{self.label}{unit}{meaning}"


KNOWN: Final = {
    "culmen_length_mm": Explained(
        label="Bill length",
        unit="millimetres",
        meaning="Along the upper ridge of the bill (the culmen), from face to tip.",
    ),
    "culmen_depth_mm": Explained(
        label="Bill depth",
        unit="millimetres",
        meaning="Height of the bill, from its upper ridge to its lower edge.",
    ),
    "flipper_length_mm": Explained(
        label="Flipper length",
        unit="millimetres",
        meaning="From where the wing leaves the body to its tip.",
    ),
    "body_mass_g": Explained(
        label="Body mass",
        unit="grams",
        meaning="A penguin of 4 kilograms is one of 4000 grams.",
    ),
    "island": Explained(
        label="Island", meaning="Where in the Palmer Archipelago it was met."
    ),
    "sex": Explained(label="Sex"),
}
UNITS: Final = {
    "mm": "millimetres",
    "cm": "centimetres",
    "m": "metres",
    "km": "kilometres",
    "g": "grams",
    "kg": "kilograms",
    "s": "seconds",
    "pct": "percent",
}


def explain(name: str) -> Explained:
    """Return a column in words."""
    if name in KNOWN:
        return KNOWN[name]
    words, _, suffix = name.rpartition("_")
    if words and suffix in UNITS:
        return Explained(label=_words(words), unit=UNITS[suffix])
    return Explained(label=_words(name))


def _words(name: str) -> str:
    text = " ".join(name.split("_")).strip()
    return text[:1].upper() + text[1:] or name


EXAMPLES: Final = (
    (
        "An Adelie from Torgersen",
        ("39.1", "18.7", "181", "3750", "Torgersen", "MALE"),
    ),
    (
        "A chinstrap from Dream",
        ("49", "19.5", "210", "3950", "Dream", "MALE"),
    ),
    (
        "A gentoo from Biscoe",
        ("46.1", "13.2", "211", "4500", "Biscoe", "FEMALE"),
    ),
    ("Nothing known but a flipper", ("", "", "225", "", "", "")),
)
"""Penguins to try: what to call one, and its row in the order of `KNOWN`."""


def examples(columns: list[str]) -> tuple[tuple[str, dict[str, str]], ...]:
    """Return rows to try, if the columns are the penguins'."""
    if set(columns) != set(KNOWN):
        return ()
    return tuple((name, dict(zip(KNOWN, row, strict=True))) for name, row in EXAMPLES)
