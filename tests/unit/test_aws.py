"""What AWS refuses is told in one paragraph."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError, NoCredentialsError

from penguin_pipes import aws
from penguin_pipes.errors import AwsError


class Refused:
    """A pipeline whose every call fails."""

    name = "penguins"

    def __init__(self, error: Exception) -> None:
        self.error = error

    def upsert(self) -> dict[str, Any]:
        """Fail."""
        raise self.error

    def start(self) -> Any:
        """Fail."""
        raise self.error


DENIED = ClientError(
    {"Error": {"Code": "AccessDeniedException", "Message": "no sagemaker:Create"}},
    "CreatePipeline",
)


@pytest.mark.parametrize(
    ("error", "match"),
    [
        (DENIED, "CreatePipeline answered 'no sagemaker:Create'. .* grant the cred"),
        (NoCredentialsError(), "Unable to locate credentials Check credentials"),
    ],
)
def test_refusals_name_what_failed_and_the_way_out(
    error: Exception, match: str
) -> None:
    """Neither a trace nor a class name of botocore reaches the reader."""
    with pytest.raises(AwsError, match=f"'penguins' was not deployed: {match}"):
        aws.deploy(Refused(error))
    with pytest.raises(AwsError, match=f"'penguins' was not started: {match}"):
        aws.start(Refused(error))
