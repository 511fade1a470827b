"""Our requests beside those that the SDK's own builders make."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from penguin_pipes import (
    Channel,
    Compute,
    IntegerRange,
    ProcessingConfig,
    Security,
    Spot,
    TrainingConfig,
    TuningConfig,
    processing_step,
    training_step,
    tuning_step,
)
from penguin_pipes.factories import sdk

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

# The SDK warns of its own doings whenever its builders are used (3.27).
pytestmark = pytest.mark.filterwarnings("ignore")

ROLE = "arn:aws:iam::123456789012:role/pipelines"
BUCKET = "acme-ml"
IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/anything:1"
TRAIN = "s3://acme-ml/in/train"
PLACE: dict[str, Any] = {"role": ROLE, "region": "us-east-1", "bucket": BUCKET}
METRICS = {"val_accuracy": "va=([0-9.]+)"}

LEFT_OUT_BY_THE_SDK = {
    "ProfilerConfig",  # its trainer has no such option
    "TrainingJobName",  # popped before a pipeline can ask for custom prefixes (3.27)
}


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a session of the SDK that looks for nothing outside."""
    monkeypatch.setenv("SAGEMAKER_VALIDATE_ROLE", "false")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    from penguin_pipes.factories.deployable import DeferredSession

    return DeferredSession(region="us-east-1", bucket=BUCKET)


@pytest.fixture
def full(tmp_path: Path) -> dict[str, Any]:
    """Return options of every kind, as our training config takes them."""
    (tmp_path / "fit.py").write_text("pass\n")
    return {
        **PLACE,
        "source": tmp_path / "fit.py",
        "image": IMAGE,
        "hyperparameters": {"epochs": 20, "rate": 0.5, "flag": True, "name": "x"},
        "metrics": METRICS,
        "environment": {"MODE": "fast"},
        "compute": Compute(
            instance_type="ml.c5.xlarge", volume_size_gb=50, max_runtime_s=1800
        ),
        "spot": Spot(max_wait_s=3600),
        "checkpoint_uri": "s3://acme-ml/checkpoints",
        "security": Security(
            subnets=["subnet-1"],
            security_group_ids=["sg-1"],
            volume_kms_key="key-1",
            output_kms_key="key-2",
            network_isolation=True,
            encrypt_traffic=True,
        ),
    }


def arguments(step: Any) -> dict[str, Any]:
    """Return what a step sends, its variables rendered."""
    rendered: dict[str, Any] = _plain(step.arguments)
    return rendered


def _plain(value: Any) -> Any:
    if hasattr(value, "expr"):
        return value.expr
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def sdk_trainer(session: Any, request: dict[str, Any]) -> Any:
    """Return the SDK's trainer, told what our request says."""
    from sagemaker.core.shapes import CheckpointConfig
    from sagemaker.core.training.configs import (
        Compute as SdkCompute,
    )
    from sagemaker.core.training.configs import (
        Networking,
        OutputDataConfig,
        StoppingCondition,
    )
    from sagemaker.train.model_trainer import ModelTrainer

    resources = request["ResourceConfig"]
    trainer = ModelTrainer(
        sagemaker_session=session,
        role=ROLE,
        base_job_name="job",
        training_image=IMAGE,
        hyperparameters=request.get("HyperParameters")
        or {**request["StaticHyperParameters"], "epochs": "20"},
        environment=request["Environment"],
        compute=SdkCompute(
            instance_type=resources["InstanceType"],
            instance_count=resources["InstanceCount"],
            volume_size_in_gb=resources["VolumeSizeInGB"],
            volume_kms_key_id=resources["VolumeKmsKeyId"],
            enable_managed_spot_training=True,
        ),
        stopping_condition=StoppingCondition(
            max_runtime_in_seconds=1800, max_wait_time_in_seconds=3600
        ),
        networking=Networking(
            subnets=["subnet-1"],
            security_group_ids=["sg-1"],
            enable_network_isolation=True,
            enable_inter_container_traffic_encryption=True,
        ),
        output_data_config=OutputDataConfig(
            s3_output_path="s3://acme-ml/out", kms_key_id="key-2"
        ),
        checkpoint_config=CheckpointConfig(s3_uri="s3://acme-ml/checkpoints"),
    )
    from sagemaker.core.shapes import MetricDefinition

    return trainer.with_metric_definitions(
        [MetricDefinition(name=name, regex=regex) for name, regex in METRICS.items()]
    )


def sdk_channel() -> Any:
    """Return the SDK's record of the one channel."""
    from sagemaker.core.shapes import Channel as SdkChannel
    from sagemaker.core.shapes import DataSource, S3DataSource

    return SdkChannel(
        channel_name="train",
        content_type="text/csv",
        data_source=DataSource(
            s3_data_source=S3DataSource(
                s3_data_type="S3Prefix",
                s3_uri=TRAIN,
                s3_data_distribution_type="FullyReplicated",
            )
        ),
    )


