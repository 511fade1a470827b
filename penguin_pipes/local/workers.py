"""Threads that bring jobs to their end, each telling how that was."""

from __future__ import annotations

import contextlib
import queue
import threading
from typing import TYPE_CHECKING, Any, Final

import attrs

from penguin_pipes.local.backends import Stop

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LOOK_S: Final = 0.25
"""How often a waiting thread looks up for Ctrl-C. The kernel may give the signal to any
thread, most likely to one that was just started; Python then tells the main thread, but
does not wake it from a wait without an end (3.11 to 3.13)."""


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
    """

    def __init__(self) -> None:
        self._ended: queue.SimpleQueue[Ended] = queue.SimpleQueue()
        self._threads: dict[str, threading.Thread] = {}
        self._stops: dict[str, Stop] = {}

    def __len__(self) -> int:
        return len(self._threads)

    def start(self, name: str, act: Callable[[Stop], Any]) -> None:
        """Have something done; `next` returns what came of it."""
        stop = self._stops[name] = Stop()

        def work() -> None:
            try:
                ended = Ended(name=name, result=act(stop))
            except BaseException as error:  # noqa: BLE001 - raised again by `get`
                ended = Ended(name=name, error=error)
            self._ended.put(ended)

        # Noted first: an interrupt may come as soon as it runs.
        self._threads[name] = threading.Thread(target=work, name=name, daemon=True)
        self._threads[name].start()

    def next(self) -> Ended:
        """Wait until one of them has ended, and return how."""
        while True:
            with contextlib.suppress(queue.Empty):
                return self._look()

    def stop(self) -> Iterator[Ended]:
        """Stop all of them; yield how each ended that had come to run.

        The first interrupt meanwhile makes them end at once, a second is passed on.
        """
        over: list[Ended] = []
        try:
            try:
                self._end(over, forced=False)
            except KeyboardInterrupt:
                self._end(over, forced=True)
            yield from over
        finally:
            # Of what an interrupt kept from starting, or from being told of.
            for stop in self._stops.values():
                stop.close()

    def _end(self, over: list[Ended], *, forced: bool) -> None:
        """Ask everything to end, and wait until what was started has."""
        for stop in self._stops.values():
            stop.ask(urgent=True, forced=forced)
        # Not by `Thread.join`: in 3.11 and 3.12 a Ctrl-C during it makes a thread that
        # runs look like one that has ended. Nor by what was told alone: an interrupt
        # may have come between taking that from the queue and noting it.
        while self._is_any_at_work() or not self._ended.empty():
            with contextlib.suppress(queue.Empty):
                over.append(self._look())

    def _is_any_at_work(self) -> bool:
        return any(thread.is_alive() for thread in self._threads.values())

    def _look(self) -> Ended:
        """Return how one of them has ended, unless none does for a while."""
        return self._forgotten(self._ended.get(timeout=LOOK_S))

    def _forgotten(self, ended: Ended) -> Ended:
        """Let go of what has ended."""
        del self._threads[ended.name]
        self._stops.pop(ended.name).close()
        return ended
