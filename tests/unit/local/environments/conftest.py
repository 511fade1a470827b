"""Packages that are made on the spot, so that installing them takes no network."""

from __future__ import annotations

import base64
import hashlib
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest

from penguin_pipes.local.backends import ProcessBackend

Wheel: TypeAlias = Callable[..., Path]


def write_wheel(
    folder: Path, name: str, version: str, code: str, needs: tuple[str, ...] = ()
) -> Path:
    """Write a wheel of one module; return the file."""
    info = f"{name}-{version}.dist-info"
    needed = "".join(f"Requires-Dist: {each}\n" for each in needs)
    members = {
        f"{name}.py": code,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needed}",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(
        f"{path},sha256={_hash(text)},{len(text.encode())}\n"
        for path, text in members.items()
    )
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(target, "w") as archive:
        for path, text in members.items():
            archive.writestr(path, text)
        archive.writestr(f"{info}/RECORD", f"{record}{info}/RECORD,,\n")
    return target


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


BACKEND = """
import pathlib, zipfile

def get_requires_for_build_wheel(config_settings=None):
    return []

def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    {before}
    info = "{name}-1.0.dist-info"
    members = {{
        f"{{info}}/METADATA": "Metadata-Version: 2.1\\nName: {name}\\nVersion: 1.0\\n",
        f"{{info}}/WHEEL": "Wheel-Version: 1.0\\nGenerator: test\\n"
        "Root-Is-Purelib: true\\nTag: py3-none-any\\n",
    }}
    for path in pathlib.Path("src").glob("**/*.py"):
        members[path.relative_to("src").as_posix()] = path.read_text()
    record = "".join(f"{{each}},,\\n" for each in [*members, f"{{info}}/RECORD"])
    name = "{name}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(pathlib.Path(wheel_directory, name), "w") as archive:
        for each, text in members.items():
            archive.writestr(each, text)
        archive.writestr(f"{{info}}/RECORD", record)
    return name
"""
"""Builds a project of the modules in its folder src, with nothing but Python."""


def source_tree(name: str, modules: dict[str, str], before: str = "") -> dict[str, str]:
    """Return the files of a project that can be built without a network.

    Args:
        name: Its name.
        modules: What its modules hold, by their paths.
        before: A statement that is executed before it is built.
    """
    build = 'requires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    project = f'name = "{name}"\nversion = "1.0"\n'
    return {
        "pyproject.toml": f"[build-system]\n{build}\n[project]\n{project}",
        "backend.py": BACKEND.format(name=name, before=before or "pass"),
        **{f"src/{path}": text for path, text in modules.items()},
    }


@pytest.fixture
def tree() -> Callable[..., dict[str, str]]:
    """Return what makes the files of a project."""
    return source_tree


@pytest.fixture
def wheels(tmp_path: Path) -> Path:
    """Return the folder that installers find packages in."""
    return tmp_path / "wheels"


@pytest.fixture
def wheel(wheels: Path) -> Wheel:
    """Return what writes a wheel there."""

    def write(
        name: str, code: str, version: str = "1.0", needs: tuple[str, ...] = ()
    ) -> Path:
        return write_wheel(wheels, name, version, code, needs)

    return write


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch, wheels: Path) -> None:
    """Have pip look in the folder and nowhere else; uv is told nothing."""
    wheels.mkdir(parents=True)
    for name in [*os.environ]:
        if name.startswith(("PIP_", "UV_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheels))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)


@pytest.fixture
def uv(monkeypatch: pytest.MonkeyPatch, wheels: Path) -> None:
    """Have uv look in the folder and nowhere else."""
    # There is no variable for --no-index: an index that holds nothing takes its place.
    index = wheels / "index"
    index.mkdir()
    monkeypatch.setenv("UV_DEFAULT_INDEX", index.as_uri())
    monkeypatch.setenv("UV_FIND_LINKS", str(wheels))
    monkeypatch.setenv("UV_NO_CONFIG", "1")


@pytest.fixture(params=["uv", "pip"])
def installer(request: pytest.FixtureRequest) -> str:
    """Have packages installed by uv, or by pip."""
    if request.param == "uv":
        request.getfixturevalue("uv")
    name: str = request.param
    return name


@pytest.fixture
def cold() -> ProcessBackend:
    """Return a backend that starts nothing in advance."""
    return ProcessBackend(warm=False)
