"""What the steps send, held against the service model that botocore ships."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import botocore.session
import pytest
from botocore.validate import ParamValidator

from penguin_pipes import (
    CachePolicy,
    CategoricalRange,
    Channel,
    Compute,
    ContinuousRange,
    Image,
    IntegerRange,
    Pipeline,
    ProcessingConfig,
    RegistrationConfig,
    Retry,
    Security,
    Spot,
    TrainingConfig,
    TuningConfig,
    at_least,
    best_model_uri,
    condition_step,
    fail_step,
    file_value,
    output_uri,
    processing_step,
    registration_step,
    training_step,
    tuning_step,
)
from penguin_pipes.errors import ConfigError
from penguin_pipes.factories import sdk

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PLACE: dict[str, Any] = {
    "role": "arn:aws:iam::123456789012:role/pipelines",
    "region": "us-east-1",
    "bucket": "acme-ml",
}
IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/anything:1"
OPERATIONS = {
    "Processing": ("CreateProcessingJob", "ProcessingJobName"),
    "Training": ("CreateTrainingJob", "TrainingJobName"),
    "Tuning": ("CreateHyperParameterTuningJob", "HyperParameterTuningJobName"),
    "RegisterModel": ("CreateModelPackage", None),
}
SECURITY = Security(
    subnets=["subnet-1"],
    security_group_ids=["sg-1"],
    volume_kms_key="key-1",
    output_kms_key="key-2",
    network_isolation=True,
    encrypt_traffic=True,
)


@pytest.fixture(scope="module")
def model() -> Any:
    """Return the service model of SageMaker."""
    return botocore.session.get_session().get_service_model("sagemaker")


@pytest.fixture
def script(tmp_path: Path) -> Path:
    """Return a script."""
    path = tmp_path / "run.py"
    path.write_text("pass\n")
    return path


def plain(value: Any) -> Any:
    """Return *value* with a valid S3 URI, or a number, for every variable."""
    if hasattr(value, "expr"):
        return "s3://bucket/key"
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value


def assert_accepted(model: Any, step: Any) -> dict[str, Any]:
    """Hold the step's request against the model; return the request."""
    operation, name = OPERATIONS[step.step_type.value]
    request: dict[str, Any] = plain(step.arguments)
    shape = model.operation_model(operation).input_shape
    named = {name: "job"} if name else {}
    report = ParamValidator().validate({**named, **request}, shape)
    assert not report.has_errors(), report.generate_report()
    return request


def trained(script: Path, **fields: Any) -> TrainingConfig:
    """Return a training config with some fields changed."""
    return TrainingConfig(**{**PLACE, "source": script, "image": IMAGE, **fields})


def test_processing_options_reach_the_request(model: Any, script: Path) -> None:
    """Every field of the config is found in a request that the model accepts."""
    config = ProcessingConfig(
        **PLACE,
        script=script,
        command=["python3", "-u"],
        arguments=["--a", "b"],
        outputs={"out": "/opt/ml/processing/result"},
        image=IMAGE,
        compute=Compute(
            instance_type="ml.c5.large",
            instance_count=2,
            volume_size_gb=7,
            max_runtime_s=99,
        ),
        environment={"A": "b"},
        security=SECURITY,
        tags={"team": "x"},
        base_job_name="job",
    )

    request = assert_accepted(
        model, processing_step(config, name="prepare", inputs={"raw": "s3://b/raw"})
    )

    assert request["ProcessingResources"]["ClusterConfig"] == {
        "InstanceType": "ml.c5.large",
        "InstanceCount": 2,
        "VolumeSizeInGB": 7,
        "VolumeKmsKeyId": "key-1",
    }
    assert request["AppSpecification"] == {
        "ImageUri": IMAGE,
        "ContainerEntrypoint": [
            "python3",
            "-u",
            "/opt/ml/processing/input/code/run.py",
        ],
        "ContainerArguments": ["--a", "b"],
    }
    assert request["NetworkConfig"] == {
        "EnableInterContainerTrafficEncryption": True,
        "EnableNetworkIsolation": True,
        "VpcConfig": {"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1"]},
    }
    assert request["ProcessingOutputConfig"]["KmsKeyId"] == "key-2"
    assert request["StoppingCondition"] == {"MaxRuntimeInSeconds": 99}
    assert request["Environment"] == {"A": "b"}
    assert request["Tags"] == [{"Key": "team", "Value": "x"}]


