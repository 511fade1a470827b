"""Steps become a pipeline that renders here and upserts at AWS."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto import mock_aws

from penguin_pipes import (
    IntegerRange,
    MlflowConfig,
    Pipeline,
    ProcessingConfig,
    RegistrationConfig,
    TrainingConfig,
    TuningConfig,
    build_pipeline,
    output_uri,
    penguins_config,
    processing_step,
    training_step,
)
from penguin_pipes.definition import validate
from penguin_pipes.errors import BundleError, ConfigError, UploadError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from penguin_pipes import PipelineConfig

ROLE = "arn:aws:iam::123456789012:role/pipelines"


def s3_uris(value: Any) -> set[str]:
    """Return every literal S3 URI of an object that a definition refers to."""
    if isinstance(value, dict):
        return set().union(*map(s3_uris, value.values()))
    if isinstance(value, list):
        return set().union(set(), *map(s3_uris, value))
    is_uri = isinstance(value, str) and value.startswith("s3://")
    return {value} if is_uri else set()


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Return an S3 client of a fake AWS that holds the bucket and the role."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket="acme-ml")
        iam = boto3.client("iam", region_name="us-east-1")
        iam.create_role(RoleName="pipelines", AssumeRolePolicyDocument="{}")
        yield client
    boto3.DEFAULT_SESSION = None


def definition(pipeline: Any) -> dict[str, Any]:
    """Return the definition, parsed."""
    parsed: dict[str, Any] = json.loads(pipeline.definition())
    return parsed


def test_penguins_are_two_steps_with_the_names_of_the_course() -> None:
    """preprocess-data feeds train-model through the train and validation outputs."""
    found = definition(build_pipeline(penguins_config()))

    prepare, fit = found["Steps"]
    assert (prepare["Name"], prepare["Type"]) == ("preprocess-data", "Processing")
    assert (fit["Name"], fit["Type"]) == ("train-model", "Training")
    assert [item["Name"] for item in found["Parameters"]] == ["dataset_location"]
    assert {
        channel["ChannelName"]: channel["DataSource"]["S3DataSource"]["S3Uri"]["Get"]
        for channel in fit["Arguments"]["InputDataConfig"]
    } == {
        name: "Steps.preprocess-data.ProcessingOutputConfig."
        f"Outputs['{name}'].S3Output.S3Uri"
        for name in ("train", "validation")
    }
    assert fit["Arguments"]["HyperParameters"]["epochs"] == "50"


def test_tuning_takes_the_place_of_training() -> None:
    """With use_tuning the second step searches instead of training once."""
    _, tune = definition(build_pipeline(penguins_config(use_tuning=True)))["Steps"]

    assert (tune["Name"], tune["Type"]) == ("tune-model", "Tuning")
    search = tune["Arguments"]["HyperParameterTuningJobConfig"]
    assert search["HyperParameterTuningJobObjective"] == {
        "Type": "Maximize",
        "MetricName": "val_accuracy",
    }
    (epochs,) = search["ParameterRanges"]["IntegerParameterRanges"]
    assert (epochs["MinValue"], epochs["MaxValue"]) == ("10", "50")
    assert search["ResourceLimits"]["MaxNumberOfTrainingJobs"] == 3


@pytest.mark.parametrize("tune", [False, True], ids=["train", "tune"])
def test_registered_pipeline_judges_before_it_registers(tune: bool) -> None:
    """Evaluate what was fitted, compare, then pack and register, or fail."""
    found = definition(build_pipeline(penguins_config(use_tuning=tune, register=True)))

    prepare, fit, evaluate, check = found["Steps"]
    assert [evaluate["Name"], check["Name"]] == ["evaluate-model", "check-accuracy"]
    (condition,) = check["Arguments"]["Conditions"]
    assert condition["Type"] == "GreaterThanOrEqualTo"
    assert condition["LeftValue"]["Std:JsonGet"]["PropertyFile"] == {
        "Get": "Steps.evaluate-model.PropertyFiles.evaluation"
    }
    assert condition["RightValue"] == {"Get": "Parameters.accuracy_threshold"}
    then, otherwise = (check["Arguments"][key] for key in ("IfSteps", "ElseSteps"))
    assert [(step["Name"], step["Type"]) for step in (*then, *otherwise)] == [
        ("package-model", "Processing"),
        ("register-model", "RegisterModel"),
        ("refuse-model", "Fail"),
    ]
    threshold = found["Parameters"][1]
    assert threshold == {
        "Name": "accuracy_threshold",
        "Type": "Float",
        "DefaultValue": 0.7,
    }
    assert prepare["Name"] in json.dumps(evaluate["Arguments"])
    assert fit["Name"] in json.dumps(then[0]["Arguments"])


def test_best_of_the_trials_is_what_is_evaluated_and_packed() -> None:
    """Its address is put together from the name of the best training job."""
    config = penguins_config(use_tuning=True, register=True, prefix="team/a")
    found = definition(build_pipeline(config))

    _, tune, evaluate, check = found["Steps"]
    (package, _) = check["Arguments"]["IfSteps"]
    output = tune["Arguments"]["TrainingJobDefinition"]["OutputDataConfig"]
    for step in (evaluate, package):
        (model, *_) = step["Arguments"]["ProcessingInputs"]
        parts = model["S3Input"]["S3Uri"]["Std:Join"]["Values"]
        assert parts == [
            *output["S3OutputPath"]["Std:Join"]["Values"],
            {"Get": "Steps.tune-model.TrainingJobSummaries[0].TrainingJobName"},
            "output/model.tar.gz",
        ]


def test_what_is_registered_is_the_package_with_its_metrics() -> None:
    """Archive and metrics are those of this execution; approval waits for a human."""
    found = definition(build_pipeline(penguins_config(register=True)))

    (_, register) = found["Steps"][3]["Arguments"]["IfSteps"]
    request = register["Arguments"]
    (container,) = request["InferenceSpecification"]["Containers"]
    assert request["ModelPackageGroupName"] == "penguins"
    assert request["ModelApprovalStatus"] == "PendingManualApproval"
    assert "tensorflow-inference:2.20.0" in container["Image"]
    assert container["ModelDataUrl"]["Std:Join"]["Values"] == [
        {
            "Get": "Steps.package-model.ProcessingOutputConfig."
            "Outputs['package'].S3Output.S3Uri"
        },
        "model.tar.gz",
    ]
    statistics = request["ModelMetrics"]["ModelQuality"]["Statistics"]
    assert statistics["S3Uri"]["Std:Join"]["Values"][1] == "evaluation.json"
    assert request["CustomerMetadataProperties"] == {
        "pipeline": {"Get": "Execution.PipelineName"},
        "execution": {"Get": "Execution.PipelineExecutionId"},
    }
    assert "Tags" not in request


def test_a_whole_number_is_a_threshold_like_any_other() -> None:
    """The parameter is a float, whatever the file says."""
    config = penguins_config(register=RegistrationConfig(accuracy_threshold=1))

    (_, threshold) = definition(build_pipeline(config))["Parameters"]

    assert json.dumps(threshold["DefaultValue"]) == "1.0"


@pytest.mark.parametrize("tune", [False, True], ids=["train", "tune"])
def test_registered_pipelines_have_no_problem(tune: bool) -> None:
    """The rules have nothing to say, no warning either."""
    pipeline = build_pipeline(penguins_config(use_tuning=tune, register=True))

    assert validate(pipeline.definition()) == ()


def test_the_definition_names_the_managed_mlflow() -> None:
    """As the SDK spells it, beside the steps, which stay what they are."""
    arn = "arn:aws:sagemaker:us-east-1:123456789012:mlflow-app/app-1"
    plain = json.loads(build_pipeline(penguins_config()).definition())

    for asked, name in ((None, "penguins"), ("mine", "mine")):
        mlflow = MlflowConfig(resource_arn=arn, experiment=asked)
        definition = build_pipeline(penguins_config(mlflow=mlflow)).definition()

        assert json.loads(definition) == {
            **plain,
            "MlflowConfig": {"MlflowResourceArn": arn, "MlflowExperimentName": name},
        }
        assert validate(definition) == ()


def test_where_local_runs_are_logged_is_not_in_the_definition() -> None:
    """Nor is the name of an experiment by itself."""
    mlflow = MlflowConfig(tracking_uri="sqlite:///mlflow.db", experiment="mine")

    found = build_pipeline(penguins_config(mlflow=mlflow)).definition()

    assert found == build_pipeline(penguins_config()).definition()


@pytest.mark.parametrize("on", [True, False])
def test_custom_job_prefixes_reach_every_kind_of_job(
    churn_config: Callable[..., PipelineConfig], on: bool
) -> None:
    """Jobs start with the step's name, or get the service's own names."""
    config = churn_config(
        use_custom_job_prefix=on,
        use_tuning=True,
        tuning=TuningConfig(base_job_name="search"),
    )

    prepare, tune = definition(build_pipeline(config))["Steps"]

    expected = ("preprocess-data", "search") if on else (None, None)
    assert (
        prepare["Arguments"].get("ProcessingJobName"),
        tune["Arguments"].get("HyperParameterTuningJobName"),
    ) == expected


@pytest.mark.usefixtures("closed_network")
def test_a_pipeline_that_has_nothing_to_do_with_penguins(churn_folder: Path) -> None:
    """Two processing steps, names and an image of one's own, mixed with the SDK's."""
    from penguin_pipes.factories import sdk

    image = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/churn:3"
    place: dict[str, Any] = {
        "role": ROLE,
        "region": "eu-west-1",
        "bucket": "acme-ml",
        "prefix": "churn",
        "image": image,
    }
    month = sdk.load().parameters.ParameterString("month", default_value="s3://m/01")
    clean = processing_step(
        ProcessingConfig(script=churn_folder / "clean.py", outputs=["rows"], **place),
        name="clean_rows",
        inputs={"raw": month},
    )
    features = processing_step(
        ProcessingConfig(
            script=churn_folder / "features.py",
            outputs={"matrix": "/opt/ml/processing/m"},
            **place,
        ),
        name="make_features",
        inputs={"rows": output_uri(clean, "rows")},
    )
    fit = training_step(
        TrainingConfig(source=churn_folder / "src", entry_point="fit.py", **place),
        name="fit_churn",
        channels={"matrix": output_uri(features, "matrix")},
    )

    pipeline = Pipeline(
        "churn", steps=[clean, features, fit], parameters=[month], region="eu-west-1"
    )

    names = [step["Name"] for step in definition(pipeline)["Steps"]]
    assert names == ["clean_rows", "make_features", "fit_churn"]
    assert sorted(path.name for path in pipeline.files.values()) == [
        "clean.py",
        "features.py",
        "sourcedir.tar.gz",
    ]
    assert "penguin" not in pipeline.definition()


def test_what_the_steps_of_a_branch_bring_is_found(churn_folder: Path) -> None:
    """A step inside a condition brings its files as any other does."""
    from sagemaker.core.workflow.conditions import ConditionEquals
    from sagemaker.mlops.workflow.condition_step import ConditionStep

    step = processing_step(
        ProcessingConfig(
            script=churn_folder / "clean.py",
            outputs=["rows"],
            role=ROLE,
            region="us-east-1",
            bucket="acme-ml",
        ),
        name="clean",
        inputs={},
    )
    branch = ConditionStep(
        name="if", conditions=[ConditionEquals(1, 1)], if_steps=[step], else_steps=[]
    )

    pipeline = Pipeline("churn", steps=[branch])

    assert [path.name for path in pipeline.files.values()] == ["clean.py"]


@pytest.mark.parametrize("register", [False, True])
@pytest.mark.parametrize("use_tuning", [False, True])
def test_files_hold_everything_the_definition_refers_to(
    use_tuning: bool, register: bool
) -> None:
    """Each literal S3 URI stands for a file on this computer."""
    config = penguins_config(use_tuning=use_tuning, register=register)
    pipeline = build_pipeline(config)

    assert s3_uris(definition(pipeline)) == set(pipeline.files)
    assert all(path.is_file() for path in pipeline.files.values())


def test_upserting_brings_every_object_that_the_definition_refers_to(
    aws: Any,
) -> None:
    """upsert() followed by start() has everything it needs."""
    pipeline = build_pipeline(penguins_config(bucket="acme-ml", role=ROLE))

    answer = pipeline.upsert(role_arn=ROLE)
    execution = pipeline.start()

    keys = {
        f"s3://acme-ml/{o['Key']}"
        for o in aws.list_objects_v2(Bucket="acme-ml")["Contents"]
    }
    assert s3_uris(definition(pipeline)) == keys
    client = boto3.client("sagemaker", region_name="us-east-1")
    deployed = client.describe_pipeline(PipelineName="penguins")
    assert deployed["PipelineDefinition"] == pipeline.definition()
    assert deployed["PipelineDescription"] == "Classify penguins by species."
    assert answer["PipelineArn"] == deployed["PipelineArn"]
    assert execution.arn.startswith("arn:aws:sagemaker:us-east-1:")


def test_upserting_again_uploads_nothing(aws: Any) -> None:
    """What is there is left alone; the pipeline is updated."""
    config = penguins_config(bucket="acme-ml", role=ROLE)
    build_pipeline(config).upsert()
    before = {
        o["Key"]: o["LastModified"]
        for o in aws.list_objects_v2(Bucket="acme-ml")["Contents"]
    }
    for key in before:
        aws.put_object(Bucket="acme-ml", Key=key, Body=b"left alone")

    build_pipeline(config).upsert()

    bodies = {
        aws.get_object(Bucket="acme-ml", Key=key)["Body"].read() for key in before
    }
    assert bodies == {b"left alone"}


@pytest.mark.usefixtures("aws")
def test_tags_reach_the_pipeline_and_its_jobs(
    churn_config: Callable[..., PipelineConfig],
) -> None:
    """The config's tags are the pipeline's and every job's."""
    pipeline = build_pipeline(churn_config(tags={"team": "growth"}))

    arn = pipeline.upsert()["PipelineArn"]

    tags = boto3.client("sagemaker", region_name="us-east-1").list_tags(ResourceArn=arn)
    assert {"Key": "team", "Value": "growth"} in tags["Tags"]
    for step in definition(pipeline)["Steps"]:
        assert step["Arguments"]["Tags"] == [{"Key": "team", "Value": "growth"}]


