"""An environment for each peer, made once and kept: its own, with our TensorFlow."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Final

import attrs

if TYPE_CHECKING:
    from collections.abc import Sequence

FOLDER: Final = Path(tempfile.gettempdir(), "penguin-bench-environments")
SAME: Final = ("tensorflow", "keras", "scikit-learn", "pandas", "numpy", "joblib")
"""What the scripts run with: the same in every environment."""

MADE_OF: Final = "made-of.txt"


@attrs.frozen(kw_only=True)
class Environment:
    """Where a peer is installed.

    Attributes:
        folder: The environment.
        failure: Why it could not be made, if it could not.
    """

    folder: Path
    failure: str | None = None

    @property
    def programs(self) -> Path:
        """Where its programs are."""
        return self.folder / "bin"

    def variables(self, **more: str) -> dict[str, str]:
        """Return the environment variables of one who has activated it."""
        path = os.pathsep.join([str(self.programs), os.environ["PATH"]])
        return {**os.environ, "PATH": path, "VIRTUAL_ENV": str(self.folder), **more}

    def version(self, package: str) -> str:
        """Return the version of a package in it."""
        code = "import sys, importlib.metadata as m; print(m.version(sys.argv[1]))"
        words = [str(self.programs / "python"), "-c", code, package]
        done = subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True)
        return done.stdout.strip()


def made(name: str, requirements: Sequence[str], *, folder: Path) -> Environment:
    """Return an environment with these requirements, made if it is not there.

    Args:
        name: Of its folder.
        requirements: What is installed, besides what the scripts run with.
        folder: Where environments are kept.
    """
    wanted = [*requirements, *(f"{each}=={version(each)}" for each in SAME)]
    text = "\n".join([sys.version, *wanted])
    place = folder / name
    mark = place / MADE_OF
    if mark.is_file() and mark.read_text(encoding="utf-8") == text:
        return Environment(folder=place)
    print(f"  making an environment for {name} in {place}", flush=True)
    shutil.rmtree(place, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    for command in _commands(place, wanted):
        done = subprocess.run(
            command,
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        if done.returncode:
            lines = done.stdout.strip().splitlines() or ["it said nothing"]
            return Environment(folder=place, failure=lines[-1].strip())
    mark.write_text(text, encoding="utf-8")
    return Environment(folder=place)


def _commands(place: Path, wanted: Sequence[str]) -> list[list[str]]:
    """Return what makes an environment: with uv where it is, or else with pip."""
    here = str(place / "bin" / "python")
    uv = _uv()
    if uv is None:
        return [
            [sys.executable, "-m", "venv", str(place)],
            [here, "-m", "pip", "install", "--quiet", *wanted],
        ]
    return [
        [*uv, "venv", "--quiet", "--python", sys.executable, str(place)],
        [*uv, "pip", "install", "--quiet", "--python", here, *wanted],
    ]


def _uv() -> list[str] | None:
    """Return how uv is called, if it is there."""
    if importlib.util.find_spec("uv") is not None:
        return [sys.executable, "-m", "uv"]
    found = shutil.which("uv")
    return None if found is None else [found]
