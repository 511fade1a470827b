"""A real model, trained once for all tests that serve it."""

from __future__ import annotations

import hashlib
import shutil
from typing import TYPE_CHECKING

import pytest

from penguin_pipes.serving import create_app
from penguin_pipes.serving.artifacts import MANIFEST, find
from tools.pack_penguins import pack

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from flask.testing import FlaskClient

    from penguin_pipes.serving.model import Model


def write_manifest(folder: Path) -> None:
    """List all files of a folder as ``sha256sum`` does."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    lines = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(folder)}\n"
        for path in paths
        if path.name != MANIFEST
    ]
    (folder / MANIFEST).write_text("".join(lines))


@pytest.fixture(scope="session")
def sign() -> Callable[[Path], None]:
    """Return what writes the manifest of a folder."""
    return write_manifest


@pytest.fixture(scope="session")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a model that was packed to be registered."""
    folder = tmp_path_factory.mktemp("packed")
    # In this process: those who serve the model need its TensorFlow as well.
    pack(folder)
    return folder


@pytest.fixture(scope="session")
def trained(packed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the same model as the training left it, and its manifest."""
    folder, made = tmp_path_factory.mktemp("trained"), packed / "ml/processing/input"
    shutil.copy(made / "model" / "model.tar.gz", folder)
    shutil.copytree(made / "transformers", folder / "transformers")
    write_manifest(folder)
    return folder


@pytest.fixture(scope="session")
def model(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Model:
    """Return the model of that folder."""
    from penguin_pipes.serving.model import load

    return load(find(str(trained), tmp_path_factory.mktemp("no-home")))


@pytest.fixture
def client(model: Model) -> FlaskClient:
    """Return a client of the app over the model."""
    return create_app(model).test_client()