@pytest.mark.usefixtures("aws")
def test_parallelism_is_sent_with_the_pipeline(
    churn_config: Callable[..., PipelineConfig],
) -> None:
    """It is no part of the definition, so it has to be sent beside it."""
    pipeline = build_pipeline(churn_config(parallelism=3))
    plain = build_pipeline(churn_config())

    pipeline.upsert()

    client = boto3.client("sagemaker", region_name="us-east-1")
    found = client.describe_pipeline(PipelineName="churn")
    assert found["ParallelismConfiguration"] == {"MaxParallelExecutionSteps": 3}
    assert plain.parallelism is None
    assert pipeline.definition() == plain.definition()


def test_schedules_of_the_sdk_are_set_with_the_role_of_the_config(aws: Any) -> None:
    """A schedule starts the pipeline as its own role, and another deploy leaves it."""
    from sagemaker.mlops.workflow.triggers import PipelineSchedule

    assert aws
    pipeline = build_pipeline(penguins_config(bucket="acme-ml", role=ROLE))
    arn = pipeline.upsert()["PipelineArn"]

    pipeline.put_triggers([PipelineSchedule(name="nightly", rate=(1, "day"))])
    pipeline.upsert()

    client = boto3.client("scheduler", region_name="us-east-1")
    found = client.get_schedule(Name="nightly")
    assert (found["ScheduleExpression"], found["State"]) == ("rate(1 day)", "ENABLED")
    assert (found["Target"]["Arn"], found["Target"]["RoleArn"]) == (arn, ROLE)
    pipeline.delete_triggers(["nightly"])
    assert client.list_schedules()["Schedules"] == []


