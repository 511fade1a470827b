"""What is promised of packing a model."""

from __future__ import annotations

import os
import tarfile
from typing import TYPE_CHECKING

from penguin_pipes.local.archive import pack

if TYPE_CHECKING:
    from pathlib import Path


def _model(folder: Path) -> Path:
    for name in ("001/saved_model.pb", "001/variables/data", "a.txt"):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode() * 1000)
    return folder


def test_same_files_give_the_same_bytes(tmp_path: Path) -> None:
    """Times, owners, modes and the archive's own name leave no trace."""
    one, two = _model(tmp_path / "one"), _model(tmp_path / "two")
    os.utime(two / "a.txt", (1, 1))
    (two / "a.txt").chmod(0o600)

    pack(one, tmp_path / "one.tar.gz")
    pack(two, tmp_path / "other.tar.gz")

    assert (tmp_path / "one.tar.gz").read_bytes() == (
        tmp_path / "other.tar.gz"
    ).read_bytes()


def test_every_file_is_in_it(tmp_path: Path) -> None:
    """Names are relative to the folder, and extra files lie at the root."""
    (tmp_path / "failure").write_text("why")

    pack(_model(tmp_path / "m"), tmp_path / "m.tar.gz", tmp_path / "failure")

    with tarfile.open(tmp_path / "m.tar.gz", "r:gz") as tar:
        assert tar.getnames() == [
            "001/saved_model.pb",
            "001/variables/data",
            "a.txt",
            "failure",
        ]
        member = tar.extractfile("001/variables/data")
        assert member is not None
        assert member.read() == b"001/variables/data" * 1000


def test_empty_folder_gives_an_empty_archive(tmp_path: Path) -> None:
    """A job that wrote no model has an archive of nothing, as at SageMaker."""
    (tmp_path / "m").mkdir()

    pack(tmp_path / "m", tmp_path / "m.tar.gz")

    with tarfile.open(tmp_path / "m.tar.gz", "r:gz") as tar:
        assert tar.getnames() == []
