"""Which column is the target, which are measures, which are categories."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Final

import attrs

from penguin_pipes.eda.table import is_numeric
from penguin_pipes.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

MOST_CLASSES: Final = 8
"""As many classes as there are colours that everybody can tell apart."""

MOST_NUMBERS: Final = 20
"""A target of more different numbers is a measure, and parts the rows into nothing."""


@attrs.frozen(kw_only=True)
class Roles:
    """What each column of a table is for.

    Attributes:
        target: The column to predict.
        measures: Columns of numbers; the target among them if it is no class.
        categories: Columns of text; the target first if it is a class.
        empty: Columns without a value, which can be neither.
        by: The target where it has a colour for each of its classes; else None.
        no_classes: Why the target does not part the rows, where it does not.
    """

    target: str
    measures: tuple[str, ...]
    categories: tuple[str, ...]
    empty: tuple[str, ...]
    by: str | None
    no_classes: str | None


def roles_of(frame: pd.DataFrame, target: str) -> Roles:
    """Return the roles that the columns of a tidy frame have.

    Raises:
        InputError: There is no such target, or it has no value.
    """
    _check(frame, target)
    empty = [name for name in frame if frame[name].isna().all()]
    numeric = [n for n in frame if n not in empty and is_numeric(frame[n])]
    count = frame[target].nunique()
    is_measure = target in numeric and count > MOST_NUMBERS
    measures = [n for n in numeric if n != target or is_measure]
    others = [n for n in frame if n not in {*numeric, *empty, target}]
    reason = None
    if is_measure:
        reason = f"{target} is a number with {count:,} different values"
    elif count > MOST_CLASSES:
        reason = f"{target} has {count:,} different values; {MOST_CLASSES} have colours"
    return Roles(
        target=target,
        measures=tuple(map(str, measures)),
        categories=(*(() if is_measure else (target,)), *map(str, others)),
        empty=tuple(map(str, empty)),
        by=None if reason else target,
        no_classes=reason,
    )


def _check(frame: pd.DataFrame, target: str) -> None:
    if target not in frame:
        names = list(map(str, frame.columns))
        near = difflib.get_close_matches(target, names, n=1)
        shown = ", ".join(names[:12]) + (", …" if names[12:] else "")
        hint = f"did you mean {near[0]!r}?" if near else f"there are {shown}"
        msg = f"target {target!r}: the table has no such column; {hint}"
        raise InputError(msg)
    if frame[target].isna().all():
        msg = f"target {target!r}: the column has no value; name another target"
        raise InputError(msg)
