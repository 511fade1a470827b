"""What is promised of S3 names as folders."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from penguin_pipes.errors import InputError
from penguin_pipes.local.storage import Storage, files_below
from penguin_pipes.local.uris import S3Uri

if TYPE_CHECKING:
    from pathlib import Path


def _write(path: Path, text: str = "x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def _tree(folder: Path) -> dict[str, str]:
    return {str(way): (folder / way).read_text() for way in files_below(folder)}


class TestS3Uri:
    """Names in S3."""

    @pytest.mark.parametrize("text", ["s3://b/k/x", "s3://b/k/x/"])
    def test_slash_at_the_end_makes_no_difference(self, text: str) -> None:
        """A prefix is the same with and without a slash at its end."""
        assert S3Uri.parse(text) == S3Uri("b", "k/x")
        assert str(S3Uri.parse(text)) == "s3://b/k/x"

    @pytest.mark.parametrize("text", ["s3://b", "s3://b/"])
    def test_bucket_alone_is_a_name(self, text: str) -> None:
        """A whole bucket can be named."""
        assert str(S3Uri.parse(text)) == "s3://b"

    @pytest.mark.parametrize("text", ["/data/x", "https://b/k", "s3://", "s3:///k", ""])
    def test_other_names_are_refused(self, text: str) -> None:
        """What is not in S3 is refused with the form to write."""
        with pytest.raises(InputError, match=r"write s3://bucket/key"):
            S3Uri.parse(text)

    @pytest.mark.parametrize(
        "text",
        ["s3://b/../../etc", "s3://../x", "s3://b/a/./c", "s3://b/a//c", "s3://b/a\0"],
    )
    def test_names_that_would_escape_are_refused(self, text: str) -> None:
        """No name leads out of its bucket's folder."""
        with pytest.raises(InputError, match="cannot be kept in a folder"):
            S3Uri.parse(text)


class TestReading:
    """What lies where."""

    def test_given_file_is_found_under_its_own_last_part(self, tmp_path: Path) -> None:
        """A single object is found by the last part of its name."""
        data = _write(tmp_path / "local.csv", "1")
        storage = Storage(tmp_path / "s3", {"s3://b/in/data.csv": data})

        assert storage.objects(S3Uri.parse("s3://b/in/data.csv")) == {"data.csv": data}

    def test_given_prefix_reaches_what_is_below_it(self, tmp_path: Path) -> None:
        """An object below a given prefix is found in the folder."""
        data = _write(tmp_path / "folder" / "deep" / "a.csv")
        storage = Storage(tmp_path / "s3", {"s3://b/in": tmp_path / "folder"})

        assert storage.objects(S3Uri.parse("s3://b/in/deep/a.csv")) == {"a.csv": data}
        assert storage.objects(S3Uri.parse("s3://b/in")) == {"deep/a.csv": data}

    def test_given_objects_below_a_prefix_are_found(self, tmp_path: Path) -> None:
        """A prefix above given objects holds them all."""
        one, two = _write(tmp_path / "1"), _write(tmp_path / "2")
        files = {"s3://b/in/one.csv": one, "s3://b/in/deep/two.csv": two}
        storage = Storage(tmp_path / "s3", files)

        found = storage.objects(S3Uri.parse("s3://b/in/"))

        assert found == {"one.csv": one, "deep/two.csv": two}

    def test_name_that_only_begins_alike_is_another(self, tmp_path: Path) -> None:
        """``s3://b/in`` is no prefix of ``s3://b/input``."""
        storage = Storage(tmp_path / "s3", {"s3://b/in": _write(tmp_path / "x")})

        assert not storage.has(S3Uri.parse("s3://b/input"))

    def test_given_wins_over_published(self, tmp_path: Path) -> None:
        """What the caller says lies somewhere lies there."""
        _write(tmp_path / "s3" / "b" / "x.csv", "published")
        given = _write(tmp_path / "given.csv", "given")
        storage = Storage(tmp_path / "s3", {"s3://b/x.csv": given})

        assert storage.objects(S3Uri.parse("s3://b/x.csv")) == {"x.csv": given}

    def test_empty_folder_holds_nothing(self, tmp_path: Path) -> None:
        """As in S3, a folder without files does not exist."""
        (tmp_path / "s3" / "b" / "empty").mkdir(parents=True)

        assert not Storage(tmp_path / "s3", {}).has(S3Uri.parse("s3://b/empty"))

    def test_missing_file_is_refused(self, tmp_path: Path) -> None:
        """A name that stands for nothing is refused at once."""
        with pytest.raises(InputError, match=r"s3://b/x should be read from .*gone"):
            Storage(tmp_path, {"s3://b/x": tmp_path / "gone"})

    def test_staging_copies_contents(self, tmp_path: Path) -> None:
        """A staged folder's contents land in the target, and are copies."""
        data = _write(tmp_path / "in" / "deep" / "a.csv", "1")
        storage = Storage(tmp_path / "s3", {"s3://b/in": tmp_path / "in"})

        count = storage.stage(S3Uri.parse("s3://b/in"), tmp_path / "out")
        (tmp_path / "out" / "deep" / "a.csv").write_text("changed")

        assert count == 1
        assert data.read_text() == "1"

    def test_links_in_given_data_are_followed(self, tmp_path: Path) -> None:
        """Data that is linked into a folder counts, and circles of links end."""
        _write(tmp_path / "elsewhere" / "a.csv", "1")
        (tmp_path / "in").mkdir()
        (tmp_path / "in" / "linked").symlink_to(tmp_path / "elsewhere")
        (tmp_path / "in" / "circle").symlink_to(tmp_path / "in")
        storage = Storage(tmp_path / "s3", {"s3://b/in": tmp_path / "in"})

        assert list(storage.objects(S3Uri.parse("s3://b/in"))) == ["linked/a.csv"]


