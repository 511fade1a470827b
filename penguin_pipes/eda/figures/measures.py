"""Figures of measures: histograms, heat maps of matrices, points of two measures."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from matplotlib.colors import LinearSegmentedColormap, Normalize, SymLogNorm
from matplotlib.ticker import MaxNLocator

from penguin_pipes.eda.figures.canvas import canvas
from penguin_pipes.eda.figures.categories import legend
from penguin_pipes.eda.figures.contrast import readable_on
from penguin_pipes.eda.figures.theme import MARKERS
from penguin_pipes.eda.findings import as_text
from penguin_pipes.eda.words import NOTHING, Label, coefficient, number, sentence, short

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from penguin_pipes.eda.figures.theme import Theme

MOST_BINS: Final = 30
MOST_POINTS: Final = 4000


def edges(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the borders of a histogram's bins, as many as √n, and 30 at the most."""
    low, high = float(values.min()), float(values.max())
    bins = max(1, min(MOST_BINS, math.ceil(math.sqrt(len(values)))))
    found = np.linspace(low, high, bins + 1)
    if (np.diff(found) > 0).all():
        return found
    # All the same, or so close that no float fits between: one bin around them.
    room = max(abs(low), abs(high)) * 0.05 or 0.5
    return np.array([low - room, high + room])


def histogram(
    column: pd.Series[Any],
    label: Label,
    theme: Theme,
    *,
    groups: pd.Series[Any] | None = None,
    classes: Sequence[str] = (),
) -> Figure:
    """Return how often a measure has which size.

    Args:
        column: The measure.
        label: What it is called.
        theme: The colours.
        groups: The class of each row, where the bars are to be parted by it.
        classes: The classes in the order of colours.
    """
    present = column.dropna()
    borders = edges(present.to_numpy())
    figure, axes = canvas(2.9)
    floor = np.zeros(len(borders) - 1)
    for name, part, colour in _parts(present, groups, classes, theme):
        counts, _ = np.histogram(part, borders)
        axes.bar(
            borders[:-1],
            counts,
            width=np.diff(borders),
            bottom=floor,
            align="edge",
            color=colour,
            edgecolor=theme.background,
            label=short(name),
        )
        floor += counts
    axes.set(xlabel=label.axis, ylabel="Rows")
    axes.yaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10], integer=True))
    axes.grid(axis="y")
    if groups is not None:
        legend(figure, axes)
    return figure


def _parts(
    present: pd.Series[Any],
    groups: pd.Series[Any] | None,
    classes: Sequence[str],
    theme: Theme,
) -> list[tuple[str, pd.Series[Any], str]]:
    """Return name, values and colour of each class, and of the rows without one."""
    if groups is None:
        return [("all", present, theme.plain)]
    of_row = as_text(groups).reindex(present.index)
    parts = [
        (name, present[of_row == name], colour)
        for name, colour in zip(classes, theme.classes, strict=False)
    ]
    rest = present[of_row.isna()]
    return parts if rest.empty else [*parts, ("none", rest, theme.plain)]


def correlation_map(
    matrix: pd.DataFrame, names: Sequence[str], title: str, theme: Theme
) -> Figure:
    """Return a heat map of coefficients between -1 and 1."""
    return _heat_map(matrix, names, title, theme, Normalize(-1, 1), coefficient)


def covariance_map(
    matrix: pd.DataFrame, names: Sequence[str], title: str, theme: Theme
) -> Figure:
    """Return a heat map of covariances, coloured by their order of magnitude."""
    sizes = np.abs(matrix.to_numpy())
    sizes = sizes[np.isfinite(sizes) & (sizes > 0)]
    high, low = (sizes.max(), sizes.min()) if sizes.size else (1.0, 1.0)
    bend = max(low, high * 1e-6)
    norm = SymLogNorm(bend, vmin=-high, vmax=high)
    return _heat_map(matrix, names, title, theme, norm, number)


def _heat_map(
    matrix: pd.DataFrame,
    names: Sequence[str],
    title: str,
    theme: Theme,
    norm: Normalize,
    told: Callable[[float], str],
) -> Figure:
    count = len(matrix)
    figure, axes = canvas(3.6 if count <= 6 else 4.6)  # noqa: PLR2004
    ramp = [theme.low, theme.background, theme.high]
    cmap = LinearSegmentedColormap.from_list("signed", ramp).with_extremes(
        bad=theme.grid
    )
    values = np.ma.masked_invalid(matrix.to_numpy())
    axes.imshow(values, cmap=cmap, norm=norm, aspect="auto")
    size = 10 if count <= 4 else 8 if count <= 7 else 5.5  # noqa: PLR2004
    for (row, column), value in np.ndenumerate(matrix.to_numpy()):
        paint = cmap(norm(value)) if math.isfinite(value) else theme.grid
        axes.text(
            *(column, row, told(value) if math.isfinite(value) else NOTHING),
            color=readable_on(paint[:3] if isinstance(paint, tuple) else paint),
            ha="center",
            va="center",
            fontsize=size,
        )
    shown = [sentence(short(name, 18)) for name in names]
    axes.set_xticks(
        range(count), shown, rotation=30, ha="right", rotation_mode="anchor"
    )
    axes.set_yticks(range(count), shown)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.set_xticks(np.arange(1, count) - 0.5, minor=True)
    axes.set_yticks(np.arange(1, count) - 0.5, minor=True)
    axes.grid(which="minor", color=theme.background, linewidth=2)
    axes.tick_params(which="minor", length=0)
    axes.set_title(title)
    return figure


def points(
    frame: pd.DataFrame,
    pair: tuple[Label, Label],
    theme: Theme,
    *,
    classes: Sequence[str] = (),
) -> Figure:
    """Return a point for each row that has two measures.

    Args:
        frame: Two columns of measures; a third, if there are classes, with the class.
        pair: What the two are called.
        theme: The colours.
        classes: The classes in the order of colours.
    """
    present = frame[frame.iloc[:, :2].notna().all(axis=1)]
    step = math.ceil(len(present) / MOST_POINTS) or 1
    present = present.iloc[::step]
    figure, axes = canvas(3.4)
    across, up = present.iloc[:, 0], present.iloc[:, 1]
    groups = present.iloc[:, 2] if classes else None
    parts = _parts(across, groups, classes, theme)
    for (name, part, colour), marker in zip(parts, (*MARKERS, "."), strict=False):
        axes.scatter(
            part,
            up[part.index],
            color=colour,
            marker=marker,
            s=26,
            linewidth=0.5,
            edgecolor=theme.background,
            label=short(name),
        )
    axes.set_xlabel(pair[0].axis)
    axes.set_ylabel(pair[1].axis)
    axes.grid()
    if groups is not None:
        legend(figure, axes)
    return figure
