"""The page on the disk: all of it or nothing."""

from __future__ import annotations

import contextlib
import importlib.util
import tempfile
from pathlib import Path
from typing import Final

from penguin_pipes.errors import InputError, ReportError
from penguin_pipes.local.finding import LATEST
from penguin_pipes.local.recovery import RUNS
from penguin_pipes.report.page.source import read

NAME: Final = "report.html"
LIBRARY: Final = "jinja2"


def check(out: Path | None, library: str = LIBRARY) -> None:
    """Refuse, before anything is run, what would fail when the page is written.

    Args:
        out: Where it is to be; None for the run's folder.
        library: What makes it.

    Raises:
        InputError: There is no such library, or the place can be no file.
    """
    if importlib.util.find_spec(library) is None:
        msg = (
            f"the report needs {library}, which this Python does not have; "
            "pip install 'penguin-pipes[report]'"
        )
        raise InputError(msg)
    if out is None:
        return
    with contextlib.suppress(OSError):
        if out.is_dir():
            msg = f"{out}: this is a folder; name a file for the report, with .html"
            raise InputError(msg)
        if not out.absolute().parent.is_dir():
            msg = f"{out.parent}: there is no such folder; make it, or name another"
            raise InputError(msg)


def write_report(home: Path, run: str = LATEST, out: Path | None = None) -> Path:
    """Write the page of a run, and return where it is.

    Args:
        home: The folder that keeps the run.
        run: Its id, or ``latest``.
        out: The file; by default ``report.html`` in the folder of the run.

    Raises:
        InputError: There is no such run.
        HomeError: The home cannot be used.
        ReportError: The disk did not take it; what was there before still is.
    """
    from penguin_pipes.report.page.html import page

    source = read(home, run)
    place = out or home / RUNS / source.run.id / NAME
    data = page(source).encode(errors="replace")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".report-", dir=place.parent) as aside:
            fresh = Path(aside, NAME)
            fresh.write_bytes(data)
            fresh.replace(place)
    except OSError as error:
        msg = f"{place}: the report cannot be written ({error.strerror or error})"
        raise ReportError(msg) from error
    return place
