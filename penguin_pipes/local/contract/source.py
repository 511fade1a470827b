"""The archive that holds a training script: look inside, then unpack it safely."""

from __future__ import annotations

import contextlib
import shutil
import tarfile
import zlib
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

from penguin_pipes.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SETUP: Final = PurePosixPath("setup.py")
HAS_FILTERS: Final = hasattr(tarfile, "data_filter")
"""Whether Python checks members itself: from 3.11.4 on. Debian 12 has 3.11.2."""


def inspect(archive: Path, program: str | None) -> None:
    """Raise unless *archive* can be unpacked and holds *program*.

    Args:
        archive: What to look into.
        program: The script; None where the toolkit of an image is going to look for
            it.

    Raises:
        InputError: With what is wrong, and the way out.
    """
    with _opened(archive) as tar:
        names = set()
        members = tar.getmembers()
        links = {PurePosixPath(each.name) for each in members if each.issym()}
        for member in members:
            _refuse_escape(member, archive)
            _refuse_detour(member, links, archive)
            names.add(PurePosixPath(member.name))
    # A module that is started by its name may be anywhere in what is installed.
    is_package = SETUP in names and program is not None and program[-3:] != ".sh"
    if program is not None and not is_package:
        _refuse_program(archive, program, names)


def _refuse_program(archive: Path, program: str, names: set[PurePosixPath]) -> None:
    """Raise unless the script is there."""
    if PurePosixPath(program) not in names:
        there = ", ".join(sorted(map(str, names))) or "nothing"
        msg = f"{archive}: there is no {program} in the archive; it holds: {there}"
        raise InputError(msg)


def read(archive: Path, wants: Callable[[str], bool]) -> dict[str, bytes]:
    """Return those files in *archive* whose paths are wanted.

    Raises:
        InputError: It is no archive.
    """
    with _opened(archive) as tar:
        found = {}
        for member in tar:
            name = PurePosixPath(member.name).as_posix()
            file = tar.extractfile(member) if wants(name) else None
            if file is not None:
                found[name] = file.read()
        return found


def unpack(archive: Path, target: Path, program: str | None) -> None:
    """Unpack *archive* into *target*; nothing of it gets outside.

    Raises:
        InputError: As `inspect` does, before a single file is written.
    """
    inspect(archive, program)
    target.mkdir(parents=True, exist_ok=True)
    with _opened(archive) as tar:
        _extract(tar, target)
    if program is not None:
        _make_startable(target, program)


def place(source: Path, target: Path, program: str) -> None:
    """Bring the code at *source*, a folder or an archive, into *target*.

    Raises:
        InputError: If the script is not there.
    """
    if source.is_file():
        unpack(source, target, program)
        return
    is_package = (source / SETUP).is_file() and not program.endswith(".sh")
    if not (is_package or (source / program).is_file()):
        msg = f"{source}: there is no {program} in this folder"
        raise InputError(msg)
    shutil.copytree(source, target, dirs_exist_ok=True)
    _make_startable(target, program)


def _make_startable(target: Path, program: str) -> None:
    """Let a script that is no Python be started as a command, as the toolkit does."""
    if not program.endswith(".py") and (target / program).is_file():
        (target / program).chmod(0o755)


def _extract(tar: tarfile.TarFile, target: Path) -> None:
    """Extract members that `_refuse_escape` has let pass, one by one."""
    if HAS_FILTERS:
        tar.extractall(target, filter="data")
        return
    for member in tar:
        member.mode = 0o755 if member.isdir() else 0o644
        tar.extract(member, target, set_attrs=False)


def _refuse_escape(member: tarfile.TarInfo, archive: Path) -> None:
    """Raise if a member, or what it links to, would lie outside the code folder."""
    name = PurePosixPath(member.name)
    reason = None
    if name.is_absolute() or ".." in name.parts:
        reason = "its name leads there"
    elif HAS_FILTERS:
        try:
            tarfile.data_filter(member, str(archive.with_name("code")))
        except tarfile.FilterError as error:
            reason = str(error)
    elif not (member.isfile() or member.isdir()):
        reason = "it is a link or a device, which this old Python cannot check"
    if reason is not None:
        msg = (
            f"{archive}: {member.name!r} would leave the code folder ({reason}); "
            "pack plain files and folders"
        )
        raise InputError(msg)


def _refuse_detour(
    member: tarfile.TarInfo, links: set[PurePosixPath], archive: Path
) -> None:
    """Raise if the way to a member, or to what it links to, leads through a link.

    Each link by itself may stay inside, and yet one through another get outside.
    """
    name = PurePosixPath(member.name)
    ways = [*name.parents]
    if member.issym():
        ways += _steps(name.parent, PurePosixPath(member.linkname).parts[:-1])
    elif member.islnk():
        # A second name of a link, in another folder, would lead elsewhere.
        ways += _steps(PurePosixPath(), PurePosixPath(member.linkname).parts)
    if not links.isdisjoint(ways):
        msg = (
            f"{archive}: {member.name!r} would leave the code folder, or might: its "
            "way leads through a link; pack plain files and folders"
        )
        raise InputError(msg)


def _steps(start: PurePosixPath, parts: tuple[str, ...]) -> Iterator[PurePosixPath]:
    """Yield where one comes by, going from *start* by *parts*."""
    here = start
    for part in parts:
        here = here.parent if part == ".." else here / part
        yield here


@contextlib.contextmanager
def _opened(archive: Path) -> Iterator[tarfile.TarFile]:
    """Open a gzipped archive, and say so plainly if it is none."""
    try:
        with tarfile.open(archive, "r:gz") as tar:
            yield tar
    except (tarfile.ReadError, EOFError, zlib.error, OSError) as error:
        msg = f"{archive} is no gzipped tar archive ({error})"
        raise InputError(msg) from None
