"""A server that a page starts: it answers until the reader goes on to another."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import signal
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

import attrs

if TYPE_CHECKING:
    from collections.abc import Mapping

SERVES: Final = re.compile(r"(python -m penguin_pipes\.serving|gunicorn)\b")
ADDRESS: Final = re.compile(r"http://127\.0\.0\.1:\d+")
PORTS: Final = Path(tempfile.gettempdir(), "penguin-pipes-docs-ports")
"""Held by whoever listens: pages name ports, and readers of two are at work at once."""

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
        held: Keeps others from the ports.
    """

    process: subprocess.Popen[bytes] = attrs.field(repr=False)
    output: Path
    held: IO[str] = attrs.field(repr=False)

    @classmethod
    def start(
        cls, command: str, folder: Path, environment: Mapping[str, str]
    ) -> Server:
        """Start one, and wait until it answers.

        Raises:
            AssertionError: It ended instead, or did not answer.
        """
        held = PORTS.open("w")
        fcntl.flock(held, fcntl.LOCK_EX)
        output = folder / ".server-output"
        with output.open("wb") as stream:
            process = subprocess.Popen(
                ["bash", "-ec", command],
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        found = cls(process=process, output=output, held=held)
        deadline = time.monotonic() + PATIENCE_S
        while not found.answers:
            if process.poll() is not None or time.monotonic() > deadline:
                found.stop()
                msg = f"{command!r} does not answer:\n{found.said}"
                raise AssertionError(msg)
            time.sleep(LOOK_S)
        return found

    @property
    def said(self) -> str:
        """What it has said so far."""
        return self.output.read_text()

    @property
    def answers(self) -> bool:
        """Whether the model is there."""
        address = ADDRESS.search(self.said)
        if address is None:
            return False
        try:
            with urllib.request.urlopen(f"{address[0]}/ping", timeout=LOOK_S) as answer:
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
        self.held.close()
