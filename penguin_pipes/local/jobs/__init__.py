"""The kinds of jobs that run here, one module each, by their steps' types."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from penguin_pipes.local.jobs.base import Job, JobKind, JobResult
from penguin_pipes.local.jobs.processing import ProcessingKind
from penguin_pipes.local.jobs.training import TrainingKind


def kinds(*, in_images: bool) -> Mapping[str, JobKind]:
    """Return the kinds by their steps' types.

    Args:
        in_images: Whether jobs run in the images that they name.
    """
    return MappingProxyType(
        {
            "Processing": ProcessingKind(in_image=in_images),
            "Training": TrainingKind(in_image=in_images),
        }
    )


KINDS: Final = kinds(in_images=False)

__all__ = ["KINDS", "Job", "JobKind", "JobResult", "kinds"]
