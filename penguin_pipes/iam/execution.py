"""What a pipeline's role needs: to run its jobs, and inside of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from penguin_pipes.definition.needs import (
    JOB_NAMES,
    WITHOUT_JOB,
    Location,
    Needs,
    needs,
)
from penguin_pipes.errors import InputError
from penguin_pipes.iam.statements import (
    CONTENT_ADDRESSED,
    DATA_KEY,
    Arns,
    Policy,
    Statement,
    groups,
    pass_role,
    policy,
    statement,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

KINDS: Final = {
    "AutoML": ("automl-job", "AutoMLJob"),
    "ClarifyCheck": ("processing-job", "ProcessingJob"),
    "Processing": ("processing-job", "ProcessingJob"),
    "QualityCheck": ("processing-job", "ProcessingJob"),
    "Training": ("training-job", "TrainingJob"),
    "Transform": ("transform-job", "TransformJob"),
    "Tuning": ("hyper-parameter-tuning-job", "HyperParameterTuningJob"),
}
"""Type of a step → the kind of its job in an ARN, and in the names of actions."""

MLFLOW: Final = (
    *("CreateExperiment", "GetExperiment", "GetExperimentByName", "SearchExperiments"),
    *("CreateRun", "GetRun", "SearchRuns", "UpdateRun"),
    *("LogBatch", "LogInputs", "LogMetric", "LogModel", "LogParam"),
    *("SetExperimentTag", "SetTag"),
)
"""What of MLflow's API makes an experiment, and runs in it."""

FILE: Final = re.compile(r".*\.[A-Za-z][A-Za-z0-9]{0,9}")
"""A key that may be a file's, to judge by its end."""


def execution_policy(
    definition: str | Mapping[str, Any],
    *,
    name: str,
    account: str,
    region: str,
    kms_key: str | None = None,
) -> Policy:
    """Return what the pipeline's role needs; the jobs' roles, if others, as well.

    It holds for the default values of the parameters, and goes on to hold when code
    or data change: their folders are allowed, not the digests of today.

    Args:
        definition: The definition JSON, as text or as the document it holds.
        name: The pipeline's name.
        account: The account that the pipeline is in.
        region: The region that it is in.
        kms_key: The key that code and data are encrypted with.

    Raises:
        DefinitionError: The definition is not JSON.
        InputError: A resource is known only in the run, or a step is of a type
            whose permissions are not known here.
    """
    found = needs(definition, name=name)
    _refuse_others(found)
    arn = Arns(account=account, region=region)
    read_keys = () if kms_key is None else (kms_key,)
    return policy(
        (
            *_jobs(found, arn),
            pass_role("PassRolesToJobs", found.roles),
            *_experiment(found, arn),
            *_mlflow(found),
            _packages(found, arn),
            _reads(found.reads, arn),
            *_lists(found.reads, arn),
            _writes(found.writes, arn),
            *_images(found, arn),
            *_logs(found, arn),
            *_keys(found, arn, read_keys),
            *_network(found, arn),
        )
    )


def _refuse_others(found: Needs) -> None:
    """Refuse to print a policy that would not be enough.

    Raises:
        InputError: A step is of a type whose permissions are not known here.
    """
    if found.others:
        named = ", ".join(f"{name!r} ({kind})" for kind, name in found.others)
        known = ", ".join(sorted({*JOB_NAMES, *WITHOUT_JOB}))
        msg = (
            f"the permissions of these steps are not known here: {named}. A policy "
            f"can be printed for {known}; write the statements of "
            "the others by hand, and print that of a pipeline without them"
        )
        raise InputError(msg)


