"""The analysis of a table: a frame in, all that its report holds out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from penguin_pipes.eda import findings, sections, sentences
from penguin_pipes.eda.records import Analysis, Section, Subject
from penguin_pipes.eda.roles import Roles, roles_of
from penguin_pipes.eda.table import tidy
from penguin_pipes.eda.words import labels, listed, short, typeset
from penguin_pipes.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

SECTIONS = (
    sections.rows,
    sections.values,
    sections.missing,
    sections.categories,
    sections.measures,
    sections.relations,
    sections.by_category,
)


def analyse(
    frame: pd.DataFrame, target: str, *, name: str = "data", marks: Sequence[str] = ()
) -> Analysis:
    """Return the analysis of any frame.

    Args:
        frame: One row for each thing that was observed; of any labels and types.
        target: The column to predict.
        name: What the data are called.
        marks: Cells that stand for a missing value, beside the usual ones.

    Raises:
        InputError: The frame has no rows, or no such target.
    """
    subject = subject_of(frame, target, name=name, marks=marks)
    roles = subject.roles
    is_class = target in roles.categories
    count = int(subject.frame[target].nunique()) if is_class else None
    lead = sentences.overview(
        *subject.frame.shape,
        subject.called(target),
        count,
        len(roles.measures),
    )
    if roles.empty:
        lead += f" Without any value: {listed(list(map(subject.called, roles.empty)))}."
    return Analysis(
        title=short(name, 60),
        lead=lead,
        sections=tuple(_typeset(section(subject)) for section in SECTIONS),
    )


def subject_of(
    frame: pd.DataFrame, target: str, *, name: str = "data", marks: Sequence[str] = ()
) -> Subject:
    """Return the frame tidied up, with the roles and names of its columns."""
    if frame.empty:
        msg = f"{name}: the table has no rows or no columns; give it some"
        raise InputError(msg)
    raw = tidy(frame)
    cleaned = findings.without_marks(raw, marks)
    roles = roles_of(cleaned, target)
    return Subject(
        name=name,
        raw=raw,
        frame=cleaned,
        marks=tuple(marks),
        roles=roles,
        labels=labels(map(str, cleaned), roles.measures),
        classes=_classes(cleaned, roles),
    )


def _typeset(section: Section) -> Section:
    """Return the section with sentences that begin as such, with whatever name."""
    return attrs.evolve(
        section,
        sentences=tuple(map(typeset, section.sentences)),
        notes=tuple(map(typeset, section.notes)),
    )


def _classes(frame: pd.DataFrame, roles: Roles) -> tuple[str, ...]:
    if roles.by is None:
        return ()
    return tuple(map(str, findings.value_counts(frame, roles.by).index))
