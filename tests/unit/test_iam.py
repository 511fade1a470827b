"""The policies: by structure, and by use where moto can."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.core import set_initial_no_auth_action_count

from penguin_pipes.config import MlflowConfig, Security
from penguin_pipes.errors import InputError
from penguin_pipes.iam import deployer_policy, execution_policy, too_long
from penguin_pipes.penguins import penguins_config
from penguin_pipes.pipeline import build_pipeline

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from penguin_pipes.iam import Policy

ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/pipelines"
KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/0a1b"
NOTHING_NARROWER = {
    "cloudwatch:PutMetricData",
    "ec2:DescribeDhcpOptions",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcs",
    "ecr:GetAuthorizationToken",
}
"""Actions for which the service authorization reference knows no resource."""

SECURITY = Security(
    subnets=["subnet-1"],
    security_group_ids=["sg-1"],
    volume_kms_key="alias/disks",
    output_kms_key=KEY,
)
MLFLOW = f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:mlflow-app/app-1"
DIGEST = re.compile(r"[0-9a-f]{64}")


@cache
def both(**fields: Any) -> tuple[Policy, Policy]:
    """Return the policy of the role and that of the deployer."""
    pipeline = build_pipeline(penguins_config(bucket="acme-ml", role=ROLE, **fields))
    region = fields.get("region", "us-east-1")
    where = {"name": "penguins", "account": ACCOUNT, "region": region}
    definition = pipeline.definition()
    return (
        execution_policy(definition, **where),
        deployer_policy(
            definition, role=ROLE, place="s3://acme-ml", files=pipeline.files, **where
        ),
    )


def by_sid(policy: Policy) -> dict[str, dict[str, Any]]:
    """Return the statements by their names."""
    return {statement["Sid"]: statement for statement in policy["Statement"]}


CASES: dict[str, Callable[[], tuple[Policy, Policy]]] = {
    "plain": both,
    "tuning": lambda: both(use_tuning=True),
    "register": lambda: both(register=True),
    "tuning, register": lambda: both(use_tuning=True, register=True),
    "secured": lambda: both(security=SECURITY),
    "tuning, secured": lambda: both(security=SECURITY, use_tuning=True),
    "mlflow": lambda: both(mlflow=MlflowConfig(resource_arn=MLFLOW)),
    "prefix": lambda: both(prefix="team/a"),
}


@pytest.fixture(params=CASES)
def policies(request: pytest.FixtureRequest) -> tuple[Policy, Policy]:
    """Return the two policies of several pipelines."""
    return CASES[request.param]()


def test_no_statement_allows_everything_where_less_would_do(
    policies: tuple[Policy, Policy],
) -> None:
    """A lone asterisk stands only beside actions that know no resource."""
    for policy in policies:
        for statement in policy["Statement"]:
            if "*" in statement["Resource"]:
                assert set(statement["Action"]) <= NOTHING_NARROWER, statement["Sid"]
                assert statement["Resource"] == ["*"]
            else:
                assert not NOTHING_NARROWER.intersection(statement["Action"])


def test_no_action_is_a_pattern_and_no_bucket_is_open(
    policies: tuple[Policy, Policy],
) -> None:
    """Each action is spelled out, and each bucket has its name."""
    for policy in policies:
        for statement in policy["Statement"]:
            assert not any("*" in action for action in statement["Action"])
            for resource in statement["Resource"]:
                if ":s3:::" in resource:
                    assert "*" not in resource.split(":s3:::")[1].split("/")[0]


def test_a_policy_is_what_iam_takes(policies: tuple[Policy, Policy]) -> None:
    """Version, effect, names that are unique and of letters and digits alone."""
    for policy in policies:
        assert policy["Version"] == "2012-10-17"
        names = [statement["Sid"] for statement in policy["Statement"]]
        assert len(names) == len(set(names))
        assert all(re.fullmatch("[A-Za-z0-9]+", name) for name in names)
        assert {statement["Effect"] for statement in policy["Statement"]} == {"Allow"}
        assert all(
            statement["Action"] and statement["Resource"]
            for statement in policy["Statement"]
        )
        assert too_long(policy) is None
        arns = [arn for each in policy["Statement"] for arn in each["Resource"]]
        assert all(arn == "*" or arn.startswith("arn:aws:") for arn in arns)


@pytest.mark.parametrize(
    ("arn", "sids"),
    [
        (MLFLOW, {"LogToMlflow", "CallMlflowApp"}),
        (MLFLOW.replace("-app/app-1", "-tracking-server/s"), {"LogToMlflow"}),
    ],
)
def test_the_role_may_log_to_the_mlflow_that_is_named(arn: str, sids: set[str]) -> None:
    """And to no other; without one there is no such statement."""
    role, _ = both(mlflow=MlflowConfig(resource_arn=arn))

    found = by_sid(role)
    assert {sid for sid in found if "Mlflow" in sid} == sids
    assert {tuple(found[sid]["Resource"]) for sid in sids} == {(arn,)}
    assert not [sid for sid in by_sid(both()[0]) if "Mlflow" in sid]


def test_a_policy_is_the_same_every_time() -> None:
    """Two renderings can be compared byte by byte."""
    one, other = both(security=SECURITY), both.__wrapped__(security=SECURITY)

    assert json.dumps(one) == json.dumps(other)


def test_a_policy_outlives_the_next_change_of_the_code(
    policies: tuple[Policy, Policy],
) -> None:
    """It names folders, not the digests of today."""
    for policy in policies:
        assert DIGEST.search(json.dumps(policy)) is None


def test_roles_can_be_passed_to_sagemaker_alone(
    policies: tuple[Policy, Policy],
) -> None:
    """Otherwise whoever holds the policy could become the role elsewhere."""
    for policy in policies:
        passing = [s for s in policy["Statement"] if "iam:PassRole" in s["Action"]]
        assert [(s["Resource"], s["Condition"]) for s in passing] == [
            (
                [ROLE],
                {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
            )
        ]


def test_the_role_runs_the_jobs_of_this_pipeline_alone() -> None:
    """Job names begin as the steps ask; other jobs of the account stay out."""
    found = by_sid(both()[0])

    assert found["RunProcessingJobs"]["Resource"] == [
        f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:processing-job/preprocess-data-*"
    ]
    assert "sagemaker:CreateTrainingJob" in found["RunTrainingJobs"]["Action"]
    assert "RunHyperParameterTuningJobs" not in found


def test_a_tuning_may_look_at_its_trials() -> None:
    """The trials' names begin as the tuning's; no training job is created by hand."""
    found = by_sid(both(use_tuning=True)[0])

    assert found["LookAtTrials"]["Resource"] == [
        f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:training-job/tune-model-*"
    ]
    assert "RunTrainingJobs" not in found
    assert (
        "sagemaker:ListTrainingJobsForHyperParameterTuningJob"
        in (found["RunHyperParameterTuningJobs"]["Action"])
    )


def test_the_role_reads_inputs_and_writes_outputs() -> None:
    """Code, data and what the step before wrote; outputs below their own folders."""
    found = by_sid(both()[0])

    assert found["ReadInputs"]["Resource"] == [
        "arn:aws:s3:::acme-ml/code/*",
        "arn:aws:s3:::acme-ml/data/*",
        "arn:aws:s3:::acme-ml/penguins/*/preprocess-data/train*",
        "arn:aws:s3:::acme-ml/penguins/*/preprocess-data/validation*",
    ]
    writes = found["WriteOutputs"]["Resource"]
    assert "arn:aws:s3:::acme-ml/penguins/*/preprocess-data/test/*" in writes
    assert "arn:aws:s3:::acme-ml/penguins/train-model/*" in writes
    assert "arn:aws:s3:::acme-ml/*" not in writes
    condition = found["ListInputs1"]["Condition"]["StringLike"]["s3:prefix"]
    assert condition[:2] == ["code/*", "data/*"]


def test_images_come_from_their_own_repositories() -> None:
    """The accounts are AWS's; signing in knows no resource."""
    found = by_sid(both()[0])

    assert found["PullImages"]["Resource"] == [
        "arn:aws:ecr:us-east-1:683313688378:repository/sagemaker-scikit-learn",
        "arn:aws:ecr:us-east-1:763104351884:repository/tensorflow-training",
    ]


