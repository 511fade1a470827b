"""Watch over one job: start it, pass signals on, leave nothing of it behind."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import time
from typing import TYPE_CHECKING, Any, Final, NoReturn

from . import linux
from .start import become
from .wire import hear, tell

if TYPE_CHECKING:
    import socket

    from .preload import Preload

PATIENCE_S: Final = 10.0
"""How long to wait for killed processes to be gone: the disk may hold one up."""

CHUNK: Final = 4096


def supervise(
    sock: socket.socket, output: int, loaded: Preload | None
) -> dict[str, Any]:
    """Run the job that *sock* asks for; return its request in the job's own process.

    The supervisor itself ends here. It depends on nobody but the other end of *sock*:
    the server may be gone for long, and the job does not notice.
    """
    linux.adopt_orphans()
    request: dict[str, Any] | None = hear(sock)
    if request is None:
        os._exit(0)
    reason = None if loaded is None else loaded.unfit(request)
    if reason is not None:
        _leave(sock, unfit=reason)
    # From here on the job may have done something: it must not be started again.
    if not _say(sock, starting=True):
        os._exit(0)
    errors, telling = os.pipe()
    supervisor = os.getpid()
    pid = os.fork()
    if not pid:
        sock.close()
        os.close(errors)
        said = b"" if loaded is None else loaded.said
        become(request, output, telling=telling, parent=supervisor, said=said)
        return request
    os.close(output)
    os.close(telling)
    _report(sock, pid, errors)
    _watch(sock, pid)
    return _leave(sock, exit=os.waitstatus_to_exitcode(_end(pid)))


def _report(sock: socket.socket, pid: int, errors: int) -> None:
    """Say whether the job started, and leave if it did not."""
    text = bytearray()
    while data := os.read(errors, CHUNK):
        text += data
    os.close(errors)
    if text:
        _end(pid)
        _leave(sock, refused=json.loads(text))
    _say(sock, running=pid)


def _watch(sock: socket.socket, pid: int) -> None:
    """Wait for the end of the job, or of who asked for it; pass signals on."""
    process = os.pidfd_open(pid)
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    poll.register(process, select.POLLIN)
    while True:
        ready = {number for number, _ in poll.poll()}
        if process in ready:
            return
        numbers = sock.recv(1)
        if not numbers:
            return
        os.killpg(pid, numbers[0])


def _end(pid: int) -> int:
    """Kill what is left of the job; return the wait status of its first process."""
    # It is reaped afterwards: until then its number cannot be anybody else's.
    _kill_group(pid)
    _, status = os.waitpid(pid, 0)
    until = time.monotonic() + PATIENCE_S
    while _has_children() and time.monotonic() < until:
        for each in _descendants(os.getpid()):
            _kill(each)
        time.sleep(0.001)
    return status


def _has_children() -> bool:
    """Reap what has ended; return whether anything has not."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return False
    return True


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def _kill_group(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        # It ended, or was lost, before it became the head of a group.
        _kill(pid)


def _descendants(pid: int) -> list[int]:
    """Return the children of a process, and theirs, as they are now."""
    found, families = [pid], _families()
    for each in found:
        found += families.get(each, [])
    return found[1:]


def children(pid: int) -> list[int]:
    """Return the children of a process, as they are now."""
    return _families().get(pid, [])


def _families() -> dict[int, list[int]]:
    """Return the children of every process."""
    found: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):
        if name.isdecimal() and (parent := _parent(name)) is not None:
            found.setdefault(parent, []).append(int(name))
    return found


def _parent(pid: str) -> int | None:
    """Return the parent of a process, unless that has just ended."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            # A name may hold spaces and brackets of its own.
            return int(file.read().rpartition(b")")[2].split()[1])
    except OSError:
        return None


def _leave(sock: socket.socket, **message: object) -> NoReturn:
    """Say the last word, and end."""
    _say(sock, **message)
    os._exit(0)


def _say(sock: socket.socket, **message: object) -> bool:
    """Say something; return whether there is anybody to listen."""
    try:
        tell(sock, **message)
    except OSError:
        return False
    return True
