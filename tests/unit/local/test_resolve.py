"""What is promised of references."""

from __future__ import annotations

from typing import Any

import pytest

from penguin_pipes.definition import Node
from penguin_pipes.errors import DefinitionError, UnsupportedError
from penguin_pipes.local.resolve import Scope, Unknown, resolve

SCOPE = Scope(
    parameters={"n": 5, "rate": 0.5, "flag": True, "text": "x"},
    execution={"PipelineExecutionId": "abc"},
    steps={
        "pre": {
            "ProcessingOutputConfig": {
                "Outputs": [
                    {"OutputName": "train", "S3Output": {"S3Uri": "s3://b/train"}},
                    {"OutputName": "test", "S3Output": {"S3Uri": "s3://b/test"}},
                ]
            },
            "Environment": {"a.b": "c"},
            "ExitMessage": Unknown("later"),
        },
        "fit": {"FinalMetricDataList": [{"MetricName": "auc", "Value": 0.75}]},
    },
)


def _resolve(value: Any) -> Any:
    return resolve(Node(value, "$.here"), SCOPE)


def _get(text: str) -> dict[str, str]:
    return {"Get": text}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Parameters.n", 5),
        ("Execution.PipelineExecutionId", "abc"),
        (
            "Steps.pre.ProcessingOutputConfig.Outputs['test'].S3Output.S3Uri",
            "s3://b/test",
        ),
        ("Steps.pre.ProcessingOutputConfig.Outputs[0].S3Output.S3Uri", "s3://b/train"),
        ("Steps.pre.Environment['a.b']", "c"),
        ("Steps.fit.FinalMetricDataList['auc'].Value", 0.75),
    ],
)
def test_reference_becomes_its_value(text: str, value: object) -> None:
    """Each kind of reference gives the value it leads to, with its own type."""
    assert _resolve(_get(text)) == value


def test_references_are_found_at_any_depth() -> None:
    """References inside lists and objects are replaced, all else stays."""
    value = {"a": [{"b": _get("Parameters.text")}, 1, None], "c": True}

    assert _resolve(value) == {"a": [{"b": "x"}, 1, None], "c": True}


def test_join_writes_scalars_as_the_service_does() -> None:
    """Numbers and booleans become strings as in JSON."""
    names = ["n", "rate", "flag", "text"]
    values = [*(_get(f"Parameters.{name}") for name in names), "end", 7]

    joined = _resolve({"Std:Join": {"On": "-", "Values": values}})

    assert joined == "5-0.5-true-x-end-7"


def test_joins_nest() -> None:
    """A join may hold joins, and its separator may be left out."""
    inner = {"Std:Join": {"Values": ["a", "b"]}}

    assert _resolve({"Std:Join": {"On": "/", "Values": [inner, "c"]}}) == "ab/c"


@pytest.mark.parametrize(
    "value",
    [
        _get("Steps.pre.ExitMessage"),
        {"Std:Join": {"On": "/", "Values": ["a", _get("Steps.pre.ExitMessage")]}},
    ],
)
def test_what_leans_on_the_unknown_is_unknown(value: object) -> None:
    """A value that only the run will tell makes whatever holds it unknown."""
    assert isinstance(_resolve(value), Unknown)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (_get("Parameters.m"), r"^\$\.here\.Get: Parameters\.m leads nowhere"),
        (_get("Steps.pre.ExitMesage"), "did you mean 'ExitMessage'"),
        (_get("Steps.pre.Environment.zzz"), "there is: a.b"),
        (
            _get("Steps.pre.ProcessingOutputConfig.Outputs['x'].S3Output"),
            "there is no 'x'; there is: train, test",
        ),
        (_get("Steps.pre.ProcessingOutputConfig.Outputs[2]"), r"no item \[2\]"),
        (_get("Steps.fit.FinalMetricDataList[0].Value.x"), "below a plain value"),
        ({"Std:Join": {"Values": ["a", ["b"]]}}, r"Values\[1\]: expected something to"),
        ({"Std:Join": {"Values": "ab"}}, r"Values: expected a list"),
    ],
)
def test_what_leads_nowhere_is_refused(value: object, message: str) -> None:
    """A reference to nothing says where it stands and what there is instead."""
    with pytest.raises(DefinitionError, match=message):
        _resolve(value)


def test_unknown_function_is_refused_by_name() -> None:
    """A function that cannot be computed here is named, with its place."""
    value = {"a": {"Std:Split": {"On": "x"}}}

    with pytest.raises(UnsupportedError, match=r"^\$\.here\.a: Std:Split cannot"):
        _resolve(value)


def test_object_that_looks_like_a_call_but_is_none_stays() -> None:
    """Only an object of a single Get is a reference."""
    value = {"Get": "x", "Put": "y"}

    assert _resolve(value) == value
