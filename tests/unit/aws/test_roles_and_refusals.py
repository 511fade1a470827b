"""What AWS refuses is told in one paragraph: what was tried, what is missing, the way out."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore import exceptions as botocore

from penguin_pipes import aws
from penguin_pipes.aws.failures import translated
from penguin_pipes.errors import AwsError, ConfigError

ROLE = "arn:aws:iam::123456789012:role/pipelines"
SERVICE = {"Service": "sagemaker.amazonaws.com"}


def trust(**statement: Any) -> str:
    """Return a trust policy of one statement."""
    allow = {"Effect": "Allow", "Principal": SERVICE, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": {**allow, **statement}})


@pytest.fixture
def iam(edge: Any) -> Any:
    """Return an IAM client; the role ``pipelines`` is there."""
    assert edge
    return aws.Aws(region="eu-west-1").iam


def test_a_role_that_sagemaker_may_assume(iam: Any) -> None:
    """There is nothing to say about it."""
    assert aws.check_role(iam, ROLE) is None


@pytest.mark.parametrize(
    "policy",
    [
        trust(),
        trust(Principal={"Service": ["ec2.amazonaws.com", *SERVICE.values()]}),
        trust(Action=["sts:AssumeRole", "sts:TagSession"]),
    ],
)
def test_every_way_to_write_trust_is_understood(iam: Any, policy: str) -> None:
    """One statement or many, one service or many."""
    iam.update_assume_role_policy(RoleName="pipelines", PolicyDocument=policy)

    assert aws.check_role(iam, ROLE) is None


@pytest.mark.parametrize(
    "policy",
    [
        trust(Principal={"Service": "ec2.amazonaws.com"}),
        trust(Principal={"AWS": "arn:aws:iam::123456789012:root"}),
        trust(Effect="Deny"),
        trust(Action="sts:TagSession"),
    ],
)
def test_a_role_that_does_not_trust_sagemaker(iam: Any, policy: str) -> None:
    """The statement that is missing is written out."""
    iam.update_assume_role_policy(RoleName="pipelines", PolicyDocument=policy)

    with pytest.raises(
        AwsError, match=r"does not trust SageMaker.*sagemaker.amazonaws"
    ):
        aws.check_role(iam, ROLE)


def test_a_role_that_is_not_there(iam: Any) -> None:
    """Its policy is one flag away."""
    with pytest.raises(
        AwsError, match=r"no role 'gone' in the account.*--iam-policy ex"
    ):
        aws.check_role(iam, "arn:aws:iam::123456789012:role/gone")


def test_a_role_of_another_account(iam: Any) -> None:
    """One of the same name is not meant."""
    with pytest.raises(AwsError, match="the role 'pipelines' of the account in use is"):
        aws.check_role(iam, ROLE.replace("123456789012", "999999999999"))


def test_a_role_that_may_not_be_looked_at_is_left_to_aws(edge: Any, iam: Any) -> None:
    """Who may deploy need not be allowed to read IAM."""
    edge.refuse("iam.GetRole", "AccessDenied")

    assert "was not checked: the credentials lack iam:GetRole" in str(
        aws.check_role(iam, ROLE)
    )


REFUSALS = [
    (
        "AccessDeniedException",
        "was denied: 'no'. The least to grant is sagemaker:DescribePipeline on arn:x; '--iam-policy deployer' prints",
    ),
    ("ExpiredTokenException", "the credentials have expired. Sign in again"),
    (
        "UnrecognizedClientException",
        "AWS does not accept the credentials .*sts get-caller-identity",
    ),
    ("InvalidSignatureException", "AWS does not accept the credentials"),
    (
        "ResourceLimitExceeded",
        r"answered 'no' \(ResourceLimitExceeded\). Ask for more in the console of Service Quotas",
    ),
    ("ValidationException", r"answered 'no' \(ValidationException\). Mend the request"),
    ("ResourceNotFound", r"answered 'no' \(ResourceNotFound\). Deploy it first"),
]


@pytest.mark.parametrize(("code", "match"), REFUSALS, ids=[row[0] for row in REFUSALS])
def test_each_refusal_has_its_way_out(edge: Any, code: str, match: str) -> None:
    """Neither a trace nor a class name of botocore reaches the reader."""
    client = aws.Aws(region="eu-west-1").sagemaker
    edge.refuse("sagemaker.DescribePipeline", code)

    with (
        pytest.raises(AwsError, match=f"^it failed: DescribePipeline .*{match}"),
        translated("it failed", resource="arn:x"),
    ):
        client.describe_pipeline(PipelineName="x")


def test_a_busy_service_is_asked_again_and_then_told_of(
    edge: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """How often, and how, is the user's to say, as everywhere with AWS."""
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "2")
    edge.refuse("sagemaker.DescribePipeline", "ThrottlingException")

    with pytest.raises(AwsError, match=r"again and again.*AWS_MAX_ATTEMPTS"):
        aws.describe(aws.Aws(region="eu-west-1").sagemaker, "x")

    assert edge.calls == ["sagemaker.DescribePipeline"] * 2


