"""Config in, one SageMaker step out; the SDK is loaded when the first is made."""

from penguin_pipes.factories.flow import (
    at_least,
    condition_step,
    fail_step,
    file_value,
)
from penguin_pipes.factories.processing import output_uri, processing_step
from penguin_pipes.factories.registration import registration_step
from penguin_pipes.factories.training import training_step
from penguin_pipes.factories.tuning import best_model_uri, tuning_step

__all__ = [
    "at_least",
    "best_model_uri",
    "condition_step",
    "fail_step",
    "file_value",
    "output_uri",
    "processing_step",
    "registration_step",
    "training_step",
    "tuning_step",
]
