"""S3 names become folders: what lies where, what comes in, what goes out.

An object ``s3://bucket/key`` lies at ``<home>/s3/bucket/key``, unless the caller
said of it, or of a prefix of it, which local file or folder it is. Objects given
by the caller are read and never written.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Final

from penguin_pipes.errors import InputError
from penguin_pipes.local.disk import (
    bring,
    link_or_copy,
    remove,
    swap,
    sync_file,
    sync_folder,
)
from penguin_pipes.local.locks import publishing
from penguin_pipes.local.uris import S3Uri, UriTable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ASIDE: Final = ".aside-"
"""What is being written; no bucket's name begins with a dot."""


class Storage:
    """The objects that a run can read, and the folder where it keeps its own.

    Args:
        folder: Where objects lie: ``<home>/s3``.
        files: Names, or prefixes of names, that are local files or folders.

    Raises:
        InputError: If a name is none in S3, or its file is not there.
    """

    def __init__(self, folder: Path, files: Mapping[str, Path]) -> None:
        self._folder = folder
        self._files: UriTable[Path] = UriTable()
        self.add(files)
        self._published: dict[Path, dict[Path, tuple[int, ...]]] = {}

    def add(self, files: Mapping[str, Path]) -> None:
        """Take note of more names that are local files or folders.

        Raises:
            InputError: If a name is none in S3, or its file is not there.
        """
        found = {S3Uri.parse(name): _there(name, path) for name, path in files.items()}
        for name, path in found.items():
            self._files[name] = path

    def place(self, name: S3Uri) -> Path:
        """Return where the object or prefix *name* is kept when it is published."""
        return self._folder.joinpath(name.bucket, *name.key.split("/")).absolute()

    def objects(self, name: S3Uri) -> dict[str, Path]:
        """Return every object at or below *name*, by its way from there.

        A single object is found under its own last part. What the caller gave wins
        over what was published.
        """
        found: dict[str, Path] = {}
        for start, path in self._roots(name):
            if path.is_file():
                found[start or name.name] = path
            else:
                for inner in files_below(path, follow=True):
                    way = f"{start}/{inner}" if start else str(inner)
                    found[way] = path / inner
        return found

    def has(self, name: S3Uri) -> bool:
        """Return whether there is any object at or below *name*."""
        return any(
            path.is_file() or next(files_below(path, follow=True), None)
            for _, path in self._roots(name)
        )

    def _roots(self, name: S3Uri) -> Iterator[tuple[str, Path]]:
        """Yield what lies at *name*, with the way to it: published, then given."""
        yield "", self.place(name)
        for given, path in self._files.around(name):
            inside = name.below(given)
            if inside is not None:
                yield "", path / inside if inside else path
            below = given.below(name)
            if below:
                yield below, path

    def stage(self, name: S3Uri, target: Path) -> int:
        """Copy every object at or below *name* into *target*; return how many."""
        objects = self.objects(name)
        bring(objects, target)
        return len(objects)

    def publish(self, source: Path, name: S3Uri, *, take: bool = False) -> Path:
        """Make the file, or the files of the folder, visible at *name*.

        As in S3, objects that a folder's prefix held before stay, unless one of the
        same name is published now. All of it becomes visible, or nothing.

        Args:
            source: What to publish; links in it are left out.
            name: Its name in S3.
            take: Whether a file may be moved instead of copied.
        """
        target = self.place(name)
        aside = self._folder / f"{ASIDE}{uuid.uuid4().hex}"
        try:
            if take and source.is_file():
                sync_file(source)
                aside = source
            else:
                self._gather(source, aside)
            own = {way: _mark(aside / way) for way in _ways(aside)}
            with publishing(self._folder.parent):
                _keep_others(target, aside)
                target.parent.mkdir(parents=True, exist_ok=True)
                swap(aside, target)
                self._published[target] = {**self._published.get(target, {}), **own}
        finally:
            remove(aside)
        sync_folder(target.parent)
        return target

    def is_own(self, target: Path) -> bool:
        """Return whether what was published there is there still.

        Another run may have published files of the same names in the meantime.
        """
        own = self._published.get(target, {})
        try:
            return all(_mark(target / way) == mark for way, mark in own.items())
        except OSError:
            return False

    def _gather(self, source: Path, aside: Path) -> None:
        """Write beside a name what is going to lie there."""
        self._folder.mkdir(parents=True, exist_ok=True)
        if source.is_file():
            _copy_synced(source, aside)
            return
        aside.mkdir()
        for inner in files_below(source):
            (aside / inner).parent.mkdir(parents=True, exist_ok=True)
            _copy_synced(source / inner, aside / inner)

    def discard(self, place: Path) -> None:
        """Take out what lies there, at once, and the folders that it leaves empty.

        Nothing outside of the storage is touched, even if a link leads there.
        """
        if not place.parent.resolve().is_relative_to(self._folder.resolve()):
            return
        aside = self._folder / f"{ASIDE}{uuid.uuid4().hex}"
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            place.rename(aside)
        remove(aside)
        for folder in place.parents:
            if folder == self._folder:
                return
            try:
                folder.rmdir()
            except OSError:
                return

    def sweep(self) -> None:
        """Remove what runs that were killed had begun to publish.

        Only for somebody who knows that no other run is at work in the home.
        """
        for path in self._folder.glob(f"{ASIDE}*"):
            remove(path)


