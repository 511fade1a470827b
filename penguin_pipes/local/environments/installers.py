"""Choose what installs packages: uv, or pip where only pip was told from where."""

from __future__ import annotations

import configparser
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

SOURCES: Final = ("index-url", "extra-index-url", "find-links", "no-index")
"""Settings of pip that say where packages come from."""

SIGNS: Final = ("error", "no solution found")
"""By what the line is known in which pip, or uv, begins to say what is wrong."""


def uv_of(environment: Mapping[str, str]) -> str | None:
    """Return uv; None if it is not there, or would look in other places than pip.

    As uv reads none of pip's settings, it would ask the public index for a package of
    a private one.

    Args:
        environment: The variables that the installer is told.
    """
    uv = shutil.which("uv", path=environment.get("PATH"))
    if uv is None or _has_own_settings(environment):
        return uv
    return None if any(_told_pip(environment)) else uv


def _has_own_settings(environment: Mapping[str, str]) -> bool:
    """Return whether somebody has told uv where packages come from."""
    home = Path(environment.get("HOME", os.sep))
    folder = Path(environment.get("XDG_CONFIG_HOME") or home / ".config")
    named = any(name.startswith("UV_") for name in environment)
    return named or (folder / "uv" / "uv.toml").is_file()


def _told_pip(environment: Mapping[str, str]) -> Iterator[str]:
    """Yield the settings of pip that say where packages come from."""
    for name in SOURCES:
        variable = f"PIP_{name.upper().replace('-', '_')}"
        if variable in environment:
            yield variable
    named = environment.get("PIP_CONFIG_FILE")
    if named == os.devnull:
        return
    home = Path(environment.get("HOME", os.sep))
    folder = Path(environment.get("XDG_CONFIG_HOME") or home / ".config")
    ordinary = [folder / "pip" / "pip.conf", home / ".pip" / "pip.conf"]
    settings = configparser.RawConfigParser(strict=False)
    try:
        settings.read([named] if named else [Path("/etc/pip.conf"), *ordinary])
    except (configparser.Error, UnicodeDecodeError):
        return  # pip itself refuses it
    for section in settings.sections():
        yield from (name for name in SOURCES if settings.has_option(section, name))


def last_words(lines: Sequence[str]) -> str:
    """Return what an installer said, from the line on that tells of an error."""
    told = (
        number
        for number, line in enumerate(lines)
        if any(sign in line.lower() for sign in SIGNS)
    )
    return "\n ".join(line.strip() for line in lines[next(told, -1) :])
