"""What is promised when a pruning is killed with ``kill -9``, at any moment."""

from __future__ import annotations

import shutil
import signal
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def home(engine: Any, pipeline: Any, tmp_path: Path) -> Path:
    """Return a home of two runs on different data, and one that reuses the second's."""
    found = tmp_path / "template"
    for text in ("1\n2\n3\n", "1\n", "1\n"):
        pipeline.project.file("s3://data/in.csv", text)
        (answer,) = engine.do(pipeline.deed(found))
        assert "run" in answer, answer
    pipeline.project.file("s3://data/in.csv", "1\n2\n3\n")
    return found


def _files(run: Any) -> list[Path]:
    """Return the files and folders that a run has written."""
    paths = [path for step in run.steps for path in step.artifacts.values()]
    return [*paths, *(step.log.parent.parent for step in run.steps)]


@pytest.mark.parametrize(
    "every", [15, pytest.param(1, marks=pytest.mark.durability)], ids=["some", "all"]
)
def test_pruning_that_was_killed_is_gone_on_with(
    engine: Any, pipeline: Any, look: Any, home: Path, tmp_path: Path, every: int
) -> None:
    """Killed anywhere: what stays is whole, what goes is never reused in part."""
    prune = {"do": "prune", "max_bytes": 0}
    shutil.copytree(home, tmp_path / "observed")
    observed = {**prune, "home": str(tmp_path / "observed"), "sites": True}
    (answer,) = engine.do(observed)
    sites = [site for site in answer["sites"] if "pruning" in site]
    reusing, source, old = (run.id for run in look.runs(home))
    assert answer["gone"] == [old]
    assert len(sites) > 30

    for number, site in enumerate(sorted(sites)[::every]):
        copy = tmp_path / "copy"
        shutil.copytree(home, copy)
        nth = (answer["sites"][site] + 1) // 2
        (killed,) = engine.do({**prune, "home": str(copy), "site": site, "nth": nth})
        assert killed["exit"] == -signal.SIGKILL, site
        assert look.soundness(copy) == "ok"
        kept = [run for run in look.runs(copy) if run.id != old]
        assert [run.id for run in kept] == [reusing, source]
        assert all(path.exists() for run in kept for path in _files(run))

        if number % 2:
            _see_run(engine, pipeline, look, copy)
        else:
            (again,) = engine.do({**prune, "home": str(copy)})
            assert again["gone"] in ([old], [])
            assert {run.id for run in look.runs(copy)} == {reusing, source}
            assert {path.name for path in copy.glob("runs/*")} == {reusing, source}
        assert {path.name for path in copy.glob("s3/out/*")} <= {
            run.id for run in look.runs(copy)
        }
        assert [*copy.glob("s3/.aside-*")] == []
        shutil.rmtree(copy)


def _see_run(engine: Any, pipeline: Any, look: Any, home: Path) -> None:
    """See that a run on the data of the one that goes comes to the right end."""
    (answer,) = engine.do(pipeline.deed(home))

    assert "run" in answer, answer
    outputs = look.outputs(look.runs(home)[0])
    assert outputs["count/counts/lines"].strip() == b"4"
    assert len(outputs) == 5
