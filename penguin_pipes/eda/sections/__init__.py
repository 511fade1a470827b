"""The sections of a report, a function each: a subject in, a section out."""

from penguin_pipes.eda.sections.columns import categories, missing, rows, values
from penguin_pipes.eda.sections.numbers import measures, relations
from penguin_pipes.eda.sections.target import by_category

__all__ = [
    "by_category",
    "categories",
    "measures",
    "missing",
    "relations",
    "rows",
    "values",
]
