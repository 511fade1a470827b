"""Scripts and data on disk become content-addressed objects; nothing is uploaded here.

The address is a digest of names and bytes, never of a compressed archive: the same
content has the same URI with every version of zlib, on every computer, and so the
service's step cache, which compares URIs, hits.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import tarfile
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from attrs import field, frozen

from penguin_pipes.errors import BundleError

if TYPE_CHECKING:
    from collections.abc import Iterator

ARCHIVE = "sourcedir.tar.gz"
IGNORED = (
    *("__pycache__", "*.pyc", "*.pyo", "*.egg-info", ".DS_Store"),
    *(".git", ".hg", ".venv", ".nox", ".tox", ".ipynb_checkpoints"),
    *(".mypy_cache", ".pytest_cache", ".ruff_cache"),
)
"""Names of files and folders that never travel."""


@frozen(kw_only=True)
class Bundle:
    """Files that travel together, and the digest of their names and bytes.

    Attributes:
        members: Name inside the bundle → file on disk, sorted by name.
        digest: SHA-256 over names, sizes and bytes, in hexadecimal.
        name: What the object is called in S3.
    """

    name: str
    digest: str
    members: tuple[tuple[str, Path], ...] = field(repr=False)

    def key(self, folder: str) -> str:
        """Return the object's key below *folder*: ``code/<digest>/<name>``."""
        return f"{folder}/{self.digest}/{self.name}"

    def write(self, folder: Path) -> Path:
        """Return the file to upload; an archive is written into *folder* first.

        Args:
            folder: Where an archive may be kept for as long as it is needed.
        """
        if self.name != ARCHIVE:
            return self.members[0][1]
        target = folder / self.digest / ARCHIVE
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            aside = target.with_suffix(f".{os.getpid()}")
            aside.write_bytes(_archive(self.members))
            aside.replace(target)
        return target


def bundle_file(path: Path, *, what: str) -> Bundle:
    """Return a bundle of the one file at *path*, uploaded as it is.

    Args:
        path: A script or a dataset.
        what: What to call it in an error, e.g. ``ProcessingConfig.script``.

    Raises:
        BundleError: There is no such file, or it cannot be read.
    """
    if not path.is_file():
        kind = "a folder" if path.is_dir() else "nothing"
        msg = f"{what}: expected a file at {path}, found {kind} there"
        raise BundleError(msg)
    members = ((path.name, path),)
    return Bundle(name=path.name, digest=_digest(members, what), members=members)


def bundle_source(
    source: Path, entry_point: str | None, *, ignore: tuple[str, ...] = ()
) -> tuple[Bundle, str]:
    """Return an archive of *source* and the entry point as the toolkit wants it.

    Args:
        source: A script, or a folder with everything that the script needs.
        entry_point: The script, relative to the folder; None for a lone script.
        ignore: Patterns of names, or of paths in the folder, that do not travel;
            caches, bytecode and the like never do.

    Raises:
        BundleError: The entry point is missing or outside of the folder, a link
            leads out of it, or a file cannot be read.
    """
    what = "TrainingConfig.source"
    if source.is_file():
        if entry_point not in (None, source.name):
            msg = (
                f"TrainingConfig.entry_point: {what} is the single file {source}, so "
                f"there is no {entry_point!r} in it; give the folder as the source"
            )
            raise BundleError(msg)
        members: tuple[tuple[str, Path], ...] = ((source.name, source),)
        name = source.name
    else:
        members = tuple(_walk(source, what, ignore))
        name = _entry_point(entry_point, source, {member for member, _ in members})
    digest = _digest(members, what)
    return Bundle(name=ARCHIVE, digest=digest, members=members), name


def _entry_point(entry_point: str | None, source: Path, names: set[str]) -> str:
    scripts = sorted(name for name in names if name.endswith((".py", ".sh")))
    found = ", ".join(scripts[:10]) or "no script at all"
    if entry_point is None:
        msg = (
            f"TrainingConfig.entry_point: {source} is a folder; name the script in it "
            f"that runs (there is {found})"
        )
        raise BundleError(msg)
    name = PurePosixPath(entry_point).as_posix()
    if name not in names:
        msg = (
            f"TrainingConfig.entry_point: expected a file inside {source}; got "
            f"{entry_point!r} (there is {found})"
        )
        raise BundleError(msg)
    return name


def _walk(
    folder: Path, what: str, ignore: tuple[str, ...]
) -> Iterator[tuple[str, Path]]:
    """Yield the files of *folder*, sorted by name, but for those to be ignored."""
    if not folder.is_dir():
        msg = f"{what}: expected a script or a folder at {folder}, found nothing there"
        raise BundleError(msg)
    root = folder.resolve()
    found = []
    for place, folders, files in os.walk(folder, followlinks=True):
        here = Path(place).relative_to(folder)
        folders[:] = [each for each in folders if not _is_ignored(here / each, ignore)]
        kept = [each for each in files if not _is_ignored(here / each, ignore)]
        for name in (*folders, *kept):
            path = folder / here / name
            if path.is_symlink():
                _refuse_way_out(path, root, folder, what)
        found += [
            ((here / name).as_posix(), folder / here / name)
            for name in kept
            if (folder / here / name).is_file()
        ]
    yield from sorted(found)


def _is_ignored(path: Path, ignore: tuple[str, ...]) -> bool:
    """Return whether a file or folder, by its name or its path, stays at home."""
    return any(
        fnmatchcase(path.name, pattern) or fnmatchcase(path.as_posix(), pattern)
        for pattern in (*IGNORED, *ignore)
    )


def _refuse_way_out(link: Path, root: Path, folder: Path, what: str) -> None:
    """Raise if a link leads out of the folder, or to a folder that it lies in."""
    target = link.resolve()
    if not target.is_relative_to(root):
        msg = (
            f"{what}: the link {link} leads to {target}, outside of {folder}; copy "
            "what it leads to into the folder, or name the link in ignore"
        )
        raise BundleError(msg)
    if link.parent.resolve().is_relative_to(target):
        msg = (
            f"{what}: the link {link} leads to {target}, a folder that it lies in, and "
            "so on without an end; take it away, or name it in ignore"
        )
        raise BundleError(msg)


def _digest(members: tuple[tuple[str, Path], ...], what: str) -> str:
    """Return the digest of names, sizes and bytes; sizes keep files apart."""
    digest = hashlib.sha256()
    for name, path in members:
        try:
            with path.open("rb") as stream:
                size = os.fstat(stream.fileno()).st_size
                digest.update(f"{len(name.encode())}:{name}:{size}:".encode())
                for chunk in iter(partial(stream.read, 1 << 20), b""):
                    digest.update(chunk)
        except OSError as error:
            msg = f"{what}: {path} cannot be read ({error.strerror}); mend its rights"
            raise BundleError(msg) from error
    return digest.hexdigest()


def _archive(members: tuple[tuple[str, Path], ...]) -> bytes:
    """Return a tar.gz without times, owners or rights: content and nothing else."""
    buffer = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=buffer, mode="wb", filename="", mtime=0) as stream,
        tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for name, path in members:
            content = path.read_bytes()
            info = tarfile.TarInfo(name)
            info.size = len(content)
            info.mode = 0o644
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()
