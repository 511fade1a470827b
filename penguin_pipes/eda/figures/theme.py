"""Colours of the figures: a light and a dark theme that everybody can tell apart.

The hues are Okabe and Ito's, made for colour-blind readers; each theme has them in the
lightness that stands out from its background.
"""

from __future__ import annotations

from typing import Any, Final

import attrs


@attrs.frozen(kw_only=True)
class Theme:
    """What a figure is painted with, as colours of matplotlib.

    Attributes:
        name: ``light`` or ``dark``.
        background: Behind everything.
        text: Words, and the edges of what has a colour.
        muted: Axes and second words.
        grid: Lines behind the data.
        plain: Bars that stand for no class.
        classes: One for each class, in the order of their counts.
        low: The end of negative numbers on a heat map.
        high: The end of positive numbers on a heat map.
    """

    name: str
    background: str
    text: str
    muted: str
    grid: str
    plain: str
    classes: tuple[str, ...]
    low: str
    high: str


LIGHT: Final = Theme(
    name="light",
    background="#ffffff",
    text="#1b2530",
    muted="#55606c",
    grid="#e3e7ec",
    plain="#6b7f94",
    classes=(
        *("#0072b2", "#d55e00", "#00916a", "#b5568f"),
        *("#2a8fd0", "#a17900", "#5b4b9a", "#6f6f6f"),
    ),
    low="#b2560d",
    high="#0072b2",
)

DARK: Final = Theme(
    name="dark",
    background="#161b22",
    text="#e6edf3",
    muted="#9aa7b4",
    grid="#2b333d",
    plain="#8296ab",
    classes=(
        *("#4aa8e0", "#f08a3c", "#2cc295", "#e08fc2"),
        *("#9fd3f5", "#e6c229", "#a99be6", "#b8b8b8"),
    ),
    low="#f08a3c",
    high="#4aa8e0",
)

MARKERS: Final = ("o", "^", "s", "D", "v", "P", "X", "*")
"""The shape of each class's points: colour alone tells nobody who cannot see it."""

DPI: Final = 200
STYLE: Final[dict[str, Any]] = {
    "font.family": "DejaVu Sans",  # comes with matplotlib: the same on every machine
    "font.size": 10.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 11.0,
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
    "axes.axisbelow": True,
    "legend.frameon": False,
    "legend.fontsize": 9.0,
    "patch.linewidth": 0.5,
    "text.parse_math": False,  # a column may be called a$b$
    "figure.dpi": DPI,
}


def colours(theme: Theme) -> dict[str, str]:
    """Return the theme as settings of matplotlib."""
    return {
        "figure.facecolor": theme.background,
        "axes.facecolor": theme.background,
        "savefig.facecolor": theme.background,
        "text.color": theme.text,
        "axes.labelcolor": theme.text,
        "axes.titlecolor": theme.text,
        "axes.edgecolor": theme.muted,
        "xtick.color": theme.muted,
        "ytick.color": theme.muted,
        "xtick.labelcolor": theme.text,
        "ytick.labelcolor": theme.text,
        "grid.color": theme.grid,
        "patch.edgecolor": theme.background,
    }
