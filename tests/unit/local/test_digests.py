"""What is promised of digests, which are remembered and never believed for too long."""

from __future__ import annotations

import hashlib
import os
import time
from typing import TYPE_CHECKING

import attrs
import pytest

from penguin_pipes.local.database import Database
from penguin_pipes.local.digests import REMEMBERED, SETTLED_NS, Digests

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FALSE = "f" * 64
"""A digest that no file has: who gives it has not read the file."""


@attrs.define
class Clock:
    """A clock that runs ahead of the files' by as much as it is told."""

    ahead_ns: int = 2 * SETTLED_NS

    def __call__(self) -> int:
        """Return the time, in nanoseconds since the epoch."""
        return time.time_ns() + self.ahead_ns


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """Return the database of a home."""
    with Database(tmp_path / "home") as found:
        yield found


@pytest.fixture
def big(tmp_path: Path) -> Path:
    """Return a file whose digest is worth being remembered."""
    path = tmp_path / "big"
    path.write_bytes(b"1" * REMEMBERED)
    return path


def _true(path: Path) -> str:
    """Return the digest that a file has."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _falsify(database: Database) -> None:
    """Replace every digest that is remembered."""
    database.write("UPDATE digests SET sha256 = ?", FALSE)


def test_big_file_is_read_once(database: Database, big: Path) -> None:
    """What is remembered is taken, by whoever asks later."""
    first = Digests(database, clock_ns=Clock()).of_file(big)
    _falsify(database)

    assert first == _true(big)
    assert Digests(database, clock_ns=Clock()).of_file(big) == FALSE


def test_small_file_is_read_every_time(database: Database, tmp_path: Path) -> None:
    """Reading it takes less time than looking it up."""
    path = tmp_path / "small"
    path.write_bytes(b"1" * (REMEMBERED - 1))
    Digests(database, clock_ns=Clock()).of_file(path)

    assert database.rows("SELECT * FROM digests") == []


def test_file_that_was_just_written_is_not_believed(
    database: Database, big: Path
) -> None:
    """Within a tick of the clock it may be written again and look the same."""
    Digests(database, clock_ns=Clock(0)).of_file(big)
    _falsify(database)

    assert Digests(database, clock_ns=Clock()).of_file(big) == _true(big)


def test_clock_behind_that_of_the_files_is_not_trusted(
    database: Database, big: Path
) -> None:
    """If files come from the future, nobody knows how old they are."""
    Digests(database, clock_ns=Clock(-SETTLED_NS)).of_file(big)
    _falsify(database)

    assert Digests(database, clock_ns=Clock()).of_file(big) == _true(big)


def test_same_size_and_restored_mtime_are_seen_through(
    database: Database, big: Path
) -> None:
    """Tools that restore times cannot restore when the file was last changed."""
    Digests(database, clock_ns=Clock()).of_file(big)
    before = big.stat()
    with big.open("r+b") as file:
        file.write(b"2")
    os.utime(big, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert big.stat().st_mtime_ns == before.st_mtime_ns
    assert big.stat().st_ino == before.st_ino

    assert Digests(database, clock_ns=Clock()).of_file(big) == _true(big)


def test_another_file_of_the_same_look_is_read(database: Database, big: Path) -> None:
    """A file that took the place of another is another."""
    Digests(database, clock_ns=Clock()).of_file(big)
    before = big.stat()
    other = big.with_name("other")
    other.write_bytes(b"2" * REMEMBERED)
    os.utime(other, ns=(before.st_atime_ns, before.st_mtime_ns))
    other.replace(big)

    assert Digests(database, clock_ns=Clock()).of_file(big) == _true(big)


def test_touched_file_has_the_same_digest(database: Database, big: Path) -> None:
    """A new time makes nothing else of the bytes."""
    first = Digests(database, clock_ns=Clock()).of_file(big)
    big.touch()

    assert Digests(database, clock_ns=Clock()).of_file(big) == first


def test_folder_is_its_names_and_bytes(tmp_path: Path) -> None:
    """Another byte, another name, another place: each is another folder."""
    found = set()
    for number, (name, text) in enumerate(
        [("a", "x"), ("a", "y"), ("b", "x"), ("in/a", "x")]
    ):
        path = tmp_path / str(number) / name
        path.parent.mkdir(parents=True)
        path.write_text(text)
        found.add(Digests().of(tmp_path / str(number)))

    assert len(found) == 4


def test_files_are_checked_for_what_was_read(tmp_path: Path) -> None:
    """A change while a step runs is noticed, even one that came within a tick."""
    path = tmp_path / "file"
    path.write_text("1")
    digests = Digests(clock_ns=Clock(0))
    digests.of_file(path)
    unchanged = digests.hold([path])
    before = path.stat()
    path.write_text("2")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))

    assert unchanged
    assert not digests.hold([path])


@pytest.mark.parametrize("ahead_ns", [0, 2 * SETTLED_NS])
def test_file_that_is_gone_does_not_hold(tmp_path: Path, ahead_ns: int) -> None:
    """Neither does one that was never read."""
    path, other = tmp_path / "file", tmp_path / "other"
    path.touch()
    other.touch()
    digests = Digests(clock_ns=Clock(ahead_ns))
    digests.of_file(path)
    path.unlink()

    assert not digests.hold([path])
    assert not digests.hold([other])
