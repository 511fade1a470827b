"""What is missing in S3 goes to S3, through a client it is handed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from penguin_pipes.errors import UploadError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

# Answers to HeadObject for an object that is not there. S3 says 403 instead of 404
# where the caller may not list the bucket; putting the object settles which it was.
_ABSENT = frozenset({"404", "403", "NoSuchKey", "NotFound", "AccessDenied"})


class S3Client(Protocol):
    """The calls that an upload makes; boto3's S3 client has them."""

    def head_object(self, *, Bucket: str, Key: str) -> Any:  # noqa: N803  # AWS's names
        """Return what is known about an object."""

    def upload_file(self, filename: str, bucket: str, key: str) -> None:
        """Put a file, in parts if it is large."""


def upload_missing(files: Mapping[str, Path], *, client: S3Client) -> tuple[str, ...]:
    """Upload each file whose object is missing, and return the URIs uploaded.

    The objects are content-addressed: one that is there already has these bytes.

    Args:
        files: S3 URI → file on this computer.
        client: An S3 client.

    Raises:
        UploadError: An object could not be put; those before it stay, and the next
            try goes on from there.
    """
    uploaded = []
    for uri, path in sorted(files.items()):
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        if _exists(client, bucket, key):
            continue
        try:
            client.upload_file(str(path), bucket, key)
        except Exception as error:
            msg = (
                f"{uri}: {path} was not uploaded: {error}. The credentials in use "
                f"need s3:PutObject on arn:aws:s3:::{bucket}/*, and the bucket has "
                "to exist"
            )
            raise UploadError(msg) from error
        uploaded.append(uri)
    return tuple(uploaded)


def _exists(client: S3Client, bucket: str, key: str) -> bool:
    try:
        client.head_object(Bucket=bucket, Key=key)
    except Exception as error:
        # botocore.exceptions.ClientError, known by its shape so that this room
        # stays free of botocore.
        response: Mapping[str, Any] = getattr(error, "response", {})
        if str(response.get("Error", {}).get("Code")) in _ABSENT:
            return False
        msg = (
            f"s3://{bucket}/{key}: S3 could not be asked whether it is there: {error}. "
            "The bucket has to exist, and the credentials in use need s3:GetObject "
            f"on arn:aws:s3:::{bucket}/*"
        )
        raise UploadError(msg) from error
    return True
