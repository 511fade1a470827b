"""``--local --fetch``: what lies in S3 alone comes to this computer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3
import pytest

if TYPE_CHECKING:
    from pathlib import Path

OWN = """
name = "own"
dataset = "s3://acme-ml/raw/rows.csv"
channels = {train = "rows"}
processing = {script = "clean.py", outputs = ["rows"], arguments = ["--output", "/opt/ml/processing/rows"]}
training = {source = "fit.py"}
"""
CLEAN = """
import pathlib, sys
(file,) = pathlib.Path("/opt/ml/processing/input").rglob("rows.csv")
pathlib.Path(sys.argv[2], "rows.csv").write_text(file.read_text().upper())
"""
FIT = "print('fit')\n"
LOCAL = ("--local", "--region", "eu-west-1")


@pytest.fixture
def put(tmp_path: Path) -> Any:
    """Return what writes the object, having written a pipeline that reads it."""
    files = {"pipeline.toml": OWN, "clean.py": CLEAN, "fit.py": FIT}
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    s3 = boto3.client("s3", region_name="eu-west-1")

    def write(body: str) -> None:
        s3.put_object(Bucket="acme-ml", Key="raw/rows.csv", Body=body.encode())

    return write


def rows(tmp_path: Path) -> list[str]:
    """Return what all runs have written, the oldest first."""
    found = (tmp_path / ".penguin_pipes/s3").rglob("rows/rows.csv")
    return [
        path.read_text()
        for path in sorted(found, key=lambda path: path.stat().st_mtime)
    ]


def test_an_input_in_s3_comes_when_asked_for_and_again_when_it_changed(
    call: Any, edge: Any, put: Any, tmp_path: Path
) -> None:
    """Unchanged, it neither comes again nor makes a step run again."""
    put("one")
    first = call(*LOCAL, "--fetch", places=False)
    edge.calls.clear()
    again = call(*LOCAL, "--fetch", places=False)
    calls = list(edge.calls)
    put("two")
    changed = call(*LOCAL, "--fetch", places=False)

    assert (first.code, again.code, changed.code) == (0, 0, 0), first.err
    assert "fetched s3://acme-ml/raw/rows.csv" in first.err
    assert "fetched" not in again.err
    assert set(calls) == {"s3.ListObjects"}
    assert "preprocess-data: reused" in again.out
    assert "input data changed" in changed.out
    assert rows(tmp_path) == ["ONE", "TWO"]


def test_without_the_flag_nothing_is_asked_of_aws(
    call: Any, edge: Any, put: Any
) -> None:
    """Also after an earlier fetch: what it brought may be stale."""
    put("one")
    assert call(*LOCAL, "--fetch", places=False).code == 0
    edge.calls.clear()

    said = call(*LOCAL, places=False)

    assert said.code == 2
    assert "nothing on this computer lies there" in said.err
    assert "deploy --local --fetch" in said.err
    assert edge.calls == []


def test_a_refusal_by_s3_is_told_and_nothing_starts(
    call: Any, edge: Any, put: Any, tmp_path: Path
) -> None:
    """As any other refusal by AWS: exit code 1, the permission by its name."""
    put("one")
    edge.refuse("s3.ListObjects", "AccessDenied")

    said = call(*LOCAL, "--fetch", places=False)

    assert said.code == 1
    assert "s3:ListBucket on arn:aws:s3:::acme-ml" in said.err
    assert not (tmp_path / ".penguin_pipes/runs").exists()


def test_an_object_that_is_not_there_is_a_wrong_request(call: Any, put: Any) -> None:
    """Exit code 2, with the name."""
    del put

    said = call(*LOCAL, "--fetch", places=False)

    assert said.code == 2
    assert "s3://acme-ml/raw/rows.csv: there is no object" in said.err


def test_fetching_is_for_local_runs(call: Any) -> None:
    """Elsewhere the flag would do nothing."""
    said = call("--fetch")

    assert said.code == 2
    assert "--fetch goes with --local only" in said.err
