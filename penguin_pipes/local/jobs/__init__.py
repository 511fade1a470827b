"""The kinds of jobs that run here, one module each, by their steps' types."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from penguin_pipes.local.jobs.base import Job, JobKind, JobResult
from penguin_pipes.local.jobs.processing import ProcessingKind
from penguin_pipes.local.jobs.training import TrainingKind
from penguin_pipes.local.jobs.tuning import TuningKind

KINDS: Final[Mapping[str, JobKind]] = MappingProxyType(
    {
        "Processing": ProcessingKind(),
        "Training": TrainingKind(),
        "Tuning": TuningKind(),
    }
)

__all__ = ["KINDS", "Job", "JobKind", "JobResult"]
