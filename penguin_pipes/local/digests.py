"""Digests of what files hold; those of big files are computed once and remembered.

A remembered digest holds for as long as the file has the size, times and inode that
it had. A file that was written just before it was read is not believed: within one
tick of the clock it could be written again and look the same.
"""

from __future__ import annotations

import hashlib
import time
from typing import TYPE_CHECKING, Final

import attrs

from penguin_pipes.local.storage import files_below

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from penguin_pipes.local.database import Database

REMEMBERED: Final = 256 * 1024
"""From this size on, reading a file takes longer than looking its digest up."""

SETTLED_NS: Final = 2_000_000_000
"""How old a file must be when it is read: the coarsest clock of a file system, FAT's,
ticks every two seconds."""


@attrs.frozen(kw_only=True)
class Seen:
    """A file as it was when it was read.

    Attributes:
        identity: Its size, times, inode and device, as one text.
        at_ns: When that was, by the clock that dates files.
        sha256: The digest of its bytes.
        is_settled: Whether the file had been left alone for long enough.
    """

    identity: str
    at_ns: int
    sha256: str
    is_settled: bool


class Digests:
    """Computes digests, and remembers those of big files.

    Args:
        database: Where they are remembered; without one, nowhere.
        clock_ns: Tells the time, in nanoseconds since the epoch.
    """

    def __init__(
        self,
        database: Database | None = None,
        *,
        clock_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self._database = database
        self._clock_ns = clock_ns
        self._seen: dict[Path, Seen] = {}

    def of(self, path: Path) -> str:
        """Return the SHA-256 of a file's bytes, or of a folder's names and bytes."""
        if not path.is_dir():
            return self.of_file(path)
        inner = {way.as_posix(): path / way for way in files_below(path, follow=True)}
        return self.of_objects(inner)

    def of_objects(self, objects: Mapping[str, Path]) -> str:
        """Return the SHA-256 of the names and bytes of many files."""
        return _of_all({name: self.of_file(path) for name, path in objects.items()})

    def of_file(self, path: Path) -> str:
        """Return the SHA-256 of a file's bytes."""
        status = path.stat()
        known = self._known(path, status)
        if known is not None:
            return known.sha256
        at_ns = self._clock_ns()
        seen = Seen(
            identity=_identity(status),
            at_ns=at_ns,
            sha256=_sha256(path),
            is_settled=_is_settled(status, at_ns),
        )
        self._seen[path] = seen
        if self._database is not None and status.st_size >= REMEMBERED:
            self._database.write(
                "INSERT OR REPLACE INTO digests VALUES (?, ?, ?, ?)",
                *(str(path.absolute()), seen.identity, seen.at_ns, seen.sha256),
            )
        return seen.sha256

    def hold(self, paths: Iterable[Path]) -> bool:
        """Return whether the files still hold what was read of them here."""
        return all(self._holds(path) for path in paths)

    def _holds(self, path: Path) -> bool:
        """Return whether one file is as it was read."""
        seen = self._seen.get(path)
        try:
            if seen is None or seen.identity != _identity(path.stat()):
                return False
            return seen.is_settled or _sha256(path) == seen.sha256
        except OSError:
            return False

    def _known(self, path: Path, status: os.stat_result) -> Seen | None:
        """Return what was read of a file before, if it is still what it holds."""
        seen = self._seen.get(path) or self._remembered(path, status)
        if seen is None or not seen.is_settled or seen.identity != _identity(status):
            return None
        self._seen[path] = seen
        return seen

    def _remembered(self, path: Path, status: os.stat_result) -> Seen | None:
        """Return what the database knows of a file."""
        if self._database is None or status.st_size < REMEMBERED:
            return None
        query = "SELECT * FROM digests WHERE path = ?"
        for row in self._database.rows(query, str(path.absolute())):
            return Seen(
                identity=row["identity"],
                at_ns=row["seen_ns"],
                sha256=row["sha256"],
                is_settled=_is_settled(status, row["seen_ns"]),
            )
        return None


def of_contents(contents: Mapping[str, bytes]) -> str:
    """Return the digest of a folder whose files, by their names, hold *contents*."""
    return _of_all(
        {n: hashlib.sha256(data).hexdigest() for n, data in contents.items()}
    )


def _of_all(digests: Mapping[str, str]) -> str:
    """Return the digest of many files, each given by its name and its own digest."""
    whole = hashlib.sha256()
    for name, digest in sorted(digests.items()):
        whole.update(f"{name}\0{digest}\n".encode())
    return whole.hexdigest()


def _identity(status: os.stat_result) -> str:
    """Return what changes of a file when its bytes do."""
    facts = (
        status.st_size,
        status.st_mtime_ns,
        status.st_ctime_ns,
        status.st_ino,
        status.st_dev,
    )
    return ":".join(map(str, facts))


def _is_settled(status: os.stat_result, at_ns: int) -> bool:
    """Return whether a file had been left alone when it was read."""
    return at_ns - max(status.st_mtime_ns, status.st_ctime_ns) > SETTLED_NS


def _sha256(path: Path) -> str:
    """Return the SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
