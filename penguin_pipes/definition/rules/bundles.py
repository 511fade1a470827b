"""Code that is so big that every job loses time by it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from penguin_pipes.definition.problems import warning
from penguin_pipes.definition.rules.jobs import decoded, jobs, literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from penguin_pipes.definition.document import Document
    from penguin_pipes.definition.problems import Problem

BIG: Final = 50_000_000
"""Bytes of an archive that holds more than code: data, a model, an environment."""

MEGA: Final = 1_000_000
SOURCE: Final = "sagemaker_submit_directory"


def size_problems(
    document: Document, size_of: Callable[[str], int]
) -> Iterator[Problem]:
    """Tell of every big archive of code.

    Args:
        document: What to look at.
        size_of: Tells how many bytes lie at an S3 address, 0 if that is not known.
    """
    told = set()
    for job in jobs(document):
        node = job.hyperparameters.get(SOURCE)
        value = literal(node)
        code = decoded(value) if value is not None else None
        if node is None or not isinstance(code, str) or code in told:
            continue
        told.add(code)
        size = size_of(code)
        if size > BIG:
            problem = (
                f"the code of {job.site.name!r} takes {size / MEGA:.0f} MB, which "
                "every job fetches and unpacks before it starts"
            )
            hint = (
                "leave out what is no code, with TrainingConfig.ignore, and hand data "
                "over as a channel"
            )
            yield warning(node.address, problem, hint)
