"""The command line, towards SageMaker: arguments in, exit code out."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import boto3
import pytest
from moto import mock_aws

from penguin_pipes.config import PipelineConfig
from penguin_pipes.deploy import main

if TYPE_CHECKING:
    from collections.abc import Iterator

ROLE = "arn:aws:iam::123456789012:role/pipelines"
WHERE = ["--bucket", "acme-ml", "--role", ROLE, "--region", "eu-west-1"]
README = Path(__file__).parents[2] / "README.md"


@pytest.fixture
def _aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Stand up a fake AWS with a bucket and a role."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        s3 = boto3.client("s3", region_name="eu-west-1")
        place = {"LocationConstraint": "eu-west-1"}
        s3.create_bucket(Bucket="acme-ml", CreateBucketConfiguration=place)
        iam = boto3.client("iam", region_name="eu-west-1")
        iam.create_role(RoleName="pipelines", AssumeRolePolicyDocument="{}")
        yield


@pytest.mark.usefixtures("_aws")
def test_deploying_and_starting(capsys: pytest.CaptureFixture[str]) -> None:
    """The pipeline is created in the named region, then started on request."""
    assert main([*WHERE, "--tune", "--start"]) == 0

    out = capsys.readouterr().out
    assert "deployed arn:aws:sagemaker:eu-west-1:123456789012:pipeline/penguins" in out
    assert "/execution/" in out
    client = boto3.client("sagemaker", region_name="eu-west-1")
    definition = client.describe_pipeline(PipelineName="penguins")["PipelineDefinition"]
    assert '"tune-model"' in definition


@pytest.mark.usefixtures("_aws")
def test_a_bucket_that_is_not_there_is_told_in_one_sentence(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Exit code 1: the request was sound, AWS said no."""
    where = [*WHERE[:1], "no-such-bucket", *WHERE[2:]]

    assert main(where) == 1

    err = capsys.readouterr().err
    assert "s3://no-such-bucket/" in err
    assert "The bucket has to exist" in err
    assert "Traceback" not in err


def test_a_trace_is_shown_on_request_alone(capsys: pytest.CaptureFixture[str]) -> None:
    """--debug is for whoever mends the program, not the request."""
    assert main(["--local", "--set", "nothing"]) == 2
    assert "Traceback" not in capsys.readouterr().err

    assert main(["--local", "--set", "nothing", "--debug"]) == 2
    assert "Traceback" in capsys.readouterr().err


def test_every_flag_in_the_readme_is_one(capsys: pytest.CaptureFixture[str]) -> None:
    """What the README types, --help knows."""
    commands = re.findall(r"penguin_pipes\.deploy (.*)", README.read_text())
    flags = set(re.findall(r"--[a-z]+", " ".join(commands)))

    with pytest.raises(SystemExit, match="0"):
        main(["--help"])

    assert flags
    assert flags <= set(re.findall(r"--[a-z]+", capsys.readouterr().out))


def test_every_field_of_a_config_is_documented() -> None:
    """Each field stands once under Attributes, so that --set can be looked up."""
    seen: set[type[Any]] = set()
    todo: list[type[Any]] = [PipelineConfig]
    while todo:
        kind = todo.pop()
        seen.add(kind)
        documented = "\n".join(base.__doc__ or "" for base in kind.__mro__)
        for field in attrs.fields(attrs.resolve_types(kind)):
            # Python 3.13 takes the indentation out of docstrings.
            line = rf"^ +{field.name}: "
            assert re.search(line, documented, re.MULTILINE), f"{kind}.{field.name}"
            inner = [*getattr(field.type, "__args__", ()), field.type]
            todo += [k for k in inner if isinstance(k, type) and attrs.has(k)]
            todo = [k for k in todo if k not in seen]
    assert len(seen) > 5