def test_processing_inputs_lie_side_by_side(script: Path) -> None:
    """No input is mounted inside another, the code's least of all."""
    config = ProcessingConfig(**PLACE, script=script, image=IMAGE, outputs=["out"])

    step = processing_step(
        config, name="prepare", inputs={"a": "s3://b/a", "b": "s3://b/b"}
    )
    paths = [
        item["S3Input"]["LocalPath"] for item in step.arguments["ProcessingInputs"]
    ]

    assert paths == [f"/opt/ml/processing/input/{name}" for name in ("a", "b", "code")]


def test_outputs_have_an_address_of_their_own_in_every_execution(script: Path) -> None:
    """A fixed address would let the step downstream hit the cache on old data."""
    config = ProcessingConfig(
        **PLACE, prefix="team", script=script, image=IMAGE, outputs=["out"]
    )

    step = processing_step(config, name="prepare", inputs={})
    (output,) = step.arguments["ProcessingOutputConfig"]["Outputs"]

    assert output["S3Output"]["S3Uri"].expr["Std:Join"]["Values"] == [
        "s3:/",
        "acme-ml",
        "team",
        {"Get": "Execution.PipelineName"},
        {"Get": "Execution.PipelineExecutionId"},
        "prepare",
        "out",
    ]
    assert output_uri(step, "out").expr == {
        "Get": "Steps.prepare.ProcessingOutputConfig.Outputs['out'].S3Output.S3Uri"
    }


def test_training_options_reach_the_request(model: Any, script: Path) -> None:
    """Every field of the config is found in a request that the model accepts."""
    config = trained(
        script,
        hyperparameters={"epochs": 5, "flag": True},
        metrics={"auc": "auc=(.)"},
        environment={"A": "b"},
        compute=Compute(instance_type="ml.c5.large", max_runtime_s=99),
        spot=Spot(max_wait_s=100),
        checkpoint_uri="s3://acme-ml/checkpoints",
        security=SECURITY,
        tags={"team": "x"},
    )

    request = assert_accepted(
        model,
        training_step(
            config,
            name="fit",
            channels={
                "train": "s3://b/t",
                "extra": Channel(
                    uri="s3://b/e",
                    content_type=None,
                    input_mode="FastFile",
                    distribution="ShardedByS3Key",
                ),
            },
        ),
    )

    hyperparameters = request["HyperParameters"]
    assert (hyperparameters["epochs"], hyperparameters["flag"]) == ("5", "true")
    assert hyperparameters["sagemaker_program"] == "run.py"
    assert "model_dir" not in hyperparameters
    assert request["AlgorithmSpecification"]["MetricDefinitions"] == [
        {"Name": "auc", "Regex": "auc=(.)"}
    ]
    assert request["StoppingCondition"] == {
        "MaxRuntimeInSeconds": 99,
        "MaxWaitTimeInSeconds": 100,
    }
    assert request["EnableManagedSpotTraining"] is True
    assert request["EnableNetworkIsolation"] is True
    assert request["EnableInterContainerTrafficEncryption"] is True
    assert request["ResourceConfig"]["VolumeKmsKeyId"] == "key-1"
    assert request["OutputDataConfig"]["KmsKeyId"] == "key-2"
    assert request["CheckpointConfig"] == {"S3Uri": "s3://acme-ml/checkpoints"}
    assert request["ProfilerConfig"] == {"DisableProfiler": True}
    train, extra = request["InputDataConfig"]
    assert train["ContentType"] == "text/csv"
    assert extra["InputMode"] == "FastFile"
    assert "ContentType" not in extra


