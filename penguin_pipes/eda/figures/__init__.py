"""The figures of an analysis: numbers in, a `matplotlib.figure.Figure` out.

None of them touches pyplot, whose figures are for ever and shared by all threads.
"""

from penguin_pipes.eda.figures.canvas import painted, png
from penguin_pipes.eda.figures.categories import MOST_BARS, bars, shares
from penguin_pipes.eda.figures.measures import (
    MOST_POINTS,
    correlation_map,
    covariance_map,
    histogram,
    points,
)
from penguin_pipes.eda.figures.theme import DARK, LIGHT, Theme

__all__ = [
    "DARK",
    "LIGHT",
    "MOST_BARS",
    "MOST_POINTS",
    "Theme",
    "bars",
    "correlation_map",
    "covariance_map",
    "histogram",
    "painted",
    "png",
    "points",
    "shares",
]
