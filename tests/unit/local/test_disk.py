"""What is promised of dealings with the disk."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from penguin_pipes.errors import HomeError
from penguin_pipes.local.disk import _unlock, home_errors, link_or_copy, remove

ELSEWHERE = Path("/proc/self/status")
"""A file of another file system, which cannot be linked to from here."""


def _locked(folder: Path) -> Path:
    """Return a tree whose folders nobody may enter."""
    deep = folder / "locked" / "deep"
    deep.mkdir(parents=True)
    (deep / "file").touch()
    (folder / "link").symlink_to(folder)
    deep.chmod(0o500)
    deep.parent.chmod(0o000)
    return folder


def test_locked_folders_can_be_removed(tmp_path: Path) -> None:
    """What a job left without permissions is removed all the same."""
    remove(_locked(tmp_path / "tree"))

    assert not (tmp_path / "tree").exists()


def test_unlocking_lets_the_owner_in(tmp_path: Path) -> None:
    """Every folder, however deep, gets its owner's permissions back."""
    tree = _locked(tmp_path / "tree")

    _unlock(tree)

    folders = (tree / "locked", tree / "locked" / "deep")
    modes = {stat.S_IMODE(path.stat().st_mode) for path in folders}
    assert modes == {0o700}


def test_missing_path_is_removed_already(tmp_path: Path) -> None:
    """Removing what is not there is no error."""
    remove(tmp_path / "gone")

    assert list(tmp_path.iterdir()) == []


def test_link_is_removed_and_not_followed(tmp_path: Path) -> None:
    """Removing a link leaves what it leads to."""
    (tmp_path / "kept").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "kept")

    remove(tmp_path / "link")

    assert [path.name for path in tmp_path.iterdir()] == ["kept"]


@pytest.mark.skipif(not ELSEWHERE.exists(), reason="needs the /proc of Linux")
def test_file_that_cannot_be_linked_is_copied(tmp_path: Path) -> None:
    """Where a disk knows no second names, the file is copied."""
    link_or_copy(ELSEWHERE, tmp_path / "copy")

    assert (tmp_path / "copy").read_text().startswith("Name:")


def test_refusal_of_the_disk_names_place_and_way_out(tmp_path: Path) -> None:
    """What the disk refuses becomes an error with the file and what to do."""
    with (
        pytest.raises(HomeError, match=r"gone: No such file.*choose another folder"),
        home_errors(tmp_path),
    ):
        (tmp_path / "gone").read_text()
