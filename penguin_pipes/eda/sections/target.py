"""The section on the target: its classes by each other category."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from penguin_pipes.eda import findings, sentences, tables
from penguin_pipes.eda.figures import MOST_BARS, shares
from penguin_pipes.eda.records import Drawing, Section, Subject
from penguin_pipes.eda.words import listed, sentence, short

if TYPE_CHECKING:
    import pandas as pd

MOST_OTHERS: Final = 5


def by_category(subject: Subject) -> Section:
    """Return how the classes spread over each other category."""
    by = subject.roles.by
    target = subject.called(subject.roles.target)
    title = sentence(f"{target} by category")
    if by is None:
        note = f"{subject.roles.no_classes}: no table of it by category is shown."
        return Section(key="target", title=title, notes=(note,))
    others = [name for name in subject.roles.categories if name != by]
    said, told, drawings, notes = [], [], [], []
    for name in others[:MOST_OTHERS]:
        table = _table(subject, by, name)
        called = subject.called(name)
        if table.empty:
            notes.append(f"No row has both {target} and {called}.")
            continue
        said += sentences.on_crosstab(table, findings.cramers_v(table), target, called)
        caption = f"Rows by {target} and {called}"
        told.append(tables.of_frame(table.iloc[:, :MOST_BARS], caption, corner=by))
        drawings.append(_shares(subject, table, name))
        if table.shape[1] > MOST_BARS:
            notes.append(
                f"{called} has {table.shape[1]:,} values; the {MOST_BARS} most "
                "frequent are shown."
            )
    notes += tables.left_out(others, MOST_OTHERS, "category")
    if not others:
        notes.append("There is no other category to part the target by.")
    return Section(
        key="target",
        title=title,
        sentences=tuple(said),
        tables=tuple(told),
        drawings=tuple(drawings),
        notes=tuple(notes),
    )


def _table(subject: Subject, by: str, name: str) -> pd.DataFrame:
    """Return the counts, classes and values each by their frequency."""
    table = findings.crosstab(subject.frame, by, name)
    counts = findings.value_counts(subject.frame, name)
    return table.reindex(
        index=[value for value in subject.classes if value in table.index],
        columns=[value for value in counts.index if value in table.columns],
    )


def _shares(subject: Subject, table: pd.DataFrame, name: str) -> Drawing:
    called = subject.called(name)
    target = subject.called(subject.roles.by)
    told = [
        f"{short(str(value))}: "
        + listed([f"{count:,} {short(str(each))}" for each, count in counts.items()], 9)
        for value, counts in table.iloc[:, :MOST_BARS].items()
    ]
    return Drawing(
        name=f"{subject.roles.by} by {name}",
        caption=f"Rows by {called}, parted by {target}",
        alt=f"Stacked bar chart of rows by {called}, parted by {target}. "
        f"{'; '.join(told)}.",
        draw=lambda theme: shares(
            table, subject.labels[name].axis, theme, classes=subject.classes
        ),
    )
