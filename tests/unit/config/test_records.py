"""Configs refuse wrong values where they are written."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from penguin_pipes import (
    CachePolicy,
    CategoricalRange,
    Channel,
    Compute,
    ContinuousRange,
    IntegerRange,
    ProcessingConfig,
    RegistrationConfig,
    Retry,
    Security,
    Spot,
    TrainingConfig,
    TuningConfig,
)
from penguin_pipes.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable

    from penguin_pipes import PipelineConfig


class Parameter:
    """Stands for a pipeline variable: the SDK's have an ``expr`` too."""

    expr = {"Get": "Parameters.p"}  # noqa: RUF012  # as the SDK's


def processing(**fields: Any) -> ProcessingConfig:
    """Return a processing config with some fields changed."""
    return ProcessingConfig(**{"script": "pre.py", "outputs": ["a"], **fields})


def training(**fields: Any) -> TrainingConfig:
    """Return a training config with some fields changed."""
    return TrainingConfig(**{"source": "fit.py", **fields})


def tuning(**fields: Any) -> TuningConfig:
    """Return a tuning config with some fields changed."""
    return TuningConfig(**fields)


WRONG: list[tuple[str, Callable[[], object], str]] = [
    ("property file nowhere", lambda: processing(property_files={"q": "b/q.json"}), "ProcessingConfig.property_files['q']: expected a file in an output (a); got 'b/q.json'"),
    ("property file outside", lambda: processing(property_files={"q": "a/../q.json"}), "ProcessingConfig.property_files['q']: expected an output and a path in it, such as 'evaluation/evaluation.json'; got 'a/../q.json'"),
    ("file in S3", lambda: processing(files={"t": "s3://b/t"}), "ProcessingConfig.files['t']: expected a path on this computer; got 's3://b/t'"),
    ("files as a list", lambda: processing(files=["t"]), "ProcessingConfig.files: expected a mapping of names to values; got ['t']"),
    ("threshold", lambda: RegistrationConfig(accuracy_threshold="high"), "RegistrationConfig.accuracy_threshold: expected a finite number; got 'high'"),  # type: ignore[arg-type]  # the point
    ("approval", lambda: RegistrationConfig(approval="yes"), "RegistrationConfig.approval: expected one of PendingManualApproval, Approved, Rejected; got 'yes'"),
    ("group", lambda: RegistrationConfig(group="my group"), "RegistrationConfig.group: expected up to 63 letters, digits and inner hyphens, or an ARN; got 'my group'"),
    ("own metadata", lambda: RegistrationConfig(metadata={"execution": "x"}), "RegistrationConfig.metadata: 'execution' is what the pipeline says by itself; rename it. Got 'x'"),
    ("no file with the accuracy", lambda: RegistrationConfig(evaluation=processing()), "RegistrationConfig.evaluation.property_files: expected the one file with the accuracy; got {}"),
    ("two archives", lambda: RegistrationConfig(packaging=processing(outputs=["a", "b"])), "RegistrationConfig.packaging.outputs: expected the one with the model.tar.gz; got {'a': '/opt/ml/processing/a', 'b': '/opt/ml/processing/b'}"),
    ("input twice", lambda: RegistrationConfig(packaging_inputs={"inference": "transformers"}), "RegistrationConfig.packaging_inputs: the input 'inference' is there already; give 'transformers' another name"),
    ("content type", lambda: RegistrationConfig(content_types=["csv"]), "RegistrationConfig.content_types[0]: expected a MIME type such as 'text/csv'; got 'csv'"),
    ("months", lambda: CachePolicy(expire_after="P30M"), "CachePolicy.expire_after: 'P30M' means 30 months, not minutes; write 'PT30M'"),
    ("no duration", lambda: CachePolicy(expire_after="soon"), "CachePolicy.expire_after: expected a duration (a timedelta, '15d', 'P15D' or 'PT12H'); got 'soon'"),
    ("bool", lambda: CachePolicy(enabled="yes"), "CachePolicy.enabled: expected true or false; got 'yes'"),  # type: ignore[arg-type]  # the point
    ("instance", lambda: Compute(instance_type="m5.xlarge"), "Compute.instance_type: expected an instance type such as 'ml.m5.xlarge'; got 'm5.xlarge'"),
    ("count", lambda: Compute(instance_count=0), "Compute.instance_count: expected 1 to 100 instances; got 0"),
    ("bool as number", lambda: Compute(instance_count=True), "Compute.instance_count: expected a whole number of instances; got True"),
    ("volume", lambda: Compute(volume_size_gb=20_000), "Compute.volume_size_gb: expected 1 to 16384 GB; got 20000"),
    ("half a vpc", lambda: Security(subnets=["subnet-1"]), "Security: a VPC needs subnets and security_group_ids"),
    ("lone string", lambda: Security(subnets="subnet-1"), "Security.subnets: expected a list of values such as ['subnet-1']; got 'subnet-1'"),
    ("channel", lambda: Channel(uri="data/train"), "Channel.uri: expected an S3 URI such as 's3://bucket/key'; got 'data/train'"),
    ("empty range", lambda: IntegerRange(50, 10), "IntegerRange: expected minimum below maximum; got 50 and 10"),
    ("float in range", lambda: IntegerRange(1.5, 10), "IntegerRange.minimum: expected a whole number; got 1.5"),  # type: ignore[arg-type]  # the point
    ("log from zero", lambda: ContinuousRange(0.0, 1.0, scaling="Logarithmic"), "ContinuousRange.minimum: Logarithmic scaling starts above 0; got 0.0"),
    ("reverse log", lambda: ContinuousRange(0.0, 2.0, scaling="ReverseLogarithmic"), "ContinuousRange: ReverseLogarithmic scaling needs 0 <= minimum and maximum < 1"),
    ("scaling", lambda: IntegerRange(1, 2, scaling="Log"), "IntegerRange.scaling: expected one of Auto, Linear, Logarithmic; got 'Log'"),
    ("infinite", lambda: ContinuousRange(0.0, float("inf")), "ContinuousRange.maximum: expected a finite number; got inf"),
    ("past every float", lambda: ContinuousRange(0.0, 10**400), "ContinuousRange.maximum: expected a finite number; got 1000"),
    ("no categories", lambda: CategoricalRange([]), "CategoricalRange.values: expected 1 to 30 entries; got 0"),
    ("category", lambda: CategoricalRange(["a b"]), "CategoricalRange.values[0]: the container would break the argument 'a b'"),
    ("role", lambda: processing(role="my-role"), "ProcessingConfig.role: expected a role's ARN such as"),
    ("region", lambda: processing(region="Ireland"), "ProcessingConfig.region: expected a region such as 'us-east-1'; got 'Ireland'"),
    ("bucket", lambda: processing(bucket="s3://b"), "ProcessingConfig.bucket: expected a bucket's name, without s3://; got 's3://b'"),
    ("prefix", lambda: processing(prefix="/a/"), "ProcessingConfig.prefix: expected folders such as 'team/models'"),
    ("argument", lambda: processing(arguments=["x" * 257]), "ProcessingConfig.arguments[0]: expected 0 to 256 characters; got 257"),
    ("number as argument", lambda: processing(arguments=[5]), "ProcessingConfig.arguments[0]: expected a string of one line; got 5"),
    ("arguments", lambda: processing(arguments=["x"] * 101), "ProcessingConfig.arguments: expected 0 to 100 entries; got 101"),
    ("output path", lambda: processing(outputs={"a": "/tmp/a"}), "ProcessingConfig.outputs['a']: expected a path under /opt/ml/processing; got '/tmp/a'"),
    ("output escape", lambda: processing(outputs={"a": "/opt/ml/processing/../x"}), "expected a path under /opt/ml/processing"),
    ("outputs", lambda: processing(outputs=[str(n) for n in range(11)]), "ProcessingConfig.outputs: expected 0 to 10 entries; got 11"),
    ("environment", lambda: processing(environment={"A": "x" * 257}), "ProcessingConfig.environment['A']: expected 0 to 256 characters; got 257"),
    ("variable name", lambda: processing(environment={"1A": "x"}), "ProcessingConfig.environment: the name '1A': expected letters, digits and _ only"),
    ("runtime", lambda: processing(compute=Compute(max_runtime_s=800_000)), "ProcessingConfig.compute.max_runtime_s: expected 1 to 777600 seconds; got 800000"),
    ("image", lambda: processing(image=5), "ProcessingConfig.image: expected an image's URI, or Image(framework=…, version=…); got 5"),
    ("tags", lambda: processing(tags={"": "x"}), "ProcessingConfig.tags: the name '': expected 1 to 128 characters; got 0"),
    ("job name", lambda: processing(base_job_name="a_b"), "ProcessingConfig.base_job_name: expected up to 63 letters"),
    ("output's name", lambda: processing(outputs=[["train"]]), "ProcessingConfig.outputs: expected a list of names; got [['train']]"),
    ("lone output", lambda: processing(outputs="train"), "ProcessingConfig.outputs: expected a list of names; got 'train'"),
    ("mapping", lambda: training(hyperparameters=["a"]), "TrainingConfig.hyperparameters: expected a mapping of names to values; got ['a']"),
    ("reserved", lambda: training(hyperparameters={"sagemaker_program": "x"}), "the name 'sagemaker_program': the container's toolkit keeps this name to itself"),
    ("shell", lambda: training(hyperparameters={"layers": "64 32"}), "TrainingConfig.hyperparameters['layers']: the container would break the argument '64 32'"),
    ("list", lambda: training(hyperparameters={"layers": [64]}), "TrainingConfig.hyperparameters['layers']: expected a string, a finite number or a bool; got [64]"),
    ("long", lambda: training(hyperparameters={"x": "y" * 2501}), "TrainingConfig.hyperparameters['x']: expected 0 to 2500 characters; got 2501"),
    ("too many", lambda: training(hyperparameters={f"p{n}": 1 for n in range(96)}), "TrainingConfig.hyperparameters: expected 0 to 95 entries; got 96"),
    ("no group", lambda: training(metrics={"a": "a=1"}), "TrainingConfig.metrics['a']: expected a group in parentheses around the number; got 'a=1'"),
    ("no regex", lambda: training(metrics={"a": "a=("}), "TrainingConfig.metrics['a']: expected a regular expression; got 'a=('"),
    ("long regex", lambda: training(metrics={"a": "(" + "a" * 500 + ")"}), "TrainingConfig.metrics['a']: expected 1 to 500 characters; got 502"),
    ("spot wait", lambda: training(spot=Spot(max_wait_s=60)), "TrainingConfig.spot.max_wait_s: expected at least the compute's max_runtime_s, 3600; got 60"),
    ("spot alive", lambda: training(spot=Spot(), keep_alive_s=60), "TrainingConfig.keep_alive_s: spot machines cannot be kept alive"),
    ("checkpoint", lambda: training(checkpoint_uri="/tmp"), "TrainingConfig.checkpoint_uri: expected an S3 URI"),
    ("objective", lambda: tuning(training=training(metrics={"auc": "(a)"})), "TuningConfig.objective: expected one of the training's metrics (auc); got 'val_accuracy'"),
    ("direction", lambda: tuning(direction="up"), "TuningConfig.direction: expected one of Maximize, Minimize; got 'up'"),
    ("no ranges", lambda: tuning(ranges={}), "TuningConfig.ranges: expected 1 to 30 entries; got 0"),
    ("range type", lambda: tuning(ranges={"epochs": (1, 2)}), "TuningConfig.ranges['epochs']: expected an IntegerRange, a ContinuousRange or a CategoricalRange"),
    ("grid", lambda: tuning(strategy="Grid"), "TuningConfig.ranges['epochs']: Grid takes a CategoricalRange only"),
    ("no number", lambda: tuning(max_jobs=None), "TuningConfig.max_jobs: Bayesian needs a number"),
    ("no errors", lambda: Retry(on=[]), "Retry.on: expected at least 1 entries; got 0"),
    ("error", lambda: Retry(on=["SageMaker.JOB_CAPACITY_ERROR"]), "Retry.on[0]: expected one of Step.SERVICE_FAULT, Step.THROTTLING, SageMaker.JOB_INTERNAL_ERROR, SageMaker.CAPACITY_ERROR, SageMaker.RESOURCE_LIMIT; got 'SageMaker.JOB_CAPACITY_ERROR'"),
    ("mixed errors", lambda: Retry(on=["Step.THROTTLING", "SageMaker.CAPACITY_ERROR"]), "Retry.on: errors of the step and of its job need a Retry of their own each; got ['Step.THROTTLING', 'SageMaker.CAPACITY_ERROR']"),
    ("two limits", lambda: Retry(on=["Step.THROTTLING"], max_attempts=2, expire_after_min=9), "Retry.max_attempts: expected either max_attempts or expire_after_min; got 2 and 9"),
    ("no limit", lambda: Retry(on=["Step.THROTTLING"], max_attempts=None), "Retry.max_attempts: expected either max_attempts or expire_after_min; got None and None"),
    ("attempts", lambda: Retry(on=["Step.THROTTLING"], max_attempts=21), "Retry.max_attempts: expected 1 to 20 attempts; got 21"),
    ("expiry", lambda: Retry(on=["Step.THROTTLING"], expire_after_min=0), "Retry.expire_after_min: expected 1 to 14400 minutes; got 0"),
    ("interval", lambda: Retry(on=["Step.THROTTLING"], interval_s=43_201), "Retry.interval_s: expected 0 to 43200 seconds; got 43201"),
    ("rate", lambda: Retry(on=["Step.THROTTLING"], backoff_rate=-1), "Retry.backoff_rate: expected a rate of 0 or more; got -1"),
    ("no retry", lambda: processing(retry=["Step.THROTTLING"]), "ProcessingConfig.retry[0]: expected a Retry record; got 'Step.THROTTLING'"),
    ("lone retry", lambda: processing(retry={"on": []}), "ProcessingConfig.retry: expected a list of values"),
    ("tuning retry", lambda: tuning(retry=[Retry(on=["SageMaker.JOB_INTERNAL_ERROR"])]), "TuningConfig.retry[0].on: a tuning job tries its trainings again by itself after SageMaker.JOB_INTERNAL_ERROR"),
    ("display name", lambda: training(display_name="x" * 257), "TrainingConfig.display_name: expected 1 to 256 characters; got 257"),
    ("description", lambda: training(description=""), "TrainingConfig.description: expected 1 to 3072 characters; got 0"),
    ("script", lambda: processing(script=5), "ProcessingConfig.script: expected a path on this computer; got 5"),
    ("source in s3", lambda: training(source="s3://b/fit.py"), "TrainingConfig.source: expected a path on this computer; got 's3://b/fit.py'"),
    ("hyperband", lambda: tuning(strategy="Hyperband", early_stopping="Auto"), "TuningConfig.early_stopping: Hyperband stops trials by itself"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("make", "message"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG]
)
def test_wrong_values_are_refused_with_place_value_and_way_out(
    make: Callable[[], object], message: str
) -> None:
    """What the service would refuse in ten minutes is refused at construction."""
    with pytest.raises(ConfigError, match=re.escape(message)):
        make()


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"name": "my_pipeline"}, "PipelineConfig.name: expected up to 256 letters"),
        ({"bucket": None}, "PipelineConfig.bucket: a pipeline needs one; got None"),
        ({"dataset": "https://x/y.csv"}, "PipelineConfig.dataset: expected a local"),
        ({"channels": {"train": "tran"}}, "expected an output of the processing (tra"),
        ({"use_tuning": True, "tuning": TuningConfig(objective="f1")}, "got 'f1'"),
        (
            {"register": True},
            "PipelineConfig.register.evaluation_inputs['test']: expected an output of the processing (train, validation); got 'test'",
        ),
        (
            {"register": "yes"},
            "PipelineConfig.register: expected true, or what it takes; got 'yes'",
        ),
        ({"dataset": 5}, "PipelineConfig.dataset: expected a local file or an S3 URI"),
        ({"parallelism": 0}, "PipelineConfig.parallelism: expected 1 to 2147483647"),
        ({"bucket_owner": "123"}, "PipelineConfig.bucket_owner: expected an account's"),
        ({"bucket_owner": 123456789012}, "bucket_owner: expected an account's 12 dig"),
        ({"upload_kms_key": ""}, "upload_kms_key: expected 1 to 2048 characters; got"),
        ({"training_step_name": "a b"}, "PipelineConfig.training_step_name: expected"),
    ],
)
def test_parts_of_a_pipeline_have_to_fit(
    churn_config: Callable[..., PipelineConfig], fields: dict[str, Any], message: str
) -> None:
    """A pipeline whose parts do not fit each other is refused at construction."""
    with pytest.raises(ConfigError, match=re.escape(message)):
        churn_config(**fields)


