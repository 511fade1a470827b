"""What every definition has: one row for each way to leave it out or spell it wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from penguin_pipes.definition.rules import structure

if TYPE_CHECKING:
    from collections.abc import Callable


SPOILED: list[Any] = [
    pytest.param(
        "train",
        {"$.Version": None},
        "$",
        "error",
        "'Version' is missing; add it: '2020-12-01'",
        id="no-version",
    ),
    pytest.param(
        "train",
        {"$.Version": 2020},
        "$.Version",
        "error",
        "expected a string, got 2020; write '2020-12-01'",
        id="version-number",
    ),
    pytest.param(
        "train",
        {"$.Steps": None},
        "$",
        "error",
        "'Steps' is missing; add a list of steps",
        id="no-steps",
    ),
    pytest.param(
        "train",
        {"$.Steps": {}},
        "$.Steps",
        "error",
        "expected a list of steps, got {}; put it into [ and ]",
        id="steps-mapping",
    ),
    pytest.param(
        "train",
        {"$.Steps": []},
        "$.Steps",
        "error",
        "there is no step; add one",
        id="empty",
    ),
    pytest.param(
        "train",
        {"$.Parameters": {"a": 1}},
        "$.Parameters",
        "error",
        "expected a list of parameters, got {'a': 1}; put it into [ and ]",
        id="parameters-mapping",
    ),
    pytest.param(
        "train",
        {"$.Steps[1]": "train"},
        "$.Steps[1]",
        "error",
        "expected an object, got 'train'; a step is {'Name': …, 'Type': …}",
        id="step-text",
    ),
    pytest.param(
        "train",
        {"$.Steps[1].Name": None},
        "$.Steps[1]",
        "error",
        "'Name' is missing; use 1 to 64 letters, digits, hyphens and underscores",
        id="no-name",
    ),
    pytest.param(
        "train",
        {"$.Steps[1].Name": "train model"},
        "$.Steps[1].Name",
        "error",
        "'train model' is no name for a step; use 1 to 64 letters, digits, hyphens and underscores",
        id="space-in-name",
    ),
    pytest.param(
        "train",
        {"$.Steps[1].Name": "t" * 65},
        "$.Steps[1].Name",
        "error",
        "'ttttttttttttttttttttttttttttttttttttttttttttttttttttttttttt… is no name for a step; use 1 to 64 letters, digits, hyphens and underscores",
        id="long-name",
    ),
    pytest.param(
        "train",
        {"$.Steps[1].Type": None},
        "$.Steps[1]",
        "error",
        "'Type' is missing; add it, such as 'Processing' or 'Training'",
        id="no-type",
    ),
    pytest.param(
        "train",
        {"$.Steps[1].Type": 3},
        "$.Steps[1].Type",
        "error",
        "expected a string, got 3; write one, such as 'Processing' or 'Training'",
        id="type-number",
    ),
    pytest.param(
        "train",
        {"$.Steps[1].Arguments": []},
        "$.Steps[1].Arguments",
        "error",
        "expected an object, got []; write the request of the job",
        id="arguments-list",
    ),
    pytest.param(
        "train",
        {"$.Steps[1].CacheConfig": True},
        "$.Steps[1].CacheConfig",
        "error",
        "expected an object, got True; write {'Enabled': true, 'ExpireAfter': 'P15D'}",
        id="cache-true",
    ),
    pytest.param(
        "train",
        {"$.Steps[1].DependsOn": "preprocess-data"},
        "$.Steps[1].DependsOn",
        "error",
        "expected a list of step names, got 'preprocess-data'; put it into [ and ]",
        id="depends-text",
    ),
    pytest.param(
        "train",
        {"$.Steps[1].DisplayName": "d" * 257},
        "$.Steps[1].DisplayName",
        "error",
        "expected at most 256 characters, got 257; shorten it",
        id="display-name",
    ),
    pytest.param(
        "train",
        {"$.Steps[1].Description": "d" * 3073},
        "$.Steps[1].Description",
        "error",
        "expected at most 3072 characters, got 3073; shorten it",
        id="description",
    ),
    pytest.param(
        "train",
        {"$.Parameters[0]": "dataset"},
        "$.Parameters[0]",
        "error",
        "expected an object, got 'dataset'; write {'Name': …, 'Type': 'String'}",
        id="parameter-text",
    ),
    pytest.param(
        "train",
        {"$.Parameters[0].Type": None},
        "$.Parameters[0]",
        "error",
        "'Type' is missing; add one of String, Integer, Float, Boolean",
        id="parameter-no-type",
    ),
    pytest.param(
        "train",
        {"$.Parameters[0].Type": "string"},
        "$.Parameters[0].Type",
        "error",
        "'string' is no type of a parameter; did you mean 'String'?",
        id="parameter-type",
    ),
    pytest.param(
        "workflow",
        {"$.Parameters[0].DefaultValue": "3"},
        "$.Parameters[0].DefaultValue",
        "error",
        "expected a value of type Integer, got '3'; mend it, or the Type",
        id="default-type",
    ),
    pytest.param(
        "workflow",
        {"$.Parameters[0].DefaultValue": True},
        "$.Parameters[0].DefaultValue",
        "error",
        "expected a value of type Integer, got True; mend it, or the Type",
        id="default-bool",
    ),
    pytest.param(
        "train",
        {
            "$.Parameters[0].EnumValues": ["s3://b/k"],
            "$.Parameters[0].DefaultValue": "s3://b/j",
        },
        "$.Parameters[0].DefaultValue",
        "error",
        "'s3://b/j' is not among the EnumValues; did you mean 's3://b/k'?",
        id="default-enum",
    ),
    pytest.param(
        "train",
        {"$.Parameters[0].EnumValues": "a"},
        "$.Parameters[0].EnumValues",
        "error",
        "expected a list of values, got 'a'; put it into [ and ]",
        id="enum-text",
    ),
    pytest.param(
        "train",
        {"$.Steps[1].Name": "preprocess-data"},
        "$.Steps[1].Name",
        "error",
        "$.Steps[0] is a step called 'preprocess-data' already; rename one of the two",
        id="step-twice",
    ),
    pytest.param(
        "workflow",
        {"$.Steps[4].Arguments.IfSteps[0].Name": "prepare"},
        "$.Steps[4].Arguments.IfSteps[0].Name",
        "error",
        "$.Steps[0] is a step called 'prepare' already; rename one of the two",
        id="step-twice-in-branch",
    ),
    pytest.param(
        "workflow",
        {"$.Parameters[1].Name": "epochs"},
        "$.Parameters[1].Name",
        "error",
        "$.Parameters[0] is a parameter called 'epochs' already; rename one of the two",
        id="parameter-twice",
    ),
]


@pytest.mark.parametrize(
    ("which", "changes", "address", "severity", "sentence"), SPOILED
)
def test_each_mistake_has_its_address_and_sentence(
    spoiled: Callable[..., Any],
    told: Callable[..., list[tuple[str, str, str]]],
    which: str,
    changes: dict[str, Any],
    address: str,
    severity: str,
    sentence: str,
) -> None:
    """One mistake is one problem, at its place, with the value and the way out."""
    problems = told(spoiled(which, changes), structure.RULES)

    assert problems == [(address, severity, sentence)]


@pytest.mark.parametrize("which", ["train", "tune"])
def test_good_definitions_have_no_problem(
    spoiled: Callable[..., Any],
    told: Callable[..., list[tuple[str, str, str]]],
    which: str,
) -> None:
    """Without a mistake nothing is told."""
    assert told(spoiled(which), structure.RULES) == []
