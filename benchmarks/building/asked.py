"""What both ways of building are asked for: three steps of the same scripts."""

from __future__ import annotations

from typing import Final

from penguin_pipes.metrics import KERAS_METRICS
from penguin_pipes.penguins import penguins_config, shipped

BUCKET: Final = "bench-bucket"
REGION: Final = "us-east-1"
ROLE: Final = "arn:aws:iam::123456789012:role/pipelines"
PREPROCESSOR: Final = shipped("scripts/preprocessor.py")
TRAINER: Final = shipped("scripts/train.py")
OUTPUTS: Final = ("train", "validation", "test", "transformers")
CHANNELS: Final = ("train", "validation", "transformers")
METRICS: Final = KERAS_METRICS
HYPERPARAMETERS: Final = {"epochs": 50, "batch_size": 32, "learning_rate": 0.01}
ARGUMENTS: Final = tuple(map(str, penguins_config().processing.arguments))
