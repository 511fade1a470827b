"""What a rule is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeAlias

from penguin_pipes.definition.document import Document
from penguin_pipes.definition.problems import Problem

Rule: TypeAlias = Callable[[Document], Iterable[Problem]]
"""Looks at the whole document and tells everything that it finds."""
