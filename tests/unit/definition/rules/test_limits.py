"""Limits that no shape holds, each with the value just past it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from penguin_pipes.definition.rules import limits
from penguin_pipes.service import MAX_DEFINITION

if TYPE_CHECKING:
    from collections.abc import Callable

JOB = "$.Steps[1].Arguments.TrainingJobDefinition"

SPOILED: list[Any] = [
    pytest.param(
        "train",
        {
            "$.Parameters": [
                {"Name": f"p{i}", "Type": "String", "DefaultValue": ""}
                for i in range(201)
            ]
        },
        "$.Parameters",
        "error",
        "there are 201 parameters, and a start takes 200; put some of them into one object in S3 and pass its URI",
        id="parameters",
    ),
    pytest.param(
        "tune",
        {f"{JOB}.StaticHyperParameters": {f"h{i}": "1" for i in range(100)}},
        f"{JOB}.StaticHyperParameters",
        "error",
        "static hyperparameters and ranges are 101 together, and 100 are the most; leave some to the script's defaults",
        id="searched",
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
    problems = told(spoiled(which, changes), limits.RULES)

    assert problems == [(address, severity, sentence)]


@pytest.mark.parametrize("which", ["train", "tune"])
def test_good_definitions_have_no_problem(
    spoiled: Callable[..., Any],
    told: Callable[..., list[tuple[str, str, str]]],
    which: str,
) -> None:
    """Without a mistake nothing is told."""
    assert told(spoiled(which), limits.RULES) == []


def test_definition_past_the_limit_is_told_once(
    spoiled: Callable[..., Any], told: Callable[..., list[tuple[str, str, str]]]
) -> None:
    """One character too many is told, with the count; white space does not count."""
    empty = spoiled("train", {"$.Metadata": {"note": ""}})
    most = MAX_DEFINITION - len(json.dumps(empty, separators=(",", ":")))

    fits = spoiled("train", {"$.Metadata": {"note": "n" * most}})
    assert told(fits, limits.RULES) == []

    large = spoiled("train", {"$.Metadata": {"note": "n" * (most + 1)}})
    assert told(large, limits.RULES) == [
        (
            "$",
            "error",
            "it has 1048577 characters, and 1048576 are the most; make two pipelines of it",
        )
    ]


def test_more_steps_than_the_quota_cost_a_question(
    spoiled: Callable[..., Any], told: Callable[..., list[tuple[str, str, str]]]
) -> None:
    """51 steps get a warning, since the quota is nowhere written down; 50 get none."""
    step = {"Type": "Fail", "Arguments": {}}
    fails = [{"Name": f"s{number}", **step} for number in range(51)]

    assert told(spoiled("train", {"$.Steps": fails[:50]}), limits.RULES) == []
    assert told(spoiled("train", {"$.Steps": fails}), limits.RULES) == [
        (
            "$.Steps",
            "warning",
            (
                "there are 51 steps, and 50 is the quota that is commonly named; ask for "
                "more in Service Quotas, or make two pipelines of it"
            ),
        )
    ]
