"""What the jobs of a definition touch: images, places in S3, keys, networks, roles.

Everything is read from the JSON. What an execution decides becomes a ``*`` in the
text, as IAM has it; parameters count with their default values.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import attrs

from penguin_pipes.definition.document import BRANCHES, Document, member, read
from penguin_pipes.definition.parse import load
from penguin_pipes.definition.patterns import ANY, Texts, Value
from penguin_pipes.definition.plan.scope import World, echoed
from penguin_pipes.definition.plan.worth import references
from penguin_pipes.definition.references import Reference, expression
from penguin_pipes.errors import InputError

WRITTEN: Final = frozenset(
    {
        "CheckpointConfig",
        "DebugHookConfig",
        "OutputDataConfig",
        "ProcessingOutputConfig",
        "ProfilerConfig",
        "TensorBoardOutputConfig",
        "TransformOutput",
    }
)
"""Members of a request that name places a job writes to."""

READ_TOO: Final = frozenset({"CheckpointConfig"})
"""Members that name places a job writes to and reads back."""

S3_URI: Final = re.compile(r"s3://([^/]+)/?(.*)", re.DOTALL)
NAMED: Final = frozenset(
    {"ImageUri", "TrainingImage", "Image", "RoleArn", "KmsKeyId", "VolumeKmsKeyId"}
    | {"Subnets", "SecurityGroupIds", "ModelPackageGroupName"}
)
"""Members that a policy has to name."""

IMAGE: Final = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr(?:-fips)?\.(?P<region>[a-z0-9\-]+)\."
    r"(?:[a-z0-9.\-]+)/(?P<name>[^:@]+)(?:[:@].*)?"
)
JOB_NAMES: Final = {
    "AutoML": "AutoMLJobName",
    "ClarifyCheck": "ProcessingJobName",
    "Processing": "ProcessingJobName",
    "QualityCheck": "ProcessingJobName",
    "Training": "TrainingJobName",
    "Transform": "TransformJobName",
    "Tuning": "HyperParameterTuningJobName",
}
"""Type of a step that runs jobs → the member with the prefix of their names."""

WITHOUT_JOB: Final = frozenset({"Condition", "Fail", "RegisterModel"})
"""Types of steps that run no job, and whose needs are known all the same."""

SERVICE_PREFIX: Final = "pipelines"
"""How the names of jobs begin where the definition gives no prefix."""


@attrs.frozen(order=True)
class Location:
    """A place in S3.

    Attributes:
        bucket: The bucket.
        key: The key or the prefix, with ``*`` for what an execution decides.
    """

    bucket: str
    key: str


@attrs.frozen(order=True)
class Repository:
    """A repository of images in ECR."""

    account: str
    region: str
    name: str


@attrs.frozen(order=True)
class Job:
    """One kind of job under one prefix of names.

    Attributes:
        type: The type of the step.
        prefix: How the job's name begins, up to a hyphen.
    """

    type: str
    prefix: str


@attrs.frozen(kw_only=True)
class Needs:
    """What a pipeline touches; every tuple is sorted, and nothing is in it twice.

    Attributes:
        jobs: What it runs.
        reads: Where its jobs read.
        writes: Where its jobs write, always below the place.
        repositories: Where its images are.
        data_keys: KMS keys of what is written to S3.
        volume_keys: KMS keys of the instances' disks.
        roles: ARNs of the roles that its jobs run as.
        subnets: Of all VPCs.
        security_groups: Of all VPCs.
        experiment: Name of the experiment that it writes to; None for none.
        mlflow: ARN of the managed MLflow that it logs to; None for none.
        package_groups: Names of the groups that it registers models in.
        others: Steps of types that run no job known here: type and name.
    """

    jobs: tuple[Job, ...]
    reads: tuple[Location, ...]
    writes: tuple[Location, ...]
    repositories: tuple[Repository, ...]
    data_keys: tuple[str, ...]
    volume_keys: tuple[str, ...]
    roles: tuple[str, ...]
    subnets: tuple[str, ...]
    security_groups: tuple[str, ...]
    experiment: str | None
    mlflow: str | None
    package_groups: tuple[str, ...]
    others: tuple[tuple[str, str], ...]


def needs(definition: str | Mapping[str, Any], *, name: str) -> Needs:
    """Return what the jobs of *definition* touch.

    Args:
        definition: The JSON as text, or the document it holds.
        name: The pipeline's name, which the definition does not know.

    Raises:
        DefinitionError: It is not JSON.
        InputError: What a policy has to name is known only in the run.
    """
    found = read(load(definition))
    texts = Texts(world=World.of(found), name=name)
    values = tuple(value for site in found.sites for value in texts.values(site))
    _refuse_unknown(values)
    reads = (*_locations(values, written=False), *_handed_on(found, texts))
    return Needs(
        jobs=_unique(_jobs(found, texts)),
        reads=_unique(reads),
        writes=_unique(_locations(values, written=True)),
        repositories=_unique(_repositories(values)),
        data_keys=_called("KmsKeyId", values),
        volume_keys=_called("VolumeKmsKeyId", values),
        roles=_called("RoleArn", values),
        subnets=_called("Subnets", values),
        security_groups=_called("SecurityGroupIds", values),
        experiment=_experiment(found, texts),
        mlflow=_mlflow(found, texts),
        package_groups=_called("ModelPackageGroupName", values),
        others=_unique(
            (site.type, site.name)
            for site in found.sites
            if site.type not in {*JOB_NAMES, *WITHOUT_JOB}
        ),
    )


def _unique(values: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(sorted(set(values)))


def _called(name: str, values: Iterable[Value]) -> tuple[str, ...]:
    """Return the values of all members of one name."""
    return _unique(each.text for each in values if each.name == name and each.text)


def _refuse_unknown(values: Iterable[Value]) -> None:
    """Refuse what would make a permission for everything.

    Raises:
        InputError: What a policy has to name is known only in the run.
    """
    for value in values:
        found = S3_URI.fullmatch(value.text)
        is_named = value.name in NAMED and ANY in value.text
        if is_named or (found and ANY in found[1]):
            what = "its value" if is_named else "its bucket"
            msg = (
                f"{value.address}: {what} is known only in the run, and a policy has "
                "to name it; give the parameter that it comes from a default value"
            )
            raise InputError(msg)


def _locations(values: Iterable[Value], *, written: bool) -> Iterator[Location]:
    for value in values:
        found = S3_URI.fullmatch(value.text)
        writes = bool(WRITTEN.intersection(value.path))
        both = bool(READ_TOO.intersection(value.path))
        if found and (writes is written or both):
            yield Location(found[1], found[2])


def _handed_on(found: Document, texts: Texts) -> Iterator[Location]:
    """Yield where steps write whose properties others refer to.

    A model's address, or a property file, is known only in the run; it lies below
    what the step upstream writes.
    """
    for site in found.sites:
        for reference in _references(site.request.value):
            source = texts.world.sites.get(reference.name)
            if source is not None and echoed(source, reference) is None:
                yield from _locations(texts.values(source), written=True)


def _references(value: Any) -> Iterator[Reference]:
    """Yield what *value* refers to of steps, but not in the branches of a condition."""
    if expression(value) == "Get":
        found = references(value, "$")
        yield from (each for each in found if each.kind == "Steps")
    elif isinstance(value, Mapping):
        for key, item in value.items():
            if key not in BRANCHES:
                yield from _references(item)
    elif isinstance(value, list):
        for item in value:
            yield from _references(item)


def _repositories(values: Iterable[Value]) -> Iterator[Repository]:
    for value in values:
        found = IMAGE.fullmatch(value.text)
        if found:
            yield Repository(found["account"], found["region"], found["name"])


def _jobs(found: Document, texts: Texts) -> Iterator[Job]:
    for site in found.sites:
        if site.type in JOB_NAMES:
            prefix = member(site.request, JOB_NAMES[site.type])
            name = texts.pattern(prefix.value) if prefix else SERVICE_PREFIX
            yield Job(site.type, name)


def _experiment(found: Document, texts: Texts) -> str | None:
    """Return the name of the experiment that the pipeline's jobs belong to."""
    config = member(found.root, "PipelineExperimentConfig")
    if config is None:
        return None
    name = member(config, "ExperimentName")
    return texts.name if name is None else texts.pattern(name.value)


def _mlflow(found: Document, texts: Texts) -> str | None:
    """Return the ARN of the managed MLflow that the pipeline logs to."""
    arn = member(member(found.root, "MlflowConfig"), "MlflowResourceArn")
    return None if arn is None else texts.pattern(arn.value)
