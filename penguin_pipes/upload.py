"""What is missing in S3 goes to S3, through a client it is handed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Protocol

from attrs import frozen

from penguin_pipes.errors import UploadError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

# Answers to HeadObject for an object that is not there. S3 says 403 instead of 404
# where the caller may not list the bucket; putting the object settles which it was.
_ABSENT: Final = frozenset({"404", "403", "NoSuchKey", "NotFound", "AccessDenied"})

WORKERS: Final = 8
"""Uploads at once; boto3 cuts each large file into parts of its own besides."""


class S3Client(Protocol):
    """The calls that an upload makes; boto3's S3 client has them, for many threads."""

    def head_object(self, **request: str) -> Any:
        """Return what is known about an object."""

    def upload_file(
        self,
        filename: str,
        bucket: str,
        key: str,
        *,
        ExtraArgs: dict[str, str],  # noqa: N803  # AWS's names
        Callback: Callable[[int], None],  # noqa: N803
    ) -> None:
        """Put a file, in parts if it is large; tell how many bytes went out."""


@frozen(kw_only=True)
class Guard:
    """What every call about the bucket carries.

    Attributes:
        owner: The account that the bucket must belong to; None for any.
        kms_key: The key that objects are encrypted with; None for the bucket's own
            setting.
    """

    owner: str | None = None
    kms_key: str | None = None

    @property
    def reading(self) -> dict[str, str]:
        """What a call that reads carries."""
        return {"ExpectedBucketOwner": self.owner} if self.owner else {}

    @property
    def writing(self) -> dict[str, str]:
        """What a call that writes carries."""
        if self.kms_key is None:
            return self.reading
        return {
            **self.reading,
            "ServerSideEncryption": "aws:kms",
            "SSEKMSKeyId": self.kms_key,
        }


def ignore(*_: object) -> None:
    """Take no notice of an upload's progress."""


def upload_missing(
    files: Mapping[str, Path],
    *,
    client: S3Client,
    guard: Guard | None = None,
    watch: Callable[[str, int], None] = ignore,
    done: Callable[[str], None] = ignore,
) -> tuple[str, ...]:
    """Upload each file whose object is missing, and return the URIs uploaded.

    The objects are content-addressed: one that is there already has these bytes.

    Args:
        files: S3 URI → file on this computer.
        client: An S3 client.
        guard: Whose the bucket is, and what encrypts the objects.
        watch: Told, from several threads, how many bytes of which URI went out; S3
            may still refuse what it was sent.
        done: Told, from several threads, which URI S3 has taken.

    Raises:
        UploadError: An object could not be put; those that were put stay, and the
            next try goes on from there.
    """
    guard = guard or Guard()
    absent = missing(files, client=client, guard=guard)
    send = partial(_send, files, client, guard, watch, done)
    with ThreadPoolExecutor(WORKERS) as pool:
        futures = [pool.submit(send, uri) for uri in absent]
        try:
            for future in futures:
                future.result()
        except BaseException:
            # What runs is let finish by the pool; what has not begun never will.
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return absent


def missing(
    files: Mapping[str, Path], *, client: S3Client, guard: Guard | None = None
) -> tuple[str, ...]:
    """Return the URIs of *files* whose objects are missing, sorted; nothing is written.

    Raises:
        UploadError: S3 could not be asked.
    """
    guard = guard or Guard()
    uris = sorted(files)
    with ThreadPoolExecutor(WORKERS) as pool:
        there = list(pool.map(partial(_exists, client, guard), uris))
    return tuple(uri for uri, found in zip(uris, there, strict=True) if not found)


def _send(
    files: Mapping[str, Path],
    client: S3Client,
    guard: Guard,
    watch: Callable[[str, int], None],
    done: Callable[[str], None],
    uri: str,
) -> None:
    """Upload one file."""
    bucket, key = _parts(uri)
    path = files[uri]
    try:
        client.upload_file(
            str(path),
            bucket,
            key,
            ExtraArgs=guard.writing,
            Callback=partial(watch, uri),
        )
    except Exception as error:
        msg = f"{uri}: {path} was not uploaded: {_reason(error, bucket, guard)}"
        raise UploadError(msg) from error
    done(uri)


def _exists(client: S3Client, guard: Guard, uri: str) -> bool:
    bucket, key = _parts(uri)
    try:
        client.head_object(Bucket=bucket, Key=key, **guard.reading)
    except Exception as error:
        # botocore.exceptions.ClientError, known by its shape so that this room
        # stays free of botocore.
        response: Mapping[str, Any] = getattr(error, "response", {})
        if str(response.get("Error", {}).get("Code")) in _ABSENT:
            return False
        reason = _reason(error, bucket, guard, action="s3:GetObject")
        msg = f"{uri}: S3 could not be asked whether it is there: {reason}"
        raise UploadError(msg) from error
    return True


def _parts(uri: str) -> tuple[str, str]:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key


def _reason(
    error: Exception, bucket: str, guard: Guard, *, action: str = "s3:PutObject"
) -> str:
    """Return why S3 said no, in its words and ours, and the way out."""
    words = str(error).rstrip(". ")
    if "NoSuchBucket" in words:
        return f"there is no bucket {bucket!r}. Create it, or name another"
    if "(301)" in words or "PermanentRedirect" in words:
        return f"the bucket {bucket!r} is in another region ({words}). Name its region"
    grant = f"{action} on arn:aws:s3:::{bucket}/*"
    if guard.kms_key and action == "s3:PutObject":
        grant += f" and kms:GenerateDataKey on {guard.kms_key}"
    owner = (
        f"; or the bucket does not belong to account {guard.owner}, as was asked for"
        if guard.owner
        else ""
    )
    return f"{words}. The credentials in use need {grant}{owner}"
