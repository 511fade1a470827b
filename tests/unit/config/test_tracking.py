"""What is promised of the settings for MLflow."""

from __future__ import annotations

import pytest

from penguin_pipes import MlflowConfig
from penguin_pipes.errors import ConfigError


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        (
            {"resource_arn": "http://host"},
            "MlflowConfig.resource_arn: expected the ARN",
        ),
        ({"experiment": ""}, "MlflowConfig.experiment: expected 1 to 256 characters"),
        ({"tracking_uri": 5}, "MlflowConfig.tracking_uri: expected a string"),
        (
            {"tracking_uri": "http://me:hunter2@host"},
            "MlflowConfig.tracking_uri: a config is no place for a password",
        ),
        (
            {"tracking_uri": "postgresql+psycopg2://me:hunter2@host/db"},
            "a config is no place for a password",
        ),
    ],
)
def test_wrong_values_are_refused(fields: dict[str, str], words: str) -> None:
    """With the place and the way out, and without the password."""
    with pytest.raises(ConfigError) as told:
        MlflowConfig(**fields)

    assert words in str(told.value)
    assert "hunter2" not in str(told.value)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"tracking_uri": "sqlite:////data/a:b@c/mlflow.db"},
        {"tracking_uri": "http://me@host:5000"},
        {"resource_arn": "arn:aws:sagemaker:x-1:123456789012:mlflow-tracking-server/s"},
        {"tracking_uri": "arn:aws:sagemaker:x-1:123456789012:mlflow-app/a"},
    ],
)
def test_right_values_are_taken(fields: dict[str, str]) -> None:
    """Addresses that only look as if they had a password among them."""
    assert MlflowConfig(**fields).experiment is None
