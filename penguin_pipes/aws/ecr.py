"""Sign in to ECR, where AWS's images and one's own lie."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from penguin_pipes.aws.failures import translated
from penguin_pipes.errors import AwsError
from penguin_pipes.service import REGISTRY

if TYPE_CHECKING:
    from penguin_pipes.aws.session import Aws


def registry_login(account: Aws, registry: str) -> tuple[str, str]:
    """Return the user and the password for a registry, good for twelve hours.

    Args:
        account: Whose credentials to use; the registry may be another account's.
        registry: Its host.

    Raises:
        AwsError: It is none of ECR, AWS refused, or was not reached.
    """
    found = REGISTRY.fullmatch(registry)
    if found is None:
        msg = f"{registry} is no registry of ECR"
        raise AwsError(msg)
    what = f"nobody is signed in to {registry}"
    with translated(what, resource="*", service="ecr"):
        answer = account.ecr(found["region"]).get_authorization_token()
    token = answer["authorizationData"][0]["authorizationToken"]
    user, _, password = base64.b64decode(token).decode().partition(":")
    return user, password
