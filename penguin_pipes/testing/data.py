"""Small frames become files, each in a folder that its content names."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any, Final, Protocol, TypeAlias, runtime_checkable

from penguin_pipes.errors import InputError
from penguin_pipes.local.disk import home_errors

NAME: Final = "data.csv"
"""What a frame's file is called, unless somebody says otherwise."""

FORMATS: Final = (".csv", ".parquet")
"""What a frame can be written as."""

FOLDER: Final = "testing"
"""Where files lie in a home."""


@runtime_checkable
class Frame(Protocol):
    """A `pandas.DataFrame`, or what writes itself as one does."""

    def to_csv(self, *, index: bool) -> Any:
        """Return the frame as CSV."""

    def to_parquet(self, path: Any, *, index: bool) -> Any:
        """Write the frame as Parquet."""


Data: TypeAlias = Frame | Path | Mapping[str, Frame | Path | str | bytes]
"""A frame, which becomes ``data.csv`` without its index; a file or folder; or several
files by their names, where text and bytes are what the file holds."""


def laid_out(data: Data, *, home: Path, place: str) -> Path:
    """Return the file or folder that *data* is, having written it into *home*.

    Args:
        data: What is to be read.
        home: The home of the runs.
        place: What to call it in an error.

    Raises:
        InputError: It is nothing that a step could read.
    """
    if isinstance(data, Path):
        if not data.exists():
            here = Path.cwd()
            msg = f"{place}: there is nothing at {data}; paths count from {here}"
            raise InputError(msg)
        return data.absolute()
    if isinstance(data, Mapping):
        files = {
            _file_name(name, place): _content(value, f"{place}[{name!r}]", name)
            for name, value in data.items()
        }
        with home_errors(home):
            return _written(files, home)
    if isinstance(data, (str, bytes)):
        raise _unreadable(data, place)
    content = _content(data, place, NAME)
    with home_errors(home):
        return _written({NAME: content}, home) / NAME


def below(uri: str, path: Path) -> str:
    """Return the S3 name by which a job finds *path*, its input being at *uri*."""
    return f"{uri}/" if path.is_dir() else f"{uri}/{path.name}"


def _file_name(name: str, place: str) -> str:
    way = PurePosixPath(name)
    if not way.name or way.is_absolute() or ".." in way.parts:
        msg = (
            f"{place}: expected the name of a file in the input's folder; got {name!r}"
        )
        raise InputError(msg)
    return str(way)


def _content(value: object, place: str, name: str) -> bytes:
    """Return the bytes of one file."""
    if isinstance(value, (str, bytes)):
        return value.encode() if isinstance(value, str) else value
    if isinstance(value, Path) and value.is_file():
        return value.read_bytes()
    if isinstance(value, Frame):
        return _frame(value, place, name)
    raise _unreadable(value, place)


def _unreadable(value: object, place: str) -> InputError:
    msg = (
        f"{place}: expected a pandas DataFrame, the Path of a file or folder, or "
        f"{{'name.csv': a frame, text, bytes or a file}}; got {value!r:.60}"
    )
    return InputError(msg)


def _frame(frame: Frame, place: str, name: str) -> bytes:
    """Return a frame as its file's name says."""
    match PurePosixPath(name).suffix:
        case ".csv":
            return str(frame.to_csv(index=False)).encode()
        case ".parquet":
            out = io.BytesIO()
            frame.to_parquet(out, index=False)
            return out.getvalue()
        case suffix:
            msg = (
                f"{place}: a frame is written as .csv or .parquet; got {suffix!r}. "
                "Give the file's text or bytes instead"
            )
            raise InputError(msg)


def _written(files: Mapping[str, bytes], home: Path) -> Path:
    """Return the folder that holds exactly these files; another process may make it."""
    digest = hashlib.sha256()
    for name, content in sorted(files.items()):
        digest.update(f"{len(name)} {name} {len(content)} ".encode() + content)
    folder = home.absolute() / FOLDER / digest.hexdigest()[:32]
    if folder.is_dir():
        return folder
    aside = folder.with_name(f".{folder.name}-{os.getpid()}")
    for name, content in files.items():
        (aside / name).parent.mkdir(parents=True, exist_ok=True)
        (aside / name).write_bytes(content)
    try:
        aside.rename(folder)
    except OSError:
        shutil.rmtree(aside)
        if not folder.is_dir():
            raise
    return folder
