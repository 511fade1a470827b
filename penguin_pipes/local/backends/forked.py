"""The other end of a fork server: start one, have it fork jobs, follow a job."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from penguin_pipes.local.backends import fork_server

if TYPE_CHECKING:
    from collections.abc import Mapping

PROGRAM: Final = str(Path(fork_server.__file__).with_name("__main__.py"))
CHUNK: Final = 64 * 1024
PATIENCE_S: Final = 120.0
"""How long a server may take to import and fork before a job starts without it."""

END_S: Final = 15.0
"""How long a supervisor may take to end a job, before it is left alone with it."""


class ServerLostError(Exception):
    """The server is gone, or hangs; the job has certainly not started."""


class UnfitError(Exception):
    """The server says that it is the wrong one for this job."""


class ForkServer:
    """A process that forks jobs, until it is closed or this process ends.

    Jobs that it has forked do not need it any more.

    Attributes:
        has_started_any: Whether it was ever of use.
    """

    def __init__(
        self,
        python: str,
        *,
        environment: Mapping[str, str] | None = None,
        statements: tuple[str, ...] | None = None,
    ) -> None:
        """Start it, without waiting for it.

        Args:
            python: The interpreter.
            environment: What it starts with, and what it imports sees.
            statements: What to execute once, before all jobs; if None, it cannot run
                scripts, only start programs, and is there in no time.
        """
        self._python = python
        self.has_started_any = False
        self._sock, theirs = socket.socketpair()
        with theirs:
            self._process = self._start(theirs.fileno(), environment, statements)
        self._finalizer = weakref.finalize(self, _stop, self._sock, self._process)

    def _start(
        self,
        control: int,
        environment: Mapping[str, str] | None,
        statements: tuple[str, ...] | None,
    ) -> subprocess.Popen[bytes]:
        """Start the process and tell it what to import."""
        if statements is None:
            # Nothing of the user's is read, for nothing of the user's runs in it.
            words = [self._python, "-I", "-S", PROGRAM, str(control)]
            process = _popen(words, environment, subprocess.DEVNULL, [control])
            told: dict[str, Any] = {}
        else:
            output, writing = os.pipe()
            os.set_blocking(writing, False)
            words = [self._python, PROGRAM, str(control)]
            process = _popen(words, environment, writing, [control, output])
            os.close(output)
            os.close(writing)
            told = {
                "statements": statements,
                "output": output,
                "bytecode": not sys.dont_write_bytecode,
            }
        self._sock.sendall(json.dumps(told).encode() + b"\n")
        return process

    @property
    def pid(self) -> int:
        """The number of the server's process."""
        return self._process.pid

    def start(self, request: Mapping[str, Any], output: int) -> Forked:
        """Start a job; return it once it runs.

        Args:
            request: What to run, as the server reads it.
            output: What the job writes to.

        Raises:
            ServerLostError: The server is gone, and the job has not started.
            UnfitError: The server is the wrong one, and the job has not started.
            OSError: The job's program, folder or view of the disk cannot be had.
            ValueError: It cannot be asked for.
        """
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                socket.send_fds(self._sock, [b"j"], [theirs.fileno(), output])
            job = Forked(ours, request)
        except (BrokenPipeError, ConnectionResetError) as error:
            ours.close()
            msg = f"it ended ({self._status()})"
            raise ServerLostError(msg) from error
        except BaseException:
            ours.close()
            raise
        self.has_started_any = True
        return job

    def _status(self) -> str:
        """Return how the server ended."""
        try:
            return f"exit code {self._process.wait(timeout=1)}"
        except subprocess.TimeoutExpired:
            return "it closed its socket"

    def close(self) -> None:
        """End the server; jobs go on."""
        self._finalizer()


def _popen(
    words: list[str],
    environment: Mapping[str, str] | None,
    output: int,
    files: list[int],
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        words,
        env=None if environment is None else dict(environment),
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        pass_fds=files,
        start_new_session=True,
    )


def _stop(sock: socket.socket, process: subprocess.Popen[bytes]) -> None:
    """End a server's process: politely, for it then ends in no time."""
    sock.close()
    try:
        process.wait(timeout=0.2)
    except subprocess.TimeoutExpired:
        # It is in the middle of an import.
        process.kill()
        process.wait()


class Forked:
    """A job that a server forked, and the socket to its supervisor."""

    def __init__(self, sock: socket.socket, request: Mapping[str, Any]) -> None:
        """Wait until the job runs.

        Raises:
            ServerLostError, UnfitError, OSError, ValueError: As `ForkServer.start`.
        """
        self._sock = sock
        self._rest = b""
        self._code: int | None = None
        self.is_lost = False
        is_starting = False
        until = time.monotonic() + PATIENCE_S
        try:
            sock.settimeout(PATIENCE_S)
            sock.sendall(json.dumps(dict(request)).encode() + b"\n")
            while message := self._hear(until):
                if _is_running(message):
                    return
                is_starting = True
        except TimeoutError:
            if not is_starting:
                msg = f"it has not answered for {PATIENCE_S:g} s"
                raise ServerLostError(msg) from None
        if not is_starting:
            msg = "it ended before it had forked the job"
            raise ServerLostError(msg)
        self._lose()

    def _lose(self) -> None:
        """Take note that the supervisor was killed, and the job with it."""
        self._code = -signal.SIGKILL
        self.is_lost = True

    def _hear(self, until: float) -> dict[str, Any] | None:
        """Return the next message; None if there will not be one.

        Raises:
            TimeoutError: It did not come in time.
        """
        while b"\n" not in self._rest:
            self._sock.settimeout(max(0.001, until - time.monotonic()))
            data = self._read()
            if not data:
                return None
            self._rest += data
        line, _, self._rest = self._rest.partition(b"\n")
        message: dict[str, Any] = json.loads(line)
        return message

    def _read(self) -> bytes:
        """Return what has come; nothing if the other side has gone."""
        try:
            return self._sock.recv(CHUNK)
        except ConnectionResetError:
            return b""

    def fileno(self) -> int:
        """Return the supervisor's socket."""
        return self._sock.fileno()

    def has_ended(self) -> bool:
        """Return whether the supervisor has said, or shown, that the job has ended."""
        if self._code is None:
            message = self._hear(time.monotonic() + END_S)
            if message is None:
                self._lose()
            else:
                self._code = message["exit"]
        return True

    def signal(self, number: int) -> None:
        """Send a signal to the job's process group."""
        with contextlib.suppress(OSError):
            self._sock.send(bytes([number]))

    def end(self) -> int:
        """Kill what is left of the job; return its exit code."""
        try:
            if self._code is None:
                self.signal(signal.SIGKILL)
            self.has_ended()
        except TimeoutError:
            # Not even the kernel can end it now; nobody waits for it any longer.
            self._lose()
        finally:
            self._sock.close()
        return -signal.SIGKILL if self._code is None else self._code


def _is_running(message: Mapping[str, Any]) -> bool:
    """Return whether the job runs, as far as the supervisor says."""
    if "unfit" in message:
        raise UnfitError(message["unfit"])
    if "refused" in message:
        refused = message["refused"]
        if refused["errno"] is None:
            raise ValueError(refused["text"])
        raise OSError(refused["errno"], refused["text"], refused["place"])
    return "running" in message
