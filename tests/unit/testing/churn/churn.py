"""The pipeline of the README: raw customers to a model of who leaves."""

from __future__ import annotations

from pathlib import Path

from penguin_pipes import (
    Pipeline,
    ProcessingConfig,
    TrainingConfig,
    output_uri,
    processing_step,
    training_step,
)

HERE = Path(__file__).parent
CUSTOMERS = "s3://acme-ml/customers/2026-11/"
BUCKET = "acme-ml"
REGION = "eu-west-1"
ROLE = "arn:aws:iam::123456789012:role/ml"


def build(depth: int = 6) -> Pipeline:
    """Return the pipeline, built anew."""
    clean = processing_step(
        ProcessingConfig(
            script=HERE / "clean.py",
            outputs=["rows"],
            bucket=BUCKET,
            region=REGION,
            role=ROLE,
        ),
        name="clean",
        inputs={"raw": CUSTOMERS},
    )
    fit = training_step(
        TrainingConfig(
            source=HERE / "fit",
            entry_point="fit.py",
            hyperparameters={"depth": depth},
            metrics={"accuracy": "accuracy=([0-9.]+)"},
            bucket=BUCKET,
            region=REGION,
            role=ROLE,
        ),
        name="fit",
        channels={"train": output_uri(clean, "rows")},
    )
    return Pipeline("churn", steps=[clean, fit], region=REGION)