def test_tuning_options_reach_the_request(model: Any, script: Path) -> None:
    """What the SDK's own tuner drops without a word is in the request."""
    config = TuningConfig(
        training=trained(
            script,
            hyperparameters={"epochs": 5, "batch_size": 32},
            metrics={"val_accuracy": "va=(.)"},
            security=SECURITY,
            keep_alive_s=600,
            environment={"A": "b"},
        ),
        ranges={
            "epochs": IntegerRange(1, 9, scaling="Logarithmic"),
            "rate": ContinuousRange(0.1, 0.5),
            "kind": CategoricalRange(["a", 2, True]),
        },
        strategy="Random",
        max_jobs=9,
        max_parallel_jobs=2,
        early_stopping="Auto",
        random_seed=0,
        tags={"team": "x"},
    )

    request = assert_accepted(
        model, tuning_step(config, name="tune", channels={"train": "s3://b/t"})
    )

    search = request["HyperParameterTuningJobConfig"]
    assert search["ResourceLimits"] == {
        "MaxParallelTrainingJobs": 2,
        "MaxNumberOfTrainingJobs": 9,
    }
    assert search["RandomSeed"] == 0
    assert search["TrainingJobEarlyStoppingType"] == "Auto"
    assert search["ParameterRanges"] == {
        "IntegerParameterRanges": [
            {
                "Name": "epochs",
                "MinValue": "1",
                "MaxValue": "9",
                "ScalingType": "Logarithmic",
            }
        ],
        "ContinuousParameterRanges": [
            {
                "Name": "rate",
                "MinValue": "0.1",
                "MaxValue": "0.5",
                "ScalingType": "Auto",
            }
        ],
        "CategoricalParameterRanges": [{"Name": "kind", "Values": ["a", "2", "true"]}],
    }
    trial = request["TrainingJobDefinition"]
    assert "epochs" not in trial["StaticHyperParameters"]
    assert trial["StaticHyperParameters"]["batch_size"] == "32"
    assert trial["EnableNetworkIsolation"] is True
    assert trial["EnableInterContainerTrafficEncryption"] is True
    assert trial["ResourceConfig"]["VolumeKmsKeyId"] == "key-1"
    assert trial["ResourceConfig"]["KeepAlivePeriodInSeconds"] == 600
    assert "MetricDefinitions" in trial["AlgorithmSpecification"]
    assert "ProfilerConfig" not in trial


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        (Image(framework="tensorflow", version="2.21.0"), "/opt/ml/model"),
        (
            "763104351884.dkr.ecr.us-east-1.amazonaws.com/tensorflow-training:2.19.0-x",
            "/opt/ml/model",
        ),
        (IMAGE, None),
    ],
)
def test_only_tensorflow_scripts_are_told_a_model_dir(
    script: Path, image: Any, expected: str | None
) -> None:
    """Its toolkit would pass None/<job>/model; other scripts may not know the flag."""
    step = training_step(
        trained(script, image=image), name="fit", channels={"train": "s3://b/t"}
    )

    assert step.arguments["HyperParameters"].get("model_dir") == expected


def test_integer_variables_become_strings_where_strings_are_wanted(
    script: Path,
) -> None:
    """Hyperparameters are strings: an integer parameter is joined into one."""
    epochs = sdk.load().parameters.ParameterInteger("epochs", default_value=5)
    config = trained(script, hyperparameters={"epochs": epochs})

    step = training_step(config, name="fit", channels={"train": "s3://b/t"})
    value = step.arguments["HyperParameters"]["epochs"]

    assert value.expr == {
        "Std:Join": {"On": "", "Values": [{"Get": "Parameters.epochs"}]}
    }


