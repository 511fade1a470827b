"""Another team's project, whose suite runs with the plugin; and what runs steps here."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from penguin_pipes.local.backends import ProcessBackend
from penguin_pipes.testing import RunPipeline, RunStep

if TYPE_CHECKING:
    from collections.abc import Iterator

CHURN = Path(__file__).parent / "churn"

# Its suite belongs to it, and is run by a pytest of its own.
collect_ignore = [CHURN.name]


@pytest.fixture
def churn(pytester: pytest.Pytester) -> Path:
    """Return a copy of that project, in which pytester stands."""
    shutil.copytree(CHURN, pytester.path, dirs_exist_ok=True)
    return pytester.path


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunPipeline]:
    """Yield what runs pipelines, in a home of the module's own."""
    with ProcessBackend() as backend:
        yield RunPipeline(home=tmp_path_factory.mktemp("home"), backend=backend)


@pytest.fixture(scope="module")
def run_step(run: RunPipeline) -> RunStep:
    """Return what runs steps in the same home."""
    return RunStep(run=run)
