"""Find a Python of a version on this computer; none is fetched."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from penguin_pipes.errors import InputError
from penguin_pipes.local.environments.installers import uv_of
from penguin_pipes.local.environments.interpreter import Interpreter, ask

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

QUIETLY: Final = ("--no-python-downloads", "--no-project", "--no-config")


def of_version(
    version: str, variables: Mapping[str, str], *, lent: Mapping[str, str]
) -> Interpreter | None:
    """Return a Python of a version, such as ``3.12``; None if there is none.

    Args:
        version: Its version, without the last number.
        variables: The variables that its jobs are to see.
        lent: All variables of this computer.
    """
    for python in _candidates(version, variables, lent):
        try:
            found = ask(python, variables, what="parity")
        except InputError:
            continue  # the shim of a version manager that has not got it, say
        if found.name.split()[-1].startswith(f"{version}."):
            return found
    return None


def _candidates(
    version: str, variables: Mapping[str, str], lent: Mapping[str, str]
) -> Iterator[str | Path]:
    """Yield what may be one: this one, those on the path, pyenv's, uv's."""
    if sys.version.startswith(f"{version}."):
        yield sys.executable
    for folder in variables.get("PATH", os.defpath).split(os.pathsep):
        found = shutil.which(f"python{version}", path=folder)
        if found is not None:
            yield found
    root = Path(lent.get("PYENV_ROOT") or Path.home() / ".pyenv")
    yield from sorted(root.glob(f"versions/{version}.*/bin/python"), reverse=True)
    uv = uv_of(variables)
    if uv is not None:
        done = subprocess.run(
            [uv, "python", "find", *QUIETLY, version],
            env=dict(variables),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode == 0:
            yield done.stdout.strip()
