"""Which task is next: every one after all it needs, and in the definition's order."""

from __future__ import annotations

import heapq
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Schedule:
    """The steps of a run that wait for their turn.

    Args:
        order: The names of the steps; among those that could be next, the first is.
        needs: For every step, those that must be over before it.
    """

    def __init__(
        self, order: Sequence[str], needs: Mapping[str, Sequence[str]]
    ) -> None:
        self._order = order
        self._position = {name: index for index, name in enumerate(order)}
        self._sorter = TopologicalSorter({name: needs[name] for name in order})
        self._sorter.prepare()
        self._ready: list[int] = []

    def pop(self) -> str | None:
        """Return the next step whose turn has come, or None if there is none now."""
        for name in self._sorter.get_ready() if self._sorter.is_active() else ():
            heapq.heappush(self._ready, self._position[name])
        return self._order[heapq.heappop(self._ready)] if self._ready else None

    def over(self, name: str) -> None:
        """Take note that a step is over, however that came."""
        self._sorter.done(name)
