"""Good definitions, and a hand that spoils them at one place."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from penguin_pipes.definition.document import read
from penguin_pipes.definition.rules import graph, meaning

if TYPE_CHECKING:
    from collections.abc import Callable

    from penguin_pipes.definition.problems import Problem
    from penguin_pipes.definition.rules.base import Rule

SNAPSHOTS = Path(__file__).parents[2] / "snapshots"
PART = re.compile(r"\.?([^.\[\]]+)|\[(\d+)\]")
ROLE = "arn:aws:iam::123456789012:role/pipelines"
EACH_RUN = {
    "Std:Join": {
        "On": "/",
        "Values": ["s3://b", {"Get": "Execution.PipelineExecutionId"}],
    }
}


def _processing(name: str, *outputs: str, **members: Any) -> dict[str, Any]:
    """Return a processing step with these outputs."""
    listed = [
        {
            "OutputName": output,
            "S3Output": {
                "S3Uri": EACH_RUN,
                "LocalPath": f"/opt/ml/processing/{output}",
                "S3UploadMode": "EndOfJob",
            },
        }
        for output in outputs
    ]
    arguments = {"RoleArn": ROLE, "ProcessingOutputConfig": {"Outputs": listed}}
    return {"Name": name, "Type": "Processing", "Arguments": arguments, **members}


def _workflow() -> dict[str, Any]:
    """Return a definition with a step of every kind that refers to others."""
    train = "Steps.prepare.ProcessingOutputConfig.Outputs['train'].S3Output.S3Uri"
    return {
        "Version": "2020-12-01",
        "Parameters": [
            {"Name": "epochs", "Type": "Integer", "DefaultValue": 3},
            {"Name": "threshold", "Type": "Float", "DefaultValue": 0.8},
        ],
        "PipelineExperimentConfig": {"TrialName": {"Get": "Execution.PipelineName"}},
        "Steps": [
            _processing("prepare", "train", "test"),
            {
                "Name": "train",
                "Type": "Training",
                "DependsOn": ["prepare", {"Step": "ask", "Trigger": "Any"}],
                "Arguments": {
                    "HyperParameters": {
                        "epochs": {
                            "Std:Join": {"Values": [{"Get": "Parameters.epochs"}]}
                        },
                        "sagemaker_program": "train.py",
                    },
                    "AlgorithmSpecification": {
                        "MetricDefinitions": [{"Name": "loss", "Regex": "loss=(.+)"}]
                    },
                    "InputDataConfig": [
                        {
                            "ChannelName": "train",
                            "DataSource": {"S3DataSource": {"S3Uri": {"Get": train}}},
                        }
                    ],
                },
            },
            {
                "Name": "ask",
                "Type": "Lambda",
                "Arguments": {},
                "OutputParameters": [{"OutputName": "answer", "OutputType": "String"}],
            },
            _processing(
                "evaluate",
                "evaluation",
                DependsOn=["train"],
                PropertyFiles=[
                    {
                        "PropertyFileName": "report",
                        "OutputName": "evaluation",
                        "FilePath": "report.json",
                    }
                ],
            ),
            {
                "Name": "check",
                "Type": "Condition",
                "Arguments": {
                    "Conditions": [
                        {
                            "Type": "GreaterThan",
                            "LeftValue": {
                                "Std:JsonGet": {
                                    "PropertyFile": {
                                        "Get": "Steps.evaluate.PropertyFiles.report"
                                    },
                                    "Path": "accuracy",
                                }
                            },
                            "RightValue": {"Get": "Parameters.threshold"},
                        },
                        {
                            "Type": "Not",
                            "Condition": {
                                "Type": "Or",
                                "Conditions": [
                                    {
                                        "Type": "In",
                                        "QueryValue": {
                                            "Get": "Steps.ask.OutputParameters['answer']"
                                        },
                                        "Values": ["no"],
                                    }
                                ],
                            },
                        },
                    ],
                    "IfSteps": [
                        _processing("publish", "site"),
                        _processing("announce", "mail", DependsOn=["publish"]),
                    ],
                    "ElseSteps": [
                        {
                            "Name": "give-up",
                            "Type": "Fail",
                            "Arguments": {
                                "ErrorMessage": {"Get": "Steps.check.Outcome"}
                            },
                        }
                    ],
                },
            },
            {
                "Name": "each",
                "Type": "ForEach",
                "Arguments": {
                    "IterableItems": {"Get": "Steps.ask.OutputParameters['answer']"},
                    "Selector": {"Field": {"Get": "IterationOutput.one.ModelName"}},
                    "ForEachBody": [
                        {
                            "Name": "one",
                            "Type": "Model",
                            "Arguments": {"ModelName": {"Get": "ForEach.CurrentItem"}},
                        }
                    ],
                },
            },
        ],
    }


def _spoil(document: Any, address: str, value: Any) -> None:
    """Put *value* at the address, None to take away what stands there."""
    parts = [
        int(index) if index else name
        for name, index in PART.findall(address.strip("$"))
    ]
    for part in parts[:-1]:
        document = (
            document.setdefault(part, {}) if isinstance(part, str) else document[part]
        )
    last = parts[-1]
    if value is None:
        del document[last]
    elif isinstance(document, list) and last == len(document):
        document.append(value)
    else:
        document[last] = value


@pytest.fixture(scope="session")
def _good() -> dict[str, Any]:
    texts = {path.stem: path.read_text() for path in SNAPSHOTS.glob("*.json")}
    return {
        "workflow": _workflow(),
        "train": json.loads(texts["penguins-train"]),
        "tune": json.loads(texts["penguins-tune"]),
    }


@pytest.fixture
def spoiled(_good: dict[str, Any]) -> Callable[..., Any]:
    """Return a maker of good definitions, changed at the given addresses."""

    def make(which: str, changes: dict[str, Any] | None = None) -> Any:
        document = copy.deepcopy(_good[which])
        for address, value in (changes or {}).items():
            _spoil(document, address, copy.deepcopy(value))
        return document

    return make


@pytest.fixture
def told() -> Callable[..., list[tuple[str, str, str]]]:
    """Return what tells problems as address, severity, text; graph's and meaning's."""

    def tell(
        document: Any, rules: tuple[Rule, ...] = (*graph.RULES, *meaning.RULES)
    ) -> list[tuple[str, str, str]]:
        found: list[Problem] = []
        for rule in rules:
            found += rule(read(document))
        return [
            (
                problem.address,
                str(problem.severity),
                f"{problem.problem}; {problem.hint}",
            )
            for problem in found
        ]

    return tell
