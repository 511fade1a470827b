"""What is promised of homes that cannot be used, or are taken away under a run."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import pytest

from penguin_pipes.errors import HomeError
from penguin_pipes.local import run_locally

if TYPE_CHECKING:
    from pathlib import Path

WAY_OUT = "choose another folder with home= (--home)"
ORDINARY = sys.platform == "linux" or (hasattr(os, "getuid") and os.getuid() != 0)


def _command(pipeline: Any, home: Path) -> dict[str, Any]:
    """Return the deed of running a pipeline from the command line, as nobody special."""
    deed = pipeline.deed(home)
    files = [f"--file={name}={path}" for name, path in deed["files"].items()]
    argv = [deed["definition"], "--home", str(home), *files]
    return {"do": "main", "argv": argv, "ordinary": sys.platform == "linux"}


def _make(kind: str, home: Path) -> None:
    """Make a home that cannot be used."""
    if kind == "a file":
        home.write_text("not a folder")
    elif kind == "below a file":
        home.parent.write_text("not a folder")
    elif kind == "locked":
        home.mkdir(mode=0o500)
    elif kind == "below a locked folder":
        home.parent.mkdir(mode=0o500)
    elif kind == "behind a locked folder":
        home.mkdir(parents=True)
        home.parent.chmod(0o000)
    elif kind == "no database":
        home.mkdir()
        (home / "runs.sqlite").write_text("something else " * 100)
    else:
        home.mkdir()
        (home / "runs.sqlite").mkdir()


@pytest.mark.skipif(not ORDINARY, reason="root may write everywhere")
@pytest.mark.parametrize(
    "kind",
    [
        *("a file", "below a file", "locked", "below a locked folder"),
        *("behind a locked folder", "no database", "a folder for a database"),
    ],
)
def test_home_that_cannot_be_used_is_told(
    engine: Any, pipeline: Any, tmp_path: Path, kind: str
) -> None:
    """The error says the place, what is wrong and the way out; nothing has run."""
    home = (
        tmp_path / "above" / "home"
        if "below" in kind or "behind" in kind
        else tmp_path / "home"
    )
    _make(kind, home)
    try:
        (answer,) = engine.do(_command(pipeline, home))
    finally:
        if home.parent.is_dir():
            home.parent.chmod(0o700)

    assert answer["code"] == 1, answer
    first, *rest = answer["printed"].splitlines()
    assert first.startswith(f"error: {home}"), answer["printed"]
    assert WAY_OUT in first
    assert rest == []
    assert pipeline.ran() == []


@pytest.mark.skipif(not ORDINARY, reason="root may write everywhere")
@pytest.mark.parametrize("place", ["runs", "s3", "home.lock", "runs.sqlite"])
def test_home_that_is_locked_in_part_is_told(
    engine: Any, pipeline: Any, tmp_path: Path, place: str
) -> None:
    """A home that was used before, and cannot be any more, is named as well."""
    home = tmp_path / "home"
    engine.do(pipeline.deed(home))
    pipeline.project.file("s3://data/in.csv", "another\n")
    (home / place).chmod(0o500 if (home / place).is_dir() else 0o400)

    (answer,) = engine.do(_command(pipeline, home))

    assert answer["code"] == 1, answer
    assert str(home / place) in answer["printed"]
    assert WAY_OUT in answer["printed"]
    assert "Traceback" not in answer["printed"]


@pytest.mark.parametrize("take", ["rm -rf {}", "mv {} {}-moved", "rm {}/runs.sqlite"])
def test_home_taken_away_under_a_run_is_told(
    engine: Any, pipeline: Any, tmp_path: Path, take: str
) -> None:
    """A run whose records are gone is no success, and the next one is right."""
    home = tmp_path / "home"
    whole = list(pipeline.steps)
    script = take.format(home, home)
    pipeline.steps[:] = []
    pipeline.step("take", f"{script}; mkdir -p out; echo x > out/it", outputs=("out",))
    pipeline.step("after", "", inputs={"d": pipeline.project.output("take", "out")})

    (answer,) = engine.do({**_command(pipeline, home), "ordinary": False})

    assert answer["code"] == 1, answer
    assert str(home) in answer["printed"]
    assert "Traceback" not in answer["printed"]
    assert pipeline.ran() == ["take"]
    pipeline.steps[:] = whole
    (again,) = engine.do(pipeline.deed(home))
    assert "run" in again, again


def test_database_that_was_replaced_is_told(
    pipeline: Any, recorder: Any, tmp_path: Path
) -> None:
    """Records are never written to a file that no name leads to."""
    home = tmp_path / "home"
    pipeline.steps[:] = pipeline.steps[:1]

    def act(*_: Any) -> None:
        (home / "runs.sqlite").unlink()
        (home / "runs.sqlite").touch()

    recorder.act = act
    with pytest.raises(HomeError, match="was deleted or moved while it was in use"):
        run_locally(
            pipeline.definition,
            files=pipeline.project.files,
            home=home,
            backend=recorder,
        )
