"""What the jobs of a definition touch."""

from __future__ import annotations

from typing import Any

import pytest

from penguin_pipes.definition.needs import Job, Location, Repository, needs
from penguin_pipes.errors import InputError

IMAGE = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/team/model:3"
ROLE = "arn:aws:iam::123456789012:role/jobs"


def joined(*parts: Any) -> dict[str, Any]:
    """Return what joins *parts* with slashes."""
    return {"Std:Join": {"On": "/", "Values": list(parts)}}


def definition(*steps: dict[str, Any], **extra: Any) -> dict[str, Any]:
    """Return a definition with one parameter."""
    parameter = {"Name": "data", "Type": "String", "DefaultValue": "s3://raw/in.csv"}
    return {"Version": "1", "Parameters": [parameter], "Steps": list(steps), **extra}


def training(name: str = "fit", **arguments: Any) -> dict[str, Any]:
    """Return a training that writes to s3://out/models."""
    defaults = {
        "AlgorithmSpecification": {"TrainingImage": IMAGE},
        "OutputDataConfig": {"S3OutputPath": "s3://out/models"},
        "RoleArn": ROLE,
    }
    return {"Name": name, "Type": "Training", "Arguments": {**defaults, **arguments}}


def processing(name: str = "prep", **arguments: Any) -> dict[str, Any]:
    """Return a processing whose outputs are below the execution's id."""
    place = joined("s3://out", {"Get": "Execution.PipelineExecutionId"}, "train")
    outputs = [{"OutputName": "train", "S3Output": {"S3Uri": place}}]
    other = [{"OutputName": "test", "S3Output": {"S3Uri": "s3://out/test"}}]
    given = {"ProcessingOutputConfig": {"Outputs": outputs + other}, "RoleArn": ROLE}
    return {"Name": name, "Type": "Processing", "Arguments": {**given, **arguments}}


def reading(uri: Any) -> list[dict[str, Any]]:
    """Return one channel."""
    source = {"S3DataSource": {"S3Uri": uri, "S3DataType": "S3Prefix"}}
    return [{"ChannelName": "train", "DataSource": source}]


def test_images_roles_and_outputs_are_found() -> None:
    """The plain members of a request."""
    found = needs(definition(training()), name="p")

    assert found.repositories == (
        Repository("111122223333", "eu-west-1", "team/model"),
    )
    assert found.roles == (ROLE,)
    assert found.writes == (Location("out", "models"),)
    assert found.reads == ()


def test_a_parameter_counts_with_its_default() -> None:
    """The bucket of the dataset is known before a run."""
    step = training(InputDataConfig=reading({"Get": "Parameters.data"}))

    assert needs(definition(step), name="p").reads == (Location("raw", "in.csv"),)


def test_what_an_execution_decides_is_a_pattern_inside_the_key() -> None:
    """The bucket stays; the name of the pipeline is known."""
    place = joined(
        "s3:/",
        "b",
        {"Get": "Execution.PipelineName"},
        {"Get": "Execution.PipelineExecutionId"},
        "x",
    )
    step = training(OutputDataConfig={"S3OutputPath": place})

    assert needs(definition(step), name="p").writes == (Location("b", "p/*/x"),)


def test_one_output_of_a_step_upstream_is_read_and_no_other() -> None:
    """A reference to an output leads to its own address."""
    uri = {"Get": "Steps.prep.ProcessingOutputConfig.Outputs['train'].S3Output.S3Uri"}
    step = training(InputDataConfig=reading(uri))

    found = needs(definition(processing(), step), name="p")

    assert found.reads == (Location("out", "*/train"),)


def test_a_model_is_read_below_where_its_training_writes() -> None:
    """Its own address is known only in the run."""
    uri = {"Get": "Steps.fit.ModelArtifacts.S3ModelArtifacts"}
    inputs = [{"InputName": "model", "S3Input": {"S3Uri": uri}}]

    found = needs(definition(training(), processing(ProcessingInputs=inputs)), name="p")

    assert found.reads == (Location("out", "models"),)


def test_checkpoints_are_written_and_read_back() -> None:
    """A spot training goes on from them."""
    step = training(CheckpointConfig={"S3Uri": "s3://out/checkpoints"})

    found = needs(definition(step), name="p")

    assert Location("out", "checkpoints") in found.reads
    assert Location("out", "checkpoints") in found.writes


