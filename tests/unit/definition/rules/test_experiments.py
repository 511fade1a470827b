"""What the service takes of experiments, told before it is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from penguin_pipes.definition import validate
from penguin_pipes.definition.document import read
from penguin_pipes.definition.plan import plan
from penguin_pipes.definition.rules.experiments import RULES

if TYPE_CHECKING:
    from penguin_pipes.definition.problems import Problem

ARN = "arn:aws:sagemaker:eu-west-1:123456789012:mlflow-app/app-1"


def told(**members: Any) -> list[Problem]:
    """Return what the rule tells of a definition with these members."""
    document = read({"Version": "2020-12-01", "Steps": [], **members})
    return [problem for rule in RULES for problem in rule(document)]


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"MlflowConfig": None, "PipelineExperimentConfig": None},
        {"MlflowConfig": {"MlflowResourceArn": ARN}},
        {"MlflowConfig": {"MlflowResourceArn": ARN, "MlflowExperimentName": "a b/c"}},
        {"MlflowConfig": {"MlflowResourceArn": {"Get": "Parameters.mlflow"}}},
        {"PipelineExperimentConfig": {"ExperimentName": "mine"}},
        {
            "PipelineExperimentConfig": {
                "ExperimentName": {"Get": "Execution.PipelineName"},
                "TrialName": {"Get": "Execution.PipelineExecutionId"},
            }
        },
    ],
)
def test_sound_settings_are_no_problem(members: dict[str, Any]) -> None:
    """Nor are none, and those that the SDK writes."""
    assert told(**members) == []


@pytest.mark.parametrize(
    ("members", "address", "words"),
    [
        ({"MlflowConfig": "x"}, "$.MlflowConfig", "expected an object, got 'x'"),
        ({"MlflowConfig": {}}, "$.MlflowConfig", "'MlflowResourceArn' is missing"),
        (
            {"MlflowConfig": {"MlflowResourceArn": "http://localhost:5000"}},
            "$.MlflowConfig.MlflowResourceArn",
            "is not what the service takes here",
        ),
        (
            {"MlflowConfig": {"MlflowResourceArn": ARN, "ExperimentName": "x"}},
            "$.MlflowConfig.ExperimentName",
            "has no member 'ExperimentName'",
        ),
        (
            {"PipelineExperimentConfig": {"ExperimentName": "no_underscore"}},
            "$.PipelineExperimentConfig.ExperimentName",
            "is not what the service takes here",
        ),
    ],
)
def test_what_the_service_would_refuse_is_told_with_its_address(
    members: dict[str, Any], address: str, words: str
) -> None:
    """As it is of steps."""
    (problem,) = told(**members)

    assert problem.address == address
    assert words in problem.problem


def test_naming_mlflow_makes_nothing_run_again() -> None:
    """It is a change to deploy, and in no key of the step cache."""
    step = {
        "Name": "fit",
        "Type": "Training",
        "Arguments": {},
        "CacheConfig": {"Enabled": True, "ExpireAfter": "P1D"},
    }
    old = {"Version": "2020-12-01", "Steps": [step]}
    new = {**old, "MlflowConfig": {"MlflowResourceArn": ARN}}

    found = plan(old, new)

    assert found.has_changes
    assert [each.cache.value for each in found.steps] == ["hit"]
    assert not [p for p in validate(new) if "MlflowConfig" in p.address]