@pytest.mark.parametrize("value", ["hush\nhush", "hush" * 200, 5, "hush 'hush'"])
def test_values_of_secrets_are_refused_without_being_shown(value: object) -> None:
    """The name tells which value is wrong; the value is nobody else's business."""
    with pytest.raises(ConfigError, match=r"\['API_TOKEN'\]: .* got \*{4}$") as caught:
        training(environment={"API_TOKEN": value}, hyperparameters={"API_TOKEN": value})

    assert "hush" not in str(caught.value)


def test_retries_end_after_five_attempts_or_the_time_that_is_given() -> None:
    """The service's own default is written where it can be seen."""
    by_count, by_time = (
        Retry(on=["Step.THROTTLING"]),
        Retry(on=["Step.THROTTLING"], expire_after_min=9),
    )

    assert (by_count.max_attempts, by_count.expire_after_min) == (5, None)
    assert (by_time.max_attempts, by_time.expire_after_min) == (None, 9)


def test_config_errors_are_value_errors() -> None:
    """Handlers that know nothing of penguin_pipes catch them too."""
    with pytest.raises(ValueError, match="Compute"):
        Compute(instance_count=0)


def test_pipeline_variables_pass_wherever_the_service_takes_them() -> None:
    """A variable stands in for any value that is known only at run time."""
    variable = Parameter()

    config = training(
        role=variable,
        hyperparameters={"epochs": variable},
        environment={"MODE": variable},
        compute=Compute(instance_type=variable, instance_count=variable),
        image=variable,
        tags={"team": variable},
    )

    assert config.hyperparameters["epochs"] is variable
    assert config.compute.instance_type is variable


