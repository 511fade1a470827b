"""Pack what a job left into archives that depend on names and bytes alone."""

from __future__ import annotations

import gzip
import tarfile
from typing import TYPE_CHECKING

from penguin_pipes.local.storage import files_below

if TYPE_CHECKING:
    from pathlib import Path


def pack(folder: Path, archive: Path, *extra: Path) -> None:
    """Write the files below *folder*, and each *extra* one, as a ``.tar.gz``.

    Names are sorted, times are zero and owners nobody, so that the same model packed
    twice is the same bytes. Links and empty folders are left out, as in S3.
    """
    with (
        archive.open("wb") as raw,
        gzip.GzipFile("", "wb", compresslevel=6, fileobj=raw, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w|", format=tarfile.PAX_FORMAT) as tar,
    ):
        for way in files_below(folder):
            _add(tar, folder / way, way.as_posix())
        for path in extra:
            _add(tar, path, path.name)


def _add(tar: tarfile.TarFile, path: Path, name: str) -> None:
    """Add one file under *name*."""
    member = tarfile.TarInfo(name)
    member.size = path.stat().st_size
    member.mode = 0o644
    with path.open("rb") as file:
        tar.addfile(member, file)
