"""The penguins' pipeline as the SDK's own documentation has it, with a tuning step.

Written from the guide "Define a pipeline" and the SDK's notebooks of version 3: code
is handed over as files, and uploaded while the definition is rendered.
"""

from __future__ import annotations

import warnings

warnings.simplefilter("ignore")  # 3.27 warns of its own imports

# ruff: noqa: E402
from sagemaker.core import image_uris
from sagemaker.core.processing import ScriptProcessor
from sagemaker.core.shapes import (
    ProcessingInput,
    ProcessingOutput,
    ProcessingS3Input,
    ProcessingS3Output,
)
from sagemaker.core.training.configs import Compute, InputData, SourceCode
from sagemaker.core.workflow.parameters import ParameterString
from sagemaker.core.workflow.pipeline_context import PipelineSession
from sagemaker.mlops.workflow.pipeline import Pipeline
from sagemaker.mlops.workflow.steps import (
    CacheConfig,
    ProcessingStep,
    TrainingStep,
    TuningStep,
)
from sagemaker.train.model_trainer import ModelTrainer
from sagemaker.train.tuner import HyperparameterTuner, IntegerParameter

from benchmarks.building.asked import (
    ARGUMENTS,
    BUCKET,
    CHANNELS,
    HYPERPARAMETERS,
    METRICS,
    OUTPUTS,
    PREPROCESSOR,
    REGION,
    ROLE,
    TRAINER,
)

ROOT = "/opt/ml/processing"
TELEMETRY_OFF = {
    "SchemaVersion": "1.0",
    "SageMaker": {"PythonSDK": {"Modules": {"TelemetryOptOut": True}}},
}


def image(framework: str, version: str) -> str:
    """Return the URI of one of AWS's images."""
    found: str = image_uris.retrieve(
        framework,
        REGION,
        version=version,
        instance_type="ml.m5.xlarge",
        image_scope="training",
    )
    return found


def output(name: str) -> ProcessingOutput:
    """Return an output of the preprocessing."""
    place = ProcessingS3Output(
        s3_uri=f"s3://{BUCKET}/{name}",
        local_path=f"{ROOT}/{name}",
        s3_upload_mode="EndOfJob",
    )
    return ProcessingOutput(output_name=name, s3_output=place)


def trainer(session: PipelineSession) -> ModelTrainer:
    """Return a trainer; the tuner changes its own, so there are two."""
    source = SourceCode(source_dir=str(TRAINER.parent), entry_script=TRAINER.name)
    return ModelTrainer(
        sagemaker_session=session,
        role=ROLE,
        base_job_name="train",
        training_image=image("tensorflow", "2.19.0"),
        source_code=source,
        hyperparameters=dict(HYPERPARAMETERS),
        compute=Compute(instance_type="ml.m5.xlarge", instance_count=1),
    )


def prepare(session: PipelineSession, dataset: ParameterString) -> ProcessingStep:
    """Return the step that prepares the data."""
    processor = ScriptProcessor(
        image_uri=image("sklearn", "1.2-1"),
        command=["python3"],
        instance_type="ml.m5.xlarge",
        instance_count=1,
        role=ROLE,
        sagemaker_session=session,
    )
    data = ProcessingS3Input(
        s3_uri=dataset,
        local_path=f"{ROOT}/input/data",
        s3_data_type="S3Prefix",
        s3_input_mode="File",
    )
    arguments = processor.run(
        code=str(PREPROCESSOR),
        inputs=[ProcessingInput(input_name="data", s3_input=data)],
        outputs=[output(name) for name in OUTPUTS],
        arguments=list(ARGUMENTS),
    )
    return ProcessingStep(name="prepare", step_args=arguments, cache_config=cached())


def cached() -> CacheConfig:
    """Return how long results are reused."""
    return CacheConfig(enable_caching=True, expire_after="P30D")


def definition() -> str:
    """Return the definition of the three steps."""
    session = PipelineSession(
        default_bucket=BUCKET, sagemaker_config=dict(TELEMETRY_OFF)
    )
    dataset = ParameterString("dataset", default_value=f"s3://{BUCKET}/penguins.csv")
    first = prepare(session, dataset)
    outputs = first.properties.ProcessingOutputConfig.Outputs
    data = [
        InputData(channel_name=name, data_source=outputs[name].S3Output.S3Uri)
        for name in CHANNELS
    ]
    training = trainer(session).train(input_data_config=data)
    tuner = HyperparameterTuner(
        trainer(session),
        "val_accuracy",
        {"epochs": IntegerParameter(10, 50)},
        metric_definitions=[
            {"Name": name, "Regex": regex} for name, regex in METRICS.items()
        ],
        max_jobs=4,
        max_parallel_jobs=2,
    )
    steps = [
        first,
        TrainingStep(name="train", step_args=training, cache_config=cached()),
        TuningStep(
            name="tune", step_args=tuner.tune(inputs=data), cache_config=cached()
        ),
    ]
    pipeline = Pipeline(
        name="penguins",
        parameters=[dataset],
        steps=steps,
        sagemaker_session=session,
    )
    found: str = pipeline.definition()
    return found
