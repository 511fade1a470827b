"""Bring objects from S3 to this computer, once for each content.

An object is kept under its name, ETag and size, so that an unchanged one is not
brought again and a changed one takes nobody's file away.
"""

from __future__ import annotations

import hashlib
import os
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Protocol

from attrs import frozen
from boto3.s3.transfer import TransferConfig
from s3transfer.exceptions import RetriesExceededError, S3DownloadFailedError
from s3transfer.manager import TransferManager
from s3transfer.subscribers import BaseSubscriber

from penguin_pipes.aws.failures import translated
from penguin_pipes.errors import AwsError, InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

WORKERS: Final = 8
PART: Final = ".part-"
OLD_S: Final = 30 * 86_400
"""After this time, what an object once held is forgotten, and what a fetch that was
killed had begun. Nobody reads it any more."""


class Watch(Protocol):
    """Told, from several threads, what comes."""

    def begin(self, uri: str, size: int) -> None:
        """An object is about to come."""

    def more(self, uri: str, count: int) -> None:
        """So many more bytes of it are here."""

    def done(self, uri: str) -> None:
        """All of it is here."""


@frozen(kw_only=True)
class _Object:
    """One object, as a listing tells of it."""

    bucket: str
    key: str
    etag: str
    size: int

    @property
    def uri(self) -> str:
        return f"s3://{self.bucket}/{self.key}"

    def folder(self, store: Path) -> Path:
        return store / _digest(self.uri)

    def file(self, store: Path) -> Path:
        return self.folder(store) / _digest(f"{self.etag} {self.size}")


def fetch(uri: str, *, client: Any, store: Path, watch: Watch) -> Mapping[str, Path]:
    """Return every object at or below *uri*, by its name, as a file in *store*.

    Only what is not there yet is brought. A file is there when all of it is.

    Args:
        uri: The name of an object, or a prefix of names that ends at a slash.
        client: An S3 client.
        store: The folder that keeps what was brought.
        watch: Told what comes.

    Raises:
        InputError: There is nothing at or below *uri*.
        AwsError: S3 refused, was not reached, or an object changed meanwhile.
        OSError: The store cannot be written.
    """
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    found = list(_listed(client, bucket, key.rstrip("/")))
    if not found:
        msg = f"{uri}: there is no object at or below this name in S3 either"
        raise InputError(msg)
    missing = [each for each in found if not each.file(store).exists()]
    # Whether an object is the one that was listed is only asked of S3 in parts.
    parts = TransferConfig(multipart_threshold=1)
    with (
        # An error or Ctrl-C first cancels what runs, then nobody has to wait for it.
        ThreadPoolExecutor(WORKERS) as pool,
        TransferManager(client, parts) as transfers,
    ):
        bring = partial(_bring, transfers=transfers, store=store, watch=watch)
        try:
            list(pool.map(bring, missing))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return {each.uri: each.file(store) for each in found}


def _listed(client: Any, bucket: str, key: str) -> Iterator[_Object]:
    """Yield the objects at or below a key."""
    resource = f"arn:aws:s3:::{bucket}"
    what = f"s3://{bucket}/{key} was not fetched"
    with translated(what, resource=resource, service="s3"):
        if key:
            # The object itself, if there is one, is the first of its prefix.
            answer = client.list_objects_v2(Bucket=bucket, Prefix=key, MaxKeys=1)
            for each in answer.get("Contents", ()):
                if each["Key"] == key:
                    yield _object(bucket, each)
        pages = client.get_paginator("list_objects_v2").paginate(
            Bucket=bucket, Prefix=f"{key}/" if key else ""
        )
        for page in pages:
            for each in page.get("Contents", ()):
                # Consoles make empty objects to show folders with.
                if not each["Key"].endswith("/"):
                    yield _object(bucket, each)


def _object(bucket: str, listed: Mapping[str, Any]) -> _Object:
    return _Object(
        bucket=bucket, key=listed["Key"], etag=listed["ETag"], size=listed["Size"]
    )


def _bring(
    wanted: _Object, *, transfers: TransferManager, store: Path, watch: Watch
) -> None:
    """Bring one object; it is seen when all of it is on the disk."""
    folder = wanted.folder(store)
    folder.mkdir(parents=True, exist_ok=True)
    aside = folder / f"{PART}{uuid.uuid4().hex}"
    what = f"{wanted.uri} was not fetched"
    resource = f"arn:aws:s3:::{wanted.bucket}/{wanted.key}"
    watch.begin(wanted.uri, wanted.size)
    try:
        with (
            translated(what, resource=resource, service="s3"),
            aside.open("wb") as file,
        ):
            _download(wanted, transfers, file, watch, what)
            os.fsync(file.fileno())
        aside.replace(wanted.file(store))
    finally:
        aside.unlink(missing_ok=True)
    _forget(folder, wanted.file(store))
    watch.done(wanted.uri)


def _download(
    wanted: _Object, transfers: TransferManager, file: Any, watch: Watch, what: str
) -> None:
    """Write an object into a file.

    Raises:
        AwsError: It is not the one that was listed any more.
    """
    listed = _Listed(wanted, watch)
    future = transfers.download(wanted.bucket, wanted.key, file, subscribers=[listed])
    try:
        future.result()
    except RetriesExceededError as error:
        words = str(error.last_exception).rstrip(". ")
        msg = f"{what}: its bytes did not all come ({words}); run the command again"
        raise AwsError(msg) from error
    except S3DownloadFailedError as error:
        msg = f"{what}: it changed at the same time; run the command again"
        raise AwsError(msg) from error
    file.flush()
    # Parts come in any order, so that the file may stand anywhere.
    size = os.fstat(file.fileno()).st_size
    if size != wanted.size:
        msg = f"{what}: {size} of {wanted.size} bytes came; run the command again"
        raise AwsError(msg)


class _Listed(BaseSubscriber):  # type: ignore[misc]  # it has no types
    """Has no other object brought than the one that was listed, and tells of it."""

    def __init__(self, wanted: _Object, watch: Watch) -> None:
        self._wanted = wanted
        self._watch = watch

    def on_queued(self, future: Any, **_: Any) -> None:
        future.meta.provide_transfer_size(self._wanted.size)
        future.meta.provide_object_etag(self._wanted.etag)

    def on_progress(self, future: Any, bytes_transferred: int, **_: Any) -> None:  # noqa: ARG002
        self._watch.more(self._wanted.uri, bytes_transferred)


def _forget(folder: Path, current: Path) -> None:
    """Remove what an object held long ago, and what was never completed."""
    for path in folder.iterdir():
        with suppress(OSError):
            if path != current and time.time() - path.stat().st_mtime > OLD_S:
                path.unlink()


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
