"""One field replaced, named by its path."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from penguin_pipes.config.overrides import set_field
from penguin_pipes.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable

    from penguin_pipes import PipelineConfig


@pytest.mark.parametrize(
    ("assignment", "path", "expected"),
    [
        ("name=other", "name", "other"),
        ("use_tuning=true", "use_tuning", True),
        ("training.compute.max_runtime_s=60", "training.compute.max_runtime_s", 60),
        ("processing.cache.expire_after=2d", "processing.cache.expire_after", "P2D"),
        ("training.spot.max_wait_s=9000", "training.spot.max_wait_s", 9000),
        ("processing.outputs=['train', 'validation', 'x']", "processing.outputs.x", "/opt/ml/processing/x"),
        ("training.hyperparameters.depth=9", "training.hyperparameters.depth", 9),
        ("training.hyperparameters.rate=1e-3", "training.hyperparameters.rate", 0.001),
        ("training.hyperparameters.new='7'", "training.hyperparameters.new", "7"),
        ("tuning.ranges.epochs.maximum=99", "tuning.ranges.epochs.maximum", 99),
        ("dataset=s3://b/k.csv", "dataset", "s3://b/k.csv"),
    ],
)  # fmt: skip
def test_fields_are_reached_by_their_path(
    churn_config: Callable[..., PipelineConfig],
    assignment: str,
    path: str,
    expected: object,
) -> None:
    """Every field is reached through records and mappings, and read as TOML."""
    found: object = set_field(churn_config(), assignment)

    for name in path.split("."):
        found = found[name] if hasattr(found, "keys") else getattr(found, name)  # type: ignore[index]  # a mapping
    assert found == expected


@pytest.mark.parametrize(
    ("assignment", "message"),
    [
        ("training", "--set training: expected FIELD=VALUE"),
        ("=5", "--set =5: expected FIELD=VALUE"),
        ("trainning.cache=5", "has no field 'trainning'; did you mean 'training'?"),
        ("training.compute.gpu=5", "Compute has no field 'gpu'"),
        ("training.hyperparameters.x.y=5", "has no field 'x'"),
        ("name.x=5", "'churn' has no fields, so there is no 'x' in it"),
        ("training.compute.instance_count=0", "Compute.instance_count: expected 1"),
        ("training.compute.instance_count=two", "a whole number of instances; got"),
    ],
)
def test_wrong_assignments_are_refused(
    churn_config: Callable[..., PipelineConfig], assignment: str, message: str
) -> None:
    """An unknown path or a wrong value names itself and the way out."""
    with pytest.raises(ConfigError, match=re.escape(message)):
        set_field(churn_config(), assignment)
