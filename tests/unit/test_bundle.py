"""Scripts and data become content-addressed objects."""

from __future__ import annotations

import io
import os
import tarfile
import time
from typing import TYPE_CHECKING

import pytest

from penguin_pipes.bundle import bundle_file, bundle_source
from penguin_pipes.errors import BundleError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Return a folder with a script, a module and things that must not travel."""
    folder = tmp_path / "src"
    (folder / "inner" / "__pycache__").mkdir(parents=True)
    (folder / ".git").mkdir()
    (folder / "train.py").write_text("import inner\n")
    (folder / "inner" / "__init__.py").write_text("")
    (folder / "inner" / "__pycache__" / "x.cpython-311.pyc").write_bytes(b"x")
    (folder / "stray.pyc").write_bytes(b"x")
    (folder / ".git" / "config").write_text("secret")
    return folder


def names(archive: Path) -> list[str]:
    """Return the names of the members of an archive."""
    with tarfile.open(archive) as opened:
        return opened.getnames()


def test_same_content_has_the_same_address(source: Path, tmp_path: Path) -> None:
    """Neither times, nor the folder's name, nor bytecode move the digest."""
    before, _ = bundle_source(source, "train.py")
    os.utime(source / "train.py", (time.time() + 99, time.time() + 99))
    (source / "other.pyc").write_bytes(b"y")
    moved = source.rename(tmp_path / "elsewhere")

    after, _ = bundle_source(moved, "train.py")

    assert after.digest == before.digest


@pytest.mark.parametrize("change", ["byte", "name", "module", "boundary"])
def test_other_content_has_another_address(source: Path, change: str) -> None:
    """A changed byte, name or helper module, or bytes moved between files, show."""
    (source / "a").write_text("xy")
    (source / "b").write_text("z")
    before, _ = bundle_source(source, "train.py")
    if change == "byte":
        (source / "train.py").write_text("import inner \n")
    elif change == "name":
        (source / "b").rename(source / "c")
    elif change == "module":
        (source / "inner" / "__init__.py").write_text("X = 1\n")
    else:
        (source / "a").write_text("x")
        (source / "b").write_text("yz")

    after, _ = bundle_source(source, "train.py")

    assert after.digest != before.digest


def test_archives_are_the_same_bytes(source: Path, tmp_path: Path) -> None:
    """An archive holds names and content, and nothing of who packed it when."""
    bundle, entry_point = bundle_source(source, "train.py")
    one = bundle.write(tmp_path / "one")
    os.utime(source / "train.py", (1, 1))
    (source / "train.py").chmod(0o755)
    two = bundle_source(source, "train.py")[0].write(tmp_path / "two")

    assert one.read_bytes() == two.read_bytes()
    assert names(one) == ["inner/__init__.py", "train.py"]
    assert entry_point == "train.py"
    with tarfile.open(fileobj=io.BytesIO(one.read_bytes())) as archive:
        assert {(m.mtime, m.uid, m.mode) for m in archive} == {(0, 0, 0o644)}


def test_a_lone_script_travels_alone(source: Path, tmp_path: Path) -> None:
    """A script given as a file leaves its neighbours at home."""
    bundle, entry_point = bundle_source(source / "train.py", None)

    assert names(bundle.write(tmp_path)) == ["train.py"]
    assert entry_point == "train.py"
    assert bundle.key("code") == f"code/{bundle.digest}/sourcedir.tar.gz"


def test_a_file_is_uploaded_as_it_is(source: Path, tmp_path: Path) -> None:
    """A processing script or a dataset is no archive."""
    bundle = bundle_file(source / "train.py", what="script")

    assert bundle.write(tmp_path) == source / "train.py"
    assert bundle.key("code") == f"code/{bundle.digest}/train.py"


def test_links_out_of_the_folder_are_refused(source: Path, tmp_path: Path) -> None:
    """What lies elsewhere would be missing from the container, or leak into it."""
    (tmp_path / "secret").write_text("x")
    (source / "link").symlink_to(tmp_path / "secret")

    with pytest.raises(BundleError, match=r"link .*link leads to .*secret, outside"):
        bundle_source(source, "train.py")


def test_linked_folders_out_of_the_folder_are_refused(
    source: Path, tmp_path: Path
) -> None:
    """A link to a folder elsewhere is not left out in silence."""
    (tmp_path / "lib").mkdir()
    (source / "lib").symlink_to(tmp_path / "lib")

    with pytest.raises(BundleError, match=r"link .*lib leads to .*lib, outside of"):
        bundle_source(source, "train.py")


def test_links_inside_travel_as_what_they_lead_to(source: Path, tmp_path: Path) -> None:
    """A file or folder that is linked within the folder is there twice."""
    (source / "again").symlink_to("inner")
    (source / "copy.py").symlink_to("train.py")

    bundle, _ = bundle_source(source, "train.py")

    assert names(bundle.write(tmp_path)) == [
        "again/__init__.py",
        "copy.py",
        "inner/__init__.py",
        "train.py",
    ]


def test_links_in_a_circle_are_refused(source: Path) -> None:
    """A link to a folder that it lies in has no end."""
    (source / "inner" / "up").symlink_to("..")

    with pytest.raises(BundleError, match="a folder that it lies in, and so on"):
        bundle_source(source, "train.py")


def test_what_is_ignored_does_not_travel(source: Path, tmp_path: Path) -> None:
    """Patterns are of names, or of paths in the folder; links that match are let be."""
    (source / "data" / "raw").mkdir(parents=True)
    (source / "data" / "raw" / "a.txt").touch()
    (source / "data" / "words.txt").touch()
    (source / "notes.md").touch()
    (source / "inner" / "notes.md").touch()
    (source / "lib").symlink_to(tmp_path)
    (source / "churn.egg-info").mkdir()
    (source / "churn.egg-info" / "SOURCES.txt").touch()

    bundle, _ = bundle_source(source, "train.py", ignore=("*.md", "data/raw", "lib"))

    assert names(bundle.write(tmp_path / "out")) == [
        "data/words.txt",
        "inner/__init__.py",
        "train.py",
    ]


def test_an_ignored_entry_point_is_missing(source: Path) -> None:
    """Whoever ignores the script itself is told that it is not there."""
    with pytest.raises(BundleError, match=r"got 'train.py' \(there is inner/"):
        bundle_source(source, "train.py", ignore=("train*",))


@pytest.mark.parametrize(
    ("path", "entry_point", "match"),
    [
        ("nowhere", "train.py", "expected a script or a folder at .*nowhere, found"),
        (
            "src",
            None,
            r"src is a folder; name the script in it that runs \(there is in",
        ),
        ("src", "tain.py", r"expected a file inside .*src; got 'tain.py' \(there is"),
        ("src", "../x.py", "expected a file inside .*src; got"),
        (
            "src/train.py",
            "other.py",
            "is the single file .*, so there is no 'other.py'",
        ),
    ],
)
def test_what_cannot_be_packed_is_refused(
    source: Path, path: str, entry_point: str | None, match: str
) -> None:
    """The entry point is there, inside the folder, before anything is sent."""
    with pytest.raises(BundleError, match=match):
        bundle_source(source.parent / path, entry_point)


def test_missing_files_are_refused_by_place(tmp_path: Path) -> None:
    """The message says which field named the file, and what lies there instead."""
    with pytest.raises(BundleError, match=r"X\.script: expected a file at .*a folder"):
        bundle_file(tmp_path, what="X.script")
    with pytest.raises(BundleError, match=r"X\.script: expected a file at .*nothing"):
        bundle_file(tmp_path / "no", what="X.script")
