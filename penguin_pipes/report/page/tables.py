"""Tables of the page: texts, with what they are sorted by."""

from __future__ import annotations

import attrs


@attrs.frozen
class Cell:
    """One cell.

    Attributes:
        text: What it shows.
        order: What it is sorted by; a text that is no number sorts as text.
    """

    text: str
    order: str | None = None


@attrs.frozen(kw_only=True)
class Table:
    """A table of texts.

    Attributes:
        caption: What it tells.
        columns: The heads of its columns.
        rows: Its rows; the first cell of each is its head.
        numeric: Which columns hold numbers.
        is_sortable: Whether readers can sort it.
    """

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    numeric: frozenset[int] = frozenset()
    is_sortable: bool = False


def texts(*cells: str) -> tuple[Cell, ...]:
    """Return a row of plain texts."""
    return tuple(map(Cell, cells))


def amount(value: float | None, text: str) -> Cell:
    """Return a cell that is sorted by a number; without one it comes last."""
    return Cell(text, "" if value is None else repr(float(value)))
