"""Limits of the service that no shape of its model holds."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from penguin_pipes.definition.problems import error, warning
from penguin_pipes.definition.rules.jobs import jobs, ranges
from penguin_pipes.service import (
    MAX_DEFINITION,
    MAX_HYPERPARAMETERS,
    MAX_STARTED_PARAMETERS,
    QUOTED_STEPS,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from penguin_pipes.definition.document import Document
    from penguin_pipes.definition.problems import Problem
    from penguin_pipes.definition.rules.base import Rule

LEAST_SEPARATORS: Final = (",", ":")


def size(document: Document) -> Iterator[Problem]:
    """Tell of a definition that no call takes, however it is written."""
    try:
        written = json.dumps(document.root.value, separators=LEAST_SEPARATORS)
    except (TypeError, ValueError, RecursionError):
        return  # no JSON, which others tell
    if len(written) > MAX_DEFINITION:
        yield error(
            document.root.address,
            f"it has {len(written)} characters, and {MAX_DEFINITION} are the most",
            "make two pipelines of it",
        )


def steps(document: Document) -> Iterator[Problem]:
    """Tell of more steps than accounts are commonly allowed."""
    if len(document.sites) > QUOTED_STEPS:
        yield warning(
            "$.Steps",
            f"there are {len(document.sites)} steps, and {QUOTED_STEPS} is the quota "
            "that is commonly named",
            "ask for more in Service Quotas, or make two pipelines of it",
        )


def parameters(document: Document) -> Iterator[Problem]:
    """Tell of more parameters than a start can give."""
    if len(document.parameters) > MAX_STARTED_PARAMETERS:
        yield error(
            "$.Parameters",
            f"there are {len(document.parameters)} parameters, and a start takes "
            f"{MAX_STARTED_PARAMETERS}",
            "put some of them into one object in S3 and pass its URI",
        )


def searched(document: Document) -> Iterator[Problem]:
    """Tell of tuning jobs whose fixed and searched values are too many together."""
    for job in jobs(document):
        found = len(job.hyperparameters) + len(list(ranges(job)))
        if job.is_tuned and found > MAX_HYPERPARAMETERS >= len(job.hyperparameters):
            yield error(
                f"{job.node.address}.StaticHyperParameters",
                f"static hyperparameters and ranges are {found} together, and "
                f"{MAX_HYPERPARAMETERS} are the most",
                "leave some to the script's defaults",
            )


RULES: tuple[Rule, ...] = (size, steps, parameters, searched)
