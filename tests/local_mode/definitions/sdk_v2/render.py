"""Render the definitions beside this file with version 2 of the SageMaker SDK.

Needs an environment of its own: pip install 'sagemaker<3' 'moto[s3,sts,sagemaker]'.
moto stands in for AWS: the SDK uploads scripts while it renders.
"""

import io
import json
import os
import tarfile
from pathlib import Path
from typing import Any

import boto3
from moto import mock_aws

HERE = Path(__file__).parent
REGION, BUCKET = "eu-west-1", "bucket"
ROLE = "arn:aws:iam::123456789012:role/pipelines"

os.environ |= {
    "AWS_ACCESS_KEY_ID": "none",
    "AWS_SECRET_ACCESS_KEY": "none",
    "AWS_DEFAULT_REGION": REGION,
}


def main() -> None:
    """Write every definition, and the scripts that the SDK has uploaded."""
    with mock_aws():
        s3 = boto3.client("s3", region_name=REGION)
        s3.create_bucket(
            Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION}
        )
        from sagemaker.workflow.pipeline_context import PipelineSession

        session = PipelineSession(
            boto3.Session(region_name=REGION), default_bucket=BUCKET
        )
        for pipeline in (transforming(session), tuning(session)):
            text = pipeline.definition()
            file = HERE / f"{pipeline.name}.json"
            file.write_text(json.dumps(json.loads(text), indent=2) + "\n")
            found = uploads(s3, text)
            (HERE / f"{pipeline.name}.files.json").write_text(
                json.dumps(found, indent=2) + "\n"
            )


def uploads(s3: Any, text: str) -> dict[str, Any]:
    """Return, for each uploaded object that a definition names, the scripts in it."""
    found = {}
    for entry in s3.list_objects_v2(Bucket=BUCKET).get("Contents", []):
        uri = f"s3://{BUCKET}/{entry['Key']}"
        if uri not in text:
            continue
        content = s3.get_object(Bucket=BUCKET, Key=entry["Key"])["Body"].read()
        if uri.endswith(".tar.gz"):
            with tarfile.open(fileobj=io.BytesIO(content)) as tar:
                found[uri] = {
                    member.name: tar.extractfile(member).read().decode()  # type: ignore[union-attr]  # a file has content
                    for member in tar
                    if member.isfile()
                }
        else:
            found[uri] = content.decode()
    return found


def preparing(session: Any) -> Any:
    """Return the step that every pipeline begins with, and its parameters."""
    from sagemaker.processing import ProcessingInput, ProcessingOutput
    from sagemaker.sklearn.processing import SKLearnProcessor
    from sagemaker.workflow.parameters import ParameterFloat, ParameterString
    from sagemaker.workflow.properties import PropertyFile
    from sagemaker.workflow.steps import CacheConfig, ProcessingStep

    raw = ParameterString("Raw", default_value="s3://raw/numbers")
    share = ParameterFloat("Share", default_value=0.75)
    processor = SKLearnProcessor(
        framework_version="1.2-1",
        role=ROLE,
        instance_type="ml.m5.large",
        instance_count=1,
        sagemaker_session=session,
    )
    report = PropertyFile("Report", output_name="report", path="report.json")
    step = ProcessingStep(
        "Prepare",
        step_args=processor.run(
            code=str(HERE / "code" / "prepare.py"),
            arguments=["--share", share.to_string()],
            inputs=[ProcessingInput(raw, "/opt/ml/processing/input/raw", "raw")],
            outputs=[
                ProcessingOutput(source=f"/opt/ml/processing/{name}", output_name=name)
                for name in ("train", "test", "report")
            ],
        ),
        property_files=[report],
        cache_config=CacheConfig(enable_caching=True, expire_after="P30D"),
    )
    return step, [raw, share], report


def estimator(session: Any) -> Any:
    """Return what trains in all of them."""
    from sagemaker.sklearn import SKLearn

    return SKLearn(
        entry_point="train.py",
        source_dir=str(HERE / "code"),
        framework_version="1.2-1",
        role=ROLE,
        instance_type="ml.m5.large",
        instance_count=1,
        hyperparameters={"factor": 2},
        output_path=f"s3://{BUCKET}/models",
        metric_definitions=[{"Name": "loss", "Regex": "loss=(.*?);"}],
        sagemaker_session=session,
    )


def outputs(step: Any, name: str) -> Any:
    """Return the address of an output of the first step."""
    found = step.properties.ProcessingOutputConfig.Outputs[name]
    return found.S3Output.S3Uri


