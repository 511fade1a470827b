"""Frames and series of numbers as tables of texts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from penguin_pipes.eda.records import Table
from penguin_pipes.eda.words import NOTHING, counted, listed, number, short

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_COLUMNS: Final = 24
MOST_ROWS: Final = 24
LONGEST: Final = 60
"""Letters of a cell: an essay in one would push all others off the screen."""


def cell(value: Any) -> str:
    """Return a value as the text of a cell."""
    if isinstance(value, str):
        return short(value, LONGEST)
    return NOTHING if pd.isna(value) else number(value)


def of_frame(
    frame: pd.DataFrame, caption: str, *, corner: str, heads: Sequence[str] = ()
) -> Table:
    """Return a frame as a table, its index as the heads of the rows.

    Args:
        frame: The values.
        caption: What the table tells.
        corner: The head over the heads of the rows.
        heads: What the columns are called, if not by their names.
    """
    shown = frame.iloc[:, :MOST_COLUMNS]
    names = [*heads][:MOST_COLUMNS] or [str(name) for name in shown.columns]
    rows = zip(shown.index, shown.astype("object").to_numpy(), strict=True)
    return Table(
        caption=caption,
        columns=(corner, *(short(name, LONGEST) for name in names)),
        rows=tuple(
            (short(str(index), LONGEST), *map(cell, values)) for index, values in rows
        ),
    )


def of_counts(counts: pd.Series[int], caption: str, *, corner: str) -> Table:
    """Return counts as a table, those beyond the first two dozen as one sum."""
    shown, rest = counts.head(MOST_ROWS), counts.iloc[MOST_ROWS:]
    total = counts.sum()
    rows = [(cell(str(value)), count) for value, count in shown.items()]
    if len(rest):
        rows.append((counted(len(rest), "other value"), rest.sum()))
    return Table(
        caption=caption,
        columns=(corner, "rows", "share"),
        rows=tuple(
            (head, f"{count:,}", f"{100 * count / total:.1f} %") for head, count in rows
        ),
    )


def left_out(names: Sequence[Any], most: int, what: str) -> tuple[str, ...]:
    """Return the note that says which of many columns are not shown."""
    rest = [short(str(name)) for name in names[most:]]
    if not rest:
        return ()
    verb = "is" if len(rest) == 1 else "are"
    return (
        f"{counted(len(rest), what)} of {len(names):,} {verb} not shown here: "
        f"{listed(rest)}.",
    )