def _ways(path: Path) -> Iterator[Path]:
    """Yield the ways from a file to itself, or from a folder to the files below."""
    return files_below(path) if path.is_dir() else iter([Path()])


def _mark(path: Path) -> tuple[int, ...]:
    """Return what tells a file that was published from one that took its place.

    Not when its names last changed: others may give it a second one.
    """
    found = path.lstat()
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


def _keep_others(target: Path, fresh: Path) -> None:
    """Give *fresh* the objects of *target* that it does not have itself."""
    if not fresh.is_dir() or not target.is_dir():
        return
    for inner in files_below(target):
        if not (fresh / inner).is_file():
            (fresh / inner).parent.mkdir(parents=True, exist_ok=True)
            link_or_copy(target / inner, fresh / inner)


def _there(name: str, path: Path) -> Path:
    """Return the absolute path that *name* stands for."""
    if not path.exists():
        msg = f"{name} should be read from {path}, but there is nothing there"
        raise InputError(msg)
    return path.absolute()


def files_below(folder: Path, *, follow: bool = False) -> Iterator[Path]:
    """Yield the files below *folder*, relative to it, in the order of their names.

    Args:
        folder: Where to look; if it is missing, there are none.
        follow: Whether links count as what they lead to. A link that leads back to a
            folder it lies in is never followed.
    """
    yield from _files_below(folder, Path(), follow=follow, above=frozenset())


def _files_below(
    root: Path, way: Path, *, follow: bool, above: frozenset[tuple[int, int]]
) -> Iterator[Path]:
    """Yield the files below one folder, *above* being the folders around it."""
    try:
        entries = sorted(os.scandir(root / way), key=lambda entry: entry.name)
    except (FileNotFoundError, NotADirectoryError):
        return
    here = (root / way).stat()
    inside = above | {(here.st_dev, here.st_ino)}
    for entry in entries:
        if entry.is_file(follow_symlinks=follow):
            yield way / entry.name
        elif entry.is_dir(follow_symlinks=follow):
            found = entry.stat()
            if (found.st_dev, found.st_ino) not in inside:
                yield from _files_below(
                    root, way / entry.name, follow=follow, above=inside
                )


def _copy_synced(source: Path, target: Path) -> None:
    """Copy one file's bytes and see them onto the disk."""
    shutil.copyfile(source, target, follow_symlinks=False)
    sync_file(target)