def _jobs(found: Needs, arn: Arns) -> Iterator[Statement]:
    """Yield what the service does with jobs in the role's name, kind by kind."""
    for kind, action in sorted(set(KINDS.values())):
        jobs = [job for job in found.jobs if KINDS[job.type][0] == kind]
        actions = [
            f"sagemaker:{verb}{action}" for verb in ("Create", "Describe", "Stop")
        ]
        if action == "HyperParameterTuningJob":
            actions.append("sagemaker:ListTrainingJobsForHyperParameterTuningJob")
        names = [arn.sagemaker(kind, f"{job.prefix}-*") for job in jobs]
        # The service tags each job with the execution that it belongs to.
        yield statement(f"Run{action}s", [*actions, "sagemaker:AddTags"], names)
    tried = [job for job in found.jobs if job.type == "Tuning"]
    names = [arn.sagemaker("training-job", f"{job.prefix}-*") for job in tried]
    yield statement("LookAtTrials", ["sagemaker:DescribeTrainingJob"], names)


def _experiment(found: Needs, arn: Arns) -> Iterator[Statement]:
    """Yield what keeping an experiment takes; ARNs of experiments are in lower case.

    A trial is called as the execution, a component as the job.
    """
    if found.experiment is None:
        return
    named = {found.experiment, found.experiment.lower()}
    prefixes = {job.prefix.lower() for job in found.jobs}
    for sid, kind, names, actions in (
        ("Experiment", "experiment", named, ("CreateTrial",)),
        ("Trials", "experiment-trial", {"*"}, ("AssociateTrialComponent",)),
        (
            "TrialComponents",
            "experiment-trial-component",
            {f"{prefix}-*" for prefix in prefixes},
            ("AssociateTrialComponent",),
        ),
    ):
        own = sid.removesuffix("s")
        verbs = (f"Create{own}", f"Describe{own}", "AddTags", *actions)
        resources = [arn.sagemaker(kind, name) for name in names]
        yield statement(
            f"Keep{sid}", [f"sagemaker:{verb}" for verb in verbs], resources
        )


def _mlflow(found: Needs) -> Iterator[Statement]:
    """Yield what logging to SageMaker's managed MLflow takes; an app is called, too."""
    if found.mlflow is None:
        return
    actions = [f"sagemaker-mlflow:{each}" for each in MLFLOW]
    yield statement("LogToMlflow", actions, [found.mlflow])
    if ":mlflow-app/" in found.mlflow:
        yield statement("CallMlflowApp", ["sagemaker:CallMlflowAppApi"], [found.mlflow])


def _packages(found: Needs, arn: Arns) -> Statement:
    """Return what registering models takes; the service makes a group it lacks."""
    names = {group.rpartition("/")[2] for group in found.package_groups}
    verbs = [
        f"sagemaker:{verb}{what}"
        for verb in ("Create", "Describe")
        for what in ("ModelPackage", "ModelPackageGroup")
    ]
    kinds = (("model-package-group", ""), ("model-package", "/*"))
    resources = [arn.sagemaker(kind, f"{n}{end}") for kind, end in kinds for n in names]
    return statement("RegisterModels", [*verbs, "sagemaker:AddTags"], resources)


def _reads(reads: Iterable[Location], arn: Arns) -> Statement:
    """Return what reading the inputs takes."""
    resources = [
        arn.s3(place.bucket, key) for place in reads for key in _keys_read(place)
    ]
    return statement("ReadInputs", ["s3:GetObject"], resources)


def _keys_read(place: Location) -> list[str]:
    """Return the keys that a job which is given *place* reads.

    SageMaker reads all keys that begin as the URI does, be it a folder or not.
    """
    addressed = CONTENT_ADDRESSED.fullmatch(place.key)
    if addressed is not None:
        return [f"{addressed[1]}*"]
    if FILE.fullmatch(place.key):
        return [place.key, f"{place.key}/*"]
    return [f"{place.key}*"]


def _lists(reads: Iterable[Location], arn: Arns) -> Iterator[Statement]:
    """Yield what listing the inputs takes, bucket by bucket."""
    prefixes: dict[str, set[str]] = {}
    for place in reads:
        key = f"{_keys_read(place)[0].rstrip('*')}*"
        prefixes.setdefault(place.bucket, set()).add(key)
    for number, (bucket, found) in enumerate(sorted(prefixes.items()), start=1):
        condition = {"StringLike": {"s3:prefix": sorted(found)}}
        sid = f"ListInputs{number}"
        yield statement(sid, ["s3:ListBucket"], [arn.s3(bucket)], condition)


