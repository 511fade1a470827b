"""The findings of an analysis, a function each: a frame in, numbers out.

    from penguin_pipes.eda import correlations, read_table, without_marks
    from penguin_pipes.penguins import MEASURES, MISSING, shipped

    penguins = without_marks(read_table(shipped("data/penguins.csv")), [MISSING])
    correlations(penguins, MEASURES)

Frames are as `read_table` and `tidy` return them. Nothing is drawn or written here.
"""

from __future__ import annotations

import math
from itertools import combinations
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from penguin_pipes.eda.table import is_missing, is_numeric, typed

if TYPE_CHECKING:
    from collections.abc import Sequence

FEWEST: Final = 3
"""Two points always lie on a line: fewer rows correlate with nothing."""


def first_rows(frame: pd.DataFrame, count: int = 5) -> pd.DataFrame:
    """Return the first rows.

    Args:
        frame: A row for each thing that was observed, a column for what is known of it.
        count: How many, at most.
    """
    return frame.head(count)


def description(frame: pd.DataFrame) -> pd.DataFrame:
    """Return what pandas tells of every column: counts, means, quartiles, tops.

    Args:
        frame: A row for each thing that was observed, a column for what is known of it.
    """
    return frame.describe(include="all")


def value_counts(frame: pd.DataFrame, column: str) -> pd.Series[int]:
    """Return how often each value stands in a column; missing is no value.

    The most frequent is first; equally frequent ones stand in the order of their text.

    Args:
        frame: A row for each thing that was observed, a column for what is known of it.
        column: The column's name.
    """
    counts = as_text(frame[column]).value_counts()
    order = sorted(counts.index, key=lambda value: (-counts[value], value))
    return counts.reindex(order).astype("int64")


def as_text(column: pd.Series[Any]) -> pd.Series[Any]:
    """Return a column as a category: 1.0 is the class ``1``."""
    if not is_numeric(column):
        return column
    return column.map(lambda value: f"{value:g}", na_action="ignore").astype("object")


def marked(frame: pd.DataFrame, marks: Sequence[str]) -> pd.DataFrame:
    """Return how often each mark stands for a missing value: columns by marks.

    Only columns and marks that meet are there.

    Args:
        frame: A row for each thing that was observed, a column for what is known of it.
        marks: Texts that stand for a missing value, such as ``.``.
    """
    found = {
        mark: frame.apply(lambda column, mark=mark: (_stripped(column) == mark).sum())
        for mark in dict.fromkeys(marks)
    }
    counts = pd.DataFrame(found, index=frame.columns, dtype="int64")
    return counts.loc[counts.sum(axis=1) > 0, counts.sum() > 0]


def without_marks(frame: pd.DataFrame, marks: Sequence[str]) -> pd.DataFrame:
    """Return the frame with the cells that say a mark as missing.

    A column that held numbers but for its marks becomes one of numbers.

    Args:
        frame: A row for each thing that was observed, a column for what is known of it.
        marks: Texts that stand for a missing value, such as ``.``.
    """
    return pd.DataFrame(
        {name: _without(frame[name], marks) for name in frame}, index=frame.index
    )


def missing_values(frame: pd.DataFrame) -> pd.Series[int]:
    """Return how many values each column misses.

    Args:
        frame: A row for each thing that was observed, a column for what is known of it.
    """
    return frame.isna().sum()


