"""What a backend is given, and what it gives back."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import attrs

if TYPE_CHECKING:
    from penguin_pipes.local.backends.stop import Stop
    from penguin_pipes.local.backends.warm import Script


@attrs.frozen(kw_only=True)
class Command:
    """One command line, with everything it may know.

    Attributes:
        argv: The words of the command; no shell comes between.
        cwd: The folder it starts in, as the command sees it.
        environment: Its whole environment, not an addition to somebody else's.
        tree: The folder that is its ``/opt/ml``, if it has one.
        network: Whether it may have a network.
    """

    argv: tuple[str, ...]
    cwd: Path
    environment: Mapping[str, str]
    tree: Path | None = None
    network: bool = True


class Fault(enum.Enum):
    """What went wrong that was not the command's doing."""

    LOST = enum.auto()
    """What watched over the command was killed, and the command with it."""

    NO_MEMORY = enum.auto()
    """There was not enough memory to start it."""

    NO_PROCESS = enum.auto()
    """There were too many processes, or open files, to start it."""


@attrs.frozen(kw_only=True)
class Outcome:
    """How a command ended.

    Attributes:
        exit_code: Negative if a signal ended it, as in `subprocess`.
        timed_out: Whether it was stopped for having run too long.
        fault: What went wrong that was not its doing.
    """

    exit_code: int
    timed_out: bool = False
    fault: Fault | None = None


def no_warning(_: str) -> None:
    """Take a warning that nobody wants to hear."""


class Backend(Protocol):
    """Somewhere a command can run."""

    def prepare(self, scripts: Iterable[Script]) -> None:
        """Get ready for scripts that will be run, without waiting for it."""

    def seen(self, tree: Path) -> Path:
        """Return where a command finds the folder that is its ``/opt/ml``.

        Raises:
            RequestError: It cannot be where it was asked to be.
        """

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
        """Run *command* to its end; many threads may do so at once.

        Args:
            command: What to run.
            log: The file that gets every byte it prints, as it prints it.
            on_line: Told each line of that, without its end.
            timeout_s: How long it may take before it is asked, then made, to stop.
            warn: Told, in a sentence, what is not as it was asked for.
            stop: Says when the command has to end, however far it is.

        Raises:
            StoppedError: It was stopped by that, or not even started.
        """