def test_images_are_looked_up_by_region(script: Path) -> None:
    """The account of the image is the region's own."""
    config = ProcessingConfig(
        **{**PLACE, "region": "eu-west-1"}, script=script, outputs=["out"]
    )

    step = processing_step(config, name="prepare", inputs={})

    assert step.arguments["AppSpecification"]["ImageUri"] == (
        "141502667606.dkr.ecr.eu-west-1.amazonaws.com/"
        "sagemaker-scikit-learn:1.9-0-cpu-py3"
    )


@pytest.mark.parametrize(
    ("image", "match"),
    [
        (Image(framework="nope", version="1"), "the SDK knows no images of 'nope'"),
        (Image(framework="sklearn", version="9"), "Unsupported sklearn version: 9"),
    ],
)
def test_unknown_images_are_refused(script: Path, image: Image, match: str) -> None:
    """An image that AWS does not have is refused with those that it has."""
    with pytest.raises(ConfigError, match=match):
        training_step(
            trained(script, image=image), name="fit", channels={"train": "s3://b/t"}
        )


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (
            lambda c: processing_step(c, name="a b", inputs={}),
            "name: expected up to 64",
        ),
        (
            lambda c: processing_step(c, name="a", inputs={"code": "s3://b/k"}),
            "the name 'code' is where the script itself is mounted",
        ),
        (
            lambda c: processing_step(c, name="a", inputs={"x": "/tmp/x"}),
            r"inputs=…\)\['x'\]: expected an S3 URI",
        ),
    ],
)
def test_wrong_calls_are_refused(script: Path, call: Any, match: str) -> None:
    """Names and inputs are checked before a request is made of them."""
    config = ProcessingConfig(**PLACE, script=script, image=IMAGE, outputs=["out"])

    with pytest.raises(ConfigError, match=match):
        call(config)


@pytest.mark.parametrize("missing", ["role", "region", "bucket"])
def test_a_step_needs_a_place(script: Path, missing: str) -> None:
    """Role, region and bucket come from config or session, or the step is refused."""
    place = {**PLACE, missing: None}
    config = ProcessingConfig(**place, script=script, image=IMAGE, outputs=["out"])

    with pytest.raises(ConfigError, match=rf"ProcessingConfig\.{missing}: the step ne"):
        processing_step(config, name="prepare", inputs={})


def test_a_session_stands_in_for_region_and_bucket(
    script: Path, closed_network: list[str]
) -> None:
    """Where the config is silent the session speaks, and no call is made."""
    from penguin_pipes.factories.deployable import DeferredSession

    session = DeferredSession(region="eu-west-1", bucket="session-bucket")
    config = ProcessingConfig(role=PLACE["role"], script=script, outputs=["out"])

    step = processing_step(config, name="prepare", inputs={}, session=session)

    assert "eu-west-1" in step.arguments["AppSpecification"]["ImageUri"]
    assert all("s3://session-bucket/code/" in uri for uri in sdk.bundles_of(step))
    assert closed_network == []


def test_steps_are_the_sdks_own_and_cached(script: Path) -> None:
    """A step of ours is a step like any other, with a cache of 15 days."""
    steps = sdk.load()
    training = trained(script, metrics={"val_accuracy": "(.)"})
    channels = {"train": "s3://b/t"}
    processing = ProcessingConfig(**PLACE, script=script, image=IMAGE, outputs=["out"])
    made = [
        processing_step(processing, name="a", inputs={}),
        training_step(training, name="b", channels=channels),
        tuning_step(TuningConfig(training=training), name="c", channels=channels),
    ]

    assert [type(step) for step in made] == [
        steps.ProcessingStep,
        steps.TrainingStep,
        steps.TuningStep,
    ]
    for step in made:
        assert step.to_request()["CacheConfig"] == {
            "Enabled": True,
            "ExpireAfter": "P15D",
        }


def test_the_cache_can_be_turned_off(script: Path) -> None:
    """A policy that is off is written as off."""
    config = ProcessingConfig(
        **PLACE,
        script=script,
        image=IMAGE,
        outputs=["out"],
        cache=CachePolicy(enabled=False),
    )

    step = processing_step(config, name="a", inputs={})

    assert step.to_request()["CacheConfig"]["Enabled"] is False


