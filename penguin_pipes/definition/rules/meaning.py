"""What is allowed, and does not do what it seems to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from penguin_pipes.definition.rules import (
    caching,
    hyperparameters,
    metrics,
    processing,
    tuning,
)

if TYPE_CHECKING:
    from penguin_pipes.definition.rules.base import Rule

RULES: tuple[Rule, ...] = (
    *caching.RULES,
    *hyperparameters.RULES,
    *tuning.RULES,
    *metrics.RULES,
    *processing.RULES,
)
