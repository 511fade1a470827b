"""The policies that a config's pipeline needs; AWS is not asked for them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Literal

from penguin_pipes.definition import refuse_errors
from penguin_pipes.errors import ConfigError
from penguin_pipes.iam import Policy, deployer_policy, execution_policy, too_long
from penguin_pipes.pipeline import build_pipeline

if TYPE_CHECKING:
    from penguin_pipes.config import PipelineConfig

Kind = Literal["execution", "deployer"]

ACCOUNT: Final = re.compile(r"arn:[^:]*:iam::(\d{12}):role/.+")
"""The ARN of a role, which says what account the pipeline is in."""


def policy(kind: Kind, config: PipelineConfig) -> tuple[Policy, str | None]:
    """Return the policy, and what to do about it where IAM would refuse its length.

    Raises:
        ConfigError: The role is no ARN, so that nobody knows the account.
        InvalidDefinitionError: SageMaker would refuse the pipeline.
        InputError: A step's permissions are not known here, or a resource is known
            only in the run.
    """
    role = str(config.role)
    account = ACCOUNT.fullmatch(role)
    if account is None:
        msg = (
            f"role: {role!r} is no ARN, and a policy names the account. Give the role "
            "as arn:aws:iam::<account>:role/<name>"
        )
        raise ConfigError(msg)
    pipeline = build_pipeline(config)
    definition = pipeline.definition()
    refuse_errors(definition, files=pipeline.files)
    if kind == "execution":
        found = execution_policy(
            definition,
            name=config.name,
            account=account[1],
            region=config.region,
            kms_key=config.upload_kms_key,
        )
    else:
        found = deployer_policy(
            definition,
            name=config.name,
            role=role,
            place="/".join(filter(None, (f"s3://{config.bucket}", config.prefix))),
            account=account[1],
            region=config.region,
            files=pipeline.files,
            kms_key=config.upload_kms_key,
        )
    return found, too_long(found)