def test_rendering_does_not_wear_a_step_out(script: Path) -> None:
    """The SDK changes the request that it gets; the next one is whole again."""
    step = training_step(trained(script), name="fit", channels={"train": "s3://b/t"})

    first, second = step.arguments, step.arguments

    assert first == second
    assert first is not second


def three_steps(script: Path, **fields: Any) -> list[Any]:
    """Return a step of each kind, with some fields changed in all of them."""
    training = trained(script, metrics={"val_accuracy": "(.)"}, **fields)
    common = {key: value for key, value in fields.items() if key != "compute"}
    processing = ProcessingConfig(
        **PLACE, script=script, image=IMAGE, outputs=["out"], **fields
    )
    channels = {"train": "s3://b/t"}
    return [
        processing_step(processing, name="prepare", inputs={}),
        training_step(training, name="fit", channels=channels),
        tuning_step(
            TuningConfig(training=training, **common), name="tune", channels=channels
        ),
    ]


def rendered(steps: list[Any], **options: Any) -> dict[str, Any]:
    """Return the steps of a whole definition, by their names."""
    definition = Pipeline("p", steps=steps, **options).definition()
    return {step["Name"]: step for step in json.loads(definition)["Steps"]}


def test_retries_reach_every_kind_of_step(script: Path) -> None:
    """Each record is a policy of the step, with the limit that it names."""
    retry = [
        Retry(on=["Step.SERVICE_FAULT", "Step.THROTTLING"], expire_after_min=9),
        Retry(
            on=["SageMaker.CAPACITY_ERROR", "SageMaker.RESOURCE_LIMIT"],
            interval_s=60,
            backoff_rate=1.5,
            max_attempts=3,
        ),
    ]

    steps = rendered(three_steps(script, retry=retry))

    expected = [
        {
            "ExceptionType": ["Step.SERVICE_FAULT", "Step.THROTTLING"],
            "IntervalSeconds": 1,
            "BackoffRate": 2.0,
            "ExpireAfterMin": 9,
        },
        {
            "ExceptionType": ["SageMaker.CAPACITY_ERROR", "SageMaker.RESOURCE_LIMIT"],
            "IntervalSeconds": 60,
            "BackoffRate": 1.5,
            "MaxAttempts": 3,
        },
    ]
    assert [step["RetryPolicies"] for step in steps.values()] == [expected] * 3


def test_jobs_that_fail_inside_can_be_tried_again(script: Path) -> None:
    """JOB_INTERNAL_ERROR is for every job but a tuning one, which sees to it itself."""
    retry = [Retry(on=["SageMaker.JOB_INTERNAL_ERROR"], interval_s=0)]
    step = training_step(
        trained(script, retry=retry), name="fit", channels={"train": "s3://b/t"}
    )

    (policy,) = step.to_request()["RetryPolicies"]

    assert policy == {
        "ExceptionType": ["SageMaker.JOB_INTERNAL_ERROR"],
        "IntervalSeconds": 0,
        "BackoffRate": 2.0,
        "MaxAttempts": 5,
    }


def test_names_and_descriptions_reach_every_kind_of_step(script: Path) -> None:
    """What Studio shows is in the step, beside its name."""
    steps = rendered(three_steps(script, display_name="A job", description="For us"))

    assert {(s["DisplayName"], s["Description"]) for s in steps.values()} == {
        ("A job", "For us")
    }
    assert set(steps) == {"prepare", "fit", "tune"}


def test_what_is_not_asked_for_is_not_in_a_step(script: Path) -> None:
    """A member that says nothing would move the bytes of every definition."""
    for step in rendered(three_steps(script)).values():
        assert set(step) == {"Name", "Type", "Arguments", "CacheConfig"}


