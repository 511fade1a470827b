"""Tuning config in, one of the SDK's tuning steps out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from penguin_pipes import service
from penguin_pipes.bundle import bundle_source
from penguin_pipes.config import CategoricalRange, IntegerRange, Variable
from penguin_pipes.errors import ConfigError
from penguin_pipes.factories import sdk
from penguin_pipes.factories.places import Place, tag_list
from penguin_pipes.factories.prepared import PreparedRequest
from penguin_pipes.factories.processing import drop_empty, job_name, step_name
from penguin_pipes.factories.training import (
    as_text,
    hyperparameters,
    job_definition,
    to_channels,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sagemaker.mlops.workflow.steps import TuningStep

    from penguin_pipes.config import Channel, Range, Text, TrainingConfig, TuningConfig

_LONGEST_JOB_NAME = 32


def tuning_step(
    config: TuningConfig,
    *,
    name: str,
    channels: Mapping[str, Text | Channel],
    session: Any = None,
    depends_on: Sequence[Any] = (),
) -> TuningStep:
    """Return a cache-configured step that searches for the best hyperparameters.

    Every option of the training reaches the trials, those too that the SDK's own
    tuner drops: network isolation, encrypted traffic, the volumes' key, keep-alive
    and metric definitions.

    Args:
        config: What is searched, how, and what each trial runs (``training``).
        name: The step's name, unique in its pipeline.
        channels: Name → S3 URI, pipeline variable or `Channel`, as for a training.
        session: An SDK session; where the config names no region or bucket, the
            session's are taken.
        depends_on: Steps, or names of steps, that have to be done before, beyond
            those whose outputs are read.

    Returns:
        The SDK's own step; ``step.get_top_model_s3_uri(0, bucket, prefix)`` is where
        the best model will lie.

    Raises:
        ConfigError: A name, a channel or the training is not what the service takes.
        BundleError: The source cannot be packed.
    """
    step_name(name)
    training = _training(config)
    place = Place.of(training, session)
    source, entry_point = bundle_source(
        training.source, training.entry_point, ignore=training.ignore
    )
    code = place.uri(source, "code")
    static = hyperparameters(training, place, code, entry_point)
    _check_count(static, config)
    definition = {
        **job_definition(training, place, name, to_channels(channels)),
        "StaticHyperParameters": {
            key: value for key, value in static.items() if key not in config.ranges
        },
    }
    request = {
        "HyperParameterTuningJobName": config.base_job_name
        or job_name(name, _LONGEST_JOB_NAME),
        "HyperParameterTuningJobConfig": _search(config),
        "TrainingJobDefinition": definition,
        "Tags": tag_list(config.tags),
    }
    prepared = PreparedRequest(request=drop_empty(request), bundles={code: source})
    return sdk.tuning_step(name, prepared, config, depends_on)


def best_model_uri(
    step: TuningStep, config: TuningConfig, *, session: Any = None
) -> Any:
    """Return where the model of the best trial of *step* will lie.

    Args:
        step: What `tuning_step` made.
        config: What it was made of.
        session: The session that it was made with.
    """
    return Place.of(_training(config), session).best_model(step)


def _training(config: TuningConfig) -> TrainingConfig:
    """Return what a trial runs; what it leaves open is the tuning's."""
    if config.training is None:
        msg = (
            "TuningConfig.training: a tuning step of its own needs the training that "
            "its trials run; got None"
        )
        raise ConfigError(msg)
    import attrs

    changes: dict[str, Any] = {
        name: getattr(config, name)
        for name in ("role", "region", "bucket", "prefix", "security")
        if getattr(config.training, name) is None
    }
    return attrs.evolve(config.training, **changes)


def _check_count(static: dict[str, Any], config: TuningConfig) -> None:
    count = len({*static, *config.ranges})
    if count > service.MAX_HYPERPARAMETERS:
        msg = (
            "TuningConfig.ranges: hyperparameters and ranges together may be "
            f"{service.MAX_HYPERPARAMETERS}; got {count}"
        )
        raise ConfigError(msg)


def _search(config: TuningConfig) -> dict[str, Any]:
    search: dict[str, Any] = {
        "Strategy": config.strategy,
        "HyperParameterTuningJobObjective": {
            "Type": config.direction,
            "MetricName": config.objective,
        },
        "ResourceLimits": {"MaxParallelTrainingJobs": config.max_parallel_jobs},
        "ParameterRanges": _ranges(config.ranges),
        "TrainingJobEarlyStoppingType": config.early_stopping,
    }
    if config.max_jobs is not None:
        search["ResourceLimits"]["MaxNumberOfTrainingJobs"] = config.max_jobs
    if config.random_seed is not None:
        search["RandomSeed"] = config.random_seed
    return search


def _ranges(ranges: Mapping[str, Range]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "IntegerParameterRanges": [],
        "ContinuousParameterRanges": [],
        "CategoricalParameterRanges": [],
    }
    for name, values in ranges.items():
        if isinstance(values, CategoricalRange):
            choices = [as_text(value) for value in values.values]  # no pandas
            found["CategoricalParameterRanges"].append(
                {"Name": name, "Values": choices}
            )
            continue
        kind = "Integer" if isinstance(values, IntegerRange) else "Continuous"
        found[f"{kind}ParameterRanges"].append(
            {
                "Name": name,
                "MinValue": _bound(values.minimum),
                "MaxValue": _bound(values.maximum),
                "ScalingType": values.scaling,
            }
        )
    return {key: value for key, value in found.items() if value}


def _bound(value: object) -> Any:
    """Return a bound as the string, or the variable of one, that the request holds."""
    return sdk.as_text(value) if isinstance(value, Variable) else str(value)
