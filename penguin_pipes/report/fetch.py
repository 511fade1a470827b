"""What comes from S3, in the terminal, while it comes."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Self

from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn
from rich.text import Text

if TYPE_CHECKING:
    from rich.console import Console


class FetchProgress:
    """Shows how much of each object is here.

    On a terminal, a bar for each, which disappears when all is done; everywhere a
    line for each object that is here. What was here before is never shown.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
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

    def begin(self, uri: str, size: int) -> None:
        """Take note that an object is about to come; any thread may."""
        with self._lock:
            name = uri.rpartition("/")[2]
            self._tasks[uri] = self._bars.add_task(name, total=size)

    def more(self, uri: str, count: int) -> None:
        """Take note that so many more bytes are here; fewer, if they come again."""
        with self._lock:
            self._bars.advance(self._tasks[uri], count)

    def done(self, uri: str) -> None:
        """Say that an object is here."""
        with self._lock:
            self._console.print(Text(f"fetched {uri}"), soft_wrap=True)
