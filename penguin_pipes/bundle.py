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
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from attrs import field, frozen

from penguin_pipes.errors import BundleError

if TYPE_CHECKING:
    from collections.abc import Iterator

ARCHIVE = "sourcedir.tar.gz"
IGNORED_FOLDERS = frozenset(
    {"__pycache__", ".git", ".hg", ".venv", ".ipynb_checkpoints", ".mypy_cache"}
    | {".pytest_cache", ".ruff_cache"}
)
IGNORED_FILES = frozenset({".DS_Store"})
IGNORED_SUFFIXES = frozenset({".pyc", ".pyo"})


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


def bundle_source(source: Path, entry_point: str | None) -> tuple[Bundle, str]:
    """Return an archive of *source* and the entry point as the toolkit wants it.

    Args:
        source: A script, or a folder with everything that the script needs.
        entry_point: The script, relative to the folder; None for a lone script.

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
        members = tuple(_walk(source, what))
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


def _walk(folder: Path, what: str) -> Iterator[tuple[str, Path]]:
    """Yield the files of *folder*, sorted by name, without caches and bytecode."""
    if not folder.is_dir():
        msg = f"{what}: expected a script or a folder at {folder}, found nothing there"
        raise BundleError(msg)
    found = []
    for path in folder.rglob("*"):
        relative = path.relative_to(folder)
        if IGNORED_FOLDERS.intersection(relative.parts) or not path.is_file():
            continue
        if path.name in IGNORED_FILES or path.suffix in IGNORED_SUFFIXES:
            continue
        if not path.resolve().is_relative_to(folder.resolve()):
            msg = (
                f"{what}: the link {path} leads to {path.resolve()}, outside of "
                f"{folder}; copy the file into the folder"
            )
            raise BundleError(msg)
        found.append((relative.as_posix(), path))
    yield from sorted(found)


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
