"""Run a job's command as a process, and leave nothing of it behind."""

from __future__ import annotations

import errno
import os
import signal
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, BinaryIO, Final, Self

import attrs

from penguin_pipes.errors import ConfigError
from penguin_pipes.local.backends.base import Command, Fault, Outcome, no_warning
from penguin_pipes.local.backends.forked import ServerLostError
from penguin_pipes.local.backends.isolation import ISOLATIONS, OPT_ML, Isolation
from penguin_pipes.local.backends.launcher import Launcher
from penguin_pipes.local.backends.lines import LineSplitter
from penguin_pipes.local.backends.plain import PlainProcess
from penguin_pipes.local.backends.pool import WarmPool
from penguin_pipes.local.backends.running import Running, Watch
from penguin_pipes.local.backends.warm import Script, Start

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from penguin_pipes.local.backends.stopping import Stop

MAPPED: Final = "isolation is 'mapped'; 'auto' or 'namespace' would take it away"
FAULTS: Final[Mapping[int | None, Fault]] = MappingProxyType(
    {
        errno.ENOMEM: Fault.NO_MEMORY,
        errno.EAGAIN: Fault.NO_PROCESS,
        errno.EMFILE: Fault.NO_PROCESS,
        errno.ENFILE: Fault.NO_PROCESS,
    }
)
"""What keeps the system from starting any command, whichever it is."""

NOT_FOUND: Final = 127
NOT_STARTED: Final = 126


@attrs.define(kw_only=True, eq=False)
class ProcessBackend:
    """Runs each command in a session of its own, with its output in one stream.

    Its helpers end when it is closed, and in any case with this process.

    Attributes:
        isolation: Whether each job's tree stands at ``/opt/ml``.
        warm: Whether Python scripts start in forks of servers that have imported their
            modules; only Linux has that.
        grace_s: How long a job that ran out of time has between being asked and
            being made to stop; the service gives it two minutes.
        interrupt_grace_s: The same, when it is the user who stops the run.
    """

    isolation: Isolation = attrs.field(
        default="auto", validator=attrs.validators.in_(ISOLATIONS)
    )
    warm: bool = True
    grace_s: float = 120.0
    interrupt_grace_s: float = 5.0
    _launcher: Launcher = attrs.field(factory=Launcher, init=False, repr=False)
    _pool: WarmPool = attrs.field(factory=WarmPool, init=False, repr=False)

    @property
    def images(self) -> None:
        """This computer stands in for the images of its jobs."""

    def __enter__(self) -> Self:
        """Get ready.

        Raises:
            ConfigError: The kernel does not allow the isolation that was asked for.
        """
        self._stands()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the helpers; jobs that run go on."""
        self._pool.close()
        self._launcher.close()

    def prepare(self, scripts: Iterable[Script]) -> None:
        """Have the modules of *scripts* imported meanwhile, if that is of any use."""
        if self.warm and self._launcher.allowed.forks is None:
            self._pool.prepare(scripts)

    def seen(self, tree: Path) -> Path:
        """Return where a command finds the folder that is its ``/opt/ml``.

        Raises:
            ConfigError: The kernel does not allow the isolation that was asked for.
        """
        return OPT_ML if self._stands() else tree

    def _stands(self) -> bool:
        """Return whether trees stand at ``/opt/ml``."""
        if self.isolation == "mapped":
            return False
        reason = self._launcher.allowed.tree
        if reason is not None and self.isolation == "namespace":
            msg = (
                f"isolation: 'namespace' cannot be had on this computer ({reason}); "
                "or use 'auto' or 'mapped', with rewritten paths"
            )
            raise ConfigError(msg)
        return reason is None

    def run(
        self,
        command: Command,
        *,
        log: Path,
        on_line: Callable[[str], None],
        timeout_s: float,
        warn: Callable[[str], None] = no_warning,
        stop: Stop | None = None,
    ) -> Outcome:
        """Run *command* to its end, as `Backend.run` says."""
        if stop is not None and stop.is_asked:
            return Outcome(exit_code=-signal.SIGTERM, stopped=True)
        lines = LineSplitter(on_line)
        with log.open("ab", buffering=0) as file:
            pipe, output = os.pipe()
            try:
                running = self._start(command, output, warn)
            except (OSError, ValueError) as error:
                os.close(pipe)
                return _refused(command, error, file, lines)
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
        if not watch.is_lost:
            return outcome
        warn("the process that watched over the job was killed, and the job too")
        return attrs.evolve(outcome, fault=Fault.LOST)

    def _start(
        self, command: Command, output: int, warn: Callable[[str], None]
    ) -> Running:
        """Start a command in the best way there is here."""
        allowed = self._launcher.allowed
        no_network = MAPPED if self.isolation == "mapped" else allowed.network
        if not command.network and no_network:
            warn(f"the job has a network, against its request: {no_network}")
        if allowed.forks is not None:
            return PlainProcess(command, output)
        stands = command.tree is not None and self._stands()
        request = _request(
            command,
            tree=command.tree if stands else None,
            network=command.network or no_network is not None,
        )
        warm = self._start_warm(command, request, output, warn)
        return warm or self._launcher.start(request, output, warn)

    def _start_warm(
        self,
        command: Command,
        request: Mapping[str, Any],
        output: int,
        warn: Callable[[str], None],
    ) -> Running | None:
        """Start a command warm; return None if it must start cold."""
        if not self.warm:
            return None
        start = Start.read(command, stands=request["tree"] is not None)
        if start is None:
            return None
        try:
            return self._pool.start(start, request, output)
        except ServerLostError as error:
            warn(f"the server for warm starts was lost: {error}; the job starts cold")
            return None


def _request(command: Command, *, tree: Path | None, network: bool) -> dict[str, Any]:
    """Return a command as a fork server reads it."""
    return {
        "argv": list(command.argv),
        "cwd": os.fspath(command.cwd),
        "environment": dict(command.environment),
        "tree": None if tree is None else os.fspath(tree),
        "network": network,
        "script": None,
        "probe": False,
    }


def _refused(
    command: Command, error: OSError | ValueError, log: BinaryIO, lines: LineSplitter
) -> Outcome:
    """Say in the log that the system would not start the command."""
    why = (error.strerror if isinstance(error, OSError) else None) or error
    text = f"cannot start {command.argv[0]!r}: {why}\n".encode()
    log.write(text)
    lines.feed(text)
    missing = isinstance(error, FileNotFoundError)
    fault = FAULTS.get(error.errno) if isinstance(error, OSError) else None
    return Outcome(exit_code=NOT_FOUND if missing else NOT_STARTED, fault=fault)
