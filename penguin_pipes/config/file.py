"""The config read from pipeline.toml, or from a section of pyproject.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from penguin_pipes.config import kinds, toml
from penguin_pipes.config.settings import Layers
from penguin_pipes.config.tree import Source
from penguin_pipes.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

OWN_FILE: Final = "pipeline.toml"
SHARED_FILE: Final = "pyproject.toml"
SECTION: Final = ("tool", "penguin_pipes")
ENVIRONMENTS: Final = "env"


def find_config(folder: Path) -> Path | None:
    """Return the config in *folder*: pipeline.toml, or else pyproject.toml.

    The latter only if it has a table ``[tool.penguin_pipes]``. No folder above is
    looked into: what is deployed should not depend on what lies around.

    Raises:
        ConfigError: There is a pyproject.toml that cannot be read.
    """
    own, shared = folder / OWN_FILE, folder / SHARED_FILE
    if own.is_file():
        return own
    has_section = shared.is_file() and _section(_parse(shared)) is not None
    return shared if has_section else None


def read_layers(source: Path | None, *, env: str | None = None) -> Layers:
    """Return what the file says, with the section ``[env.NAME]`` over the rest.

    Relative paths in it start from its folder.

    Args:
        source: A file of one's own, or a pyproject.toml; None for no file.
        env: The environment's name; None for none.

    Raises:
        ConfigError: The file cannot be read, is no TOML, or has no such section.
    """
    if source is None:
        if env is not None:
            msg = (
                f"--env {env}: there is no file that could have a section [env.{env}]; "
                f"write a {OWN_FILE}, or name another file with --config"
            )
            raise ConfigError(msg)
        return Layers()
    name = str(source)
    table = dict(_read(source))
    sections = table.pop(ENVIRONMENTS, {})
    parts: list[tuple[Mapping[str, Any], Source]] = [
        (table, Source(name, source.parent))
    ]
    if env is not None:
        section = _environment(name, sections, env)
        title = f"{name} [{ENVIRONMENTS}.{toml.key(env)}]"
        parts.append((section, Source(title, source.parent)))
    return Layers(parts=tuple(parts))


def _read(source: Path) -> Mapping[str, Any]:
    """Return the table that holds the config."""
    document = _parse(source)
    if source.name != SHARED_FILE:
        return document
    section = _section(document)
    if section is None:
        msg = (
            f"{source}: there is no table [{'.'.join(SECTION)}] in it; add one, or "
            "name another file with --config"
        )
        raise ConfigError(msg)
    return section


def _section(document: Mapping[str, Any]) -> Mapping[str, Any] | None:
    found: Any = document
    for name in SECTION:
        found = found.get(name) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else None


def _parse(source: Path) -> dict[str, Any]:
    """Return the document in *source*."""
    try:
        text = source.read_bytes().decode()
    except (OSError, UnicodeDecodeError) as error:
        detail = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        msg = f"{source}: expected a TOML file that can be read; {detail}"
        raise ConfigError(msg) from None
    try:
        return tomllib.loads(text)
    except ValueError as error:  # a syntax error, or a number of endless digits
        lines = len(text.splitlines())
        where = str(error).replace("at end of document", f"at line {lines}, its end")
        msg = f"{source}: no TOML: {where}"
        raise ConfigError(msg) from None


def _environment(source: str, sections: Any, env: str) -> Mapping[str, Any]:
    """Return the section of one environment."""
    known = list(sections) if isinstance(sections, Mapping) else []
    section = sections.get(env) if isinstance(sections, Mapping) else None
    if not isinstance(section, Mapping):
        there = ", ".join(f"[env.{toml.key(name)}]" for name in known) or "none"
        close = kinds.close(env, known)
        meant = f"did you mean {close!r}? " if close else ""
        msg = f"{source}: there is no section [env.{env}]; {meant}There are: {there}"
        raise ConfigError(msg)
    if ENVIRONMENTS in section:
        msg = (
            f"{source} [env.{toml.key(env)}]: env: an environment has none of its own; "
            "move it out"
        )
        raise ConfigError(msg)
    return section
