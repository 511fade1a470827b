"""Snapshots of definitions: made on request, compared otherwise, read with pleasure."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from penguin_pipes.errors import InputError
from penguin_pipes.testing import Snapshot, assert_snapshot

TRAIN = Path(__file__).parents[1] / "snapshots" / "penguins-train.json"
NOW: dict[str, Any] = json.loads(TRAIN.read_text())


@pytest.fixture
def committed(tmp_path: Path) -> Path:
    """Return the file of a snapshot that was made."""
    path = tmp_path / "snapshots" / "penguins.json"
    assert_snapshot(NOW, path, update=True)
    return path


def with_epochs(epochs: str) -> dict[str, Any]:
    """Return the penguins' definition with another hyperparameter."""
    found = copy.deepcopy(NOW)
    found["Steps"][1]["Arguments"]["HyperParameters"]["epochs"] = epochs
    return found


def test_the_file_is_json_in_the_order_of_names(committed: Path) -> None:
    """One member a line, so that a review shows what moved."""
    text = committed.read_text()

    assert text == json.dumps(NOW, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    assert list(committed.parent.iterdir()) == [committed]
    assert_snapshot(TRAIN, committed, update=False)


def test_the_order_of_members_does_not_count(committed: Path) -> None:
    """The service does not look at it either."""
    assert_snapshot(dict(reversed(NOW.items())), committed, update=False)


def test_what_moved_is_told_with_what_it_costs(committed: Path) -> None:
    """The lines, the steps that would run again, and the command if it is meant."""
    with pytest.raises(AssertionError) as failed:
        assert_snapshot(with_epochs("99"), committed, update=False)

    said = str(failed.value)
    assert said.startswith(f"the definition is not that of {committed}:\n--- penguins")
    assert '\n-          "epochs": "50",\n+          "epochs": "99",\n' in said
    assert 'HyperParameters.epochs "50" → "99"' in said
    assert "test_snapshots.py::test_what_moved" in said
    assert said.endswith(" --penguin-pipes-update")


def test_a_long_difference_is_cut(committed: Path) -> None:
    """With how much is left out."""
    other = {**NOW, "Parameters": [{"Name": f"p{n}"} for n in range(200)]}

    with pytest.raises(AssertionError) as failed:
        assert_snapshot(other, committed, update=False)

    said = str(failed.value)
    assert " more lines; update the snapshot, and git diff shows them all" in said
    assert len(said.splitlines()) < 120


def test_a_missing_snapshot_fails_with_the_command_that_makes_it(
    tmp_path: Path,
) -> None:
    """It is never made in passing: a forgotten file would pass for ever."""
    path = tmp_path / "none.json"

    with pytest.raises(AssertionError) as failed:
        assert_snapshot(NOW, path)

    first, command = str(failed.value).splitlines()
    assert first == f"there is no snapshot {path} yet; to make it, run"
    assert command.startswith("  pytest tests/unit/testing/test_snapshots.py::test_a_m")
    assert command.endswith(" --penguin-pipes-update")
    assert not path.exists()


def test_an_update_writes_only_what_moved(committed: Path) -> None:
    """A file that is right keeps its time."""
    before = committed.stat()
    assert_snapshot(NOW, committed, update=True)
    assert committed.stat() == before

    assert_snapshot(with_epochs("99"), committed, update=True)

    assert_snapshot(with_epochs("99"), committed, update=False)


def test_a_snapshot_with_marks_of_a_merge_is_told(committed: Path) -> None:
    """It is the file that is wrong."""
    committed.write_text("<<<<<<< HEAD\n" + committed.read_text())

    with pytest.raises(InputError, match=r"penguins.json is not JSON .*; put it right"):
        assert_snapshot(NOW, committed, update=False)


def test_a_test_of_several_definitions_names_them(tmp_path: Path) -> None:
    """The names are files beside each other."""
    path = tmp_path / "other.json"
    assert_snapshot(NOW, path, update=True)
    snapshot = Snapshot(folder=tmp_path, test="test_x")

    snapshot(NOW, "other")

    with pytest.raises(AssertionError, match=r"no snapshot .*test_x\.json"):
        snapshot(NOW)
    with pytest.raises(InputError, match=r"expected a file's name; got '\.\./other'"):
        snapshot(NOW, "../other")
