"""What is promised of archives whose members would leave the code folder."""

from __future__ import annotations

import io
import sys
import tarfile
from typing import TYPE_CHECKING

import pytest

from penguin_pipes.errors import InputError
from penguin_pipes.local.contract import source

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

FILE, LINK, HARD = tarfile.REGTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE
DEVICES = (tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE)
Member = tuple[str, bytes, str]

OUTRIGHT: dict[str, list[Member]] = {
    "absolute name": [("/tmp/planted", FILE, "")],
    "name above": [("../planted", FILE, "")],
    "name above, further in": [("a/../../planted", FILE, "")],
    "absolute link": [("out", LINK, "/etc")],
    "link above": [("out", LINK, "../..")],
    "link above, from a folder": [("in/out", LINK, "../../x")],
    "hard link above": [("out", HARD, "../outside")],
    "absolute hard link": [("out", HARD, "/etc/passwd")],
    "link above, and a file through it": [("d", LINK, ".."), ("d/planted", FILE, "")],
    **{f"device {kind!r}": [("node", kind, "")] for kind in DEVICES},
}
THROUGH: dict[str, list[Member]] = {
    "a link to a link that leads above": [
        ("here", LINK, "."),
        ("out", LINK, "here/.."),
        ("out/planted", FILE, ""),
    ],
    "a link through a folder that is a link": [
        ("a/b/c", FILE, ""),
        ("d", LINK, "a/b"),
        ("e", LINK, "d/../../.."),
        ("e/planted", FILE, ""),
    ],
    "a hard link to a link": [
        ("here", LINK, "."),
        ("out", LINK, "here/../outside"),
        ("copy", HARD, "out"),
    ],
}

CASES = {**OUTRIGHT, **THROUGH}
LATE = {"a link to a link that leads above", "a hard link to a link"}


def _pack(path: Path, members: Iterable[Member]) -> Path:
    """Write an archive with these members after a good one."""
    with tarfile.open(path, "w:gz") as tar:
        for name, kind, target in [("train.py", FILE, ""), *members]:
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, target
            info.size = 4 if kind == FILE else 0
            tar.addfile(info, io.BytesIO(b"text") if kind == FILE else None)
    return path


FOUND_LATE = pytest.mark.xfail(
    source.HAS_FILTERS,
    raises=tarfile.FilterError,
    reason="links through links are noticed while unpacking, by Python itself",
)
NAMES = [
    pytest.param(name, marks=[FOUND_LATE] if name in LATE else []) for name in CASES
]


@pytest.mark.parametrize("name", NAMES)
def test_archive_that_would_leave_its_folder_is_refused(
    tmp_path: Path, name: str
) -> None:
    """It is refused before a single file of it is written."""
    inside = tmp_path / "above" / "inside"
    inside.mkdir(parents=True)
    (inside.parent / "outside").write_text("precious")
    archive = _pack(tmp_path / "a.tar.gz", CASES[name])

    with pytest.raises(InputError, match="would leave the code folder"):
        source.unpack(archive, inside / "code", "train.py")

    assert not (inside / "code").exists()
    assert [*tmp_path.rglob("planted")] == []
    assert (inside.parent / "outside").read_text() == "precious"


@pytest.mark.skipif(sys.version_info < (3, 11, 4), reason="all links are refused")
def test_links_that_stay_inside_are_kept(tmp_path: Path) -> None:
    """Links are no crime."""
    archive = _pack(tmp_path / "a.tar.gz", [("lib/x", FILE, ""), ("y", LINK, "lib/x")])

    source.unpack(archive, tmp_path / "code", "train.py")

    assert (tmp_path / "code" / "y").read_text() == "text"
