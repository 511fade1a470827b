"""Typed, deterministic Amazon SageMaker Pipelines that also run on a laptop.

The route, left to right; nothing knows what stands to the right of it:

1. **config** — frozen records say what is asked for; a wrong value is refused where
   it is written, with the place, the value and the way out.
2. **factories** — `processing_step`, `training_step`, `tuning_step`, `condition_step`,
   `registration_step` and `fail_step` make one step of the SageMaker SDK each, jobs
   cache-configured, from a config. No AWS call is made.
3. **build_pipeline** — parameters and order: steps become a `Pipeline` of the SDK.
4. **definition** — ``pipeline.definition()`` is JSON, the same bytes every time, on
   every machine. It refers to code and data by their content; ``pipeline.files`` says
   which file on this computer each address stands for.
5. **deploy** — ``pipeline.upsert()`` uploads what is missing and sends the definition;
   ``pipeline.start()`` runs it at SageMaker.
6. **local** — `run_locally` runs the same definition on this computer, as the service
   would, from the JSON and the files it names alone.
7. **report** — the record of a run, as a table in the terminal.

Importing this package is cheap: the SageMaker SDK is loaded when the first step is
made, TensorFlow by the training script alone.
"""

from __future__ import annotations

# Importing typing, and re with it, takes several times as long as all else here. Type
# checkers know the name without it.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from penguin_pipes.config import (
        CachePolicy,
        CategoricalRange,
        Channel,
        Compute,
        ContinuousRange,
        Image,
        IntegerRange,
        MlflowConfig,
        PipelineConfig,
        ProcessingConfig,
        RegistrationConfig,
        Retry,
        Security,
        Spot,
        TrainingConfig,
        TuningConfig,
        Variable,
    )
    from penguin_pipes.errors import PenguinPipesError
    from penguin_pipes.factories import (
        at_least,
        best_model_uri,
        condition_step,
        fail_step,
        file_value,
        output_uri,
        processing_step,
        registration_step,
        training_step,
        tuning_step,
    )
    from penguin_pipes.factories.deployable import Pipeline
    from penguin_pipes.local import run_locally
    from penguin_pipes.metrics import KERAS_METRICS
    from penguin_pipes.penguins import penguins_config
    from penguin_pipes.pipeline import build_pipeline

__all__ = [
    "KERAS_METRICS",
    "CachePolicy",
    "CategoricalRange",
    "Channel",
    "Compute",
    "ContinuousRange",
    "Image",
    "IntegerRange",
    "MlflowConfig",
    "PenguinPipesError",
    "Pipeline",
    "PipelineConfig",
    "ProcessingConfig",
    "RegistrationConfig",
    "Retry",
    "Security",
    "Spot",
    "TrainingConfig",
    "TuningConfig",
    "Variable",
    "at_least",
    "best_model_uri",
    "build_pipeline",
    "condition_step",
    "fail_step",
    "file_value",
    "output_uri",
    "penguins_config",
    "processing_step",
    "registration_step",
    "run_locally",
    "training_step",
    "tuning_step",
]

_HOMES = {
    "KERAS_METRICS": "metrics",
    "PenguinPipesError": "errors",
    "Pipeline": "factories.deployable",
    "at_least": "factories",
    "best_model_uri": "factories",
    "build_pipeline": "pipeline",
    "condition_step": "factories",
    "fail_step": "factories",
    "file_value": "factories",
    "output_uri": "factories",
    "penguins_config": "penguins",
    "processing_step": "factories",
    "registration_step": "factories",
    "run_locally": "local",
    "training_step": "factories",
    "tuning_step": "factories",
}
"""The module of each public name that is no config."""


def __getattr__(name: str) -> Any:
    """Load the module of a public name when the name is first used."""
    if name not in __all__:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    from importlib import import_module

    module = import_module(f"{__name__}.{_HOMES.get(name, 'config')}")
    value = getattr(module, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Return the public names."""
    return __all__
