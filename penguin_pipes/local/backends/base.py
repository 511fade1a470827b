"""What a backend is given, and what it gives back."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, Self

import attrs

if TYPE_CHECKING:
    from penguin_pipes.local.backends.stopping import Stop
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
        image: What a container for it is made of.
        replaces_entrypoint: Whether, in a container, the words take the place of the
            image's entrypoint; otherwise they follow it.
    """

    argv: tuple[str, ...]
    cwd: Path
    environment: Mapping[str, str]
    tree: Path | None = None
    network: bool = True
    image: str = ""
    replaces_entrypoint: bool = True


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
        stopped: Whether it was stopped because somebody asked for it.
        fault: What went wrong that was not its doing.
        remark: What else is known of its end, and the exit code does not say.
    """

    exit_code: int
    timed_out: bool = False
    stopped: bool = False
    fault: Fault | None = None
    remark: str | None = None

    @classmethod
    def of(cls, exit_code: int, *, was_stopped: bool, stop: Stop | None) -> Self:
        """Return how a command ended that was, or was not, stopped.

        Args:
            exit_code: The command's.
            was_stopped: Whether it had to be stopped.
            stop: Who could have asked for it; otherwise its time was over.
        """
        asked = was_stopped and stop is not None and stop.is_asked
        return cls(
            exit_code=exit_code, timed_out=was_stopped and not asked, stopped=asked
        )


def no_warning(_: str) -> None:
    """Take a warning that nobody wants to hear."""


class Images(Protocol):
    """The images that a backend makes containers of."""

    def bring(self, uris: Iterable[str]) -> None:
        """See that all images are here, before the first of them is needed.

        Raises:
            RequestError: One is not to be had.
        """

    def identity(self, uri: str) -> str:
        """Return what tells the image from any other; nothing is brought here."""


class Backend(Protocol):
    """Somewhere a command can run."""

    @property
    def images(self) -> Images | None:
        """What jobs run in; None if this computer stands in for their images."""

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
        """Run *command* to its end.

        Args:
            command: What to run.
            log: The file that gets every byte it prints, as it prints it.
            on_line: Told each line of that, without its end.
            timeout_s: How long it may take before it is asked, then made, to stop.
            warn: Told, in a sentence, what is not as it was asked for.
            stop: By which another thread can ask it to end before.
        """
