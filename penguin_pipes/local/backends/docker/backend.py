"""Run commands in containers, and leave none of them behind."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

import attrs

from penguin_pipes.local.backends.base import Command, Fault, Outcome, no_warning
from penguin_pipes.local.backends.docker import reaper
from penguin_pipes.local.backends.docker.daemon import connect, known_errors
from penguin_pipes.local.backends.docker.images import LocalImages, Login
from penguin_pipes.local.backends.docker.options import (
    LABEL,
    Limits,
    container_options,
    mounted,
)
from penguin_pipes.local.backends.docker.running import (
    NotStartedError,
    RunningContainer,
)
from penguin_pipes.local.backends.lines import LineSplitter
from penguin_pipes.local.backends.running import Watch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from penguin_pipes.local.backends.stopping import Stop
    from penguin_pipes.local.backends.warm import Script

LOST: Final = "the Docker daemon did not tell how it ended: it went away meanwhile"
OPT_ML: Final = Path("/opt/ml")


def _nobody(_: str) -> None:
    """Take what nobody wants to be told."""


def caller() -> str:
    """Return who runs this: ``uid:gid``."""
    return f"{os.getuid()}:{os.getgid()}"


@attrs.define(kw_only=True, eq=False)
class DockerBackend:
    """Runs each command in a container of its own, as the user who runs this.

    Its containers end when it is closed, and in any case with this process.

    Attributes:
        substitutes: An image's URI → the name of the local image to take in its place.
        login: Registry's host → user and password, called for an image in ECR that
            the daemon may not pull by itself.
        limits: What a container may take.
        user: Who owns what jobs write: ``uid:gid``.
        grace_s: How long a job that ran out of time has between being asked and
            being made to stop; the service gives it two minutes.
        interrupt_grace_s: The same, when it is the user who stops the run.
        tell: Told what takes long: that an image is pulled.
        connect: Returns a client of the daemon.
    """

    substitutes: Mapping[str, str] = attrs.field(factory=dict)
    login: Login | None = attrs.field(default=None, repr=False)
    limits: Limits = attrs.field(factory=Limits)
    user: str = attrs.field(factory=caller)
    grace_s: float = 120.0
    interrupt_grace_s: float = 5.0
    tell: Callable[[str], object] = _nobody
    connect: Callable[[], Any] = connect
    images: LocalImages = attrs.field(init=False)
    _run: str = attrs.field(factory=lambda: uuid.uuid4().hex, init=False)
    _lock: threading.RLock = attrs.field(
        factory=threading.RLock, init=False, repr=False
    )
    _client: Any = attrs.field(default=None, init=False, repr=False)
    _info: dict[str, Any] = attrs.field(factory=dict, init=False, repr=False)
    _reaper: subprocess.Popen[bytes] | None = attrs.field(
        default=None, init=False, repr=False
    )

    @images.default
    def _images(self) -> LocalImages:
        return LocalImages(
            client=self.client,
            substitutes=self.substitutes,
            login=self.login,
            tell=self.tell,
        )

    def __enter__(self) -> Self:
        """Get ready.

        Raises:
            ConfigError: docker-py is not installed, or no daemon answers.
        """
        self.client()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def client(self) -> Any:
        """Return a client of the daemon, connected at the first call.

        Raises:
            ConfigError: docker-py is not installed, or no daemon answers.
        """
        with self._lock:
            if self._client is None:
                self._client = self.connect()
                self._info = self._client.info()
            return self._client

    def close(self) -> None:
        """Let go of the daemon; containers that still run are removed."""
        with self._lock:
            if self._reaper is not None:
                self._dismiss(self._reaper)
            self._reaper = None
            if self._client is not None:
                self._client.close()
            self._client = None

    def _dismiss(self, watcher: subprocess.Popen[bytes]) -> None:
        """Tell the reaper that there is nothing to do for it, if that is so."""
        assert watcher.stdin is not None  # noqa: S101  # it was asked for
        with contextlib.suppress(*known_errors()):
            if not self._client.containers.list(all=True, filters=label(self._run)):
                watcher.stdin.write(b"nothing is left")
        with contextlib.suppress(OSError):
            watcher.stdin.close()
        watcher.wait()

    def prepare(self, scripts: Iterable[Script]) -> None:
        """Do nothing: an image's Python is not here to be warmed."""

    def seen(self, tree: Path) -> Path:  # noqa: ARG002 - wherever it lies
        """Return ``/opt/ml``."""
        return OPT_ML

    def run(
        self,
        command: Command,
        *,
        log: Path,
        on_line: Callable[[str], None],
        timeout_s: float,
        warn: Callable[[str], None] = no_warning,  # noqa: ARG002 - all is as asked for
        stop: Stop | None = None,
    ) -> Outcome:
        """Run *command* to its end, as `Backend.run` says.

        Raises:
            InputError: Its image is not here and cannot be pulled.
        """
        if stop is not None and stop.is_asked:
            return Outcome(exit_code=-signal.SIGTERM, stopped=True)
        image = self.images.get(command.image)
        lines = LineSplitter(on_line)
        with log.open("ab", buffering=0) as file:
            pipe, output = os.pipe()
            try:
                running = self._start(command, image.attrs, output)
            except NotStartedError as error:
                os.close(pipe)
                text = f"cannot start the container: {error}\n".encode()
                file.write(text)
                lines.feed(text)
                return Outcome(exit_code=error.exit_code)
            except BaseException:
                os.close(pipe)
                raise
            finally:
                os.close(output)
            with Watch(running, pipe, log=file, lines=lines, stop=stop) as watch:
                was_stopped = watch.follow(
                    timeout_s,
                    grace_s=self.grace_s,
                    interrupt_grace_s=self.interrupt_grace_s,
                )
            lines.close()
        outcome = Outcome.of(watch.exit_code, was_stopped=was_stopped, stop=stop)
        fault = Fault.LOST if watch.is_lost else None
        return attrs.evolve(outcome, fault=fault, remark=self._remark(running))

    def _remark(self, ended: RunningContainer) -> str | None:
        """Return what is to be said of a container's end."""
        if ended.is_lost:
            return LOST
        if not ended.ran_out_of_memory:
            return None
        limit = self.limits.memory
        had = "all that Docker has" if limit is None else f"{limit / 1e9:g} GB"
        return (
            "the container ran out of memory and a process in it was killed; it had "
            f"{had} (--memory)"
        )

    def _start(
        self, command: Command, image: dict[str, Any], output: int
    ) -> RunningContainer:
        """Start the container of a command."""
        client = self.client()
        with self._lock:
            if self._reaper is None:
                self._reaper = _reaper(self._run)
        options = container_options(
            command,
            image,
            self._info,
            limits=self.limits,
            user=self.user,
            run=self._run,
        )
        return RunningContainer(client, options, mounted(command), output)


def label(run: str) -> dict[str, str]:
    """Return what finds the containers of a run."""
    return {"label": f"{LABEL}={run}"}


def _reaper(run: str) -> subprocess.Popen[bytes]:
    """Start what removes containers if this process is killed."""
    return subprocess.Popen(
        [sys.executable, "-P", reaper.__file__, label(run)["label"]],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
