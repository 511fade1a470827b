"""A value of a JSON document together with its address, so that errors know both."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

import attrs

from penguin_pipes.errors import DefinitionError, UnsupportedError

LONGEST_SHOWN = 60


def shown(value: object) -> str:
    """Return *value* as a message shows it: never longer than a line."""
    text = repr(value)
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"


def as_text(value: str | float) -> str:
    """Return a scalar as the service writes it where a string belongs."""
    if isinstance(value, str):
        return value
    return str(value).lower() if isinstance(value, bool) else str(value)


@attrs.frozen
class Node:
    """One value and where it stands.

    Attributes:
        value: Anything JSON can hold.
        address: The place, as a path from the root: ``$.Steps[2].Arguments``.
    """

    value: Any
    address: str = "$"

    def refuse(self, problem: str) -> NoReturn:
        """Raise *problem* as an error of this place."""
        raise DefinitionError(problem, address=self.address) from None

    def cannot_run(self, problem: str) -> NoReturn:
        """Raise *problem* as something sound that cannot run on this computer."""
        raise UnsupportedError(problem, address=self.address) from None

    def expected(self, what: str) -> NoReturn:
        """Raise the error of a value that is not *what* belongs here."""
        self.refuse(f"expected {what}, got {shown(self.value)}")

    def entries(self) -> dict[str, Node]:
        """Return the members of an object by name."""
        return {
            str(key): Node(value, f"{self.address}.{key}")
            for key, value in self._members().items()
        }

    def _members(self) -> Mapping[Any, Any]:
        """Return the value, which must be an object."""
        if not isinstance(self.value, Mapping):
            self.expected("an object")
        return self.value

    def items(self) -> tuple[Node, ...]:
        """Return the items of a list."""
        if isinstance(self.value, (str, bytes)) or not isinstance(self.value, Sequence):
            self.expected("a list")
        return tuple(
            Node(item, f"{self.address}[{index}]")
            for index, item in enumerate(self.value)
        )

    def get(self, key: str) -> Node | None:
        """Return the member *key*, or None if it is absent or null."""
        # Most of what is read is one member of many: the others need no node.
        value = self._members().get(key)
        return None if value is None else Node(value, f"{self.address}.{key}")

    def need(self, key: str) -> Node:
        """Return the member *key*, which must be there."""
        found = self.get(key)
        if found is None:
            there = ", ".join(self.entries()) or "nothing"
            msg = f"{key!r} is missing; the members are: {there}"
            self.refuse(msg)
        return found

    def all(self, key: str) -> tuple[Node, ...]:
        """Return the items of the list *key*, or none if it is absent."""
        found = self.get(key)
        return () if found is None else found.items()

    def text(self) -> str:
        """Return a string; other scalars become one as they do at the service."""
        if not isinstance(self.value, (str, int, float)):
            self.expected("a string")
        return as_text(self.value)

    def literal(self) -> str:
        """Return a string that must be written as one: a name, a type."""
        if not isinstance(self.value, str) or not self.value:
            self.expected("a string that is not empty")
        return self.value

    def whole(self) -> int:
        """Return a whole number; a string of digits is one too."""
        try:
            number = float(self.value)
        except (TypeError, ValueError):
            self.expected("a whole number")
        if isinstance(self.value, bool) or not math.isfinite(number) or number % 1:
            self.expected("a whole number")
        return int(number)

    def texts(self) -> dict[str, str]:
        """Return an object whose values are all strings."""
        return {key: node.text() for key, node in self.entries().items()}

    def text_of(self, key: str, default: str = "") -> str:
        """Return the string *key*, or *default* if it is absent."""
        found = self.get(key)
        return default if found is None else found.text()
