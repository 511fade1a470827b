"""The service model: members, types, enums, patterns, lengths, ranges."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from penguin_pipes.definition.rules.base import Rule

RULES: tuple[Rule, ...] = ()
