"""Let a polite request to end stop a run as Ctrl-C does, with nothing left behind."""

from __future__ import annotations

import contextlib
import signal
import threading
from typing import TYPE_CHECKING, Final, NoReturn

if TYPE_CHECKING:
    from collections.abc import Iterator

REQUESTS: Final = (signal.SIGTERM, signal.SIGHUP)


@contextlib.contextmanager
def interrupted_by_requests_to_end() -> Iterator[None]:
    """Raise `KeyboardInterrupt` when asked to end, so that running jobs are stopped.

    For command lines: a library has no say in how its program takes signals.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    # A signal that is ignored, as under nohup, stays ignored.
    before = {
        number: signal.signal(number, _interrupt)
        for number in REQUESTS
        if signal.getsignal(number) is not signal.SIG_IGN
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _interrupt(*_: object) -> NoReturn:
    """End what is going on, as Ctrl-C would."""
    raise KeyboardInterrupt
