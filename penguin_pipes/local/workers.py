"""Threads that bring jobs to their end, each telling how that was."""

from __future__ import annotations

import contextlib
import queue
import threading
from typing import TYPE_CHECKING, Any

import attrs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from penguin_pipes.local.backends import Stop


@attrs.frozen(kw_only=True)
class Ended:
    """How a job ended.

    Attributes:
        name: What was started under this name.
        result: What it returned.
        error: What it raised, in the place of a result.
    """

    name: str
    result: Any = None
    error: BaseException | None = None

    def get(self) -> Any:
        """Return the result, or raise the error."""
        if self.error is not None:
            raise self.error
        return self.result


class Workers:
    """The jobs that run at the moment, one thread each.

    Only one thread, the one that made this, may use it.

    Args:
        stop: What the jobs listen to.
    """

    def __init__(self, stop: Stop) -> None:
        self._stop = stop
        self._ended: queue.SimpleQueue[Ended] = queue.SimpleQueue()
        self._threads: dict[str, threading.Thread] = {}

    def __len__(self) -> int:
        return len(self._threads)

    def start(self, name: str, act: Callable[[], Any]) -> None:
        """Have something done; `next` returns what came of it."""

        def work() -> None:
            try:
                ended = Ended(name=name, result=act())
            except BaseException as error:  # noqa: BLE001 - raised again by `get`
                ended = Ended(name=name, error=error)
            self._ended.put(ended)

        # Noted first: an interrupt may come as soon as it runs.
        self._threads[name] = threading.Thread(target=work, name=name, daemon=True)
        self._threads[name].start()

    def next(self) -> Ended:
        """Wait until one of them has ended, and return how."""
        ended = self._ended.get()
        del self._threads[ended.name]
        return ended

    def stop(self) -> Iterator[Ended]:
        """Stop all of them; yield how each ended that had come to run.

        The first interrupt meanwhile makes them end at once, a second is passed on.
        """
        self._stop.asked.give()
        try:
            self._join()
        except KeyboardInterrupt:
            self._stop.forced.give()
            self._join()
        with contextlib.suppress(queue.Empty):
            while True:
                ended = self._ended.get_nowait()
                del self._threads[ended.name]
                yield ended

    def _join(self) -> None:
        """Wait for the threads that were started."""
        for thread in self._threads.values():
            if thread.ident is not None:
                thread.join()