class TestPublishing:
    """What goes out."""

    def test_folder_becomes_visible_at_its_name(self, tmp_path: Path) -> None:
        """Published files lie below the home by bucket and key."""
        _write(tmp_path / "work" / "deep" / "a", "1")
        storage = Storage(tmp_path / "s3", {})

        target = storage.publish(tmp_path / "work", S3Uri.parse("s3://b/k/out"))

        assert target == tmp_path / "s3" / "b" / "k" / "out"
        assert _tree(target) == {"deep/a": "1"}

    def test_older_objects_stay_unless_written_again(self, tmp_path: Path) -> None:
        """As in S3, a prefix keeps what is not overwritten."""
        storage, name = Storage(tmp_path / "s3", {}), S3Uri.parse("s3://b/out")
        _write(tmp_path / "first" / "old", "1")
        _write(tmp_path / "first" / "both", "1")
        _write(tmp_path / "second" / "both", "2")
        storage.publish(tmp_path / "first", name)

        target = storage.publish(tmp_path / "second", name)

        assert _tree(target) == {"old": "1", "both": "2"}

    def test_links_are_left_out(self, tmp_path: Path) -> None:
        """Links in an output are not followed: neither files nor folders."""
        _write(tmp_path / "secret" / "key")
        _write(tmp_path / "work" / "a", "1")
        (tmp_path / "work" / "file").symlink_to(tmp_path / "secret" / "key")
        (tmp_path / "work" / "folder").symlink_to(tmp_path / "secret")

        target = Storage(tmp_path / "s3", {}).publish(
            tmp_path / "work", S3Uri.parse("s3://b/out")
        )

        assert _tree(target) == {"a": "1"}

    def test_failed_publishing_leaves_the_old_state(self, tmp_path: Path) -> None:
        """If one file cannot be read, nothing of the folder becomes visible."""
        storage, name = Storage(tmp_path / "s3", {}), S3Uri.parse("s3://b/out")
        _write(tmp_path / "first" / "a", "1")
        target = storage.publish(tmp_path / "first", name)
        _write(tmp_path / "second" / "a", "2")
        _write(tmp_path / "second" / "b" / "c", "2")
        _write(target.parent / "out" / "b", "a file where a folder has to be")

        with pytest.raises(OSError, match="b"):
            storage.publish(tmp_path / "second", name)

        assert _tree(target) == {"a": "1", "b": "a file where a folder has to be"}
        assert [path.name for path in (tmp_path / "s3").iterdir()] == ["b"]

    def test_file_can_be_moved(self, tmp_path: Path) -> None:
        """A file that is taken is gone from where it was."""
        source = _write(tmp_path / "model.tar.gz", "1")

        target = Storage(tmp_path / "s3", {}).publish(
            source, S3Uri.parse("s3://b/model.tar.gz"), take=True
        )

        assert target.read_text() == "1"
        assert not source.exists()

    def test_nothing_is_left_aside(self, tmp_path: Path) -> None:
        """After publishing twice, only the buckets are there."""
        storage = Storage(tmp_path / "s3", {})
        _write(tmp_path / "work" / "a")

        for _ in range(2):
            storage.publish(tmp_path / "work", S3Uri.parse("s3://b/out"))

        assert [path.name for path in (tmp_path / "s3").iterdir()] == ["b"]


