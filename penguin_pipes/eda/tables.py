"""Frames and series of numbers as tables of texts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from penguin_pipes.eda.records import Table
from penguin_pipes.eda.table import is_numeric
from penguin_pipes.eda.words import NOTHING, counted, listed, number, short, signed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

MOST_COLUMNS: Final = 24
MOST_ROWS: Final = 24
MANY_DIGITS: Final = 1e12
LONGEST: Final = 60
"""Letters of a cell: an essay in one would push all others off the screen."""


def cell(value: Any) -> str:
    """Return a value as the text of a cell."""
    if isinstance(value, str):
        return short(value, LONGEST)
    return NOTHING if pd.isna(value) else number(value)


def exact(column: pd.Series[Any]) -> pd.Series[Any]:
    """Return numbers as texts with as many decimals as the longest of them needs."""
    if not is_numeric(column):
        return column
    numbers = column.dropna()
    places = max((len(f"{n % 1:.3f}".rstrip("0")) - 2 for n in numbers), default=0)
    if (numbers.abs() >= MANY_DIGITS).any() or not numbers.round(3).equals(numbers):
        return column
    texts = [NOTHING if pd.isna(n) else signed(f"{n:,.{places}f}") for n in column]
    return pd.Series(texts, index=column.index, dtype="object")


def of_frame(
    frame: pd.DataFrame,
    caption: str,
    *,
    corner: str,
    told: Callable[[Any], str] = cell,
    texts: Sequence[str] = (),
) -> Table:
    """Return a frame as a table, its index as the heads of the rows.

    Args:
        frame: The values.
        caption: What the table tells.
        corner: The head over the heads of the rows.
        told: Returns the text of a cell.
        texts: The columns that hold text.
    """
    shown = frame.iloc[:, :MOST_COLUMNS]
    rows = zip(shown.index, shown.astype("object").to_numpy(), strict=True)
    return Table(
        caption=caption,
        columns=tuple(short(str(name), LONGEST) for name in (corner, *shown)),
        rows=tuple(
            (short(str(index), LONGEST), *map(told, values)) for index, values in rows
        ),
        texts=frozenset(
            place for place, name in enumerate(shown, start=1) if name in texts
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
    count = f"{counted(len(rest), what)} of {len(names):,}"
    return (f"{count} {verb} not shown here: {listed(rest)}.",)
