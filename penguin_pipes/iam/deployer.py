"""What they need who deploy, start, follow, stop and delete a pipeline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from penguin_pipes.definition.needs import needs
from penguin_pipes.iam.statements import (
    CONTENT_ADDRESSED,
    DATA_KEY,
    Arns,
    Policy,
    pass_role,
    policy,
    statement,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

OF_PIPELINES: Final = (
    *("AddTags", "CreatePipeline", "DeletePipeline", "DeleteTags"),
    *("DescribePipeline", "ListPipelineExecutions", "ListPipelineVersions"),
    *("ListTags", "StartPipelineExecution", "UpdatePipeline"),
)
OF_EXECUTIONS: Final = (
    *("DescribePipelineDefinitionForExecution", "DescribePipelineExecution"),
    *("ListPipelineExecutionSteps", "StopPipelineExecution"),
)


def deployer_policy(
    definition: str | Mapping[str, Any],
    *,
    name: str,
    role: str,
    place: str,
    account: str,
    region: str,
    files: Iterable[str] = (),
    kms_key: str | None = None,
) -> Policy:
    """Return what deploying the pipeline takes, and all that comes after.

    Args:
        definition: The definition JSON, as text or as the document it holds.
        name: The pipeline's name.
        role: ARN of the pipeline's role.
        place: S3 URI of bucket and folders, where definitions go that are too large
            to be sent.
        account: The account that the pipeline is in.
        region: The region that it is in.
        files: S3 URIs of what is uploaded, such as ``Pipeline.files``.
        kms_key: The key that uploads are encrypted with.

    Raises:
        DefinitionError: The definition is not JSON.
        InputError: A resource is known only in the run.
    """
    arn = Arns(account=account, region=region)
    jobs = needs(definition, name=name).jobs
    # Older pipelines have their names in lower case in their ARNs.
    pipelines = [arn.sagemaker("pipeline", each) for each in {name, name.lower()}]
    executions = [f"{each}/execution/*" for each in pipelines]
    shelf = f"{place.rstrip('/')}/pipelines/{name}/*"
    objects = [_objects(uri, arn) for uri in (shelf, *files)]
    keys = enumerate(arn.keys((kms_key,) if kms_key else ()), start=1)
    logged = ["logs:DescribeLogStreams"]
    moving = ["s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"]
    return policy(
        (
            statement("Pipeline", [f"sagemaker:{a}" for a in OF_PIPELINES], pipelines),
            statement(
                "Executions", [f"sagemaker:{a}" for a in OF_EXECUTIONS], executions
            ),
            pass_role("PassPipelineRole", [role]),
            statement("LookAtPipelineRole", ["iam:GetRole"], [role]),
            statement("Upload", moving, objects),
            *(
                statement(f"EncryptUploads{number}", DATA_KEY, resources, condition)
                for number, (resources, condition) in keys
            ),
            statement("FindLogs", logged, arn.log_groups(jobs)),
            statement("ReadLogs", ["logs:GetLogEvents"], arn.log_streams(jobs)),
        )
    )


def _objects(uri: str, arn: Arns) -> str:
    """Return where *uri* lies, and what takes its place once it changes."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    addressed = CONTENT_ADDRESSED.fullmatch(key)
    return arn.s3(bucket, key if addressed is None else f"{addressed[1]}*")
