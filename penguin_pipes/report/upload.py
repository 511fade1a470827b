"""Uploads in the terminal, while they go on."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Self

from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from rich.console import Console


class UploadProgress:
    """Shows how much of each file went out.

    On a terminal, a bar for each upload, which disappears when all is done;
    everywhere a line for each file that S3 has taken.
    """

    def __init__(self, console: Console, files: Mapping[str, Path]) -> None:
        """Begin with nothing: what is there already is never shown.

        Args:
            console: Where to print.
            files: S3 URI → file on this computer.
        """
        self._console = console
        self._files = files
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

    def __call__(self, uri: str, sent: int) -> None:
        """Take note that so many more bytes of *uri* went out; any thread may."""
        with self._lock:
            if uri not in self._tasks:
                size = self._files[uri].stat().st_size
                name = uri.rpartition("/")[2]
                self._tasks[uri] = self._bars.add_task(name, total=size)
            self._bars.advance(self._tasks[uri], sent)

    def done(self, uri: str) -> None:
        """Say that S3 has *uri*: to have sent all of it is not enough."""
        with self._lock:
            self._console.print(Text(f"uploaded {uri}"), soft_wrap=True)