def test_steps_wait_for_others_than_those_they_read(script: Path) -> None:
    """depends_on takes steps and names, in every kind of step."""
    first = three_steps(script)[0]
    training = trained(script, metrics={"val_accuracy": "(.)"})
    processing = ProcessingConfig(**PLACE, script=script, image=IMAGE, outputs=["out"])
    channels = {"train": "s3://b/t"}
    waiting = [
        processing_step(processing, name="a", inputs={}, depends_on=[first]),
        training_step(training, name="b", channels=channels, depends_on=["prepare"]),
        tuning_step(
            TuningConfig(training=training),
            name="c",
            channels=channels,
            depends_on=(first, "b"),
        ),
    ]

    steps = rendered([first, *waiting])

    assert [steps[name].get("DependsOn") for name in ("prepare", "a", "b", "c")] == [
        None,
        ["prepare"],
        ["prepare"],
        ["prepare", "b"],
    ]


def test_pipeline_variables_of_the_compute_reach_the_request(script: Path) -> None:
    """The machines can be chosen when the pipeline is started, in all three kinds."""
    kinds = sdk.load().parameters
    parameters = [
        kinds.ParameterString("machine", default_value="ml.c5.large"),
        *(
            kinds.ParameterInteger(n, default_value=9)
            for n in ("count", "disk", "most")
        ),
    ]
    machine, count, disk, most = parameters
    compute = Compute(
        instance_type=machine,
        instance_count=count,
        volume_size_gb=disk,
        max_runtime_s=most,
    )

    steps = rendered(three_steps(script, compute=compute), parameters=parameters)

    prepare = steps["prepare"]["Arguments"]
    trial = steps["tune"]["Arguments"]["TrainingJobDefinition"]
    found = [
        (prepare["ProcessingResources"]["ClusterConfig"], prepare["StoppingCondition"]),
        *(
            (request["ResourceConfig"], request["StoppingCondition"])
            for request in (steps["fit"]["Arguments"], trial)
        ),
    ]
    assert (
        found
        == [
            (
                {
                    "InstanceType": {"Get": "Parameters.machine"},
                    "InstanceCount": {"Get": "Parameters.count"},
                    "VolumeSizeInGB": {"Get": "Parameters.disk"},
                },
                {"MaxRuntimeInSeconds": {"Get": "Parameters.most"}},
            )
        ]
        * 3
    )


def judged(script: Path, **fields: Any) -> ProcessingConfig:
    """Return the config of a step that writes a report, with some fields changed."""
    defaults: dict[str, Any] = {
        "script": script,
        "image": IMAGE,
        "outputs": ["report"],
        "property_files": {"quality": "report/a/quality.json"},
    }
    return ProcessingConfig(**{**PLACE, **defaults, **fields})


def test_property_files_and_files_reach_the_step(model: Any, script: Path) -> None:
    """The one is declared beside the arguments, the other brought as an input."""
    lookup = script.with_name("lookup.json")
    lookup.write_text("{}")
    config = judged(script, files={"tables": lookup})

    step = processing_step(config, name="judge", inputs={"raw": "s3://b/raw"})

    request = assert_accepted(model, step)
    assert step.to_request()["PropertyFiles"] == [
        {
            "PropertyFileName": "quality",
            "OutputName": "report",
            "FilePath": "a/quality.json",
        }
    ]
    paths = {
        each["InputName"]: each["S3Input"]["LocalPath"]
        for each in request["ProcessingInputs"]
    }
    assert paths == {
        name: f"/opt/ml/processing/input/{name}" for name in ("raw", "tables", "code")
    }
    bundles = {uri.rpartition("/")[2] for uri in sdk.bundles_of(step)}
    assert bundles == {"run.py", "lookup.json"}


def test_an_input_is_sharded_by_its_name(model: Any, script: Path) -> None:
    """Each instance gets a share of those that are named, and all of the others."""
    inputs = {"raw": "s3://b/raw", "table": "s3://b/table"}

    step = processing_step(judged(script, sharded=["raw"]), name="p", inputs=inputs)

    request = assert_accepted(model, step)
    assert {
        each["InputName"]: each["S3Input"]["S3DataDistributionType"]
        for each in request["ProcessingInputs"]
    } == {
        "raw": "ShardedByS3Key",
        "table": "FullyReplicated",
        "code": "FullyReplicated",
    }


