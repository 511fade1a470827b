"""Wait for jobs, and fork a supervisor for each."""

from __future__ import annotations

import os
import select
import signal
import socket
import warnings
from typing import TYPE_CHECKING, Any, Final

from . import linux, script
from .preload import Preload
from .supervise import children, supervise
from .wire import hear

if TYPE_CHECKING:
    from collections.abc import Container

LOOK_MS: Final = 500
"""How often to look whether a job's supervisor was killed, while there is one."""


def main(control: int) -> None:
    """Serve until the other side has gone; return in jobs that are scripts.

    Args:
        control: A socket: first one object says what to import, then every byte is a
            job, with its own socket and the pipe for its output.
    """
    sock = socket.socket(fileno=control)
    sock.set_inheritable(False)
    told = hear(sock)
    if told is None:
        os._exit(0)
    linux.adopt_orphans()
    loaded = Preload(told) if told else None
    request = _serve(sock, loaded)
    script.run(request)


def _serve(sock: socket.socket, loaded: Preload | None) -> dict[str, Any]:
    """Fork supervisors; return what is asked for in the processes that do it."""
    supervisors: set[int] = set()
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    while True:
        _reap(supervisors)
        if not poll.poll(LOOK_MS if supervisors else None):
            continue
        word, files, *_ = socket.recv_fds(sock, 1, 2, socket.MSG_CMSG_CLOEXEC)
        if not word:
            os._exit(0)
        job, output = files
        pid = _fork()
        if not pid:
            sock.close()
            return supervise(socket.socket(fileno=job), output, loaded)
        supervisors.add(pid)
        os.close(job)
        os.close(output)


def _fork() -> int:
    """Fork, and spare a job what Python has to say of libraries with threads.

    Those that cannot take it are found before: `Preload.unfit`.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return os.fork()


def _reap(supervisors: set[int]) -> None:
    """Take note of the supervisors that have ended; end what a killed one left."""
    is_lost = False
    try:
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            is_lost |= ended[1] != 0
            supervisors.discard(ended[0])
    except ChildProcessError:
        pass
    if is_lost:
        _kill_others(supervisors)


def _kill_others(supervisors: Container[int]) -> None:
    """Kill the children that are no supervisors: they were a job's."""
    for pid in children(os.getpid()):
        if pid not in supervisors:
            os.kill(pid, signal.SIGKILL)
