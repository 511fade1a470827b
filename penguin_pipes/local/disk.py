"""Small dealings with the disk: onto it, off it, and what to say when it refuses."""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import shutil
import stat
import sys
from typing import TYPE_CHECKING, Final

from penguin_pipes.errors import HomeError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

AT_FDCWD: Final = -100
RENAME_EXCHANGE: Final = 2
"""Numbers of Linux's ``renameat2`` (``<fcntl.h>``)."""

READ_ONLY: Final = 0o555
"""What anybody may do with a folder that nobody may write to."""


def sync_file(path: Path) -> None:
    """See the bytes of a file onto the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_folder(path: Path) -> None:
    """See the names in a folder onto the disk, where the system can do that."""
    with contextlib.suppress(OSError):
        sync_file(path)


def remove(path: Path) -> None:
    """Remove a file, or a folder with all it holds, if it is there."""
    if not path.is_dir() or path.is_symlink():
        path.unlink(missing_ok=True)
        return
    try:
        shutil.rmtree(path)
    except PermissionError:
        _unlock(path)
        shutil.rmtree(path)


def _unlock(folder: Path) -> None:
    """Let the owner into a folder and all below: a job may have locked them."""
    folder.chmod(stat.S_IRWXU)
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            _unlock(path)


def bring(objects: Mapping[str, Path], target: Path) -> None:
    """Copy objects, known by their ways, into the folder *target*."""
    target.mkdir(parents=True, exist_ok=True)
    for way, path in objects.items():
        destination = target / way
        destination.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, destination)


def lock(folder: Path) -> None:
    """Let nobody write to a folder or to what it holds."""
    for path in [folder, *folder.rglob("*")]:
        path.chmod(READ_ONLY if path.is_dir() else READ_ONLY & ~0o111)


def link_or_copy(source: Path, target: Path) -> None:
    """Give a file a second name, or copy it where the disk knows no second names."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target, follow_symlinks=False)


def swap(fresh: Path, target: Path) -> None:
    """Put the file or folder *fresh* where *target* is, which may be there already.

    At no moment is there less at *target* than before: a full folder, which no rename
    replaces, changes places with *fresh* where the system can do that. Elsewhere its
    files are replaced one by one, as an upload to S3 does it.
    """
    if not (fresh.is_dir() and target.is_dir()):
        fresh.replace(target)
    elif not _exchange(fresh, target):
        for path in sorted(fresh.rglob("*")):
            if not path.is_dir():
                place = target / path.relative_to(fresh)
                place.parent.mkdir(parents=True, exist_ok=True)
                path.replace(place)


def _exchange(one: Path, other: Path) -> bool:
    """Let two names change places; return False where the system cannot do that."""
    if sys.platform != "linux":
        return False
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename is None:  # a C library older than glibc 2.28 or musl 1.2.6
        return False
    here = os.fsencode(one), os.fsencode(other)
    return bool(rename(AT_FDCWD, here[0], AT_FDCWD, here[1], RENAME_EXCHANGE) == 0)


def write_json(path: Path, value: object) -> None:
    """Write a value as a JSON file that people can read."""
    path.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")


@contextlib.contextmanager
def home_errors(home: Path) -> Iterator[None]:
    """Translate what the disk refuses into a `HomeError` that says the way out."""
    try:
        yield
    except OSError as error:
        # Of two names, as in a copy, the second is the one that is written to.
        place = error.filename2 or error.filename or home
        msg = (
            f"{place}: {error.strerror or error}; runs are kept in {home}: free or "
            "unlock it, or choose another folder with home= (--home)"
        )
        raise HomeError(msg) from error
