"""``python -m benchmarks.building.render ours|literal``: one build, AWS stood in for.

The stand-in is at botocore's edge, where a call would become a request: it counts, and
answers at once with what the SDK wants to see. Prints the operations and the steps.
"""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from typing import Any, Final

from benchmarks.building.asked import REGION

ACCOUNT: Final = "123456789012"
TRUST: Final = {
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "sagemaker.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ]
}
ANSWERS: Final[dict[str, dict[str, Any]]] = {
    "GetCallerIdentity": {
        "Account": ACCOUNT,
        "Arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/pipelines/me",
        "UserId": "me",
    },
    "GetRole": {
        "Role": {
            "Arn": f"arn:aws:iam::{ACCOUNT}:role/pipelines",
            "RoleName": "pipelines",
            "AssumeRolePolicyDocument": TRUST,
        }
    },
    "SimulatePrincipalPolicy": {"EvaluationResults": [], "IsTruncated": False},
    "ListBuckets": {"Buckets": []},
}
SETTINGS: Final = {
    "AWS_ACCESS_KEY_ID": "nobody",
    "AWS_SECRET_ACCESS_KEY": "nothing",
    "AWS_DEFAULT_REGION": REGION,
    "AWS_EC2_METADATA_DISABLED": "true",
}


def stand_in() -> Counter[str]:
    """Have no call leave botocore; return what counts those that are made."""
    from botocore.client import BaseClient

    made: Counter[str] = Counter()

    def call(_: BaseClient, operation: str, __: dict[str, Any]) -> dict[str, Any]:
        made[operation] += 1
        return ANSWERS.get(operation, {})

    BaseClient._make_api_call = call  # noqa: SLF001
    return made


def main() -> None:
    """Build once."""
    os.environ.update(SETTINGS)
    made = stand_in()
    if sys.argv[1] == "ours":
        from benchmarks.building.ours import definition
    else:
        from benchmarks.building.literal import definition
    steps = json.loads(definition())["Steps"]
    print(json.dumps({"calls": made, "steps": [step["Type"] for step in steps]}))


if __name__ == "__main__":
    main()
