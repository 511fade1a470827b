"""What is missing in S3 goes to S3, once."""

from __future__ import annotations

from collections import Counter
from threading import Lock
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError

from penguin_pipes.errors import UploadError
from penguin_pipes.upload import Guard, missing, upload_missing

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

OWNER = "123456789012"
KEY = "arn:aws:kms:eu-west-1:123456789012:key/k"


class Bucket:
    """A client that keeps objects in memory and can refuse."""

    def __init__(
        self, *, absent: str = "404", refuses: str = "", code: str = ""
    ) -> None:
        self.objects: dict[str, str] = {}
        self.asked: list[dict[str, str]] = []
        self.options: list[dict[str, str]] = []
        self.absent = absent
        self.refuses = refuses
        self.code = code or "AccessDenied"
        self.lock = Lock()

    def head_object(self, **request: str) -> Any:
        """Answer as S3 does."""
        with self.lock:
            self.asked.append(request)
        if f"{request['Bucket']}/{request['Key']}" not in self.objects:
            raise ClientError({"Error": {"Code": self.absent}}, "HeadObject")

    def upload_file(
        self,
        filename: str,
        bucket: str,
        key: str,
        *,
        ExtraArgs: dict[str, str],  # noqa: N803  # AWS's names
        Callback: Callable[[int], None],  # noqa: N803
    ) -> None:
        """Keep the object, or refuse it."""
        if self.refuses and self.refuses in key:
            raise ClientError({"Error": {"Code": self.code}}, "PutObject")
        with self.lock:
            self.objects[f"{bucket}/{key}"] = filename
            self.options.append(ExtraArgs)
        Callback(3)
        Callback(4)


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """Return a script and a dataset, each with its content's address."""
    script, data = tmp_path / "a.py", tmp_path / "d.csv"
    script.write_text("pass\n")
    data.write_text("1,2\n")
    return {"s3://acme-ml/code/1/a.py": script, "s3://acme-ml/data/2/d.csv": data}


@pytest.mark.parametrize("absent", ["404", "403", "NoSuchKey"])
def test_only_what_is_missing_is_uploaded(absent: str, files: dict[str, Path]) -> None:
    """Content-addressed objects that are there have the right bytes already."""
    bucket = Bucket(absent=absent)
    bucket.objects["acme-ml/code/1/a.py"] = "there"

    assert missing(files, client=bucket) == ("s3://acme-ml/data/2/d.csv",)
    uploaded = upload_missing(files, client=bucket)

    assert uploaded == ("s3://acme-ml/data/2/d.csv",)
    assert bucket.objects == {
        "acme-ml/code/1/a.py": "there",
        "acme-ml/data/2/d.csv": str(files["s3://acme-ml/data/2/d.csv"]),
    }
    assert upload_missing(files, client=bucket) == ()


def test_every_call_carries_the_owner_and_each_object_its_key(
    files: dict[str, Path],
) -> None:
    """A bucket that somebody else took over gets nothing."""
    bucket = Bucket()

    upload_missing(files, client=bucket, guard=Guard(owner=OWNER, kms_key=KEY))

    assert {each["ExpectedBucketOwner"] for each in bucket.asked} == {OWNER}
    wanted = {
        "ExpectedBucketOwner": OWNER,
        "ServerSideEncryption": "aws:kms",
        "SSEKMSKeyId": KEY,
    }
    assert bucket.options == [wanted, wanted]


def test_progress_is_told_for_each_object(files: dict[str, Path]) -> None:
    """As many bytes as went out, under the object's address."""
    told: Counter[str] = Counter()
    done: list[str] = []

    upload_missing(
        files,
        client=Bucket(),
        watch=lambda uri, sent: told.update({uri: sent}),
        done=done.append,
    )

    assert told == dict.fromkeys(files, 7)
    assert sorted(done) == sorted(files)


def test_what_s3_refuses_is_not_told_as_done(files: dict[str, Path]) -> None:
    """All of its bytes may have gone out before S3 says no."""
    done: list[str] = []

    with pytest.raises(UploadError):
        upload_missing(files, client=Bucket(refuses=".py"), done=done.append)

    assert "s3://acme-ml/code/1/a.py" not in done


@pytest.mark.parametrize(
    ("code", "guard", "match"),
    [
        ("AccessDenied", Guard(), r"need s3:PutObject on arn:aws:s3:::acme-ml/\*$"),
        (
            "AccessDenied",
            Guard(owner=OWNER, kms_key=KEY),
            r"kms:GenerateDataKey on arn.*; or the bucket does not belong to account 1234",
        ),
        ("NoSuchBucket", Guard(), "there is no bucket 'acme-ml'. Create it, or name"),
    ],
    ids=["denied", "denied with owner and key", "no bucket"],
)
def test_a_refused_upload_names_object_file_and_permission(
    code: str, guard: Guard, match: str, files: dict[str, Path]
) -> None:
    """What was tried, and the least thing to grant; what is through stays."""
    bucket = Bucket(refuses="data/", code=code)

    with pytest.raises(
        UploadError,
        match=rf"^s3://acme-ml/data/2/d\.csv: /.*/d\.csv was not uploaded: .*{match}",
    ):
        upload_missing(files, client=bucket, guard=guard)
    assert "acme-ml/code/1/a.py" in bucket.objects
    bucket.refuses = ""
    assert upload_missing(files, client=bucket) == ("s3://acme-ml/data/2/d.csv",)


def test_other_answers_stop_the_upload(files: dict[str, Path]) -> None:
    """A bucket of another region, or no answer, is no reason to upload blindly."""
    with pytest.raises(
        UploadError, match=r"could not be asked whether .* is in another region"
    ):
        upload_missing(files, client=Bucket(absent="301"))


def test_real_objects_arrive_whole(edge: Any, tmp_path: Path) -> None:
    """A file of many parts is put together again, with the key it was asked for."""
    large = tmp_path / "large.bin"
    large.write_bytes(bytes(range(256)) * 40_000)
    uri = "s3://acme-ml/data/9/large.bin"
    client = boto3.client("s3", region_name="eu-west-1")

    assert upload_missing({uri: large}, client=client, guard=Guard(kms_key=KEY)) == (
        uri,
    )

    found = client.get_object(Bucket="acme-ml", Key="data/9/large.bin")
    assert found["Body"].read() == large.read_bytes()
    assert found["SSEKMSKeyId"] == KEY
    assert edge.calls[0] == "s3.HeadObject"
