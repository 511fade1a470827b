"""What is promised of the threads that bring jobs to their end."""

from __future__ import annotations

import signal
import threading
import time
from typing import TYPE_CHECKING

import pytest

from penguin_pipes.local.workers import Workers

if TYPE_CHECKING:
    from penguin_pipes.local.backends import Stop

SHORT_S = 0.2
"""After which whoever waits for a job certainly does."""

LONG_S = 30.0


def _take_interrupt() -> None:
    """Be the thread to which the kernel gives Ctrl-C, which any thread may be."""
    signal.pthread_kill(threading.get_ident(), signal.SIGINT)


def test_interrupt_that_another_thread_took_is_heard() -> None:
    """Ctrl-C ends the wait for jobs whichever thread the kernel gives it to."""
    workers = Workers()

    def work(stop: Stop) -> str:
        time.sleep(SHORT_S)
        _take_interrupt()
        stop.wait(LONG_S)
        return "asked to end" if stop.is_asked else "not asked"

    def wait() -> None:
        workers.start("a", work)
        workers.next()

    with pytest.raises(KeyboardInterrupt):
        wait()

    assert [ended.get() for ended in workers.stop()] == ["asked to end"]


def test_second_interrupt_that_another_thread_took_is_heard() -> None:
    """Also where jobs are already waited for, which then end at once."""
    workers = Workers()

    def work(stop: Stop) -> str:
        stop.wait(LONG_S)
        time.sleep(SHORT_S)
        _take_interrupt()
        while stop.is_asked and not stop.is_forced:
            stop.heard()
            stop.wait(LONG_S)
        return "made to end" if stop.is_forced else "not made to"

    workers.start("a", work)

    assert [ended.get() for ended in workers.stop()] == ["made to end"]


def test_what_an_interrupt_lost_is_not_waited_for() -> None:
    """Ctrl-C just as a job's end is taken note of stops the others all the same."""
    workers = Workers()
    workers.start("a", lambda _: "lost")
    workers._ended.get()  # and the interrupt comes before it is noted
    workers.start("b", lambda stop: stop.wait(LONG_S))

    assert [ended.name for ended in workers.stop()] == ["b"]