def test_selective_execution_of_the_sdk_is_passed_on(aws: Any) -> None:
    """The SDK's own config reaches the call as it is."""
    from sagemaker.mlops.workflow.selective_execution_config import (
        SelectiveExecutionConfig,
    )

    assert aws
    pipeline = build_pipeline(penguins_config(bucket="acme-ml", role=ROLE))
    source = f"{pipeline.upsert()['PipelineArn']}/execution/abc"
    asked: list[dict[str, Any]] = []
    client = pipeline.sagemaker_session.sagemaker_client
    client.meta.events.register(
        "provide-client-params.sagemaker.StartPipelineExecution",
        lambda params, **_: asked.append(params),
    )
    selected = SelectiveExecutionConfig(
        selected_steps=["train-model"], source_pipeline_execution_arn=source
    )

    pipeline.start(selective_execution_config=selected)

    assert asked[0]["SelectiveExecutionConfig"] == {
        "SelectedSteps": [{"StepName": "train-model"}],
        "SourcePipelineExecutionArn": source,
    }


def test_owner_and_key_of_uploads_come_from_the_config(
    churn_config: Callable[..., PipelineConfig],
) -> None:
    """What a deploy uploads has a guard of its own, apart from what jobs write."""
    config = churn_config(bucket_owner="123456789012", upload_kms_key="alias/code")

    guard = build_pipeline(config).guard
    plain = build_pipeline(churn_config()).guard

    assert (guard.owner, guard.kms_key) == ("123456789012", "alias/code")
    assert (plain.owner, plain.kms_key) == (None, None)


