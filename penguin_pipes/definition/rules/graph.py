"""Steps, parameters and property paths: every reference leads somewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from penguin_pipes.definition.rules import (
    conditions,
    order,
    properties,
    property_files,
    references,
)

if TYPE_CHECKING:
    from penguin_pipes.definition.rules.base import Rule

RULES: tuple[Rule, ...] = (
    *references.RULES,
    *properties.RULES,
    *property_files.RULES,
    *conditions.RULES,
    *order.RULES,
)
