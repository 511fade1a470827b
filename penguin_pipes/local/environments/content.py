"""What the code of a job asks to have installed, and what that depends on.

As AWS's training toolkit has it: a ``setup.py`` at the root makes the code a package,
which is installed and started as a module; a ``requirements.txt`` beside it, or beside
a plain Python script, is installed too. Nothing is installed for a shell script.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Final

import attrs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

REQUIREMENTS: Final = "requirements.txt"
SETUP: Final = "setup.py"
PYPROJECT: Final = "pyproject.toml"

PLAIN: Final = re.compile(
    r"[A-Za-z0-9][\w.-]*(\[[\w ,.-]*\])?\s*(\(?[<>=!~][^/\\@]*)?(;[^/\\@]*)?"
)
"""A requirement that an index answers: it leads to no file."""


@attrs.frozen(kw_only=True)
class Wanted:
    """What is to be installed.

    Attributes:
        has_requirements: Whether there is a list of requirements.
        is_package: Whether the code is a package, which is installed itself.
        digest: Of all that it depends on, but for the interpreter.
    """

    has_requirements: bool
    is_package: bool
    digest: str
    is_bare: bool = attrs.field(default=False, init=False)

    @property
    def words(self) -> tuple[str, ...]:
        """What an installer is told, in the folder of the code."""
        package = ("." if self.is_package else "",)
        listed = ("-r", REQUIREMENTS) if self.has_requirements else ()
        return (*filter(None, package), *listed)


def wanted_by(
    program: str, names: Iterable[str], read: Callable[[str], bytes]
) -> Wanted | None:
    """Return what is to be installed before *program* starts; None if nothing is.

    Args:
        program: The script.
        names: The files of its folder, by their paths in there.
        read: Returns what a file holds.
    """
    files = sorted(names)
    if program.endswith(".sh"):
        return None
    is_package = SETUP in files
    listed = is_package or program.endswith(".py")
    lines = _lines(read(REQUIREMENTS)) if listed and REQUIREMENTS in files else []
    if not (is_package or lines):
        return None
    known = hashlib.sha256()
    for line in lines:
        known.update(f"{line}\n".encode())
    odd = [line for line in lines if not PLAIN.fullmatch(line)]
    if is_package or odd:
        # What a list leads to may be any of the files; so may what a package is of.
        for name in files:
            digest = hashlib.sha256(read(name)).hexdigest()
            known.update(f"{name}\0{digest}\n".encode())
    for fact in _elsewhere(odd):
        known.update(f"{fact}\n".encode())
    return Wanted(
        has_requirements=bool(lines), is_package=is_package, digest=known.hexdigest()
    )


def ignored_project(names: Iterable[str], read: Callable[[str], bytes]) -> bool:
    """Return whether there is a project that the toolkit would not install."""
    files = {*names}
    if PYPROJECT not in files or SETUP in files:
        return False
    try:
        project = tomllib.loads(read(PYPROJECT).decode())
    except ValueError:
        return False
    return not {"project", "build-system"}.isdisjoint(project)


def _lines(text: bytes) -> list[str]:
    """Return the lines of a list that say anything."""
    joined = re.sub(r"\\\r?\n", " ", text.decode("utf-8-sig", errors="replace"))
    stripped = (re.sub(r"(^|\s)#.*", "", line).strip() for line in joined.splitlines())
    return [line for line in stripped if line]


def _elsewhere(lines: Iterable[str]) -> Iterator[str]:
    """Yield what is known of files outside of the code that are named."""
    for line in lines:
        for word in re.split(r"[\s=]+", line):
            path = Path(re.sub(r"^file:(//)?", "", word).partition("#")[0])
            if path.is_absolute():
                yield from _known_of(path)


def _known_of(path: Path) -> Iterator[str]:
    """Yield what tells a file, or those in a folder, from others."""
    try:
        if path.is_file():
            yield f"{path} {hashlib.sha256(path.read_bytes()).hexdigest()}"
        elif path.is_dir():
            for entry in sorted(path.iterdir()):
                state = entry.stat()
                yield f"{entry} {state.st_size} {state.st_mtime_ns}"
    except OSError:
        return  # the installer says best what is wrong with it
