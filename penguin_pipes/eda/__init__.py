"""The exploratory analysis of a table with a target column.

``python -m penguin_pipes.eda`` writes it as one HTML page and as PNG files; each
finding is a function of its own, for notebooks and tests:

    from penguin_pipes.eda import correlations, read_table, without_marks
    from penguin_pipes.penguins import MEASURES, MISSING, shipped

    penguins = without_marks(read_table(shipped("data/penguins.csv")), [MISSING])
    correlations(penguins, MEASURES)

pandas, matplotlib and Jinja2 come with ``penguin-pipes[local,report]``. Nothing here
knows a penguin but the defaults of the command line.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from penguin_pipes.eda.analysis import analyse
    from penguin_pipes.eda.findings import (
        correlations,
        correlations_within,
        covariances,
        cramers_v,
        crosstab,
        description,
        first_rows,
        imputed,
        marked,
        means_by,
        missing_values,
        ranked_pairs,
        separation,
        value_counts,
        without_marks,
    )
    from penguin_pipes.eda.page import report
    from penguin_pipes.eda.table import read_table, tidy

__all__ = [
    "analyse",
    "correlations",
    "correlations_within",
    "covariances",
    "cramers_v",
    "crosstab",
    "description",
    "first_rows",
    "imputed",
    "marked",
    "means_by",
    "missing_values",
    "ranked_pairs",
    "read_table",
    "report",
    "separation",
    "tidy",
    "value_counts",
    "without_marks",
]

_HOMES = {
    "analyse": "analysis",
    "report": "page",
    "read_table": "table",
    "tidy": "table",
}
"""The module of each public name that is no finding."""


def __getattr__(name: str) -> Any:
    """Load a public name when it is first used: the extras may not be there."""
    if name not in __all__:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    from penguin_pipes.eda.extras import check_libraries

    check_libraries()
    module = import_module(f"{__name__}.{_HOMES.get(name, 'findings')}")
    return getattr(module, name)


def __dir__() -> list[str]:
    """Return the public names."""
    return __all__
