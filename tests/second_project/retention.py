"""The pipeline: raw customers to a model that is good enough, or a sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from penguin_pipes import (
    ContinuousRange,
    Pipeline,
    ProcessingConfig,
    TrainingConfig,
    TuningConfig,
    at_least,
    best_model_uri,
    condition_step,
    fail_step,
    file_value,
    output_uri,
    processing_step,
    training_step,
    tuning_step,
)

HERE = Path(__file__).parent
CUSTOMERS = "s3://acme-ml/retention/2026-11/"
PLACE: dict[str, Any] = {
    "bucket": "acme-ml",
    "region": "eu-west-1",
    "role": "arn:aws:iam::123456789012:role/ml",
}


def build(*, rounds: int = 200, tune: bool = False, least: float = 0.8) -> Pipeline:
    """Return the pipeline, built anew.

    Args:
        rounds: How often the training goes through its customers.
        tune: Search for the rate, instead of training once.
        least: How often the model has to be right, 0 to 1.
    """
    clean = processing_step(
        ProcessingConfig(
            script=HERE / "jobs/clean.py", outputs=["train", "test"], **PLACE
        ),
        name="clean",
        inputs={"raw": CUSTOMERS},
    )
    training = TrainingConfig(
        source=HERE / "fit",
        entry_point="fit.py",
        hyperparameters={"rounds": rounds, "rate": 0.5},
        metrics={"accuracy": "accuracy=([0-9.]+);"},
        **PLACE,
    )
    channels = {"train": output_uri(clean, "train")}
    fit: Any
    if tune:
        search = TuningConfig(
            training=training,
            objective="accuracy",
            ranges={"rate": ContinuousRange(0.1, 1.0)},
            max_jobs=2,
            max_parallel_jobs=1,
            random_seed=0,
            **PLACE,
        )
        fit = tuning_step(search, name="search", channels=channels)
        model = best_model_uri(fit, search)
    else:
        fit = training_step(training, name="fit", channels=channels)
        model = fit.properties.ModelArtifacts.S3ModelArtifacts
    judge = processing_step(
        ProcessingConfig(
            script=HERE / "jobs/judge.py",
            outputs=["report"],
            property_files={"judgement": "report/report.json"},
            **PLACE,
        ),
        name="judge",
        inputs={"model": model, "test": output_uri(clean, "test")},
    )
    refuse = fail_step(name="refuse", message=f"right in less than {least:.0%}")
    check = condition_step(
        name="check",
        conditions=[at_least(file_value(judge, "judgement", "accuracy"), least)],
        if_steps=[],
        else_steps=[refuse],
    )
    return Pipeline("retention", steps=[clean, fit, judge, check], region="eu-west-1")
