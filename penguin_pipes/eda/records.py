"""What a report holds, before it is a page: sections of sentences, tables, figures."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
import pandas as pd
from matplotlib.figure import Figure

from penguin_pipes.eda.figures import Theme
from penguin_pipes.eda.roles import Roles
from penguin_pipes.eda.words import Label


@attrs.frozen(kw_only=True)
class Subject:
    """What is analysed.

    Attributes:
        name: What the data are called.
        raw: The table as it was read.
        frame: The table without its marks of missing values.
        marks: What stands for a missing value.
        roles: What each column is for.
        labels: How each column is called.
        classes: The values of the target that have colours, the most frequent first.
    """

    name: str
    raw: pd.DataFrame
    frame: pd.DataFrame
    marks: tuple[str, ...]
    roles: Roles
    labels: dict[str, Label]
    classes: tuple[str, ...]

    def called(self, column: object) -> str:
        """Return how a column is called in a sentence."""
        return self.labels[str(column)].name

    @property
    def groups(self) -> pd.Series[Any] | None:
        """The class of each row, where classes have colours."""
        return None if self.roles.by is None else self.frame[self.roles.by]


@attrs.frozen(kw_only=True)
class Table:
    """A table of texts.

    Attributes:
        caption: What it tells.
        columns: The heads of the columns; the first is over the rows' heads.
        rows: The head of each row, then its cells.
        texts: The places of columns that hold text, not numbers.
    """

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    texts: frozenset[int] = frozenset()


@attrs.frozen(kw_only=True)
class Drawing:
    """A figure that is yet to be drawn.

    Attributes:
        name: What its file is called, without number and ending.
        caption: What it shows.
        alt: What it says, for those who do not see it.
        draw: Returns it in a theme.
    """

    name: str
    caption: str
    alt: str
    draw: Callable[[Theme], Figure]


@attrs.frozen(kw_only=True)
class Section:
    """A part of the report.

    Attributes:
        key: Its address in the page.
        title: Its heading.
        sentences: What was found.
        tables: The numbers.
        drawings: The figures.
        notes: What could not be drawn or told, and why.
    """

    key: str
    title: str
    sentences: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    drawings: tuple[Drawing, ...] = ()
    notes: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class Analysis:
    """The whole report.

    Attributes:
        title: What was analysed.
        lead: What it is, in a sentence.
        sections: Its parts.
    """

    title: str
    lead: str
    sections: tuple[Section, ...]
