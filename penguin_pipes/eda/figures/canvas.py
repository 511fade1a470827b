"""Figures of matplotlib without its global state, and their bytes as PNG."""

from __future__ import annotations

import io
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from penguin_pipes.eda.figures.theme import DPI, STYLE, Theme, colours

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from matplotlib.axes import Axes

WIDTH: Final = 4.6
"""Inches: small enough for its letters to be read on a phone."""

NO_SHAPE: Final = "Glyph"
"""How matplotlib's warning of a character begins that its font does not have."""


@contextmanager
def painted(theme: Theme) -> Iterator[None]:
    """Paint with the theme alone, whatever the user's own settings are."""
    with mpl.rc_context():
        mpl.rcdefaults()
        settings: dict[Any, Any] = {**STYLE, **colours(theme)}
        mpl.rcParams.update(settings)
        yield


def canvas(height: float) -> tuple[Figure, Axes]:
    """Return a new figure with its one pair of axes."""
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    return figure, figure.subplots()


def png(draw: Callable[[Theme], Figure], theme: Theme) -> tuple[bytes, bool]:
    """Return what *draw* draws as a PNG, the same bytes for the same figure.

    Returns:
        The bytes, and whether the font has a shape for every character.
    """
    with painted(theme), warnings.catch_warnings(record=True) as noted:
        warnings.simplefilter("always")
        agg: Any = FigureCanvasAgg(draw(theme))
        agg.draw()  # once; savefig would draw it twice, to lay it out first
        image = Image.fromarray(np.asarray(agg.buffer_rgba()))
        buffer = io.BytesIO()
        image.convert("RGB").save(buffer, "png", dpi=(DPI, DPI))
    others = [w for w in noted if not str(w.message).startswith(NO_SHAPE)]
    for warning in others:
        warnings.warn_explicit(
            warning.message, warning.category, warning.filename, warning.lineno
        )
    return buffer.getvalue(), len(others) == len(noted)
