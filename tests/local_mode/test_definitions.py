"""Definitions that others have written run here, too: the SDK's version 2, a person."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from penguin_pipes.errors import StepFailedError
from penguin_pipes.local import History, Run, Status, run_locally

DEFINITIONS = Path(__file__).with_name("definitions")
V2 = DEFINITIONS / "sdk_v2"
BY_HAND = DEFINITIONS / "by_hand.json"


def uploaded(name: str, folder: Path) -> dict[str, Path]:
    """Write what the SDK has uploaded, and the data; return which name each has."""
    folder.joinpath("numbers.csv").write_text("1\n2\n3\n10\n")
    found = {"s3://raw/numbers/numbers.csv": folder / "numbers.csv"}
    for number, (uri, content) in enumerate(
        json.loads((V2 / f"{name}.files.json").read_text()).items()
    ):
        path = folder / str(number) / uri.rpartition("/")[2]
        path.parent.mkdir()
        if isinstance(content, str):
            path.write_text(content)
        else:
            _pack(path, content)
        found[uri] = path
    return found


def _pack(path: Path, members: dict[str, str]) -> None:
    """Write an archive."""
    with tarfile.open(path, "w:gz") as tar:
        for name, text in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(text.encode())
            tar.addfile(info, io.BytesIO(text.encode()))


def command(*words: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a definition from the command line."""
    argv = [sys.executable, "-m", "penguin_pipes.local", *map(str, words)]
    return subprocess.run(argv, capture_output=True, text=True, check=False)


def as_flags(files: dict[str, Path]) -> list[str]:
    """Return files as the command line takes them."""
    return [word for uri, path in files.items() for word in ("--file", f"{uri}={path}")]


def last(home: Path) -> Run:
    """Return the newest run of a home."""
    with History(home) as history:
        return history.runs()[0]


def test_v2_prepares_trains_and_transforms(tmp_path: Path) -> None:
    """Processing, training, a condition, a model and a transform, as v2 renders them."""
    files = uploaded("transforming", tmp_path)

    run = run_locally(V2 / "transforming.json", files=files, home=tmp_path / "home")

    assert run.status is Status.SUCCEEDED
    assert run.step("Stop").status is Status.SKIPPED
    # The mean of 1, 2, 3 is 2, the factor 2; the last number is the test.
    (guess,) = run.step("Transform").artifacts["transformed"].iterdir()
    assert guess.name == "test.csv.out"
    assert guess.read_text() == "10,14.0\n"


def test_v2_tunes_and_registers_from_the_command_line(tmp_path: Path) -> None:
    """Tuning and registering, as v2 renders them; three trials and a version."""
    files, home = uploaded("tuning", tmp_path), tmp_path / "home"

    done = command(V2 / "tuning.json", *as_flags(files), "--home", home)

    assert done.returncode == 0, done.stderr
    run = last(home)
    assert len(run.step("Tune").trials) == 3
    best = run.step("Tune").best_trial
    assert best is not None
    with History(home) as history:
        (version,) = history.registry.versions("sums")
    (container,) = version.properties["InferenceSpecification"]["Containers"]
    assert container["ModelDataUrl"].endswith(f"/{best.job_name}/output/model.tar.gz")


@pytest.mark.parametrize(
    ("text", "status"), [("one two three", Status.SKIPPED), ("one", Status.FAILED)]
)
def test_a_definition_by_hand_runs(tmp_path: Path, text: str, status: Status) -> None:
    """It needs no more members than the service demands, and no Python."""
    words = tmp_path / "words.txt"
    words.write_text(text)

    try:
        run_locally(BY_HAND, files={"s3://texts/words": words}, home=tmp_path / "home")
    except StepFailedError as error:
        assert "there are too few words" in str(error)  # noqa: PT017

    assert last(tmp_path / "home").step("stop").status is status


def test_a_definition_by_hand_runs_from_the_command_line(tmp_path: Path) -> None:
    """The file, where its data are, and a parameter are all that it takes."""
    words = tmp_path / "words.txt"
    words.write_text("one")

    done = command(
        BY_HAND,
        *as_flags({"s3://texts/words": words}),
        *("--parameter", "Least=1", "--home", tmp_path / "home"),
    )

    assert done.returncode == 0, done.stderr
    assert last(tmp_path / "home").step("count").status is Status.SUCCEEDED
