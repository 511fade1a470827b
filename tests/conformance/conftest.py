"""AWS's toolkit and the local run, side by side."""

from __future__ import annotations

import importlib.util
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from judge.case import CODE, REGION, Case
from judge.sides import Seen, Toolkit, run_here

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MODULES = ("sagemaker_training", "sagemaker_tensorflow_container")


@pytest.fixture(scope="session")
def toolkit() -> Iterator[Toolkit]:
    """Yield AWS's toolkit; without it there is no judge."""
    missing = [name for name in MODULES if importlib.util.find_spec(name) is None]
    if missing:
        pytest.fail(f"{missing} not installed; run nox -s conformance", pytrace=False)
    toolkit = Toolkit()
    yield toolkit
    toolkit.close()


@pytest.fixture(scope="session")
def s3(toolkit: Toolkit) -> Iterator[tuple[str, Callable[[Path], None]]]:
    """Yield the address of an S3, and what puts an archive where requests name it."""
    del toolkit  # Asked for so that a missing toolkit is told before anything starts.
    server = ThreadedMotoServer(port=0)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    client = boto3.client(
        "s3",
        region_name=REGION,
        endpoint_url=url,
        aws_access_key_id="none",
        aws_secret_access_key="none",
    )
    bucket, key = CODE.removeprefix("s3://").split("/")
    place = {"LocationConstraint": REGION}
    client.create_bucket(Bucket=bucket, CreateBucketConfiguration=place)

    def put(archive: Path) -> None:
        client.put_object(Bucket=bucket, Key=key, Body=archive.read_bytes())

    yield url, put
    server.stop()


@pytest.fixture(scope="session")
def run_both(
    toolkit: Toolkit, s3: tuple[str, Callable[[Path], None]]
) -> Callable[..., tuple[Seen, Seen]]:
    """Return what runs a case under the toolkit and here, in that order of results.

    The toolkit finds the code in its place, or fetches it from S3 if `is_fetched`.
    """
    url, put = s3

    def run(case: Case, *, is_fetched: bool = False, **how: Any) -> tuple[Seen, Seen]:
        with tempfile.TemporaryDirectory() as name:
            here, there = Path(name, "here"), Path(name, "there")
            here.mkdir()
            there.mkdir()
            ours, request, job_name, files = run_here(case, here)
            if is_fetched:
                put(files[CODE])
                how["endpoint"] = url
            else:
                how["code"] = files[CODE]
            theirs = toolkit.run(request, files, there, job_name=job_name, **how)
            return theirs, ours

    return run


@pytest.fixture(scope="session")
def run_there(
    toolkit: Toolkit, s3: tuple[str, Callable[[Path], None]]
) -> Callable[[Case], Seen]:
    """Return what runs a case under the toolkit alone."""
    url, put = s3

    def run(case: Case) -> Seen:
        with tempfile.TemporaryDirectory() as name:
            files = case.write(Path(name))
            put(files[CODE])
            folder = Path(name, "there")
            folder.mkdir()
            return toolkit.run(
                case.request, files, folder, job_name="job", endpoint=url
            )

    return run
