"""Figures of categories: bars of counts, and shares of one category within another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from matplotlib.ticker import MaxNLocator

from penguin_pipes.eda.figures.canvas import canvas
from penguin_pipes.eda.figures.contrast import readable_on
from penguin_pipes.eda.words import short

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from penguin_pipes.eda.figures.theme import Theme

MOST_BARS: Final = 12
ROOM_FOR_NUMBER: Final = 0.07
"""The share of a bar's length that a number in it needs."""


def bars(
    counts: pd.Series[int], title: str, theme: Theme, *, classes: Sequence[str] = ()
) -> Figure:
    """Return bars of how often each value stands in a column.

    Args:
        counts: By value, the most frequent first; the first dozen is drawn.
        title: Above the bars.
        theme: The colours.
        classes: The values that have a colour of their own, in the order of colours.
    """
    shown = counts.head(MOST_BARS)
    painted = dict(zip(classes, theme.classes, strict=False))
    colour = [painted.get(str(value), theme.plain) for value in shown.index]
    figure, axes = canvas(0.4 + 0.36 * len(shown))
    places = list(range(len(shown)))
    axes.barh(places, shown.to_list(), color=colour, height=0.72)
    for place, count in zip(places, shown, strict=True):
        axes.annotate(
            f"{count:,}",
            (count, place),
            (4, 0),
            textcoords="offset points",
            va="center",
        )
    _rows(axes, shown.index, title)
    axes.set_xlim(0, shown.max() * 1.14)
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)
    return figure


def shares(
    table: pd.DataFrame, title: str, theme: Theme, *, classes: Sequence[str]
) -> Figure:
    """Return bars of counts, parted by class.

    Args:
        table: Counts: a row for each class, a column for each bar.
        title: Above the bars.
        theme: The colours.
        classes: The classes in the order of colours.
    """
    shown = table.T.iloc[:MOST_BARS]
    figure, axes = canvas(1.15 + 0.4 * len(shown))
    places = list(range(len(shown)))
    left = [0] * len(shown)
    painted: Mapping[str, str] = dict(zip(classes, theme.classes, strict=False))
    widest = shown.sum(axis=1).max()
    for name in (name for name in classes if name in shown):
        counts = shown[name].to_list()
        axes.barh(places, counts, left=left, height=0.72, color=painted[name])
        drawn = axes.containers[-1]
        drawn.set_label(short(name))
        for place, start, count in zip(places, left, counts, strict=True):
            if count >= ROOM_FOR_NUMBER * widest:
                axes.text(
                    *(start + count / 2, place, f"{count:,}"),
                    color=readable_on(painted[name]),
                    ha="center",
                    va="center",
                )
        left = [start + count for start, count in zip(left, counts, strict=True)]
    _rows(axes, shown.index, title)
    axes.set_xlabel("Rows")
    axes.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10], integer=True))
    axes.grid(axis="x")
    legend(figure, axes)
    return figure


def legend(figure: Figure, axes: Axes) -> None:
    """Add the legend of the classes, below the axes."""
    handles, names = axes.get_legend_handles_labels()
    columns = 3 if max(map(len, names), default=0) <= 12 else 2  # noqa: PLR2004
    figure.legend(
        handles,
        names,
        loc="outside lower center",
        ncols=columns,
        handlelength=1.1,
        columnspacing=1.4,
    )


def _rows(axes: Axes, values: Sequence[Any] | pd.Index[Any], title: str) -> None:
    axes.set_yticks(range(len(values)), [short(str(v), 20) for v in values])
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.set_ylim(len(values) - 0.5, -0.5)
    axes.set_title(short(title, 40))
