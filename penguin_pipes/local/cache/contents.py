"""What lies at the S3 names of a step's inputs, as parts of its key."""

from __future__ import annotations

import hashlib
import tarfile
import zlib
from typing import TYPE_CHECKING, Final

from penguin_pipes.local.uris import S3Uri

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from penguin_pipes.local.cache.key import Contents
    from penguin_pipes.local.contract.requests import DataInput
    from penguin_pipes.local.digests import Digests
    from penguin_pipes.local.storage import Storage

CODE: Final = "code"
"""The name of the input that is a script, or an archive of scripts."""

ARCHIVE: Final = ".tar.gz"
CHUNK: Final = 1024 * 1024


def contents(
    inputs: Iterable[DataInput], storage: Storage, digests: Digests
) -> Contents:
    """Return the content of every input by its address.

    Raises:
        OSError: If one of them cannot be read.
    """
    found: dict[str, Mapping[str, str]] = {}
    for data in inputs:
        objects = storage.objects(S3Uri.parse(data.uri))
        found[data.address] = (
            dict(_code(objects, digests))
            if data.name == CODE
            else {f"input {data.name}": digests.of_objects(objects)}
        )
    return found


def files_of(inputs: Iterable[DataInput], storage: Storage) -> tuple[Path, ...]:
    """Return the files that every input is in."""
    return tuple(
        path
        for data in inputs
        for path in storage.objects(S3Uri.parse(data.uri)).values()
    )


def _code(objects: Mapping[str, Path], digests: Digests) -> Iterator[tuple[str, str]]:
    """Yield a part for every file of the code, so that a change can be told by name."""
    for name, path in objects.items():
        # The file is read here as well, so that a change of it is seen afterwards.
        whole = digests.of_file(path)
        members = _members(path) if name.endswith(ARCHIVE) else {}
        yield from members.items() or [(f"code {name}", whole)]


def _members(path: Path) -> dict[str, str]:
    """Return the files in an archive; its own bytes depend on who packed it.

    Nothing of an archive that cannot be read: whoever unpacks it tells what is wrong.
    """
    found: dict[str, str] = {}
    try:
        with tarfile.open(path, "r:gz") as archive:
            for member in archive:
                whole = hashlib.sha256(f"{member.type!r}{member.linkname}\0".encode())
                file = archive.extractfile(member) if member.isfile() else None
                while file is not None and (chunk := file.read(CHUNK)):
                    whole.update(chunk)
                found[f"code {member.name}"] = whole.hexdigest()
    except (tarfile.TarError, EOFError, zlib.error, OSError):
        return {}
    return found