def same(ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    """Compare two requests member by member, known differences aside."""
    ours = {k: v for k, v in ours.items() if k not in LEFT_OUT_BY_THE_SDK}
    ours["OutputDataConfig"] = {
        **ours["OutputDataConfig"],
        "S3OutputPath": "s3://acme-ml/out",
    }
    theirs["OutputDataConfig"].pop("CompressionType", None)  # the service's default
    assert ours == theirs


def test_training_request_is_the_one_of_the_sdk(
    session: Any, full: dict[str, Any]
) -> None:
    """A training request says what the SDK's own trainer would say."""
    from sagemaker.mlops.workflow.steps import TrainingStep

    ours = arguments(
        training_step(
            TrainingConfig(**full), name="fit", channels={"train": Channel(uri=TRAIN)}
        )
    )

    trainer = sdk_trainer(session, ours)
    theirs = arguments(
        TrainingStep("fit", step_args=trainer.train(input_data_config=[sdk_channel()]))
    )
    same(ours, theirs)


def test_tuning_request_is_the_one_of_the_sdk_and_what_it_drops(
    session: Any, full: dict[str, Any]
) -> None:
    """A tuning request says what the SDK's tuner would say, and what it drops."""
    from sagemaker.core.parameter import IntegerParameter
    from sagemaker.mlops.workflow.steps import TuningStep
    from sagemaker.train.tuner import HyperparameterTuner

    config = TuningConfig(
        training=TrainingConfig(**full),
        ranges={"epochs": IntegerRange(10, 50)},
        random_seed=7,
    )
    ours = arguments(
        tuning_step(config, name="tune", channels={"train": Channel(uri=TRAIN)})
    )

    tuner = HyperparameterTuner(
        model_trainer=sdk_trainer(session, ours["TrainingJobDefinition"]),
        objective_metric_name="val_accuracy",
        hyperparameter_ranges={"epochs": IntegerParameter(10, 50)},
        metric_definitions=[{"Name": n, "Regex": r} for n, r in METRICS.items()],
        max_jobs=3,
        max_parallel_jobs=3,
        random_seed=7,
    )
    theirs = arguments(TuningStep("tune", step_args=tuner.tune([sdk_channel()])))
    dropped = {
        "EnableNetworkIsolation": True,
        "EnableInterContainerTrafficEncryption": True,
    }
    definition = {**theirs["TrainingJobDefinition"], **dropped}
    definition["ResourceConfig"]["VolumeKmsKeyId"] = "key-1"
    same(ours.pop("TrainingJobDefinition"), definition)
    search = theirs["HyperParameterTuningJobConfig"]
    ranges = search["ParameterRanges"]
    search["ParameterRanges"] = {k: v for k, v in ranges.items() if v}
    assert ours["HyperParameterTuningJobConfig"] == search


def test_processing_request_is_the_one_of_the_sdk(session: Any, tmp_path: Path) -> None:
    """A processing request says what the SDK's own processor would say."""
    from sagemaker.core.network import NetworkConfig
    from sagemaker.core.processing import ScriptProcessor
    from sagemaker.core.shapes import (
        ProcessingInput,
        ProcessingOutput,
        ProcessingS3Input,
        ProcessingS3Output,
    )
    from sagemaker.mlops.workflow.steps import ProcessingStep

    (tmp_path / "pre.py").write_text("pass\n")
    config = ProcessingConfig(
        **PLACE,
        script=tmp_path / "pre.py",
        arguments=["--x", "1"],
        outputs=["out"],
        image=IMAGE,
        environment={"A": "b"},
        security=Security(network_isolation=True, volume_kms_key="key-1"),
    )
    step = processing_step(config, name="prepare", inputs={"data": TRAIN})
    (code,) = sdk.bundles_of(step)
    ours = arguments(step)

    processor = ScriptProcessor(
        role=ROLE,
        image_uri=IMAGE,
        command=["python3"],
        instance_count=1,
        instance_type="ml.m5.xlarge",
        max_runtime_in_seconds=3600,
        volume_kms_key="key-1",
        env={"A": "b"},
        network_config=NetworkConfig(enable_network_isolation=True),
        sagemaker_session=session,
    )
    run: Callable[..., Any] = processor.run
    theirs = arguments(
        ProcessingStep(
            "prepare",
            step_args=run(
                code=code,
                arguments=["--x", "1"],
                inputs=[
                    ProcessingInput(
                        input_name="data",
                        s3_input=ProcessingS3Input(
                            s3_uri=TRAIN,
                            local_path="/opt/ml/processing/input/data",
                            s3_data_type="S3Prefix",
                        ),
                    )
                ],
                outputs=[
                    ProcessingOutput(
                        output_name="out",
                        s3_output=ProcessingS3Output(
                            s3_uri="s3://acme-ml/out",
                            local_path="/opt/ml/processing/out",
                            s3_upload_mode="EndOfJob",
                        ),
                    )
                ],
            ),
        )
    )
    (output,) = ours["ProcessingOutputConfig"]["Outputs"]
    output["S3Output"]["S3Uri"] = "s3://acme-ml/out"
    theirs.pop("ExperimentConfig", None)
    assert ours == theirs
