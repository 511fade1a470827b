"""Definitions of other makers: nothing is wrong with them, and nothing is lost.

The files under ``others`` are what SDK 2.257 rendered: the pipeline of AWS's own
example (abalone), estimators and a tuner in script mode, and one step of every other
type. SDK 3, as installed, renders its part while the test runs, the way its examples
do it: with ``source_code``, which uploads to the fake AWS.
"""

from __future__ import annotations

import gc
import json
import warnings
from pathlib import Path
from typing import Any

import boto3
import pytest

from penguin_pipes.definition import Severity, parse, validate
from penguin_pipes.definition.plan import plan

OTHERS = sorted((Path(__file__).parent / "others").glob("*.json"))
ROLE = "arn:aws:iam::123456789012:role/pipelines"
IMAGE = (
    "763104351884.dkr.ecr.eu-west-1.amazonaws.com/tensorflow-training:2.19.0-cpu-py312"
)

# The SDK warns of its own doings whenever its builders are used (3.27).
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture
def session(edge: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a session of the SDK whose AWS is the fake one."""
    assert edge
    monkeypatch.setenv("SAGEMAKER_VALIDATE_ROLE", "false")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    from sagemaker.core.workflow.pipeline_context import PipelineSession

    return PipelineSession(
        boto_session=boto3.Session(region_name="eu-west-1"),
        default_bucket="acme-ml",
        sagemaker_config={
            "SchemaVersion": "1.0",
            "SageMaker": {"PythonSDK": {"Modules": {"TelemetryOptOut": True}}},
        },
    )


def errors(document: Any) -> list[str]:
    """Return what is told as an error."""
    found = validate(document)
    return [str(each) for each in found if each.severity is Severity.ERROR]


@pytest.mark.parametrize("path", OTHERS, ids=lambda path: path.stem)
def test_what_sdk_2_renders_passes(path: Path) -> None:
    """Warnings may tell of what merely costs; none of it is refused."""
    assert errors(path) == []


@pytest.mark.parametrize("path", OTHERS, ids=lambda path: path.stem)
def test_a_round_trip_leaves_everything_as_it_was(path: Path) -> None:
    """Members and types that nobody here knows are written as they were read."""
    document = json.loads(path.read_text())

    parsed = parse(path)

    assert json.dumps(parsed.raw) == json.dumps(document)
    assert [step.raw for step in parsed.steps] == document["Steps"]
    assert not plan(path.read_text(), json.dumps(parsed.raw)).has_changes


def processing(session: Any, folder: Path) -> Any:
    """Return a step of the SDK with a local script."""
    from sagemaker.core.processing import ScriptProcessor
    from sagemaker.core.shapes import (
        ProcessingInput,
        ProcessingOutput,
        ProcessingS3Input,
        ProcessingS3Output,
    )
    from sagemaker.mlops.workflow.steps import ProcessingStep

    processor = ScriptProcessor(
        image_uri=IMAGE,
        command=["python3"],
        instance_type="ml.m5.xlarge",
        instance_count=1,
        role=ROLE,
        sagemaker_session=session,
    )
    data = ProcessingS3Input(
        s3_uri="s3://acme-ml/raw/",
        local_path="/opt/ml/processing/input/raw",
        s3_data_type="S3Prefix",
        s3_input_mode="File",
    )
    train = ProcessingS3Output(
        s3_uri="s3://acme-ml/train",
        local_path="/opt/ml/processing/train",
        s3_upload_mode="EndOfJob",
    )
    arguments = processor.run(
        code=str(folder / "prepare.py"),
        inputs=[ProcessingInput(input_name="raw", s3_input=data)],
        outputs=[ProcessingOutput(output_name="train", s3_output=train)],
    )
    return ProcessingStep(name="prepare", step_args=arguments)


def trainer(session: Any, folder: Path) -> Any:
    """Return a trainer that brings its code the SDK's way."""
    from sagemaker.core.training.configs import Compute, SourceCode
    from sagemaker.train.model_trainer import ModelTrainer

    return ModelTrainer(
        sagemaker_session=session,
        role=ROLE,
        base_job_name="fit",
        training_image=IMAGE,
        source_code=SourceCode(source_dir=str(folder), entry_script="fit.py"),
        hyperparameters={"epochs": 20, "flag": True, "rate": 0.1},
        compute=Compute(instance_type="ml.m5.xlarge", instance_count=1),
    )


def jobs(session: Any, folder: Path) -> list[Any]:
    """Return a processing, a training and a tuning step that hang together."""
    from sagemaker.core.training.configs import InputData
    from sagemaker.mlops.workflow.steps import CacheConfig, TrainingStep, TuningStep
    from sagemaker.train.tuner import ContinuousParameter, HyperparameterTuner

    prepare = processing(session, folder)
    outputs = prepare.properties.ProcessingOutputConfig.Outputs
    uri = outputs["train"].S3Output.S3Uri
    data = [InputData(channel_name="train", data_source=uri)]
    cache = CacheConfig(enable_caching=True, expire_after="30d")
    fit = TrainingStep(
        name="fit",
        step_args=trainer(session, folder).train(input_data_config=data),
        cache_config=cache,
    )
    tuner = HyperparameterTuner(
        trainer(session, folder),
        "val:loss",
        {"rate": ContinuousParameter(0.001, 0.1)},
        metric_definitions=[{"Name": "val:loss", "Regex": "val_loss: ([0-9.]+)"}],
        objective_type="Minimize",
        max_jobs=2,
    )
    tune = TuningStep(name="tune", step_args=tuner.tune(inputs=data))
    return [prepare, fit, tune]


def other_steps(session: Any, before: Any) -> list[Any]:
    """Return steps of types that are no jobs of SageMaker's own."""
    from sagemaker.core.lambda_helper import Lambda
    from sagemaker.core.workflow.conditions import ConditionEquals
    from sagemaker.core.workflow.execution_variables import ExecutionVariables
    from sagemaker.mlops.workflow.callback_step import CallbackStep
    from sagemaker.mlops.workflow.condition_step import ConditionStep
    from sagemaker.mlops.workflow.emr_serverless_step import (
        EMRServerlessJobConfig,
        EMRServerlessStep,
    )
    from sagemaker.mlops.workflow.emr_step import EMRStep, EMRStepConfig
    from sagemaker.mlops.workflow.fail_step import FailStep
    from sagemaker.mlops.workflow.lambda_step import (
        LambdaOutput,
        LambdaOutputTypeEnum,
        LambdaStep,
    )

    arn = "arn:aws:lambda:eu-west-1:123456789012:function:f"
    ask = LambdaStep(
        name="ask",
        lambda_func=Lambda(function_arn=arn, session=session),
        inputs={"run": ExecutionVariables.PIPELINE_EXECUTION_ID},
        outputs=[LambdaOutput("answer", LambdaOutputTypeEnum.String)],
        depends_on=[before],
    )
    answer = ask.properties.Outputs["answer"]
    wait = CallbackStep(
        name="wait",
        sqs_queue_url="https://sqs.eu-west-1.amazonaws.com/123456789012/q",
        inputs={"answer": answer},
        outputs=[],
    )
    spark = EMRStep(
        name="spark",
        display_name="Spark",
        description="Count.",
        cluster_id="j-1ABCDEFGHIJKL",
        step_config=EMRStepConfig(jar="s3://acme-ml/count.jar", args=[answer]),
    )
    driver = {"sparkSubmit": {"entryPoint": "s3://acme-ml/count.py"}}
    serverless = EMRServerlessStep(
        name="serverless",
        display_name="Spark",
        description="Count.",
        job_config=EMRServerlessJobConfig(job_driver=driver, execution_role_arn=ROLE),
        application_id="00abc",
    )
    check = ConditionStep(
        name="check",
        conditions=[ConditionEquals(left=answer, right="yes")],
        if_steps=[wait],
        else_steps=[FailStep(name="give-up", error_message="no")],
    )
    return [ask, spark, serverless, check]


@pytest.fixture
def rendered(session: Any, tmp_path: Path) -> str:
    """Return what the SDK makes of all these steps.

    Its trainers drop their temporary folders with a warning when they are garbage;
    they become it here, where warnings are nobody's business.
    """
    from sagemaker.mlops.workflow.pipeline import Pipeline

    for name in ("prepare.py", "fit.py"):
        (tmp_path / name).write_text("pass\n")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        steps = jobs(session, tmp_path)
        steps += other_steps(session, steps[-1])
        pipeline = Pipeline(name="others", steps=steps, sagemaker_session=session)
        definition: str = pipeline.definition()
        del pipeline, steps
        gc.collect()
    return definition


def test_what_sdk_3_renders_passes(rendered: str) -> None:
    """With source_code, with types of steps that have no job, with branches."""
    types = {step["Type"] for step in json.loads(rendered)["Steps"]}

    assert types >= {"Processing", "Training", "Tuning", "Lambda", "EMRServerless"}
    assert errors(rendered) == []


def test_what_sdk_3_costs_is_a_warning(rendered: str) -> None:
    """Each build uploads its code elsewhere, so that the step cache never hits."""
    told = [str(each) for each in validate(rendered)]

    assert any("looks like an upload of the SDK's source_code" in each for each in told)
