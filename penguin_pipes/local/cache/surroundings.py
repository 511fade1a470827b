"""What stands for a job's image on this computer: an interpreter and its packages.

With the same script and data, another version of a library may make another model, as
another image may; so these are part of every key. Of a job that runs in its image, that
image's content is.
"""

from __future__ import annotations

import platform
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from penguin_pipes.local.cache.editable import digest_of_code, source_of
from penguin_pipes.local.contract.requests import images_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from penguin_pipes.definition import Node
    from penguin_pipes.local.backends import Images

BACKEND: Final = "backend"
PROCESS: Final = "process"
"""The backend of surroundings that name none."""

DOCKER: Final = "docker"

INFO: Final = (".dist-info", ".egg-info")
OURS: Final = "penguin-pipes"
"""Runs the jobs, and is imported by none."""


def surroundings(
    path: Iterable[str] | None = None, *, python: str | None = None
) -> dict[str, str]:
    """Return the versions of an interpreter and of every package it can import.

    The names of folders say them, so that nothing has to be opened but the code of
    editable installs, which changes while its version does not. The first of two
    packages of one name is the one that is imported.

    Args:
        path: Where packages lie; by default where this process looks for them.
        python: The interpreter's name and version; this one's if None.
    """
    own = f"{platform.python_implementation()} {platform.python_version()}"
    found = {
        "python": own if python is None else python,
        "machine": f"{sys.platform} {platform.machine()}",
    }
    packages = packages_of(sys.path if path is None else path)
    return found | {f"package {name}": version for name, version in packages}


def packages_of(path: Iterable[str]) -> list[tuple[str, str]]:
    """Return the names and versions of the packages on a path, sorted."""
    packages: dict[str, str] = {}
    for folder in map(Path, path):
        for name, version in _packages(folder):
            packages.setdefault(name, version)
    return sorted(packages.items())


def in_images(request: Node, images: Images) -> dict[str, str]:
    """Return what the images of a request are: their own content, not their names.

    Args:
        request: A job's, resolved.
        images: Knows them.
    """
    named = dict.fromkeys(images_of(request.value))
    return {BACKEND: DOCKER, **{f"image {uri}": images.identity(uri) for uri in named}}


def _packages(folder: Path) -> list[tuple[str, str]]:
    """Return the packages in one folder of the path; most hold none."""
    try:
        names = sorted(entry.name for entry in folder.iterdir())
    except OSError:
        return []
    found = []
    for name in names:
        stem = next((name.removesuffix(i) for i in INFO if name.endswith(i)), "")
        project, _, version = stem.partition("-")
        if version:
            project = project.lower().replace("_", "-")
            source = None if project == OURS else source_of(folder / name)
            if source is not None:
                version += f", editable, with the code {digest_of_code(source)[:12]}"
            found.append((project, version))
    return found
