"""The few calls of Linux that Python has no function for."""

from __future__ import annotations

import ctypes
import os
from typing import Final

CLONE_NEWNS: Final = 0x0002_0000
CLONE_NEWUSER: Final = 0x1000_0000
CLONE_NEWNET: Final = 0x4000_0000

MS_NOSUID: Final = 2
MS_NODEV: Final = 4
MS_BIND: Final = 4096
MS_REC: Final = 16384
MS_PRIVATE: Final = 1 << 18

PR_SET_PDEATHSIG: Final = 1
PR_SET_DUMPABLE: Final = 4
PR_SET_CHILD_SUBREAPER: Final = 36

CAPABILITIES_V3: Final = 0x2008_0522
WORDS: Final = 6
"""Two sets of effective, permitted and inheritable capabilities."""

LIBC: Final = ctypes.CDLL(None, use_errno=True)


def _call(name: str, *arguments: object) -> None:
    """Call a function of the C library.

    Raises:
        OSError: With the name of the function for a file name.
    """
    if getattr(LIBC, name)(*arguments):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), name)


def unshare(flags: int) -> None:
    """Give this process namespaces of its own."""
    _call("unshare", flags)


def mount(
    source: str | None, target: str, kind: str | None, flags: int, data: str = ""
) -> None:
    """Mount something, or change a mount."""
    words = [None if word is None else os.fsencode(word) for word in (source, kind)]
    _call(
        "mount",
        words[0],
        os.fsencode(target),
        words[1],
        ctypes.c_ulong(flags),
        data.encode() or None,
    )


def die_with_parent(number: int) -> None:
    """Have this process sent a signal when the thread that made it ends."""
    _call("prctl", PR_SET_PDEATHSIG, ctypes.c_ulong(number), 0, 0, 0)


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent has ended."""
    _call("prctl", PR_SET_CHILD_SUBREAPER, ctypes.c_ulong(1), 0, 0, 0)


def drop_capabilities() -> None:
    """Give up every privilege, as starting a program does for an ordinary user."""
    header = (ctypes.c_uint32 * 2)(CAPABILITIES_V3, 0)
    _call("capset", header, (ctypes.c_uint32 * WORDS)())
    _call("prctl", PR_SET_DUMPABLE, ctypes.c_ulong(1), 0, 0, 0)
