"""What goes to S3 and comes from there, in the terminal, while it does."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Self

from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from rich.console import Console


class _Bars:
    """A bar for each object on a terminal, which disappears when all is done.

    Everywhere a line for each object that has arrived. Any thread may tell.
    """

    def __init__(self, console: Console, arrived: str) -> None:
        self._console = console
        self._arrived = arrived
        self._lock = Lock()
        self._bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            DownloadColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        """Begin to show."""
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Leave the terminal as it was."""
        self._bars.stop()

    def _begin(self, uri: str, size: int) -> None:
        name = uri.rpartition("/")[2]
        self._tasks[uri] = self._bars.add_task(name, total=size)

    def _advance(self, uri: str, count: int) -> None:
        self._bars.advance(self._tasks[uri], count)

    def done(self, uri: str) -> None:
        """Say that all of *uri* is where it was to go."""
        with self._lock:
            self._console.print(Text(f"{self._arrived} {uri}"), soft_wrap=True)


class FetchProgress(_Bars):
    """Shows how much of each object is here; never what was here before."""

    def __init__(self, console: Console) -> None:
        super().__init__(console, "fetched")

    def begin(self, uri: str, size: int) -> None:
        """Take note that an object is about to come."""
        with self._lock:
            self._begin(uri, size)

    def more(self, uri: str, count: int) -> None:
        """Take note that so many more bytes are here; fewer, if they come again."""
        with self._lock:
            self._advance(uri, count)


class UploadProgress(_Bars):
    """Shows how much of each file went out; a line says that S3 has taken it."""

    def __init__(self, console: Console, files: Mapping[str, Path]) -> None:
        """Begin with nothing: what is there already is never shown.

        Args:
            console: Where to print.
            files: S3 URI → file on this computer.
        """
        super().__init__(console, "uploaded")
        self._files = files

    def __call__(self, uri: str, sent: int) -> None:
        """Take note that so many more bytes of *uri* went out."""
        with self._lock:
            if uri not in self._tasks:
                self._begin(uri, self._files[uri].stat().st_size)
            self._advance(uri, sent)
