"""The rules of a good definition: each looks at the whole document and tells all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from penguin_pipes.definition.rules import (
    experiments,
    graph,
    limits,
    meaning,
    model,
    structure,
)

if TYPE_CHECKING:
    from penguin_pipes.definition.rules.base import Rule

RULES: Final[tuple[Rule, ...]] = (
    *structure.RULES,
    *model.RULES,
    *experiments.RULES,
    *limits.RULES,
    *graph.RULES,
    *meaning.RULES,
)
"""Every rule, in the order in which their problems are told."""
