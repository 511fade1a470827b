"""What is promised when the disk of the home is full."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final

import psutil
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ENOUGH_KB: Final = 8192
SIZES_KB: Final = range(16, 720, 44)
WAY_OUT: Final = "choose another folder with home= (--home)"

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="disks this small are made by Linux only"
)


@pytest.fixture
def disk(engine: Any, tmp_path: Path) -> Callable[..., list[dict[str, Any]]]:
    """Return what does deeds, each with so much space, on a disk made for them."""
    folder = tmp_path / "disk"
    folder.mkdir()

    def do(*deeds: tuple[int, dict[str, Any]]) -> list[dict[str, Any]]:
        order = {"do": "on a small disk", "folder": str(folder), "deeds": deeds}
        (answer,) = engine.do(order)
        if "unable" in answer:
            pytest.skip(f"no disk can be mounted here: {answer['unable']}")
        answers: list[dict[str, Any]] = answer["answers"]
        return answers

    return do


@pytest.fixture
def filling(pipeline: Any) -> Any:
    """Return a pipeline that prints, writes and publishes."""
    pipeline.steps.clear()
    project = pipeline.project
    pipeline.step(
        "print",
        "head -c 60000 /dev/zero | tr '\\0' x; echo; echo small > out/it",
        outputs=("out",),
    )
    pipeline.step(
        "write",
        "set -e; head -c 60000 /dev/zero > out/big; cat input/d/it > out/it",
        inputs={"d": project.output("print", "out")},
        outputs=("out",),
    )
    pipeline.step(
        "read",
        "set -e; wc -c < input/d/big > out/it",
        inputs={"d": project.output("write", "out")},
        outputs=("out",),
    )
    return pipeline


def _command(deed: dict[str, Any]) -> dict[str, Any]:
    """Return a deed as one of the command line."""
    files = [f"--file={name}={path}" for name, path in deed["files"].items()]
    return {"do": "main", "argv": [deed["definition"], "--home", deed["home"], *files]}


def _see_told(answer: dict[str, Any], home: Path) -> None:
    """See that a run which did not come to its end says that there is no space."""
    assert answer["error"] in {"HomeError", "StepFailedError"}, answer
    if answer["error"] == "HomeError":
        assert str(home) in answer["message"]
        assert WAY_OUT in answer["message"]
        assert "No space left" in answer["message"] or "full" in answer["message"]


def _see_whole(answer: dict[str, Any], whole: dict[str, Any]) -> None:
    """See that a run which went on with another lacks nothing."""
    assert "run" in answer, answer
    assert answer["outputs"] == whole["outputs"]
    assert answer["soundness"] == "ok"
    assert answer["reused"] == answer["done"]


@pytest.mark.parametrize(
    ("sizes_kb", "done", "struck"),
    [
        (SIZES_KB[4:5], set(), {"_translated"}),
        pytest.param(
            *(SIZES_KB, {0, 1, 2, 3}, {"_translated", "_copy", "publish", "stage"}),
            marks=pytest.mark.durability,
        ),
    ],
    ids=["some", "all"],
)
def test_run_without_space_says_so_and_is_gone_on_with(
    disk: Any,
    filling: Any,
    tmp_path: Path,
    sizes_kb: range,
    done: set[int],
    struck: set[str],
) -> None:
    """Wherever the space ends, the error says it, and with more of it all is right."""
    home, where, counts = tmp_path / "disk/home", set(), set()
    deed = filling.deed(home)
    (whole,) = disk((ENOUGH_KB, {**deed, "report": True}))
    for size_kb in sizes_kb:
        first, second = disk((size_kb, deed), (ENOUGH_KB, {**deed, "report": True}))

        if "run" not in first:
            _see_told(first, home)
            where |= set(first["where"])
        _see_whole(second, whole)
        counts.add(len(second["done"]))
    assert counts >= done
    assert where >= struck


@pytest.mark.parametrize("size_kb", [64, 160, 320])
def test_command_line_without_space_says_so(
    disk: Any, filling: Any, tmp_path: Path, size_kb: int
) -> None:
    """A full disk is an error to be read, and exit code 1."""
    (answer,) = disk((size_kb, _command(filling.deed(tmp_path / "disk/home"))))

    assert answer["code"] == 1
    assert "error: " in answer["printed"]
    assert WAY_OUT in answer["printed"]
    assert "Traceback" not in answer["printed"]


def test_job_whose_log_cannot_be_kept_is_stopped(
    disk: Any, filling: Any, tmp_path: Path
) -> None:
    """Nothing goes on that nobody takes notes of."""
    filling.steps.clear()
    filling.step("print", "head -c 1000000 /dev/zero; exec sleep 1234.25")

    (answer,) = disk((512, filling.deed(tmp_path / "disk/home")))

    assert answer["error"] == "HomeError"
    sleeping = [
        process.pid
        for process in psutil.process_iter(["cmdline"])
        if process.info["cmdline"] == ["sleep", "1234.25"]
    ]
    assert sleeping == []
