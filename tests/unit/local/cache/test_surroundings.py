"""What is promised of the image's stand-in: versions count, and code that has none."""

from __future__ import annotations

import json
import os
from importlib.metadata import version
from typing import TYPE_CHECKING

import pytest

from penguin_pipes.local.cache.surroundings import surroundings

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """Return a library that somebody works on, in a folder with a space in its name."""
    code = tmp_path / "my library" / "src" / "churn"
    code.mkdir(parents=True)
    (code / "__init__.py").write_text("RATE = 0.1\n")
    return code.parents[1]


def installed(folder: Path, library: Path, *, editable: bool = True) -> str:
    """Return what is said of the library when a folder of packages has it."""
    info = folder / "site" / "churn_tools-1.2.dist-info"
    info.mkdir(parents=True, exist_ok=True)
    record = {"url": library.as_uri(), "dir_info": {"editable": editable}}
    (info / "direct_url.json").write_text(json.dumps(record))
    return surroundings([str(folder / "site")])["package churn-tools"]


def test_versions_of_this_interpreter_are_told() -> None:
    """Of every package that can be imported here, by its name as pip has it."""
    found = surroundings()

    assert found["package scikit-learn"] == version("scikit-learn")
    assert found["python"].startswith("CPython 3.")


def test_changed_code_of_an_editable_install_counts(
    tmp_path: Path, library: Path
) -> None:
    """Its version stays, its code does not; a later date alone is no change."""
    code = library / "src" / "churn" / "__init__.py"
    first = installed(tmp_path, library)
    os.utime(code, (0, 0))
    touched = installed(tmp_path, library)
    code.write_text("RATE = 0.2\n")
    changed = installed(tmp_path, library)
    code.rename(code.with_name("rates.py"))
    renamed = installed(tmp_path, library)

    assert first.startswith("1.2, editable, with the code ")
    assert touched == first
    assert len({first, changed, renamed}) == 3


@pytest.mark.parametrize(
    "other", [".venv/lib/x.py", "env/x.py", ".git/x.py", "__pycache__/x.py", "data.csv"]
)
def test_what_is_no_code_of_the_library_does_not_count(
    tmp_path: Path, library: Path, other: str
) -> None:
    """Environments, hidden folders and data in the same folder may change."""
    (library / "env").mkdir()
    (library / "env" / "pyvenv.cfg").touch()
    first = installed(tmp_path, library)
    path = library / other
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("1")

    assert installed(tmp_path, library) == first


def test_ordinary_install_counts_by_its_version(tmp_path: Path, library: Path) -> None:
    """Also where it came from a folder: it holds a copy."""
    assert installed(tmp_path, library, editable=False) == "1.2"


def test_library_that_is_gone_is_no_error(tmp_path: Path) -> None:
    """Its install is broken; the job itself will show that."""
    assert installed(tmp_path, tmp_path / "gone").startswith("1.2, editable")
