"""Sections on each column by itself: its first rows, values, gaps and bars."""

from __future__ import annotations

from typing import Final

import pandas as pd

from penguin_pipes.eda import findings, sentences, tables
from penguin_pipes.eda.figures import MOST_BARS, bars
from penguin_pipes.eda.records import Drawing, Section, Subject, Table
from penguin_pipes.eda.table import is_numeric
from penguin_pipes.eda.words import NOTHING, counted, listed, short

MOST_CATEGORIES: Final = 6


def rows(subject: Subject) -> Section:
    """Return the first rows, and what pandas tells of every column."""
    raw = subject.raw
    head = findings.first_rows(raw).set_axis(range(1, min(5, len(raw)) + 1))
    told = findings.description(raw)
    return Section(
        key="rows",
        title="First rows",
        tables=(
            tables.of_frame(
                pd.DataFrame({name: tables.exact(head[name]) for name in head}),
                f"The first {counted(len(head), 'row')}",
                corner="row",
                texts=[str(name) for name in head if not is_numeric(head[name])],
            ),
            tables.of_frame(told, "Every column in numbers", corner="statistic"),
        ),
        notes=tables.left_out(list(raw), tables.MOST_COLUMNS, "column"),
    )


def values(subject: Subject) -> Section:
    """Return how often each value of each category stands in the table as it is."""
    names = subject.roles.categories
    shown = names[:MOST_CATEGORIES]
    counts = {name: findings.value_counts(subject.raw, name) for name in shown}
    marked = findings.marked(subject.raw, subject.marks)
    said = [
        sentence
        for name in shown
        for sentence in sentences.on_counts(counts[name], subject.called(name))
    ]
    return Section(
        key="values",
        title="Values of the categories",
        sentences=(*said, *sentences.on_marks(marked, subject.called)),
        tables=tuple(
            tables.of_counts(
                found, f"How often each {subject.called(name)}", corner=short(name)
            )
            for name, found in counts.items()
        ),
        notes=tables.left_out(names, MOST_CATEGORIES, "category")
        or _nothing(names, "No column holds categories: there are no values to count."),
    )


def missing(subject: Subject) -> Section:
    """Return what is missing, before and after the most frequent value fills it."""
    frame = subject.frame
    before = findings.missing_values(frame)
    after = findings.missing_values(findings.imputed(frame))
    affected = int(frame.isna().any(axis=1).sum())
    fills = {
        name: tables.cell(findings.most_frequent(frame[name]))
        for name in map(str, frame)
        if before[name] and not after[name]
    }
    called = subject.called
    return Section(
        key="missing",
        title="Missing values",
        sentences=(
            *sentences.on_missing(before, len(frame), affected, called),
            *sentences.on_imputation(before, after, fills, called),
        ),
        tables=(_missing_table(before, after, fills, len(frame)),),
        notes=tables.left_out(list(frame), tables.MOST_ROWS, "column"),
    )


def _missing_table(
    before: pd.Series[int], after: pd.Series[int], fills: dict[str, str], count: int
) -> Table:
    return Table(
        caption="Missing values of each column, before and after imputation",
        columns=("column", "missing", "share", "filled with", "missing after"),
        rows=tuple(
            (
                short(str(name), tables.LONGEST),
                f"{before[name]:,}",
                f"{100 * before[name] / count:.1f} %",
                fills.get(str(name), NOTHING),
                f"{after[name]:,}",
            )
            for name in before.index[: tables.MOST_ROWS]
        ),
    )


def categories(subject: Subject) -> Section:
    """Return a bar chart of each category."""
    names = [n for n in subject.roles.categories if subject.frame[n].notna().any()]
    drawings, notes = [], []
    for name in names[:MOST_CATEGORIES]:
        counts = findings.value_counts(subject.frame, name)
        drawings.append(_bars(subject, name, counts))
        if len(counts) > MOST_BARS:
            notes.append(
                f"{subject.called(name)} has {len(counts):,} values; the "
                f"{MOST_BARS} most frequent have bars."
            )
    return Section(
        key="categories",
        title="Categories",
        drawings=tuple(drawings),
        notes=(
            *notes,
            *tables.left_out(names, MOST_CATEGORIES, "category"),
            *_nothing(names, "No column holds categories: there are no bars to draw."),
        ),
    )


def _bars(subject: Subject, name: str, counts: pd.Series[int]) -> Drawing:
    called = subject.called(name)
    told = [f"{short(str(v))} {count:,}" for v, count in counts.head(MOST_BARS).items()]
    classes = subject.classes if name == subject.roles.by else ()
    title = subject.labels[name].axis
    return Drawing(
        name=name,
        caption=f"Rows by {called}",
        alt=f"Bar chart of rows by {called}: {listed(told, MOST_BARS)}.",
        draw=lambda theme: bars(counts, title, theme, classes=classes),
    )


def _nothing(names: object, sentence: str) -> tuple[str, ...]:
    return () if names else (sentence,)