def test_a_page_of_html_is_not_repeated(
    edge: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy, or AWS in trouble, answers with a page; its status says enough."""
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    # moto 5.2 fails so at what it has not: it lists no steps of an execution.
    arn = "arn:aws:sagemaker:eu-west-1:123456789012:pipeline/x/execution/y"
    client = aws.Aws(region="eu-west-1").sagemaker

    with (
        pytest.raises(AwsError, match=r"turned away again and again \(500\)") as caught,
        translated("it failed", resource=arn),
    ):
        client.list_pipeline_execution_steps(PipelineExecutionArn=arn)

    assert edge.calls == ["sagemaker.ListPipelineExecutionSteps"]
    assert "<" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_canonical_request_of_a_wrong_signature_is_not_repeated(edge: Any) -> None:
    """AWS quotes it, with the session token inside."""
    edge.refuse(
        "sagemaker.DescribePipeline",
        "InvalidSignatureException",
        "The Canonical String should have been x-amz-security-token:TOKEN",
    )

    with pytest.raises(AwsError, match="does not accept") as caught:
        aws.describe(aws.Aws(region="eu-west-1").sagemaker, "x")

    assert "TOKEN" not in str(caught.value)


@pytest.mark.parametrize(
    ("error", "match"),
    [
        (botocore.NoCredentialsError(), "there are no credentials .*aws configure"),
        (
            botocore.UnauthorizedSSOTokenError(),
            "the sign-in has ended .*aws sso login",
        ),
        (
            botocore.EndpointConnectionError(endpoint_url="http://x"),
            "AWS was not reached .*AWS_ENDPOINT_URL",
        ),
        (botocore.NoRegionError(), "You must specify a region. Check region, profile"),
    ],
)
def test_no_answer_at_all(error: Exception, match: str) -> None:
    """Each reason has its own way out."""
    with (
        pytest.raises(AwsError, match=f"^it failed: {match}"),
        translated("it failed", resource="arn:x"),
    ):
        raise error


def test_no_credentials_on_a_computer_that_has_none(
    edge: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is said, and not asked for at the instance's metadata for minutes."""
    assert edge
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")

    with pytest.raises(AwsError, match="there are no credentials"):
        aws.describe(aws.Aws(region="eu-west-1").sagemaker, "x")


class TestRegion:
    """Flags and files come before; this is what the AWS environment says."""

    @pytest.fixture(autouse=True)
    def _profiles(self, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        file = tmp_path / "config"
        file.write_text(
            "[default]\nregion=eu-west-3\n[profile ml]\nregion=eu-north-1\n"
        )
        monkeypatch.setenv("AWS_CONFIG_FILE", str(file))

    @pytest.mark.parametrize(
        ("environ", "profile", "expected"),
        [
            ({"AWS_REGION": "us-west-2"}, None, ("us-west-2", "AWS_REGION")),
            (
                {"AWS_REGION": "us-west-2", "AWS_DEFAULT_REGION": "us-west-1"},
                "ml",
                ("us-west-2", "AWS_REGION"),
            ),
            (
                {"AWS_DEFAULT_REGION": "us-west-1"},
                None,
                ("us-west-1", "AWS_DEFAULT_REGION"),
            ),
            ({}, None, ("eu-west-3", "profile 'default'")),
            ({}, "ml", ("eu-north-1", "profile 'ml'")),
        ],
    )
    def test_environment_before_profile(
        self, environ: dict[str, str], profile: str | None, expected: tuple[str, str]
    ) -> None:
        """The order is the one that AWS's own tools have."""
        found = aws.ambient_region(environ, profile)

        assert found is not None
        assert (found.value, found.origin) == expected

    def test_nowhere(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """None is an answer; to refuse is the command line's part."""
        monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")

        assert aws.ambient_region({}, None) is None

    def test_what_is_no_region(self) -> None:
        """It is refused where it stands, not as a host that nobody knows."""
        with pytest.raises(ConfigError, match=r"AWS_REGION: expected a region.*'mars'"):
            aws.ambient_region({"AWS_REGION": "mars"}, None)

    def test_a_profile_that_is_not_there(self) -> None:
        """It is refused before any call, and the list is one command away."""
        with pytest.raises(ConfigError, match=r"gone.*aws configure list-profiles"):
            aws.ambient_region({}, "gone")
        with pytest.raises(ConfigError, match=r"gone.*aws configure list-profiles"):
            aws.Aws(region="eu-west-1", profile="gone")


@pytest.mark.parametrize(
    "secret",
    [
        "https://b.s3.amazonaws.com/k?X-Amz-Signature=SECRET&X-Amz-Date=1",
        "https://b.s3.amazonaws.com/k?AWSAccessKeyId=SECRET&Expires=1",
        "X-Amz-Security-Token=SECRET&x=1",
        "AWS_SESSION_TOKEN=SECRET",
        "aws_secret_access_key = SECRET",
        '{"Authorization": "SECRET"}',
    ],
)
def test_signatures_and_tokens_are_masked(secret: str) -> None:
    """In whatever line a job or AWS wrote them."""
    text = aws.redact(f"before {secret} after")

    assert "SECRET" not in text
    assert text.startswith("before ")
    assert text.endswith(" after")


def test_access_keys_and_known_secrets_are_masked() -> None:
    """The identifier by its form, the others because they are in use."""
    assert aws.redact("key AKIAIOSFODNN7EXAMPLE!") == "key ****!"
    assert aws.redact("it is hush hush", ("hush hush", "it")) == "it is ****"


def test_ordinary_text_stays() -> None:
    """ARNs, URIs and digests are no secrets."""
    text = f"s3://acme-ml/code/{'ab12' * 16}/x.py {ROLE} signature of a function"

    assert aws.redact(text) == text
