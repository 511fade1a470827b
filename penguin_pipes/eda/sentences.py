"""Sentences that the numbers support: findings in, English out; none is canned."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from penguin_pipes.eda.findings import diagonal
from penguin_pipes.eda.words import (
    WEAK,
    coefficient,
    counted,
    listed,
    number,
    quoted,
    share,
    strength,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    Called = Callable[[object], str]

MOST_PAIRS: Final = 5
MOST_VALUES: Final = 12
"""Of values that are as many as rows, each has one class, which tells nothing."""

RELATED: Final = 0.4
"""Coefficients below are not worth a sentence of their own."""

FAINT: Final = 0.01
"""Shares of the variance below, usually called the least that is an effect."""


def overview(
    rows: int, columns: int, target: str, classes: int | None, measures: int
) -> str:
    """Return how large a table is and what it is about."""
    what = "a number" if classes is None else f"with {classes:,} values"
    return (
        f"{counted(rows, 'row')} and {counted(columns, 'column')}, "
        f"{measures or 'none'} of them {'a measure' if measures == 1 else 'measures'}; "
        f"the target is {target}, {what}."
    )


def on_counts(counts: pd.Series[int], name: str) -> list[str]:
    """Return what the most and the least frequent values of a category are."""
    total = int(counts.sum())
    values = len(counts)
    most, least = quoted(counts.index[0]), quoted(counts.index[-1])
    first = f"{most} has {counts.iloc[0]:,} of {total:,}"
    portion = share(counts.iloc[0], total)
    if values == 1:
        return [f"{name}: {most} in every row that has a value."]
    if counts.iloc[0] == counts.iloc[-1]:
        times = "once" if counts.iloc[0] == 1 else f"{counts.iloc[0]:,} times"
        return [f"{name}: {values:,} values, each {times}."]
    last = f"{least} with {counts.iloc[-1]:,}"
    rare = f"the rarest of {values:,} is {last}"
    return [f"{name}: {first} ({portion}); {rare}."]


def on_marks(marked: pd.DataFrame, called: Called) -> list[str]:
    """Return what each mark of a missing value stands for, and how often."""
    return [
        f"The mark {mark!r} stands {_times(count)} in {called(column)}; "
        "from here on it counts as missing."
        for column, counts in marked.iterrows()
        for mark, count in counts.items()
        if count
    ]


def on_missing(
    missing: pd.Series[int], rows: int, affected: int, called: Called
) -> list[str]:
    """Return how much is missing, and where most of it."""
    if not missing.sum():
        return ["No value is missing."]
    most = str(missing.idxmax())
    found = int((missing > 0).sum())
    where = f"{counted(found, 'column')} and {affected:,} of {counted(rows, 'row')}"
    total = counted(int(missing.sum()), "missing value")
    worst = f"{called(most)} misses the most, {missing[most]:,}"
    return [f"{total}, in {where} ({share(affected, rows)}); {worst}."]


def on_imputation(
    missing: pd.Series[int],
    after: pd.Series[int],
    fills: dict[str, str],
    called: Called,
) -> list[str]:
    """Return what the most frequent values fill in, and what stays missing."""
    filled = [
        f"{called(name)} with {fills[str(name)]}"
        for name in missing.index
        if missing[name] and not after[name]
    ]
    stays = [called(name) for name in after.index if after[name]]
    said = []
    if filled:
        said.append(f"The most frequent value fills {listed(filled)}.")
    if stays:
        said.append(
            f"{listed(stays)} {_have(len(stays))} no value at all, so nothing can be "
            "filled in."
        )
    elif filled:
        said.append("After that, nothing is missing.")
    return said


def on_separation(
    separation: pd.Series[float], means: pd.DataFrame, target: str, called: Called
) -> list[str]:
    """Return which measure tells the classes apart best, and by which means."""
    if separation.empty:
        return []
    best = str(separation.index[0])
    by_mean = means[best].dropna().sort_values(ascending=False, kind="stable")
    is_one, is_faint = len(separation) == 1, separation.iloc[0] < FAINT
    tells = "hardly tells" if is_faint else "tells"
    said = (
        f"{called(best)} {tells} the classes of {target} apart"
        f"{'' if is_one or is_faint else ' best'}: "
        f"{share(separation.iloc[0], 1)} of its variance lies between them "
        f"(η² = {coefficient(separation.iloc[0])})"
    )
    ends = by_mean.iloc[[0, -1]]
    high, low = (f"{number(m)} for {quoted(name)}" for name, m in ends.items())
    said += f"; its mean goes from {low} to {high}."
    if is_one:
        return [said]
    if is_faint:
        return [said, "No other measure does better."]
    last = str(separation.index[-1])
    return [
        said,
        f"{called(last)} does so least: η² = {coefficient(separation.iloc[-1])}.",
    ]


def on_pairs(pairs: dict[tuple[str, str], float], called: Called) -> list[str]:
    """Return which measures go together, and which go against each other."""
    if not pairs:
        return []
    said = [
        f"{called(left)} and {called(right)} go "
        f"{'together' if r > 0 else 'against each other'} {strength(r)}: "
        f"r = {coefficient(r)}."
        for (left, right), r in list(pairs.items())[:MOST_PAIRS]
        if abs(r) >= RELATED
    ]
    (left, right), r = next(iter(pairs.items()))
    strongest = f"{called(left)} and {called(right)}: r = {coefficient(r)}"
    return said or [f"No measures go together more than weakly; most {strongest}."]


def on_covariances(matrix: pd.DataFrame, called: Called) -> list[str]:
    """Return which measure varies the most, by how much more than the least."""
    known = {name: value for name, value in diagonal(matrix).items() if value > 0}
    if not known:
        return []
    most, least = max(known, key=known.__getitem__), min(known, key=known.__getitem__)
    said = f"{called(most)} has the largest variance, {number(known[most])}"
    if most == least or math.isclose(known[most], known[least]):
        return [f"{said}."]
    times = number(float(f"{known[most] / known[least]:.2g}"))
    said += f", about {times} times that of {called(least)}"
    return [f"{said}: covariances follow the units of the measures, r does not."]


def on_reversal(
    pair: tuple[str, str],
    r: float,
    within: pd.Series[float],
    target: str,
    called: Called,
) -> str:
    """Return that a relation turns around inside the classes (Simpson's paradox)."""
    low, high = coefficient(within.min()), coefficient(within.max())
    names = f"{called(pair[0])} and {called(pair[1])}"
    over_all = "against each other" if r < 0 else "together"
    inside = "together" if r < 0 else "against each other"
    return (
        f"Over all rows {names} go {over_all} (r = {coefficient(r)}), but {inside} in "
        f"every class of {target} (r from {low} to {high}): the classes, not the two "
        "measures, make the relation."
    )


def on_crosstab(table: pd.DataFrame, v: float, row: str, column: str) -> list[str]:
    """Return how classes spread over a category: where only, where the same."""
    if math.isnan(v):
        return [f"{row} or {column} has a single value: nothing can go with it."]
    how = f"go together {strength(v)}" if v >= WEAK else "are hardly related"
    said = [f"{row} and {column} {how}: Cramér's V = {coefficient(v)}."]
    said += _only(table, column)
    if table.shape[1] <= MOST_VALUES:
        said += _only(table.T, row)
    if len(said) == 1 and table.shape[1] <= 3:  # noqa: PLR2004
        portions = table.div(table.sum(axis=1), axis=0)
        value = str(portions.columns[0])
        low, high = portions[value].min(), portions[value].max()
        ends = dict.fromkeys((share(low, 1), share(high, 1)))
        said.append(f"Of each {row}, {' to '.join(ends)} are {quoted(value)}.")
    return said


def _only(table: pd.DataFrame, column: str) -> list[str]:
    """Return which rows of a table have all their counts in one column."""
    homes: dict[str, list[str]] = {}
    for name, counts in table.iterrows():
        if (counts > 0).sum() == 1:
            home = quoted(counts.idxmax())
            homes.setdefault(home, []).append(quoted(name))
    return [
        f"{listed(names)} {_have(len(names))} no {column} but {home}."
        for home, names in homes.items()
    ]


def _have(count: int) -> str:
    return "has" if count == 1 else "have"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count:,} times"
