"""The real pipeline on the real penguins, run once for all tests that look at it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from penguin_pipes import build_pipeline, penguins_config, run_locally

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from penguin_pipes.local import Run


@pytest.fixture(scope="session")
def run_penguins() -> Callable[..., Run]:
    """Return what runs the penguins' pipeline, with any field changed."""

    def run(home: Path, **fields: Any) -> Run:
        pipeline = build_pipeline(penguins_config(**fields))
        return run_locally(
            pipeline.definition(), files=pipeline.files, home=home, name="penguins"
        )

    return run


@pytest.fixture(scope="session")
def default_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the home of the default run, for those who go on from what it has done."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="session")
def default_run(run_penguins: Callable[..., Run], default_home: Path) -> Run:
    """Return the record of the default run: what the README's first line does."""
    return run_penguins(default_home)