def test_only_inputs_are_sharded(script: Path) -> None:
    """A name that is no input's is refused, with those there are."""
    with pytest.raises(ConfigError, match=r"names of inputs \(raw\); got 'rwa'"):
        processing_step(
            judged(script, sharded=["rwa"]), name="p", inputs={"raw": "s3://b/raw"}
        )


def test_a_step_without_them_has_no_property_files(script: Path) -> None:
    """The definition of steps that declare none is what it was."""
    config = judged(script, property_files={})

    step = processing_step(config, name="judge", inputs={})

    assert "PropertyFiles" not in step.to_request()


def test_conditions_compare_what_a_step_has_written(script: Path) -> None:
    """The value is read from the property file, and the step is waited for."""
    judge = processing_step(judged(script), name="judge", inputs={})
    after = processing_step(judged(script), name="after", inputs={})
    stop = fail_step(name="stop", message="not good enough")
    check = condition_step(
        name="check",
        conditions=[at_least(file_value(judge, "quality", "a.value"), 0.5)],
        if_steps=[after],
        else_steps=[stop],
        depends_on=[judge],
    )

    found = json.loads(Pipeline("p", steps=[judge, check]).definition())["Steps"][1]

    assert found["DependsOn"] == ["judge"]
    assert found["Arguments"]["Conditions"] == [
        {
            "Type": "GreaterThanOrEqualTo",
            "LeftValue": {
                "Std:JsonGet": {
                    "PropertyFile": {"Get": "Steps.judge.PropertyFiles.quality"},
                    "Path": "a.value",
                }
            },
            "RightValue": 0.5,
        }
    ]
    assert [step["Name"] for step in found["Arguments"]["IfSteps"]] == ["after"]
    assert found["Arguments"]["ElseSteps"] == [
        {
            "Name": "stop",
            "Type": "Fail",
            "Arguments": {"ErrorMessage": "not good enough"},
        }
    ]


def test_a_fail_step_can_say_what_is_known_in_the_run_alone() -> None:
    """A list of texts and variables is joined when the pipeline runs."""
    limit = sdk.float_parameter("limit", 0.5)

    joined = fail_step(name="stop", message=["below ", limit, "; train longer"])
    alone = fail_step(name="stop", message=limit)

    assert joined.arguments["ErrorMessage"].expr == {
        "Std:Join": {
            "On": "",
            "Values": ["below ", {"Get": "Parameters.limit"}, "; train longer"],
        }
    }
    assert fail_step(name="s", message=["a", "b"]).arguments["ErrorMessage"] == "ab"
    assert alone.arguments["ErrorMessage"].expr["Std:Join"]["Values"]


def test_registration_reaches_the_request(model: Any) -> None:
    """Every field of the config is found in a request that the model accepts."""
    config = RegistrationConfig(
        group="penguins",
        region="eu-west-1",
        approval="Approved",
        description="Tells penguins apart.",
        metadata={"team": "birds"},
        content_types=["text/csv"],
        response_types=["text/csv"],
        instance_types=["ml.c5.large"],
        transform_instance_types=["ml.c5.xlarge"],
    )

    step = registration_step(
        config, name="register", model="s3://b/m.tar.gz", metrics="s3://b/q.json"
    )

    request = assert_accepted(model, step)
    assert step.to_request()["Type"] == "RegisterModel"
    assert step.properties.ModelPackageArn.expr == {
        "Get": "Steps.register.ModelPackageArn"
    }
    (container,) = request["InferenceSpecification"].pop("Containers")
    assert container["ModelDataUrl"] == "s3://b/m.tar.gz"
    assert ".eu-west-1.amazonaws.com/tensorflow-inference:2.20.0" in container["Image"]
    assert request == {
        "ModelPackageGroupName": "penguins",
        "ModelPackageDescription": "Tells penguins apart.",
        "ModelApprovalStatus": "Approved",
        "InferenceSpecification": {
            "SupportedContentTypes": ["text/csv"],
            "SupportedResponseMIMETypes": ["text/csv"],
            "SupportedRealtimeInferenceInstanceTypes": ["ml.c5.large"],
            "SupportedTransformInstanceTypes": ["ml.c5.xlarge"],
        },
        "CustomerMetadataProperties": {
            "team": "birds",
            "pipeline": "s3://bucket/key",
            "execution": "s3://bucket/key",
        },
        "ModelMetrics": {
            "ModelQuality": {
                "Statistics": {
                    "ContentType": "application/json",
                    "S3Uri": "s3://b/q.json",
                }
            }
        },
    }


