"""Look at a role before a pipeline leans on it, as far as one may look."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

from botocore.exceptions import ClientError

from penguin_pipes.aws.failures import DENIED, code, translated
from penguin_pipes.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

TRUSTED: Final = "sagemaker.amazonaws.com"
ASSUME: Final = "sts:AssumeRole"


def check_role(iam: Any, arn: str) -> str | None:
    """Return why the role could not be looked at, or None if it is sound.

    Args:
        iam: An IAM client.
        arn: The role that SageMaker is to assume.

    Raises:
        AwsError: There is no such role, or it does not trust SageMaker.
    """
    what = f"role {arn} cannot be used"
    name = arn.rpartition("/")[2]
    try:
        with translated(what, resource=arn, service="iam"):
            role = iam.get_role(RoleName=name)["Role"]
    except AwsError as error:
        cause = error.__cause__
        if isinstance(cause, ClientError) and code(cause) == "NoSuchEntity":
            msg = (
                f"{what}: iam:GetRole knows no role {name!r} in the account of the "
                "credentials in use. Create it, or name another with --role; "
                "'--iam-policy execution' prints what it has to allow"
            )
            raise AwsError(msg) from error
        if isinstance(cause, ClientError) and code(cause) in DENIED:
            return f"role {arn} was not checked: the credentials lack iam:GetRole on it"
        raise
    if role["Arn"] != arn:
        msg = (
            f"{what}: the role {name!r} of the account in use is {role['Arn']}. Give "
            "--role that ARN, or sign in to the other account"
        )
        raise AwsError(msg)
    if not _trusts(role.get("AssumeRolePolicyDocument")):
        msg = (
            f"{what}: it does not trust SageMaker. Its trust policy needs a statement "
            f'with "Effect": "Allow", "Action": "{ASSUME}" and "Principal": '
            f'{{"Service": "{TRUSTED}"}}'
        )
        raise AwsError(msg)
    return None


def _trusts(document: Any) -> bool:
    """Return whether a trust policy lets SageMaker assume the role."""
    policy = json.loads(unquote(document)) if isinstance(document, str) else document
    return any(
        statement.get("Effect") == "Allow"
        and TRUSTED in _listed(_services(statement))
        and {ASSUME, "sts:*", "*"}.intersection(_listed(statement.get("Action")))
        for statement in _statements(policy)
    )


def _statements(policy: Any) -> Iterator[Mapping[str, Any]]:
    """Yield the statements of a policy; a lone one need not be in a list."""
    found = policy.get("Statement", []) if isinstance(policy, dict) else []
    yield from [found] if isinstance(found, dict) else found


def _services(statement: Mapping[str, Any]) -> Any:
    principal = statement.get("Principal")
    return principal.get("Service") if isinstance(principal, dict) else None


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
