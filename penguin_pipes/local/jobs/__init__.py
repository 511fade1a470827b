"""The kinds of steps that run here, by their types."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from penguin_pipes.local.jobs.base import Job, JobResult
from penguin_pipes.local.jobs.decisions import ConditionKind, Decision, FailKind, Still
from penguin_pipes.local.jobs.kind import JobKind
from penguin_pipes.local.jobs.models import ModelKind, RegisterModelKind
from penguin_pipes.local.jobs.processing import ProcessingKind
from penguin_pipes.local.jobs.stand_ins import StandIn, StandInKind
from penguin_pipes.local.jobs.training import TrainingKind
from penguin_pipes.local.jobs.transform import TransformKind
from penguin_pipes.local.jobs.tuning import TuningKind
from penguin_pipes.local.jobs.unselected import UnselectedKind


def kinds(*, in_images: bool) -> Mapping[str, JobKind]:
    """Return the kinds by their steps' types.

    Args:
        in_images: Whether jobs run in the images that they name.
    """
    training = TrainingKind(in_image=in_images)
    return MappingProxyType(
        {
            "Processing": ProcessingKind(in_image=in_images),
            "Training": training,
            "Tuning": TuningKind(training),
            "Transform": TransformKind(in_image=in_images),
            "Condition": ConditionKind(),
            "Fail": FailKind(),
            "Model": ModelKind(),
            "RegisterModel": RegisterModelKind(),
        }
    )


KINDS: Final = kinds(in_images=False)

__all__ = [
    "KINDS",
    "Decision",
    "Job",
    "JobKind",
    "JobResult",
    "ModelKind",
    "StandIn",
    "StandInKind",
    "Still",
    "UnselectedKind",
    "kinds",
]
