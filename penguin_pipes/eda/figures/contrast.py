"""How well colours stand out from each other, as WCAG measures it."""

from __future__ import annotations

from typing import Any

from matplotlib.colors import to_rgb

BLACK, WHITE = "#0b0f14", "#ffffff"


def contrast(one: Any, other: Any) -> float:
    """Return the contrast of two colours: 1 for none, 21 for black and white."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: Any) -> float:
    """Return the relative luminance of a colour."""
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4  # noqa: PLR2004
        for part in to_rgb(colour)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def readable_on(colour: Any) -> str:
    """Return black or white, whichever can be read better on a colour."""
    return max((BLACK, WHITE), key=lambda ink: contrast(ink, colour))
