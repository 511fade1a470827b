"""A server that a page starts: it answers until the reader goes on to another."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Final

import attrs

if TYPE_CHECKING:
    from collections.abc import Mapping

OURS: Final = "python -m penguin_pipes.serving"
SERVES: Final = re.compile(rf"({re.escape(OURS)}|gunicorn)\b")
ADDRESS: Final = re.compile(r"http://127\.0\.0\.1:\d+")

LOOK_S: Final = 0.2
PATIENCE_S: Final = 120


def serves(command: str) -> bool:
    """Tell whether a command does not end by itself."""
    return SERVES.match(command) is not None


@attrs.frozen(kw_only=True)
class Server:
    """One that runs.

    Attributes:
        process: The process, which leads a group.
        output: What it prints.
        port: Where it listens: a free port, whatever the page says.
    """

    process: subprocess.Popen[bytes] = attrs.field(repr=False)
    output: Path
    port: int

    @classmethod
    def start(
        cls, command: str, folder: Path, environment: Mapping[str, str]
    ) -> Server:
        """Start one, and wait until it answers.

        Raises:
            AssertionError: It ended instead, or did not answer.
        """
        port = _free_port()
        command = command.replace(OURS, f"{OURS} --port {port}")
        bound = {"GUNICORN_CMD_ARGS": f"--bind 127.0.0.1:{port}"}
        output = folder / ".server-output"
        with output.open("wb") as stream:
            process = subprocess.Popen(
                ["bash", "-ec", command],
                cwd=folder,
                env={**environment, **bound},
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        found = cls(process=process, output=output, port=port)
        deadline = time.monotonic() + PATIENCE_S
        while not found.answers:
            if process.poll() is not None or time.monotonic() > deadline:
                found.stop()
                msg = f"{command!r} does not answer:\n{found.said}"
                raise AssertionError(msg)
            time.sleep(LOOK_S)
        return found

    def asked_by(self, command: str) -> str:
        """Return a command that asks this server where it asks the page's."""
        return ADDRESS.sub(f"http://127.0.0.1:{self.port}", command)

    @property
    def said(self) -> str:
        """What it has said so far."""
        return self.output.read_text()

    @property
    def answers(self) -> bool:
        """Whether the model is there."""
        address = f"http://127.0.0.1:{self.port}/ping"
        try:
            with urllib.request.urlopen(address, timeout=LOOK_S) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def stop(self) -> None:
        """End it as Ctrl-C would, and what of it does not end by that."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(PATIENCE_S)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
