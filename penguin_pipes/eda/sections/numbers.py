"""Sections on the measures: each by itself, and each two together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from penguin_pipes.eda import findings, sentences, tables
from penguin_pipes.eda.figures import (
    MOST_POINTS,
    correlation_map,
    covariance_map,
    histogram,
    points,
)
from penguin_pipes.eda.records import Drawing, Section, Subject
from penguin_pipes.eda.words import coefficient, listed, number, sentence

if TYPE_CHECKING:
    import pandas as pd

    Pairs = dict[tuple[str, str], float]

MOST_MEASURES: Final = 12
NONE: Final = "No column holds numbers: there is no histogram to draw."
ONE: Final = "Covariance and correlation need two measures; there is {}."
CLEAR: Final = 0.2
"""A weaker coefficient is no direction that could turn around."""


def measures(subject: Subject) -> Section:
    """Return a histogram of each measure, parted by class, and the classes' means."""
    roles, frame = subject.roles, subject.frame
    shown = roles.measures[:MOST_MEASURES]
    said: list[str] = []
    told = []
    if roles.by and shown and len(subject.classes) > 1:
        means = findings.means_by(frame, shown, roles.by).reindex(subject.classes)
        apart = findings.separation(frame, shown, roles.by)
        target = subject.called(roles.by)
        said = sentences.on_separation(apart, means, target, subject.called)
        caption = f"Mean of each measure by {target}"
        told = [tables.of_frame(means, caption, corner=roles.by)]
    return Section(
        key="measures",
        title="Measures",
        sentences=tuple(said),
        tables=tuple(told),
        drawings=tuple(_histogram(subject, name) for name in shown),
        notes=(
            *((f"{roles.no_classes}: the bars are not parted.",) * _is_dull(subject)),
            *tables.left_out(roles.measures, MOST_MEASURES, "measure"),
            *(() if shown else (NONE,)),
        ),
    )


def _is_dull(subject: Subject) -> bool:
    return bool(subject.roles.no_classes and subject.roles.measures)


def _histogram(subject: Subject, name: str) -> Drawing:
    column, label = subject.frame[name], subject.labels[name]
    groups = subject.groups
    told = column.describe()
    alt = (
        f"Histogram of {label.axis}: {number(told['count'])} values from "
        f"{number(told['min'])} to {number(told['max'])}, median {number(told['50%'])}"
    )
    if groups is not None:
        medians = column.groupby(findings.as_text(groups)).median().dropna()
        each = [f"{each} {number(value)}" for each, value in medians.items()]
        alt += f"; medians: {listed(each, 8)}"
    return Drawing(
        name=name,
        caption=f"Histogram of {label.name}",
        alt=f"{alt}.",
        draw=lambda theme: histogram(
            column, label, theme, groups=groups, classes=subject.classes
        ),
    )


def relations(subject: Subject) -> Section:
    """Return covariances and correlations, as tables, heat maps and points."""
    names = subject.roles.measures
    shown = list(names[:MOST_MEASURES])
    if len(names) < 2:  # noqa: PLR2004
        note = ONE.format("one" if names else "none")
        return Section(key="relations", title="Measures together", notes=(note,))
    covariances = findings.covariances(subject.frame, shown)
    correlations = findings.correlations(subject.frame, shown)
    pairs = findings.ranked_pairs(correlations)
    turned = _reversals(subject, pairs)
    said = sentences.on_pairs(pairs, subject.called)
    said += [sentence for _, sentence in turned]
    said += sentences.on_covariances(covariances, subject.called)
    drawn = dict.fromkeys([*list(pairs)[:1], *(pair for pair, _ in turned)])
    return Section(
        key="relations",
        title="Measures together",
        sentences=tuple(said),
        tables=(
            tables.of_frame(covariances, "Covariance matrix", corner="covariance"),
            tables.of_frame(
                correlations, "Correlation matrix (r)", corner="r", told=coefficient
            ),
        ),
        drawings=(
            *_heat_maps(subject, covariances, correlations, pairs),
            *(_points(subject, pair, pairs[pair]) for pair in drawn),
        ),
        notes=(
            *tables.left_out(names, MOST_MEASURES, "measure"),
            *_notes(subject, pairs, len(shown)),
        ),
    )


def _notes(subject: Subject, pairs: Pairs, count: int) -> list[str]:
    notes = []
    lacking = count * (count - 1) // 2 - len(pairs)
    if lacking:
        notes.append(
            f"{'One pair has' if lacking == 1 else f'{lacking} pairs have'} no r: "
            "fewer than three rows have both measures, or one does not vary."
        )
    if pairs and len(subject.frame) > MOST_POINTS:
        notes.append(f"No more than {MOST_POINTS:,} rows, evenly chosen, have points.")
    return notes


def _reversals(subject: Subject, pairs: Pairs) -> list[tuple[tuple[str, str], str]]:
    """Return the clearest pair whose relation turns around in every class, if any."""
    by = subject.roles.by
    if by is None:
        return []
    for pair, r in pairs.items():
        within = findings.correlations_within(subject.frame, *pair, by)
        turned = within * (-1 if r > 0 else 1) >= CLEAR
        if abs(r) >= CLEAR and len(within) > 1 and turned.all():
            called = subject.called
            told = sentences.on_reversal(pair, r, within, called(by), called)
            return [(pair, told)]
    return []


def _heat_maps(
    subject: Subject,
    covariances: pd.DataFrame,
    correlations: pd.DataFrame,
    pairs: Pairs,
) -> list[Drawing]:
    names = [subject.called(name) for name in correlations]
    told = [
        f"{subject.called(left)} and {subject.called(right)} {coefficient(r)}"
        for (left, right), r in list(pairs.items())[:10]
    ]
    variances = [
        f"{subject.called(name)} {number(variance)}"
        for name, variance in findings.diagonal(covariances).items()
    ]
    return [
        Drawing(
            name="covariance",
            caption="Covariance, coloured by order of magnitude",
            alt="Heat map of the covariance matrix; its diagonal, the variances: "
            f"{listed(variances, 12)}.",
            draw=lambda theme: covariance_map(covariances, names, "Covariance", theme),
        ),
        Drawing(
            name="correlation",
            caption="Correlation, from \N{MINUS SIGN}1 to 1",
            alt=f"Heat map of the correlation matrix: {listed(told, 10) or 'no r'}.",
            draw=lambda theme: correlation_map(
                correlations, names, "Correlation", theme
            ),
        ),
    ]


def _points(subject: Subject, pair: tuple[str, str], r: float) -> Drawing:
    left, right = pair
    by = subject.roles.by
    frame = subject.frame[[left, right, *([by] if by else [])]]
    labels = (subject.labels[left], subject.labels[right])
    alt = f"Scatter plot of {labels[1].axis} by {labels[0].axis}: r = {coefficient(r)}"
    if by:
        within = findings.correlations_within(subject.frame, left, right, by)
        each = [f"{name} {coefficient(value)}" for name, value in within.items()]
        alt += f"; inside the classes: {listed(each, 8)}" if each else ""
    return Drawing(
        name=f"{left} {right}",
        caption=sentence(f"{labels[1].name} by {labels[0].name}"),
        alt=f"{alt}.",
        draw=lambda theme: points(frame, labels, theme, classes=subject.classes),
    )
