"""Objects come from S3 once for each content, whole or not at all."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

import pytest

from penguin_pipes import aws
from penguin_pipes.errors import AwsError, InputError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

BIG = os.urandom(9_000_000)
"""More than one part of a transfer."""


class Told:
    """Writes down what comes; may do something when it begins."""

    def __init__(self) -> None:
        self.sizes: dict[str, int] = {}
        self.received: dict[str, int] = {}
        self.whole: list[str] = []
        self.at_begin: Any = lambda _: None

    def begin(self, uri: str, size: int) -> None:
        """Take note."""
        self.sizes[uri] = size
        self.at_begin(uri)

    def more(self, uri: str, count: int) -> None:
        """Take note."""
        self.received[uri] = self.received.get(uri, 0) + count

    def done(self, uri: str) -> None:
        """Take note."""
        self.whole.append(uri)


class Bucket:
    """A bucket of the fake AWS, and a store that it is brought to."""

    def __init__(self, edge: Any, store: Path) -> None:
        self.edge = edge
        self.store = store
        self.s3 = aws.Aws(region="eu-west-1").s3
        self.told = Told()

    def put(self, key: str, body: bytes = b"") -> None:
        """Write an object."""
        self.s3.put_object(Bucket="acme-ml", Key=key, Body=body)

    def fetch(self, key: str) -> Mapping[str, Path]:
        """Bring what lies at or below a key, having forgotten what came before."""
        self.edge.calls.clear()
        self.told.whole.clear()
        uri = f"s3://acme-ml/{key}"
        return aws.fetch(uri, client=self.s3, store=self.store, watch=self.told)

    @property
    def files(self) -> list[Path]:
        """All files in the store."""
        return [path for path in self.store.rglob("*") if path.is_file()]


@pytest.fixture
def bucket(edge: Any, tmp_path: Path) -> Bucket:
    """Return an empty bucket and an empty store."""
    return Bucket(edge, tmp_path / "store")


def test_all_objects_below_a_prefix_come_by_their_names(bucket: Bucket) -> None:
    """What only begins with the same letters stays, and so do empty folders."""
    for key in ("raw/a.csv", "raw/deep/b.csv", "raw-old/c.csv", "raw/folder/"):
        bucket.put(key, key.encode())

    found = bucket.fetch("raw/")

    assert {name: path.read_text() for name, path in found.items()} == {
        "s3://acme-ml/raw/a.csv": "raw/a.csv",
        "s3://acme-ml/raw/deep/b.csv": "raw/deep/b.csv",
    }
    assert sorted(bucket.told.whole) == sorted(found)


def test_a_single_object_comes_by_its_name(bucket: Bucket) -> None:
    """Empty ones too, and nothing but the object that was asked for."""
    bucket.put("raw/a.csv")
    bucket.put("raw/a.csv.bak", b"x")

    found = bucket.fetch("raw/a.csv")

    assert [*found] == ["s3://acme-ml/raw/a.csv"]
    assert found["s3://acme-ml/raw/a.csv"].read_bytes() == b""


def test_big_objects_come_in_parts_and_whole(bucket: Bucket) -> None:
    """The bytes are those of the object, and progress adds up to its size."""
    bucket.put("big.bin", BIG)

    (path,) = bucket.fetch("big.bin").values()

    assert path.read_bytes() == BIG
    assert bucket.told.received == bucket.told.sizes
    assert bucket.edge.calls.count("s3.GetObject") > 1


def test_an_unchanged_object_is_not_brought_again(bucket: Bucket) -> None:
    """A second fetch only lists."""
    bucket.put("raw/a.csv", b"one")
    first = bucket.fetch("raw")

    again = bucket.fetch("raw")

    assert again == first
    assert bucket.told.whole == []
    assert "s3.GetObject" not in bucket.edge.calls


def test_a_changed_object_is_brought_and_the_old_one_stays(bucket: Bucket) -> None:
    """A run that still reads the file of the earlier fetch is not disturbed."""
    bucket.put("raw/a.csv", b"one")
    (old,) = bucket.fetch("raw").values()
    bucket.put("raw/a.csv", b"two")

    (new,) = bucket.fetch("raw").values()

    assert (old.read_bytes(), new.read_bytes()) == (b"one", b"two")


def test_what_an_object_held_long_ago_is_forgotten(bucket: Bucket) -> None:
    """After 30 days, together with what a fetch that was killed left."""
    bucket.put("raw/a.csv", b"one")
    (old,) = bucket.fetch("raw").values()
    partial = old.with_name(".part-0")
    partial.touch()
    month_ago = time.time() - 31 * 86_400
    for path in (old, partial):
        os.utime(path, (month_ago, month_ago))
    bucket.put("raw/a.csv", b"two")

    (new,) = bucket.fetch("raw").values()

    assert bucket.files == [new]


def test_an_object_that_changes_meanwhile_is_refused(bucket: Bucket) -> None:
    """Half of one content and half of another is never taken for an object."""
    bucket.put("raw/a.csv", b"one")
    bucket.told.at_begin = lambda _: bucket.put("raw/a.csv", b"two")

    with pytest.raises(AwsError, match=r"raw/a\.csv was not fetched: it changed"):
        bucket.fetch("raw")

    assert bucket.files == []


def test_a_fetch_that_is_refused_leaves_nothing_visible(bucket: Bucket) -> None:
    """The message names the object and the permission; no partial file stays."""
    bucket.put("raw/a.csv", b"one")
    bucket.edge.refuse("s3.GetObject", "AccessDenied")

    with pytest.raises(AwsError) as caught:
        bucket.fetch("raw")

    assert "s3://acme-ml/raw/a.csv was not fetched" in str(caught.value)
    assert "s3:GetObject on arn:aws:s3:::acme-ml/raw/a.csv" in str(caught.value)
    assert bucket.files == []


def test_a_listing_that_is_refused_names_the_permission(bucket: Bucket) -> None:
    """Which is not called like the operation."""
    bucket.edge.refuse("s3.ListObjects", "AccessDenied")

    with pytest.raises(AwsError, match=r"s3:ListBucket on arn:aws:s3:::acme-ml"):
        bucket.fetch("raw")


def test_nothing_at_a_name_is_an_input_error(bucket: Bucket) -> None:
    """A typo in a name is told as one."""
    bucket.put("raw/a.csv", b"one")

    with pytest.raises(InputError, match=r"s3://acme-ml/row: there is no object"):
        bucket.fetch("row")


def test_the_login_of_a_registry_is_that_of_its_region(edge: Any) -> None:
    """User and password come from the token of the region that the host names."""
    registry = "763104351884.dkr.ecr.eu-central-1.amazonaws.com"

    user, password = aws.registry_login(aws.Aws(region="eu-west-1"), registry)

    assert user == "AWS"
    assert password
    assert edge.calls == ["ecr.GetAuthorizationToken"]


def test_only_registries_of_ecr_have_a_login(edge: Any) -> None:
    """Others are told by name, and AWS is not asked."""
    with pytest.raises(AwsError, match=r"ghcr\.io is no registry of ECR"):
        aws.registry_login(aws.Aws(region="eu-west-1"), "ghcr.io")

    assert edge.calls == []