def test_metrics_go_to_the_namespaces_of_the_jobs() -> None:
    """The one thing that narrows an action without a resource."""
    condition = by_sid(both()[0])["Metrics"]["Condition"]

    namespaces = ["/aws/sagemaker/ProcessingJobs", "/aws/sagemaker/TrainingJobs"]
    assert condition == {"StringEquals": {"cloudwatch:namespace": namespaces}}


def test_keys_are_named_by_arn_or_by_alias() -> None:
    """An alias cannot be a resource; a condition names it."""
    found = by_sid(both(security=SECURITY)[0])

    assert found["EncryptOutputs1"]["Resource"] == [KEY]
    assert "kms:GenerateDataKey" in found["EncryptOutputs1"]["Action"]
    disks = found["EncryptDisks1"]
    assert disks["Action"] == ["kms:CreateGrant"]
    assert disks["Resource"] == [f"arn:aws:kms:us-east-1:{ACCOUNT}:key/*"]
    assert disks["Condition"] == {
        "ForAnyValue:StringEquals": {"kms:ResourceAliases": ["alias/disks"]},
        "Bool": {"kms:GrantIsForAWSResource": "true"},
    }


def test_jobs_in_a_vpc_may_make_interfaces_in_their_subnets() -> None:
    """And use or delete none that lies elsewhere."""
    found = by_sid(both(security=SECURITY)[0])

    subnet = f"arn:aws:ec2:us-east-1:{ACCOUNT}:subnet/subnet-1"
    assert subnet in found["CreateNetworkInterfaces"]["Resource"]
    condition = {"ArnEquals": {"ec2:Subnet": [subnet]}}
    assert found["UseNetworkInterfaces"]["Condition"] == condition


