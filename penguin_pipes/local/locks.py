"""Locks of a home: who is at work in it, and whether a run is still alive.

They are locks of the operating system on files (`fcntl.flock`): they end with the
process that holds them, however it ends, and lie in the way of nobody.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HOME: Final = "home.lock"
RUN: Final = "run.lock"
PUBLISHING: Final = "publish.lock"
TURNS: Final = "turns"


@contextlib.contextmanager
def at_work(home: Path) -> Iterator[None]:
    """Keep others from taking anything out of the home; many may be at work in it."""
    with _held(home / HOME, fcntl.LOCK_SH):
        yield


@contextlib.contextmanager
def alone(home: Path) -> Iterator[bool]:
    """Have the home for oneself if nobody is at work in it; tell whether so."""
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(_held(home / HOME, fcntl.LOCK_EX | fcntl.LOCK_NB))
            is_alone = True
        except BlockingIOError:
            is_alone = False
        yield is_alone


@contextlib.contextmanager
def alive(folder: Path) -> Iterator[None]:
    """Mark the run that has this folder as alive."""
    folder.mkdir(parents=True, exist_ok=True)
    with _held(folder / RUN, fcntl.LOCK_EX):
        yield


def is_alive(folder: Path) -> bool:
    """Return whether a process still works at the run that has this folder."""
    try:
        with _held(folder / RUN, fcntl.LOCK_SH | fcntl.LOCK_NB, create=False):
            return False
    except BlockingIOError:
        return True
    except OSError:
        return False


@contextlib.contextmanager
def publishing(home: Path) -> Iterator[None]:
    """Be the only one that changes what a name in S3 stands for."""
    home.mkdir(parents=True, exist_ok=True)
    with _held(home / PUBLISHING, fcntl.LOCK_EX):
        yield


@contextlib.contextmanager
def one_at_a_time(home: Path, what: str) -> Iterator[None]:
    """Be the only one in the home that does *what*, waiting for one's turn."""
    (home / TURNS).mkdir(parents=True, exist_ok=True)
    with _held(home / TURNS / f"{what}.lock", fcntl.LOCK_EX):
        yield


@contextlib.contextmanager
def try_turn(home: Path, what: str) -> Iterator[bool]:
    """Be the only one in the home that does *what*, if nobody else is; tell so."""
    (home / TURNS).mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as stack:
        path = home / TURNS / f"{what}.lock"
        try:
            stack.enter_context(_held(path, fcntl.LOCK_EX | fcntl.LOCK_NB))
            is_ours = True
        except BlockingIOError:
            is_ours = False
        yield is_ours


@contextlib.contextmanager
def _held(path: Path, kind: int, *, create: bool = True) -> Iterator[None]:
    """Hold a lock of this kind, waiting for it unless the kind says not to."""
    flags = os.O_RDWR | os.O_CLOEXEC | (os.O_CREAT if create else 0)
    descriptor = os.open(path, flags, 0o666)
    try:
        fcntl.flock(descriptor, kind)
        yield
    finally:
        os.close(descriptor)
