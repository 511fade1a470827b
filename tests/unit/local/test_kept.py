"""What a run keeps beside its record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from penguin_pipes.local.cache.surroundings import surroundings
from penguin_pipes.local.kept import DEFINITION, kept
from penguin_pipes.local.recovery import RUNS

if TYPE_CHECKING:
    from pathlib import Path


def test_a_run_keeps_what_it_ran_and_what_in(project: Any, recorder: Any) -> None:
    """The definition as written, and the version of every package."""
    step = project.processing("clean")

    run = project.run(step, backend=recorder)

    found = kept(project.home, run.id)
    assert found.definition == project.definition(step)
    assert found.surroundings == surroundings()


@pytest.mark.parametrize("text", [None, "", '{"Version', "[]"])
def test_what_was_not_kept_whole_is_none(tmp_path: Path, text: str | None) -> None:
    """Runs of earlier versions, and of moments before a kill, raise no error."""
    folder = tmp_path / RUNS / "abc"
    folder.mkdir(parents=True)
    if text is not None:
        (folder / DEFINITION).write_text(text)

    assert kept(tmp_path, "abc").definition is None