def test_what_is_not_asked_for_is_not_allowed() -> None:
    """No VPC, no keys: no statement about either."""
    text = json.dumps(both()[0])

    assert "ec2:" not in text
    assert "kms:" not in text


def test_uploads_under_a_key_can_be_written_and_read() -> None:
    """The deployer encrypts, the jobs decrypt."""
    pipeline = build_pipeline(penguins_config(bucket="acme-ml", role=ROLE))
    where = {"name": "penguins", "account": ACCOUNT, "region": "us-east-1"}
    definition = pipeline.definition()

    reader = execution_policy(definition, kms_key="0a1b", **where)
    writer = deployer_policy(
        definition, role=ROLE, place="s3://acme-ml", kms_key="0a1b", **where
    )

    read, write = by_sid(reader)["DecryptInputs1"], by_sid(writer)["EncryptUploads1"]
    assert read["Action"] == ["kms:Decrypt"]
    assert write["Action"] == ["kms:Decrypt", "kms:GenerateDataKey"]
    assert read["Resource"] == write["Resource"] == [KEY]


def test_the_deployer_may_change_this_pipeline_and_no_other() -> None:
    """Its ARN is spelled out; so are those of its executions."""
    found = by_sid(both()[1])

    arn = f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:pipeline/penguins"
    assert found["Pipeline"]["Resource"] == [arn]
    assert found["Executions"]["Resource"] == [f"{arn}/execution/*"]
    assert found["LookAtPipelineRole"]["Resource"] == [ROLE]


def test_a_pipeline_with_capitals_is_allowed_in_both_spellings() -> None:
    """Older pipelines have their names in lower case in their ARNs."""
    definition = {"Version": "1", "Steps": []}

    policy = deployer_policy(
        definition,
        name="Churn",
        role=ROLE,
        place="s3://b/x",
        account=ACCOUNT,
        region="us-east-1",
    )

    names = [arn.rpartition("/")[2] for arn in by_sid(policy)["Pipeline"]["Resource"]]
    assert names == ["Churn", "churn"]
    assert by_sid(policy)["Upload"]["Resource"] == [
        "arn:aws:s3:::b/x/pipelines/Churn/*"
    ]


@pytest.mark.parametrize(
    ("region", "partition"),
    [
        ("eu-west-1", "aws"),
        ("cn-north-1", "aws-cn"),
        ("us-gov-west-1", "aws-us-gov"),
        ("us-isob-east-1", "aws-iso-b"),
    ],
)
def test_the_region_decides_the_partition(region: str, partition: str) -> None:
    """ARNs of China and GovCloud begin otherwise."""
    step = {
        "Name": "fit",
        "Type": "Training",
        "Arguments": {
            "OutputDataConfig": {"S3OutputPath": "s3://b/x"},
            "RoleArn": f"arn:{partition}:iam::{ACCOUNT}:role/r",
        },
    }
    definition = {"Version": "1", "Steps": [step]}

    policy = execution_policy(definition, name="p", account=ACCOUNT, region=region)

    arns = [arn for each in policy["Statement"] for arn in each["Resource"]]
    assert {arn.split(":")[1] for arn in arns if arn != "*"} == {partition}


def test_a_folder_that_looks_like_a_file_is_allowed_as_both() -> None:
    """Spark calls folders ``x.parquet``."""
    inputs = [{"S3Input": {"S3Uri": uri}} for uri in ("s3://b/x.parquet", "s3://b/y/")]
    step = {
        "Name": "prep",
        "Type": "Processing",
        "Arguments": {"ProcessingInputs": inputs},
    }
    definition = {"Version": "1", "Steps": [step]}

    policy = execution_policy(definition, name="p", account=ACCOUNT, region="eu-west-1")

    assert by_sid(policy)["ReadInputs"]["Resource"] == [
        "arn:aws:s3:::b/x.parquet",
        "arn:aws:s3:::b/x.parquet/*",
        "arn:aws:s3:::b/y/*",
    ]