def test_code_and_arguments_are_read() -> None:
    """Script mode names its archive among the hyperparameters."""
    code = "s3://b/code/x/sourcedir.tar.gz"
    step = training(HyperParameters={"sagemaker_submit_directory": code})

    found = needs(definition(step), name="p")

    assert found.reads == (Location("b", "code/x/sourcedir.tar.gz"),)


def test_keys_and_networks_are_found_wherever_they_stand() -> None:
    """Disks and outputs have keys of their own; VPCs stand at several places."""
    one = training(
        ResourceConfig={"VolumeKmsKeyId": "disk"},
        OutputDataConfig={"S3OutputPath": "s3://b/x", "KmsKeyId": "data"},
        VpcConfig={"Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1"]},
    )
    vpc = {"Subnets": ["subnet-2"], "SecurityGroupIds": ["sg-1"]}
    two = processing(NetworkConfig={"VpcConfig": vpc})

    found = needs(definition(one, two), name="p")

    assert (found.data_keys, found.volume_keys) == (("data",), ("disk",))
    assert found.subnets == ("subnet-1", "subnet-2")
    assert found.security_groups == ("sg-1",)


def test_jobs_are_called_as_the_definition_asks_or_as_the_service_does() -> None:
    """A name in the request is a prefix; without one the service has its own."""
    found = needs(definition(training(TrainingJobName="churn"), processing()), name="p")

    assert found.jobs == (Job("Processing", "pipelines"), Job("Training", "churn"))


def test_steps_in_branches_count_once_and_their_condition_not_at_all() -> None:
    """A condition runs no job."""
    arguments = {"Conditions": [], "IfSteps": [training()], "ElseSteps": []}
    gate = {"Name": "gate", "Type": "Condition", "Arguments": arguments}

    found = needs(definition(gate), name="p")

    assert found.jobs == (Job("Training", "pipelines"),)
    assert found.others == ()


def test_steps_of_other_types_are_named() -> None:
    """Nobody may take the rest for the whole."""
    step = {"Name": "call", "Type": "Lambda", "Arguments": {}}

    assert needs(definition(step), name="p").others == (("Lambda", "call"),)


def test_what_a_pattern_would_read_as_a_wildcard_is_escaped() -> None:
    """A key with an asterisk in it is that key."""
    step = training(InputDataConfig=reading("s3://b/a*b?c$d"))

    assert needs(definition(step), name="p").reads == (
        Location("b", "a${*}b${?}c${$}d"),
    )


@pytest.mark.parametrize(
    ("arguments", "address"),
    [
        (
            {"OutputDataConfig": {"S3OutputPath": joined("s3:/", "{}", "x")}},
            r"OutputDataConfig\.S3OutputPath: its bucket",
        ),
        ({"RoleArn": "{}"}, "RoleArn: its value"),
        (
            {"AlgorithmSpecification": {"TrainingImage": "{}"}},
            "TrainingImage: its value",
        ),
        ({"VpcConfig": {"Subnets": ["{}"]}}, r"Subnets\[0\]: its value"),
    ],
)
def test_what_a_policy_must_name_cannot_be_known_only_in_the_run(
    arguments: dict[str, Any], address: str
) -> None:
    """A wildcard in its place would allow everything; the message has the way out."""

    def filled(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: filled(item) for key, item in value.items()}
        if isinstance(value, list):
            return [filled(item) for item in value]
        return {"Get": "Parameters.open"} if value == "{}" else value

    document = definition(training(**filled(arguments)))
    document["Parameters"].append({"Name": "open", "Type": "String"})

    with pytest.raises(InputError, match=f"{address}.*default value"):
        needs(document, name="p")


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (None, None),
        ({"MlflowResourceArn": "arn:a"}, "arn:a"),
        ({"MlflowResourceArn": {"Get": "Execution.PipelineName"}}, "p"),
    ],
)
def test_the_managed_mlflow_is_the_one_that_is_named(
    config: dict[str, Any] | None, expected: str | None
) -> None:
    """Where none is named, none is logged to."""
    document = definition(training(), MlflowConfig=config)

    assert needs(document, name="p").mlflow == expected


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (None, None),
        ({"ExperimentName": {"Get": "Execution.PipelineName"}}, "p"),
        ({"ExperimentName": "mine"}, "mine"),
        ({}, "p"),
    ],
)
def test_the_experiment_has_the_name_of_the_pipeline_or_its_own(
    config: dict[str, Any] | None, expected: str | None
) -> None:
    """Where none is configured there is none."""
    document = definition(training(), PipelineExperimentConfig=config)

    assert needs(document, name="p").experiment == expected