def test_variables_are_refused_by_name_where_the_service_takes_none() -> None:
    """A region decides which images there are, so it has to be known."""
    with pytest.raises(ConfigError, match=r"the pipeline variable \{'Get'"):
        training(region=Parameter())


def test_configs_cannot_be_changed() -> None:
    """Neither a field nor an entry of a mapping changes once it is checked."""
    given = {"epochs": 5}
    config = training(hyperparameters=given)
    given["epochs"] = -1

    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        config.source = "other.py"  # type: ignore[misc,assignment]  # the point
    with pytest.raises(TypeError, match="does not support item assignment"):
        config.hyperparameters["epochs"] = 6  # type: ignore[index]  # the point
    assert config.hyperparameters["epochs"] == 5


def test_every_step_is_cached_for_fifteen_days_by_default() -> None:
    """Nobody has to ask for the cache."""
    policies = [config.cache for config in (processing(), training(), tuning())]

    assert policies == [CachePolicy(enabled=True, expire_after="P15D")] * 3
    assert CachePolicy(expire_after=timedelta(days=15)).expire_after == "P15D"


def test_tuning_defaults_are_three_jobs_over_the_epochs() -> None:
    """Ten to fifty epochs, three jobs, three at once, for the best val_accuracy."""
    config = TuningConfig()

    assert (config.objective, config.direction) == ("val_accuracy", "Maximize")
    assert config.ranges == {"epochs": IntegerRange(10, 50)}
    assert (config.max_jobs, config.max_parallel_jobs) == (3, 3)


def test_steps_take_over_what_they_leave_open(
    churn_config: Callable[..., PipelineConfig],
) -> None:
    """Role, bucket, security and tags come from the pipeline unless a step has own."""
    config = churn_config(
        prefix="team",
        tags={"team": "a", "cost": "1"},
        training=training(
            tags={"cost": "2"},
            bucket="other-bucket",
            metrics={"val_accuracy": "(.)"},
        ),
    )

    owned = config.owned(config.training)

    assert (owned.bucket, owned.prefix) == ("other-bucket", "team")
    assert owned.role == config.role
    assert owned.tags == {"team": "a", "cost": "2"}
    assert owned.security == config.security
