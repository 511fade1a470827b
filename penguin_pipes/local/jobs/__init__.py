"""The kinds of steps that run here, by their types."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from penguin_pipes.local.jobs.base import Job, JobKind, JobResult
from penguin_pipes.local.jobs.decisions import ConditionKind, FailKind
from penguin_pipes.local.jobs.processing import ProcessingKind
from penguin_pipes.local.jobs.training import TrainingKind

KINDS: Final[Mapping[str, JobKind]] = MappingProxyType(
    {
        "Processing": ProcessingKind(),
        "Training": TrainingKind(),
        "Condition": ConditionKind(),
        "Fail": FailKind(),
    }
)

DECISIONS: Final = frozenset({"Condition", "Fail"})
"""The kinds that take no job."""

__all__ = ["DECISIONS", "KINDS", "Job", "JobKind", "JobResult"]