def imputed(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with each missing value as its column's most frequent one.

    Among equally frequent values the smallest is taken. A column without any value
    stays as it is.

    Args:
        frame: A row for each thing that was observed, a column for what is known of it.
    """
    fills = {name: most_frequent(frame[name]) for name in frame}
    return pd.DataFrame(
        {
            name: frame[name] if fill is None else frame[name].fillna(fill)
            for name, fill in fills.items()
        },
        index=frame.index,
    )


def most_frequent(column: pd.Series[Any]) -> Any:
    """Return the most frequent value, the smallest of several; None without any."""
    modes = column.dropna().mode()
    return None if modes.empty else min(modes)


def covariances(frame: pd.DataFrame, measures: Sequence[str]) -> pd.DataFrame:
    """Return the covariance of each two measures, over the rows that have both.

    Args:
        frame: A row for each thing that was observed, a column for what is known of it.
        measures: The names of columns of numbers.
    """
    return frame[list(measures)].cov(min_periods=2)


def diagonal(matrix: pd.DataFrame) -> dict[str, float]:
    """Return what a matrix has on its diagonal: of covariances, the variances."""
    values = matrix.to_numpy().diagonal()
    return dict(zip(map(str, matrix), map(float, values), strict=True))


def correlations(frame: pd.DataFrame, measures: Sequence[str]) -> pd.DataFrame:
    """Return Pearson's r of each two measures, over the rows that have both.

    It is NaN where fewer than three rows do, or one of the two does not vary.

    Args:
        frame: A row for each thing that was observed, a column for what is known of it.
        measures: The names of columns of numbers.
    """
    columns = {name: _scaled(frame[name]) for name in measures}
    return pd.DataFrame(columns).corr(min_periods=FEWEST)


def ranked_pairs(correlated: pd.DataFrame) -> dict[tuple[str, str], float]:
    """Return r by pair of measures, the strongest first; pairs without r are left out.

    Args:
        correlated: What `correlations` returns.
    """
    names = [str(name) for name in correlated]
    values = correlated.to_numpy()
    found = {
        (names[left], names[right]): float(values[left, right])
        for left, right in combinations(range(len(names)), 2)
        if not math.isnan(values[left, right])
    }
    return dict(sorted(found.items(), key=lambda item: -abs(item[1])))


def correlations_within(
    frame: pd.DataFrame, left: str, right: str, by: str
) -> pd.Series[float]:
    """Return r of two measures inside each class; classes that have none are left out.

    With the r of all rows it shows whether the classes make, or hide, a relation.

    Args:
        frame: A row for each thing that was observed, a column for what is known of it.
        left: The name of the one measure.
        right: The name of the other.
        by: The name of the column with the classes.
    """
    found = {
        str(name): correlations(part, [left, right]).iloc[0, 1]
        for name, part in frame.groupby(as_text(frame[by]))
    }
    return pd.Series(found, dtype="float64").dropna()


def means_by(frame: pd.DataFrame, measures: Sequence[str], by: str) -> pd.DataFrame:
    """Return the mean of each measure in each class: classes by measures.

    Args:
        frame: A row for each thing that was observed, a column for what is known of it.
        measures: The names of columns of numbers.
        by: The name of the column with the classes.
    """
    return frame[list(measures)].groupby(as_text(frame[by])).mean()


def separation(frame: pd.DataFrame, measures: Sequence[str], by: str) -> pd.Series[Any]:
    """Return the share of each measure's variance that lies between the classes.

    This is η²: 0 where all classes have the same mean, 1 where a measure is constant in
    each of them. The best separating measure is first; constant ones are left out.

    Args:
        frame: A row for each thing that was observed, a column for what is known of it.
        measures: The names of columns of numbers.
        by: The name of the column with the classes.
    """
    found = {name: _eta_squared(frame[name], as_text(frame[by])) for name in measures}
    shares = pd.Series(found, dtype="float64").dropna()
    return shares.sort_values(ascending=False, kind="stable")


def crosstab(frame: pd.DataFrame, rows: str, columns: str) -> pd.DataFrame:
    """Return how many rows have each two values, among those that have both.

    Args:
        frame: A row for each thing that was observed, a column for what is known of it.
        rows: The name of the column whose values become the rows.
        columns: The name of the one whose values become the columns.
    """
    return pd.crosstab(as_text(frame[rows]), as_text(frame[columns]))


def cramers_v(table: pd.DataFrame) -> float:
    """Return how strongly the two categories of a table of counts go together.

    Cramér's V: 0 where they are independent, 1 where one decides the other; NaN where
    one of them has a single value.

    Args:
        table: How many rows have each two values, as `crosstab` counts them.
    """
    counts = table.to_numpy(dtype="float64")
    smaller = min(counts.shape) - 1
    if smaller < 1:
        return math.nan
    expected = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / counts.sum()
    chi_squared = ((counts - expected) ** 2 / expected).sum()
    return min(1.0, math.sqrt(chi_squared / counts.sum() / smaller))


def _stripped(column: pd.Series[Any]) -> pd.Series[Any]:
    return column if is_numeric(column) else column.str.strip()


def _without(column: pd.Series[Any], marks: Sequence[str]) -> pd.Series[Any]:
    if is_numeric(column) or not _stripped(column).isin(list(marks)).any():
        return column
    cells = [math.nan if is_missing(cell, marks) else cell for cell in column]
    return typed(cells).set_axis(column.index)


def _scaled(column: pd.Series[Any]) -> pd.Series[Any]:
    """Return the column between -1 and 1, lest its squares over- or underflow.

    Of a constant column nothing at all is left, so that no rounding error correlates.
    """
    if column.nunique() < 2:  # noqa: PLR2004 - one value does not vary
        return pd.Series(math.nan, index=column.index)
    low, high = float(column.min()), float(column.max())
    return (column - low) / (high - low) * 2 - 1


def _eta_squared(column: pd.Series[Any], groups: pd.Series[Any]) -> float:
    values = _scaled(column)[groups.notna()].dropna()
    if values.empty:
        return math.nan
    means = values.groupby(groups).transform("mean")
    total = ((values - values.mean()) ** 2).sum()
    between = ((means - values.mean()) ** 2).sum()
    return min(1.0, float(between / total)) if total > 0 else math.nan
