"""The worked example: the Palmer penguins, from raw CSV to a model."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Any

from penguin_pipes.config import (
    PipelineConfig,
    ProcessingConfig,
    RegistrationConfig,
    TrainingConfig,
    TuningConfig,
)
from penguin_pipes.metrics import KERAS_METRICS

LOCAL_BUCKET = "penguin-pipes-local"
"""Stands for a bucket in a local run, which needs none."""

LOCAL_ROLE = "arn:aws:iam::000000000000:role/penguin-pipes-local"
"""Stands for a role in a local run, which needs none."""

TARGET = "species"
MEASURES = (
    "culmen_length_mm",
    "culmen_depth_mm",
    "flipper_length_mm",
    "body_mass_g",
)
CATEGORIES = ("island", "sex")
MISSING = "."
"""One penguin's sex, in the edition of the data that ships."""


def shipped(path: str) -> Path:
    """Return the path of a file that ships inside the package."""
    return Path(str(files("penguin_pipes").joinpath(path)))


def penguins_config(  # noqa: PLR0913  # each is an option of its own
    *,
    bucket: str = LOCAL_BUCKET,
    role: str = LOCAL_ROLE,
    region: str = "us-east-1",
    name: str = "penguins",
    dataset: str | Path | None = None,
    use_tuning: bool = False,
    register: RegistrationConfig | bool = False,
    epochs: int = 50,
    seed: int = 0,
    **fields: Any,
) -> PipelineConfig:
    """Return the pipeline that classifies penguins by species.

    Args:
        bucket: Bucket for code, data and outputs; the default serves local runs only.
        role: ARN of the role of the jobs; the default serves local runs only.
        region: Region of the pipeline.
        name: Name of the pipeline.
        dataset: A CSV file or an S3 URI; by default the 344 penguins that ship.
        use_tuning: Tune the number of epochs instead of training once.
        register: Evaluate the model and, if 0.70 of the test penguins are told right
            (the parameter ``accuracy_threshold``), pack and register it; a record
            says how.
        epochs: How often the training goes through its data.
        seed: Of the split and of the network's first weights.
        **fields: Any other field of the `PipelineConfig`.
    """
    return PipelineConfig(
        **{
            "name": name,
            "bucket": bucket,
            "role": role,
            "region": region,
            "description": "Classify penguins by species.",
            "dataset": dataset or shipped("data/penguins.csv"),
            "processing": _processing(seed),
            "training": _training(epochs, seed),
            "tuning": TuningConfig(),
            "use_tuning": use_tuning,
            "register": register,
            **fields,
        }
    )


def _processing(seed: int) -> ProcessingConfig:
    root = "/opt/ml/processing"
    return ProcessingConfig(
        script=shipped("scripts/preprocessor.py"),
        arguments=[
            *("--input", f"{root}/input/data"),
            *("--output", root),
            *("--message", "/opt/ml/output/message"),
            *("--target", TARGET),
            *("--numeric", *MEASURES),
            *("--categorical", *CATEGORIES),
            *("--missing", MISSING),
            *("--seed", str(seed)),
        ],
        outputs=["train", "validation", "test", "transformers"],
    )


def _training(epochs: int, seed: int) -> TrainingConfig:
    return TrainingConfig(
        source=shipped("scripts/train.py"),
        hyperparameters={
            "epochs": epochs,
            "batch_size": 32,
            "learning_rate": 0.01,
            "seed": seed,
        },
        metrics=KERAS_METRICS,
    )
