"""One field replaced, named by its path."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from attrs import evolve

from penguin_pipes import CategoricalRange, Image, TuningConfig
from penguin_pipes.config.overrides import set_field
from penguin_pipes.errors import ConfigError
from penguin_pipes.factories import sdk

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
        ("tuning.max_parallel_jobs=2", "tuning.max_parallel_jobs", 2),
        ("training.spot={}", "training.spot.max_wait_s", 7200),
        ("training.spot=none", "training.spot", None),
        ("training.hyperparameters={depth=4}", "training.hyperparameters", {"depth": 4}),
        ("training.metrics={}", "training.metrics", {}),
        ("training.image.version='2'", "training.image.version", "2"),
    ],
)  # fmt: skip
def test_fields_are_reached_by_their_path(
    churn_config: Callable[..., PipelineConfig],
    assignment: str,
    path: str,
    expected: object,
) -> None:
    """Every field is reached through records and mappings, and read as TOML."""
    image = Image(framework="tensorflow", version="1")
    config = churn_config()
    config = evolve(config, training=evolve(config.training, image=image))

    found: object = set_field(config, assignment)

    for name in path.split("."):
        found = found[name] if hasattr(found, "keys") else getattr(found, name)  # type: ignore[index]  # a mapping
    assert found == expected


@pytest.mark.parametrize(
    ("assignment", "message"),
    [
        ("training", "--set training: expected FIELD=VALUE"),
        ("=5", "--set =5: expected FIELD=VALUE"),
        ("trainning.cache=5", "--set: trainning: no such field; did you mean 'training'?"),
        ("training.compute.gpu=5", "training.compute.gpu: no such field; there are instance_type"),
        ("training.hyperparameters.x.y=5", "training.hyperparameters.x: expected a string, a finite"),
        ("name.x=5", "--set: name: expected up to 256 letters"),
        ("training.compute.instance_count=0", "training.compute.instance_count: expected 1 to 100 instances; got 0"),
        ("training.compute.instance_count=two", "a whole number of instances; got 'two'"),
        ("training.hyperparameters.API_KEY=a b", "hyperparameters.API_KEY: expected a value that the service takes and that is of one line; got ****"),
    ],
)  # fmt: skip
def test_wrong_assignments_are_refused(
    churn_config: Callable[..., PipelineConfig], assignment: str, message: str
) -> None:
    """An unknown path or a wrong value names itself and the way out."""
    with pytest.raises(ConfigError, match=re.escape(message)):
        set_field(churn_config(), assignment)


def test_names_with_dots_stand_in_quotes(
    churn_config: Callable[..., PipelineConfig],
) -> None:
    """A path is written as TOML writes one, so every name can be reached."""
    config = set_field(churn_config(), 'tags."cost.center"=four')

    assert config.tags == {"cost.center": "four"}


def test_pipeline_variables_stay(churn_config: Callable[..., PipelineConfig]) -> None:
    """What is not replaced is the same object as before, variables included."""
    epochs = sdk.load().parameters.ParameterInteger("epochs", default_value=5)
    config = churn_config(
        training=evolve(churn_config().training, hyperparameters={"epochs": epochs})
    )

    changed = set_field(config, "training.compute.instance_count=2")

    assert changed.training.hyperparameters["epochs"] is epochs
    assert changed.training.compute.instance_count == 2


def test_a_whole_range_takes_the_place_of_another_kind() -> None:
    """A table that is a range by itself keeps nothing of the one before it."""
    config = set_field(TuningConfig(), "ranges.epochs={values=[10, 20]}")

    assert config.ranges == {"epochs": CategoricalRange([10, 20])}
