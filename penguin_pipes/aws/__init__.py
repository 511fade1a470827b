"""The calls to AWS: describe, submit, start, follow, stop, bring back.

Nothing is printed here. What botocore raises becomes an `AwsError` in `failures`;
which region and whose credentials is `session`'s to know.
"""

from penguin_pipes.aws.deployed import (
    Deployable,
    Deployed,
    Difference,
    Wanted,
    describe,
    differences,
)
from penguin_pipes.aws.ecr import registry_login
from penguin_pipes.aws.executions import (
    executions,
    follow,
    latest,
    look_at,
    start,
    stop,
)
from penguin_pipes.aws.failures import translated
from penguin_pipes.aws.fetch import fetch
from penguin_pipes.aws.logs import last_lines
from penguin_pipes.aws.records import Execution, ExecutionStep
from penguin_pipes.aws.roles import check_role
from penguin_pipes.aws.secrets import redact
from penguin_pipes.aws.session import Aws, ambient_region
from penguin_pipes.aws.submit import Action, Shelf, Submitted, delete, submit
from penguin_pipes.aws.versions import Version, version, versions

__all__ = [
    "Action",
    "Aws",
    "Deployable",
    "Deployed",
    "Difference",
    "Execution",
    "ExecutionStep",
    "Shelf",
    "Submitted",
    "Version",
    "Wanted",
    "ambient_region",
    "check_role",
    "delete",
    "describe",
    "differences",
    "executions",
    "fetch",
    "follow",
    "last_lines",
    "latest",
    "look_at",
    "redact",
    "registry_login",
    "start",
    "stop",
    "submit",
    "translated",
    "version",
    "versions",
]
