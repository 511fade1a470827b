"""What is missing in S3 goes to S3, once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from penguin_pipes.errors import UploadError
from penguin_pipes.upload import upload_missing


class Bucket:
    """A client that keeps objects in memory and can refuse."""

    def __init__(self, *, absent: str = "404", refuses: str = "") -> None:
        self.objects: dict[str, str] = {}
        self.absent = absent
        self.refuses = refuses

    def head_object(self, *, Bucket: str, Key: str) -> Any:  # noqa: N803  # AWS's names
        """Answer as S3 does."""
        if f"{Bucket}/{Key}" not in self.objects:
            raise ClientError({"Error": {"Code": self.absent}}, "HeadObject")

    def upload_file(self, filename: str, bucket: str, key: str) -> None:
        """Keep the object, or refuse it."""
        if self.refuses and self.refuses in key:
            raise ClientError({"Error": {"Code": "AccessDenied"}}, "PutObject")
        self.objects[f"{bucket}/{key}"] = filename


FILES = {"s3://b/code/1/a.py": Path("a.py"), "s3://b/data/2/d.csv": Path("d.csv")}


@pytest.mark.parametrize("absent", ["404", "403", "NoSuchKey"])
def test_only_what_is_missing_is_uploaded(absent: str) -> None:
    """Content-addressed objects that are there have the right bytes already."""
    bucket = Bucket(absent=absent)
    bucket.objects["b/code/1/a.py"] = "there"

    uploaded = upload_missing(FILES, client=bucket)

    assert uploaded == ("s3://b/data/2/d.csv",)
    assert bucket.objects == {"b/code/1/a.py": "there", "b/data/2/d.csv": "d.csv"}
    assert upload_missing(FILES, client=bucket) == ()


def test_a_refused_upload_names_object_file_and_permission() -> None:
    """What was tried, and the least thing to grant."""
    bucket = Bucket(refuses="data/")

    with pytest.raises(
        UploadError,
        match=r"s3://b/data/2/d\.csv: d\.csv was not .* s3:PutObject on arn",
    ):
        upload_missing(FILES, client=bucket)
    assert "b/code/1/a.py" in bucket.objects


def test_other_answers_stop_the_upload() -> None:
    """A bucket of another region, or no answer, is no reason to upload blindly."""
    with pytest.raises(UploadError, match="could not be asked whether it is there"):
        upload_missing(FILES, client=Bucket(absent="301"))
