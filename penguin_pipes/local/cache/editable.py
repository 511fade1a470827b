"""What an editable install holds now, which its version does not tell.

Somebody who works on a library of their own installs it with ``pip install -e`` and
changes it without changing its version. Its code is then part of what jobs run.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

RECORD: Final = "direct_url.json"
"""Where an installer says what a package was installed from: PEP 610."""

CODE: Final = (".py", ".so")
ENVIRONMENT: Final = "pyvenv.cfg"
"""Marks a folder that holds an environment, and no code of the project's own."""

SKIPPED: Final = frozenset({"__pycache__", "node_modules"})


def source_of(info: Path) -> Path | None:
    """Return the project that a package is an editable install of.

    Args:
        info: The package's ``.dist-info``.

    Returns:
        None if it is an ordinary install.
    """
    try:
        record = json.loads((info / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if not record.get("dir_info", {}).get("editable"):
        return None
    return Path(unquote(urlsplit(record["url"]).path))


def digest_of_code(project: Path) -> str:
    """Return the SHA-256 of the names and bytes of a project's code."""
    whole = hashlib.sha256()
    for path in _code(project):
        name = path.relative_to(project).as_posix()
        try:
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
        except OSError:
            continue  # a file that is gone again, or that no job can read either
        whole.update(f"{name}\0{digest}\n".encode())
    return whole.hexdigest()


def _code(project: Path) -> Iterator[Path]:
    """Yield a project's files of code in an order that does not change."""
    for folder, folders, files in os.walk(project):
        if ENVIRONMENT in files:
            folders.clear()
            continue
        folders[:] = sorted(
            name for name in folders if name not in SKIPPED and name[0] != "."
        )
        yield from (Path(folder, name) for name in sorted(files) if name.endswith(CODE))