def test_the_uploader_is_what_was_passed_in(
    churn_config: Callable[..., PipelineConfig], aws: Any
) -> None:
    """Who keeps artifacts elsewhere hands over an uploader of their own."""
    seen: list[Mapping[str, Path]] = []
    pipeline = build_pipeline(churn_config(), uploader=seen.append)

    pipeline.create()

    assert seen == [pipeline.files]
    assert "Contents" not in aws.list_objects_v2(Bucket="acme-ml")


@pytest.mark.usefixtures("aws")
def test_a_failed_upload_leaves_the_pipeline_alone() -> None:
    """The definition is sent only when everything that it names is there."""
    pipeline = build_pipeline(penguins_config(bucket="not-there", role=ROLE))

    with pytest.raises(
        UploadError, match=r"s3://not-there/.*there is no bucket 'not-there'"
    ):
        pipeline.upsert()
    client = boto3.client("sagemaker", region_name="us-east-1")
    assert client.list_pipelines()["PipelineSummaries"] == []


def test_a_dataset_of_ones_own_is_content_addressed(tmp_path: Path) -> None:
    """A local file becomes the default of dataset_location, and one of .files."""
    (tmp_path / "mine.csv").write_text("a,b\n1,2\n")

    pipeline = build_pipeline(penguins_config(dataset=tmp_path / "mine.csv"))
    (parameter,) = definition(pipeline)["Parameters"]

    assert parameter["DefaultValue"].endswith("/mine.csv")
    assert pipeline.files[parameter["DefaultValue"]] == tmp_path / "mine.csv"