def test_models_are_registered_in_their_own_group_alone() -> None:
    """The group, which the service makes if it is not there, and its versions."""
    allowed = by_sid(both(register=True)[0])

    assert "sagemaker:CreateModelPackageGroup" in allowed["RegisterModels"]["Action"]
    assert allowed["RegisterModels"]["Resource"] == [
        f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:model-package-group/penguins",
        f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:model-package/penguins/*",
    ]
    assert "RegisterModels" not in by_sid(both()[0])


def test_no_policy_is_printed_that_would_not_be_enough() -> None:
    """Steps whose permissions are not known are named."""
    step = {"Name": "call", "Type": "Lambda", "Arguments": {}}
    definition = {"Version": "1", "Steps": [step]}

    with pytest.raises(InputError, match=r"'call' \(Lambda\)"):
        execution_policy(definition, name="p", account=ACCOUNT, region="us-east-1")


def test_a_policy_that_is_too_long_says_what_to_do() -> None:
    """IAM would refuse it; white space does not count."""
    statement = {"Sid": "A", "Resource": ["x" * 6200]}

    message = too_long({"Version": "2012-10-17", "Statement": [statement]})

    assert message is not None
    assert "6144" in message
    assert too_long({"Statement": " " * 9000}) is None


@pytest.fixture
def allowed() -> Iterator[Callable[[Policy, Callable[[Any], Any]], bool]]:
    """Return what tells whether a user with a policy may make an S3 call.

    moto checks action and resource, and verifies no conditions such as a prefix.
    """
    with mock_aws():
        region = {"region_name": "us-east-1"}
        own = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
        admin = boto3.client("s3", **region, **own)
        for bucket in ("acme-ml", "elsewhere"):
            admin.create_bucket(Bucket=bucket)
            for key in ("code/1/x.py", "data/1/x.csv", "code.txt", "secret/plan.txt"):
                admin.put_object(Bucket=bucket, Key=key, Body=b"x")
        iam = boto3.client("iam", **region, **own)
        iam.create_user(UserName="someone")

        def is_allowed(policy: Policy, call: Callable[[Any], Any]) -> bool:
            iam.put_user_policy(
                UserName="someone", PolicyName="p", PolicyDocument=json.dumps(policy)
            )
            key = iam.create_access_key(UserName="someone")["AccessKey"]
            client = boto3.client(
                "s3",
                **region,
                aws_access_key_id=key["AccessKeyId"],
                aws_secret_access_key=key["SecretAccessKey"],
            )
            try:
                set_initial_no_auth_action_count(0)(call)(client)
            except ClientError as error:
                if error.response["Error"]["Code"] not in {"AccessDenied", "403"}:
                    raise
                return False
            return True

        yield is_allowed


@pytest.mark.parametrize(
    ("bucket", "key", "expected"),
    [
        ("acme-ml", "code/1/x.py", True),
        ("acme-ml", "data/1/x.csv", True),
        ("acme-ml", "pipelines/penguins/1.json", True),
        ("acme-ml", "pipelines/others/1.json", False),
        ("acme-ml", "code.txt", False),
        ("acme-ml", "secret/plan.txt", False),
        ("elsewhere", "code/1/x.py", False),
    ],
)
def test_the_deployer_uploads_into_its_own_folders(
    allowed: Callable[[Policy, Callable[[Any], Any]], bool],
    bucket: str,
    key: str,
    expected: bool,
) -> None:
    """Put where the pipeline's things lie, and nowhere else."""
    policy = both()[1]

    found = allowed(policy, lambda s3: s3.put_object(Bucket=bucket, Key=key, Body=b"y"))

    assert found is expected


@pytest.mark.parametrize(
    ("bucket", "key", "expected"),
    [
        ("acme-ml", "code/1/x.py", True),
        ("acme-ml", "data/1/x.csv", True),
        ("acme-ml", "secret/plan.txt", False),
        ("elsewhere", "data/1/x.csv", False),
    ],
)
def test_the_role_reads_its_inputs_alone(
    allowed: Callable[[Policy, Callable[[Any], Any]], bool],
    bucket: str,
    key: str,
    expected: bool,
) -> None:
    """Get what the jobs are given, and nothing else."""
    policy = both()[0]

    found = allowed(policy, lambda s3: s3.get_object(Bucket=bucket, Key=key))

    assert found is expected


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("penguins/abc/preprocess-data/train/x.csv", True),
        ("penguins/train-model/job/output/model.tar.gz", True),
        ("code/1/x.py", False),
        ("penguins/other/x", False),
    ],
)
def test_the_role_writes_its_outputs_alone(
    allowed: Callable[[Policy, Callable[[Any], Any]], bool],
    key: str,
    expected: bool,
) -> None:
    """Put where the steps write; the code that they run stays as it is."""
    policy = both()[0]

    found = allowed(
        policy, lambda s3: s3.put_object(Bucket="acme-ml", Key=key, Body=b"y")
    )

    assert found is expected
