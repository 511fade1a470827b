"""Config in, one SageMaker step out; the SDK is loaded when the first is made."""

from penguin_pipes.factories.processing import output_uri, processing_step
from penguin_pipes.factories.training import training_step
from penguin_pipes.factories.tuning import tuning_step

__all__ = ["output_uri", "processing_step", "training_step", "tuning_step"]
