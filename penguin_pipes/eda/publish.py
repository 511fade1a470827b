"""A report on the disk: all of it or nothing."""

from __future__ import annotations

import re
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from penguin_pipes.errors import InputError, ReportError

if TYPE_CHECKING:
    from collections.abc import Mapping

FIGURE: Final = re.compile(r"figure-\d\d+(-[a-z0-9-]+)?\.png")
"""The names of our figures: those of an earlier report are taken away."""


def check_folder(folder: Path) -> None:
    """Refuse what can be no folder for a report, before anything is computed.

    Raises:
        InputError: There is something else in its place.
    """
    try:
        place = next(path for path in (folder, *folder.parents) if _is_there(path))
        is_folder = place.is_dir()
    except OSError as error:
        msg = f"{folder}: this can be no folder ({error.strerror}); name another one"
        raise InputError(msg) from error
    if not is_folder:
        msg = f"{place}: this is no folder; name another one with --out"
        raise InputError(msg)


def _is_there(path: Path) -> bool:
    """Tell whether something has this name, a link to nowhere included."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def publish(folder: Path, page: str, files: Mapping[str, bytes]) -> None:
    """Write the *files* into a folder, aside first; the *page* comes last.

    The page holds all its figures itself, so that at every moment it is an old one or
    a new one, whole. Other people's files in the folder are left alone.

    Raises:
        ReportError: The disk did not take it; no half of a file is left.
    """
    try:
        is_new = not folder.exists()
        folder.parent.mkdir(parents=True, exist_ok=True)
        near = folder.parent if is_new else folder
        aside = Path(tempfile.mkdtemp(prefix=".eda-", dir=near))
        try:
            aside.chmod(0o755)  # as a folder made by hand would be
            for name, data in files.items():
                (aside / name).write_bytes(data)
            if is_new:
                aside.rename(folder)
            else:
                _replace(folder, aside, [*(n for n in files if n != page), page])
        finally:
            shutil.rmtree(aside, ignore_errors=True)
    except OSError as error:
        msg = f"{folder}: the report cannot be written here ({error.strerror or error})"
        raise ReportError(msg) from error


def _replace(folder: Path, aside: Path, names: list[str]) -> None:
    for name in names:
        (aside / name).replace(folder / name)
    for path in sorted(folder.iterdir()):
        if FIGURE.fullmatch(path.name) and path.name not in names:
            path.unlink()
