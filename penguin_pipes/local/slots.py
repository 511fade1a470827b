"""How many jobs of a run may have a process at the same time."""

from __future__ import annotations

import threading
from typing import Self

from penguin_pipes.errors import InputError


class Slots:
    """A number of places; whoever enters takes one, and waits if all are taken.

    Args:
        limit: How many there are.

    Raises:
        InputError: There would be none.
    """

    def __init__(self, limit: int) -> None:
        if limit < 1:
            msg = f"jobs: expected at least one at a time; got {limit}"
            raise InputError(msg)
        self.limit = limit
        self._free = threading.BoundedSemaphore(limit)

    def __enter__(self) -> Self:
        self._free.acquire()
        return self

    def __exit__(self, *_: object) -> None:
        self._free.release()
