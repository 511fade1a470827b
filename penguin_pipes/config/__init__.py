"""What is asked for: frozen records whose wrong values are refused when written."""

from penguin_pipes.config.checks import Variable
from penguin_pipes.config.pipeline import PipelineConfig
from penguin_pipes.config.processing import ProcessingConfig
from penguin_pipes.config.ranges import (
    CategoricalRange,
    ContinuousRange,
    IntegerRange,
    Range,
)
from penguin_pipes.config.records import (
    CachePolicy,
    Channel,
    Compute,
    Hyperparameter,
    Image,
    Number,
    Security,
    Spot,
    Text,
)
from penguin_pipes.config.registration import RegistrationConfig
from penguin_pipes.config.retry import Retry
from penguin_pipes.config.step import StepConfig
from penguin_pipes.config.tracking import MlflowConfig
from penguin_pipes.config.training import TrainingConfig
from penguin_pipes.config.tuning import TuningConfig

__all__ = [
    "CachePolicy",
    "CategoricalRange",
    "Channel",
    "Compute",
    "ContinuousRange",
    "Hyperparameter",
    "Image",
    "IntegerRange",
    "MlflowConfig",
    "Number",
    "PipelineConfig",
    "ProcessingConfig",
    "Range",
    "RegistrationConfig",
    "Retry",
    "Security",
    "Spot",
    "StepConfig",
    "Text",
    "TrainingConfig",
    "TuningConfig",
    "Variable",
]
