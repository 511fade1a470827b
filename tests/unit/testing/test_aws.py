"""The fake AWS: where clients of a test end up, and that each test has an empty one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import boto3
import pytest

from penguin_pipes.testing import closed_network

if TYPE_CHECKING:
    from penguin_pipes.testing import FakeAws

TRAIN = json.dumps({"Version": "2020-12-01", "Steps": []})


@pytest.mark.parametrize("name", ["first", "second"])
def test_every_test_has_an_empty_one(penguin_pipes_aws: FakeAws, name: str) -> None:
    """What one test has made, the next does not find."""
    s3 = penguin_pipes_aws.client("s3")
    assert s3.list_buckets()["Buckets"] == []

    assert penguin_pipes_aws.make_bucket(name) == name

    assert [each["Name"] for each in s3.list_buckets()["Buckets"]] == [name]


def test_clients_that_name_nothing_end_up_there(penguin_pipes_aws: FakeAws) -> None:
    """No setting, no credentials, and no network but this computer's."""
    with closed_network():
        role = penguin_pipes_aws.make_role("ml")
        boto3.client("sagemaker").create_pipeline(
            PipelineName="churn",
            ClientRequestToken="0" * 32,
            RoleArn=role,
            PipelineDefinition=TRAIN,
        )
        found = boto3.client("sagemaker").list_pipelines()["PipelineSummaries"]

    assert role == f"arn:aws:iam::{penguin_pipes_aws.account}:role/ml"
    assert [each["PipelineName"] for each in found] == ["churn"]


def test_programs_of_the_test_end_up_there_too(penguin_pipes_aws: FakeAws) -> None:
    """The command line, say."""
    penguin_pipes_aws.make_bucket("acme-ml", region="eu-west-1")
    code = (
        "import boto3; print(boto3.client('s3').list_buckets()['Buckets'][0]['Name'])"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert done.stdout == "acme-ml\n"


@pytest.fixture
def own_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have settings as developers have them, and a session that remembers some."""
    monkeypatch.setenv("AWS_PROFILE", "prod")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "https://minio.example")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "mine")
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", object())


@pytest.mark.usefixtures("own_settings")
def test_the_developers_settings_lead_nowhere(request: pytest.FixtureRequest) -> None:
    """A profile, an endpoint of one service, a token, a session: all are put aside."""
    aws: FakeAws = request.getfixturevalue("penguin_pipes_aws")

    assert boto3.client("s3").list_buckets()["Buckets"] == []
    left = {name for name in os.environ if name.startswith("AWS_")}
    assert left == {name for name, value in aws.environment().items() if value}