def transforming(session: Any) -> Any:
    """Return: prepare, train, then, if there is enough to test, model and transform."""
    from sagemaker.inputs import TrainingInput
    from sagemaker.sklearn.model import SKLearnModel
    from sagemaker.transformer import Transformer
    from sagemaker.workflow.condition_step import ConditionStep
    from sagemaker.workflow.conditions import ConditionGreaterThanOrEqualTo
    from sagemaker.workflow.fail_step import FailStep
    from sagemaker.workflow.functions import Join, JsonGet
    from sagemaker.workflow.model_step import ModelStep
    from sagemaker.workflow.pipeline import Pipeline
    from sagemaker.workflow.steps import TrainingStep, TransformStep

    prepare, parameters, report = preparing(session)
    fit = estimator(session)
    channel = TrainingInput(outputs(prepare, "train"), content_type="text/csv")
    train = TrainingStep("Train", step_args=fit.fit({"train": channel}))
    model = SKLearnModel(
        model_data=train.properties.ModelArtifacts.S3ModelArtifacts,
        role=ROLE,
        entry_point="inference.py",
        source_dir=str(HERE / "code"),
        framework_version="1.2-1",
        sagemaker_session=session,
    )
    create = ModelStep("Create", step_args=model.create("ml.m5.large"))
    transformer = Transformer(
        model_name=create.properties.ModelName,
        instance_count=1,
        instance_type="ml.m5.large",
        strategy="MultiRecord",
        assemble_with="Line",
        accept="text/csv",
        output_path=f"s3://{BUCKET}/guesses",
        sagemaker_session=session,
    )
    transform = TransformStep(
        "Transform",
        step_args=transformer.transform(
            outputs(prepare, "test"),
            content_type="text/csv",
            split_type="Line",
            join_source="Input",
        ),
    )
    enough = ConditionStep(
        "Enough",
        conditions=[
            ConditionGreaterThanOrEqualTo(JsonGet(prepare.name, report, "rows.test"), 1)
        ],
        if_steps=[create, transform],
        else_steps=[FailStep("Stop", Join(on=" ", values=["no rows to test"]))],
    )
    return Pipeline(
        "transforming",
        parameters,
        steps=[prepare, train, enough],
        sagemaker_session=session,
    )


def tuning(session: Any) -> Any:
    """Return: prepare, tune, register the best model."""
    from sagemaker.inputs import TrainingInput
    from sagemaker.sklearn.model import SKLearnModel
    from sagemaker.tuner import ContinuousParameter, HyperparameterTuner
    from sagemaker.workflow.model_step import ModelStep
    from sagemaker.workflow.pipeline import Pipeline
    from sagemaker.workflow.retry import (
        SageMakerJobExceptionTypeEnum,
        SageMakerJobStepRetryPolicy,
    )
    from sagemaker.workflow.steps import TuningStep

    prepare, parameters, _ = preparing(session)
    tuner = HyperparameterTuner(
        estimator(session),
        objective_metric_name="loss",
        objective_type="Minimize",
        metric_definitions=[{"Name": "loss", "Regex": "loss=(.*?);"}],
        hyperparameter_ranges={"factor": ContinuousParameter(0.1, 4)},
        max_jobs=3,
        max_parallel_jobs=2,
        random_seed=7,
    )
    channel = TrainingInput(outputs(prepare, "train"), content_type="text/csv")
    capacity = SageMakerJobExceptionTypeEnum.CAPACITY_ERROR
    tune = TuningStep(
        "Tune",
        step_args=tuner.fit({"train": channel}),
        retry_policies=[
            SageMakerJobStepRetryPolicy(exception_types=[capacity], max_attempts=2)
        ],
    )
    best = SKLearnModel(
        model_data=tune.get_top_model_s3_uri(0, BUCKET, "models"),
        role=ROLE,
        entry_point="inference.py",
        source_dir=str(HERE / "code"),
        framework_version="1.2-1",
        sagemaker_session=session,
    )
    register = ModelStep(
        "Register",
        step_args=best.register(
            content_types=["text/csv"],
            response_types=["text/csv"],
            inference_instances=["ml.m5.large"],
            transform_instances=["ml.m5.large"],
            model_package_group_name="sums",
        ),
    )
    return Pipeline(
        "tuning", parameters, steps=[prepare, tune, register], sagemaker_session=session
    )


if __name__ == "__main__":
    main()