def test_a_model_without_metrics_can_be_registered(model: Any) -> None:
    """What is left out is not in the request."""
    config = RegistrationConfig(group="g", region="us-east-1", image=IMAGE)

    step = registration_step(config, name="register", model="s3://b/m.tar.gz")

    request = assert_accepted(model, step)
    assert "ModelMetrics" not in request
    assert "ModelPackageDescription" not in request
    (container,) = request["InferenceSpecification"]["Containers"]
    assert container["Image"] == IMAGE


def test_best_model_lies_where_trials_write(script: Path) -> None:
    """The same address that the SDK's own step gives for its best job."""
    training = trained(script, metrics={"val_accuracy": "a=([0-9.]+)"}, prefix="x/y")
    config = TuningConfig(training=training)
    step = tuning_step(config, name="tune", channels={"train": "s3://b/t"})

    found = best_model_uri(step, config).expr["Std:Join"]["Values"]

    theirs = step.get_top_model_s3_uri(0, "acme-ml", "x/y").expr["Std:Join"]["Values"]
    assert found[:3] == ["s3:/", "acme-ml", "x/y"]
    assert found[-2:] == theirs[-2:]
    output = step.arguments["TrainingJobDefinition"]["OutputDataConfig"]["S3OutputPath"]
    assert found[:-2] == output.expr["Std:Join"]["Values"]


REFUSED: dict[str, tuple[Callable[[Path], object], str]] = {
    "no such property file": (
        lambda script: file_value(
            processing_step(judged(script), name="judge", inputs={}), "q", "a"
        ),
        r"a property file of the step 'judge' \(quality\); got 'q'",
    ),
    "no condition": (
        lambda _: condition_step(name="c", conditions=[], if_steps=[]),
        r"condition_step\(conditions=…\): expected one or more; got none",
    ),
    "no message": (
        lambda _: fail_step(name="f", message=""),
        r"fail_step\(message=…\): expected 1 to 3072 characters",
    ),
    "a message too long": (
        lambda _: fail_step(name="f", message=["x" * 3073]),
        r"expected 1 to 3072 characters that say why; got 3073",
    ),
    "no group": (
        lambda _: registration_step(
            RegistrationConfig(region="us-east-1"), name="r", model="s3://b/m"
        ),
        r"RegistrationConfig\.group: a step of its own needs one; got None",
    ),
    "no address": (
        lambda _: registration_step(
            RegistrationConfig(region="us-east-1", group="g"), name="r", model="m"
        ),
        r"registration_step\(model=…\): expected an S3 URI",
    ),
    "a file in the place of an input": (
        lambda script: processing_step(
            judged(script, files={"raw": script}), name="j", inputs={"raw": "s3://b/r"}
        ),
        r"ProcessingConfig\.files: the name 'raw' is that of an input",
    ),
    "a name with spaces": (
        lambda _: fail_step(name="not a name", message="x"),
        r"name: expected up to 64 letters",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_the_service_would_refuse_is_refused_here(script: Path, case: str) -> None:
    """By name, before anything is rendered."""
    make, problem = REFUSED[case]

    with pytest.raises(ConfigError, match=problem):
        make(script)