class TestOwnership:
    """Whether what was published is there still."""

    def test_what_was_published_is_own(self, tmp_path: Path) -> None:
        """Files of others beside it, and second names of its own, change nothing."""
        _write(tmp_path / "one" / "a")
        _write(tmp_path / "two" / "b")
        storage, other = (Storage(tmp_path / "s3", {}) for _ in range(2))
        place = storage.publish(tmp_path / "one", S3Uri("bucket", "out"))

        other.publish(tmp_path / "two", S3Uri("bucket", "out"))

        assert set(_tree(place)) == {"a", "b"}
        assert storage.is_own(place)

    @pytest.mark.parametrize("name", ["out", "out/a"])
    def test_what_another_wrote_over_is_not(self, tmp_path: Path, name: str) -> None:
        """The same name and the same bytes are no proof."""
        _write(tmp_path / "one" / "a")
        storage, other = (Storage(tmp_path / "s3", {}) for _ in range(2))
        place = storage.publish(tmp_path / "one", S3Uri("bucket", "out"))
        source = tmp_path / name.replace("out", "one")

        other.publish(source, S3Uri("bucket", name))

        assert not storage.is_own(place)

    def test_file_that_was_moved_there_is_own(self, tmp_path: Path) -> None:
        """A file that is taken instead of copied is the same file."""
        source = _write(tmp_path / "model")
        storage = Storage(tmp_path / "s3", {})

        place = storage.publish(source, S3Uri("bucket", "model"), take=True)

        assert storage.is_own(place)
        place.unlink()
        assert not storage.is_own(place)


class TestDiscarding:
    """What is taken out again."""

    def test_folders_left_empty_go_along(self, tmp_path: Path) -> None:
        """Nothing but what others have is left around it."""
        _write(tmp_path / "s3" / "bucket" / "run" / "out" / "x")
        _write(tmp_path / "s3" / "other" / "x")
        storage = Storage(tmp_path / "s3", {})

        storage.discard(tmp_path / "s3" / "bucket" / "run" / "out")

        assert _tree(tmp_path / "s3") == {"other/x": "x"}
        assert [path.name for path in (tmp_path / "s3").iterdir()] == ["other"]

    def test_what_is_gone_already_is_no_trouble(self, tmp_path: Path) -> None:
        """Whoever goes on after a kill finds half of it done."""
        (tmp_path / "s3" / "bucket" / "run").mkdir(parents=True)

        Storage(tmp_path / "s3", {}).discard(tmp_path / "s3" / "bucket" / "run" / "x")

        assert [*(tmp_path / "s3").iterdir()] == []

    def test_nothing_outside_is_touched(self, tmp_path: Path) -> None:
        """Neither what lies beside the storage, nor what a link in it leads to."""
        _write(tmp_path / "precious" / "x")
        (tmp_path / "s3" / "bucket").mkdir(parents=True)
        (tmp_path / "s3" / "bucket" / "link").symlink_to(tmp_path / "precious")
        storage = Storage(tmp_path / "s3", {})

        storage.discard(tmp_path / "precious")
        storage.discard(tmp_path / "s3" / ".." / "precious")
        storage.discard(tmp_path / "s3" / "bucket" / "link" / "x")
        storage.discard(tmp_path / "s3" / "bucket" / "link")

        assert _tree(tmp_path / "precious") == {"x": "x"}
        assert not (tmp_path / "s3" / "bucket").exists()
