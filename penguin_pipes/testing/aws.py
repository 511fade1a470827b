"""A fake AWS at the HTTP edge: whoever makes an AWS client in the test talks to it."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import urllib.request
from typing import TYPE_CHECKING, Any, Final

import attrs

from penguin_pipes.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

REGION: Final = "us-east-1"
ACCOUNT: Final = "123456789012"
"""The account that moto's resources belong to."""

TRUST: Final = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "sagemaker.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}


@attrs.frozen(kw_only=True)
class FakeAws:
    """An AWS of the test's own, empty at its beginning.

    Attributes:
        url: Where it listens.
        region: The region that clients take if nobody names one.
        account: The account.
    """

    url: str
    region: str = REGION
    account: str = ACCOUNT

    def client(self, service: str, *, region: str | None = None) -> Any:
        """Return a client of boto3 for *service* in *region*, or in `region`."""
        import boto3

        session = boto3.Session(region_name=region or self.region)
        return session.client(service, endpoint_url=self.url)

    def make_bucket(self, name: str, *, region: str | None = None) -> str:
        """Make a bucket of this *name* in *region*; return its name."""
        where = region or self.region
        place = {"CreateBucketConfiguration": {"LocationConstraint": where}}
        options = {} if where == "us-east-1" else place
        self.client("s3", region=where).create_bucket(Bucket=name, **options)
        return name

    def make_role(self, name: str) -> str:
        """Make a role of this *name* that SageMaker may take; return its ARN."""
        policy = json.dumps(TRUST)
        made = self.client("iam").create_role(
            RoleName=name, AssumeRolePolicyDocument=policy
        )
        return str(made["Role"]["Arn"])

    def environment(self) -> dict[str, str | None]:
        """Return environment variables that lead to it; None for what must be unset."""
        mine: dict[str, str | None] = {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "AKIATESTING000000000",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_DEFAULT_REGION": self.region,
            "AWS_REGION": self.region,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }
        # A profile, or an endpoint of one service, would lead somewhere else.
        others = [name for name in os.environ if name.startswith("AWS_")]
        return {**dict.fromkeys(others), **mine}

    def reset(self) -> None:
        """Forget everything."""
        request = urllib.request.Request(f"{self.url}/moto-api/reset", method="POST")  # noqa: S310  # loopback
        urllib.request.urlopen(request, timeout=60).close()  # noqa: S310


@contextlib.contextmanager
def served() -> Iterator[FakeAws]:
    """Yield a fake AWS that listens on this computer.

    Raises:
        InputError: There is nothing to make it of.
    """
    missing = [
        name
        for name in ("moto", "flask_cors")
        if importlib.util.find_spec(name) is None
    ]
    if missing:
        msg = (
            f"penguin_pipes_aws: the fake AWS is moto's server, and {missing[0]!r} is "
            "not installed; pip install 'penguin-pipes[testing]'"
        )
        raise InputError(msg)
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield FakeAws(url=f"http://{host}:{port}")
    finally:
        server.stop()
