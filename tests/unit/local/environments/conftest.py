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
    monkeypatch.setenv("UV_NO_INDEX", "1")
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
