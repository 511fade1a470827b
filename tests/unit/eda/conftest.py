"""The penguins as a table, and the report that the command line makes of them."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from penguin_pipes.eda import read_table, without_marks
from penguin_pipes.penguins import MISSING, shipped

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd


@pytest.fixture(scope="session")
def raw() -> pd.DataFrame:
    """Return the penguins as they ship."""
    return read_table(shipped("data/penguins.csv"))


@pytest.fixture(scope="session")
def penguins(raw: pd.DataFrame) -> pd.DataFrame:
    """Return the penguins, the ambiguous sex taken as missing."""
    return without_marks(raw, [MISSING])


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder that ``python -m penguin_pipes.eda`` makes, called out.

    The process has settings of its own, which are not to be seen in what it makes.
    """
    folder = tmp_path_factory.mktemp("eda")
    (folder / "matplotlibrc").write_text("font.size: 30\naxes.facecolor: red\n")
    subprocess.run(
        [sys.executable, "-W", "error", "-m", "penguin_pipes.eda", "--out", "out"],
        cwd=folder,
        env={**os.environ, "PYTHONHASHSEED": "7", "LC_ALL": "C", "TZ": "Asia/Tokyo"},
        check=True,
    )
    return folder / "out"


@pytest.fixture(scope="session")
def page(made: Path) -> str:
    """Return the page of the penguins."""
    return (made / "index.html").read_text("utf-8")