def test_a_dataset_in_s3_stays_where_it_is() -> None:
    """An S3 URI is the parameter's default as it stands; nothing is brought."""
    pipeline = build_pipeline(penguins_config(dataset="s3://theirs/p.csv"))
    (parameter,) = definition(pipeline)["Parameters"]

    assert parameter["DefaultValue"] == "s3://theirs/p.csv"
    assert not any(uri.startswith("s3://theirs") for uri in pipeline.files)


def test_a_missing_dataset_is_refused(tmp_path: Path) -> None:
    """The message names the file that is not there."""
    with pytest.raises(BundleError, match=r"dataset: expected a file at .*no\.csv"):
        build_pipeline(penguins_config(dataset=tmp_path / "no.csv"))


def test_a_session_of_another_region_is_refused() -> None:
    """The images of one region are not found from another."""
    from penguin_pipes.factories.deployable import DeferredSession

    with pytest.raises(ConfigError, match="session is in 'eu-west-1', the config in"):
        build_pipeline(penguins_config(), session=DeferredSession(region="eu-west-1"))


def test_ranges_of_the_tuning_can_be_changed() -> None:
    """The worked example is a config like any other."""
    config = penguins_config(
        use_tuning=True,
        tuning=TuningConfig(ranges={"batch_size": IntegerRange(8, 64)}, max_jobs=5),
    )

    _, tune = definition(build_pipeline(config))["Steps"]

    static = tune["Arguments"]["TrainingJobDefinition"]["StaticHyperParameters"]
    assert "batch_size" not in static
    assert static["epochs"] == "50"