def _writes(writes: Iterable[Location], arn: Arns) -> Statement:
    """Return what writing the outputs takes; large ones go out in parts."""
    resources = [arn.s3(w.bucket, f"{w.key.rstrip('/')}/*") for w in writes]
    actions = ["s3:AbortMultipartUpload", "s3:PutObject"]
    return statement("WriteOutputs", actions, resources)


def _images(found: Needs, arn: Arns) -> Iterator[Statement]:
    """Yield what pulling the images takes."""
    actions = ("BatchCheckLayerAvailability", "BatchGetImage", "GetDownloadUrlForLayer")
    repositories = [
        f"arn:{arn.partition}:ecr:{r.region}:{r.account}:repository/{r.name}"
        for r in found.repositories
    ]
    yield statement("PullImages", [f"ecr:{a}" for a in actions], repositories)
    everything = ["*"] if repositories else []
    yield statement("SignInToEcr", ["ecr:GetAuthorizationToken"], everything)


def _logs(found: Needs, arn: Arns) -> Iterator[Statement]:
    """Yield what logs and metrics take."""
    names = {group for job in found.jobs for group in groups(job)}
    yield statement(
        "LogGroups",
        ["logs:CreateLogGroup", "logs:DescribeLogStreams"],
        arn.log_groups(found.jobs),
    )
    yield statement(
        "LogStreams",
        ["logs:CreateLogStream", "logs:PutLogEvents"],
        arn.log_streams(found.jobs),
    )
    spaces = {"cloudwatch:namespace": sorted(f"/aws/sagemaker/{n}" for n in names)}
    yield statement(
        "Metrics",
        ["cloudwatch:PutMetricData"],
        ["*"] if names else [],
        {"StringEquals": spaces},
    )


def _keys(found: Needs, arn: Arns, read_keys: Iterable[str]) -> Iterator[Statement]:
    """Yield what encryption takes: of inputs, of outputs, of disks."""
    for number, (keys, condition) in enumerate(arn.keys(read_keys), start=1):
        yield statement(f"DecryptInputs{number}", ["kms:Decrypt"], keys, condition)
    actions = [*DATA_KEY, "kms:Encrypt"]
    for number, (keys, condition) in enumerate(arn.keys(found.data_keys), start=1):
        yield statement(f"EncryptOutputs{number}", actions, keys, condition)
    for number, (keys, condition) in enumerate(arn.keys(found.volume_keys), start=1):
        granted = {**condition, "Bool": {"kms:GrantIsForAWSResource": "true"}}
        yield statement(f"EncryptDisks{number}", ["kms:CreateGrant"], keys, granted)


def _network(found: Needs, arn: Arns) -> Iterator[Statement]:
    """Yield what jobs in a VPC take."""
    subnets = [arn.of("ec2", f"subnet/{name}") for name in found.subnets]
    security = [
        arn.of("ec2", f"security-group/{name}") for name in found.security_groups
    ]
    interface = [arn.of("ec2", "network-interface/*")] if subnets else []
    yield statement(
        "CreateNetworkInterfaces",
        ["ec2:CreateNetworkInterface"],
        [*interface, *subnets, *security],
    )
    yield statement(
        "UseNetworkInterfaces",
        [
            "ec2:CreateNetworkInterfacePermission",
            "ec2:DeleteNetworkInterface",
            "ec2:DeleteNetworkInterfacePermission",
        ],
        interface,
        {"ArnEquals": {"ec2:Subnet": sorted(subnets)}},
    )
    looks = ("DhcpOptions", "NetworkInterfaces", "SecurityGroups", "Subnets", "Vpcs")
    yield statement(
        "LookAtNetwork",
        [f"ec2:Describe{what}" for what in looks],
        ["*"] if subnets else [],
    )
