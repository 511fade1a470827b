"""Know a Python that jobs run with: its version, and where its packages lie."""

from __future__ import annotations

import json
import platform
import site
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import attrs

from penguin_pipes.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

OLDEST: Final = (3, 10)
"""The oldest Python of an image whose scripts are ours."""

PATIENCE_S: Final = 60

QUESTION: Final = """
import json, platform, site, sys
user = [site.getusersitepackages()] if site.ENABLE_USER_SITE else []
print(json.dumps({
    "version": list(sys.version_info[:2]),
    "name": platform.python_implementation() + " " + platform.python_version(),
    "sites": site.getsitepackages() + user,
    "path": [entry for entry in sys.path if entry],
}))
"""


@attrs.frozen(kw_only=True)
class Interpreter:
    """A Python.

    Attributes:
        executable: What starts it.
        name: Its implementation and version, e.g. ``CPython 3.12.11``.
        sites: The folders that installers put its packages into.
        path: Where it looks for modules.
    """

    executable: str
    name: str
    sites: tuple[str, ...]
    path: tuple[str, ...]


def here() -> Interpreter:
    """Return the Python that runs this."""
    user = [site.getusersitepackages()] if site.ENABLE_USER_SITE else []
    return Interpreter(
        executable=sys.executable,
        name=f"{platform.python_implementation()} {platform.python_version()}",
        sites=(*site.getsitepackages(), *user),
        path=tuple(sys.path),
    )


def ask(
    python: str | Path, environment: Mapping[str, str], *, what: str
) -> Interpreter:
    """Return what a Python says of itself.

    Args:
        python: What starts it.
        environment: The variables that its jobs are to see.
        what: Who named it, for an error: ``--python`` or a field of the config.

    Raises:
        InputError: It is no Python that can run jobs.
    """
    # Not resolved: it is by the link in its folder that an environment knows itself.
    path = Path(python).expanduser().absolute()
    if path.is_dir():
        hint = _inside(path)
        msg = f"{what}: {path} is a folder; name the interpreter in it{hint}"
        raise InputError(msg)
    if not path.is_file():
        msg = f"{what}: there is no {path}; name a Python's interpreter"
        raise InputError(msg)
    try:
        answer = subprocess.run(
            [path, "-c", QUESTION],
            env=dict(environment),
            capture_output=True,
            text=True,
            check=True,
            timeout=PATIENCE_S,
        ).stdout
        said = json.loads(answer)
        version, name = tuple(said["version"]), said["name"]
        sites, entries = tuple(said["sites"]), tuple(said["path"])
    except (OSError, subprocess.SubprocessError, ValueError, KeyError) as error:
        msg = f"{what}: {path} does not run as a Python ({_reason(error)})"
        raise InputError(msg) from None
    if version < OLDEST:
        msg = f"{what}: {path} is {name}; jobs need Python 3.10 or newer"
        raise InputError(msg)
    return Interpreter(executable=str(path), name=name, sites=sites, path=entries)


def _inside(folder: Path) -> str:
    """Return the interpreter of an environment, as a hint."""
    found = folder / "bin" / "python"
    return f": {found}" if found.is_file() else ""


def _reason(error: Exception) -> str:
    """Return what went wrong, in a few words."""
    if isinstance(error, subprocess.CalledProcessError):
        last = (error.stderr.strip().splitlines() or ["it said nothing"])[-1]
        return f"exit code {error.returncode}: {last}"
    if isinstance(error, OSError):
        return error.strerror or str(error)
    if isinstance(error, subprocess.TimeoutExpired):
        return f"no answer in {PATIENCE_S} s"
    return "it answers as no Python does"
