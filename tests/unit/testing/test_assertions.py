"""Assertions about a definition, about two, and what they say when they fail."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import Any

import pytest

from penguin_pipes.errors import InputError
from penguin_pipes.testing import assert_cache_hits, assert_reruns, assert_valid

TRAIN = Path(__file__).parents[1] / "snapshots" / "penguins-train.json"
BEFORE: dict[str, Any] = json.loads(TRAIN.read_text())


def changed(step: int, path: str, value: Any) -> dict[str, Any]:
    """Return the penguins' definition with one value of one step changed."""
    found = copy.deepcopy(BEFORE)
    *way, last = path.split(".")
    place = found["Steps"][step]
    for key in way:
        place = place[key]
    place[last] = value
    return found


DEEPER = changed(1, "Arguments.HyperParameters.epochs", "99")
CLEANER = changed(0, "Arguments.Environment", {"MODE": "strict"})
BIGGER = changed(1, "Arguments.ResourceConfig.InstanceType", "ml.m5.4xlarge")
MONTHS = changed(1, "CacheConfig.ExpireAfter", "P30M")
UNCACHED = changed(1, "CacheConfig.Enabled", value=False)


class Pipeline:
    """A pipeline of anybody, which can render."""

    def definition(self) -> str:
        """Return the JSON."""
        return json.dumps(BEFORE)


@pytest.mark.parametrize(
    "source",
    [BEFORE, json.dumps(BEFORE), TRAIN, Pipeline()],
    ids=lambda s: type(s).__name__,
)
def test_a_definition_may_have_any_form(source: Any) -> None:
    """Text, document, file, or a pipeline that renders."""
    assert_valid(source)
    assert_cache_hits(source, source)
    assert_reruns(source, source, set())


def test_what_is_no_definition_is_refused() -> None:
    """With what would be one."""
    with pytest.raises(InputError, match=r"expected a pipeline, or .*; got 7"):
        assert_valid(7)  # type: ignore[arg-type]


def test_all_problems_are_told_with_address_and_way_out() -> None:
    """Not the first alone."""
    broken = changed(1, "Arguments.ResourceConfig.VolumeSizeInGB", -1)
    broken["Steps"][0]["Name"] = "not a name"

    with pytest.raises(AssertionError) as failed:
        assert_valid(broken)

    said = str(failed.value)
    assert re.match(r"the definition has \d problems:\n  error: \$\.Steps", said)
    assert "ResourceConfig.VolumeSizeInGB" in said
    assert "not a name" in said


def test_warnings_fail_only_who_asks_for_it() -> None:
    """What would run is valid."""
    assert_valid(MONTHS)

    with pytest.raises(
        AssertionError, match=r"has a problem:\n  warning: \$\.Steps\[1"
    ):
        assert_valid(MONTHS, strict=True)


def test_a_bigger_machine_keeps_the_cache() -> None:
    """It is in no cache key."""
    assert_cache_hits(BEFORE, BIGGER)
    assert_reruns(BEFORE, BIGGER, set())


def test_a_miss_is_told_with_the_value_that_moved() -> None:
    """As the plan tells it."""
    with pytest.raises(AssertionError) as failed:
        assert_cache_hits(BEFORE, DEEPER)

    said = str(failed.value)
    assert said.startswith("the step cache has to hit, but is missed by train-model:\n")
    assert '"50" → "99"' in said


def test_only_the_steps_that_are_named_have_to_hit() -> None:
    """The others may do as they like."""
    assert_cache_hits(BEFORE, DEEPER, steps={"preprocess-data"})


def test_a_step_without_caching_cannot_hit() -> None:
    """Where it has to, that is told; by default only those that ask for it have to."""
    assert_cache_hits(BEFORE, UNCACHED)
    with pytest.raises(AssertionError, match="missed by train-model"):
        assert_cache_hits(BEFORE, UNCACHED, steps={"train-model"})

    UNCACHED_ALL = copy.deepcopy(UNCACHED)  # noqa: N806
    del UNCACHED_ALL["Steps"][0]["CacheConfig"]
    with pytest.raises(AssertionError, match="no step asks for caching"):
        assert_cache_hits(BEFORE, UNCACHED_ALL)


def test_reruns_are_those_that_the_plan_is_sure_of() -> None:
    """A changed training alone; a changed preparation, and what reads from it."""
    assert_reruns(BEFORE, DEEPER, {"train-model"})
    assert_reruns(BEFORE, CLEANER, {"preprocess-data", "train-model"})
    assert_reruns(BEFORE, UNCACHED, ["train-model"])


@pytest.mark.parametrize(
    ("after", "expected", "said"),
    [
        (DEEPER, set(), "train-model reruns, against expectation:"),
        (
            DEEPER,
            {"preprocess-data", "train-model"},
            "preprocess-data was expected to rerun, but does not:",
        ),
        (CLEANER, {"preprocess-data"}, "train-model reruns, against expectation:"),
        (
            DEEPER,
            {"preprocess-data"},
            "train-model reruns, against expectation; preprocess-data was expected to rerun, but does not:",
        ),
    ],
)
def test_reruns_that_differ_are_told_by_name(
    after: Any, expected: set[str], said: str
) -> None:
    """Above the whole plan, with its reasons."""
    with pytest.raises(AssertionError) as failed:
        assert_reruns(BEFORE, after, expected)

    headline, _, table = str(failed.value).partition("\n")
    assert headline == said
    assert "The next execution runs" in table


def maybe() -> tuple[dict[str, Any], dict[str, Any]]:
    """Return two definitions of which the second trains again, or not."""
    before, after = copy.deepcopy(BEFORE), copy.deepcopy(CLEANER)
    get = {"Get": "Steps.preprocess-data.ExitMessage"}
    for each in (before, after):
        arguments = each["Steps"][1]["Arguments"]
        arguments["HyperParameters"]["note"] = get
        for channel in arguments["InputDataConfig"]:
            channel["DataSource"]["S3DataSource"]["S3Uri"] = "s3://acme-ml/fixed/"
    return before, after


def test_what_only_the_execution_knows_has_a_word_of_its_own() -> None:
    """It is neither a rerun nor a hit."""
    before, after = maybe()

    assert_reruns(before, after, {"preprocess-data"}, perhaps={"train-model"})
    with pytest.raises(AssertionError, match=r"^train-model may rerun, against expect"):
        assert_reruns(before, after, {"preprocess-data"})
    with pytest.raises(AssertionError, match=r"^train-model was expected .* only may"):
        assert_reruns(before, after, {"preprocess-data", "train-model"})
    with pytest.raises(AssertionError, match=r"^preprocess-data .* perhaps, but never"):
        assert_reruns(before, before, set(), perhaps={"preprocess-data"})


def test_a_step_that_certainly_runs_is_no_perhaps() -> None:
    """Who expects less than the plan knows is told."""
    with pytest.raises(
        AssertionError, match=r"^train-model reruns, against expectation"
    ):
        assert_reruns(BEFORE, DEEPER, set(), perhaps={"train-model"})


@pytest.mark.parametrize(
    ("names", "match"),
    [
        ({"train-modl"}, "no step is called 'train-modl'; did you mean 'train-model'?"),
        ({"deploy"}, r"is called 'deploy'; there are: \['preprocess-data', 'train"),
        (
            "train-model",
            r"expected a set of names; got 'train-model'. Write \{'train-m",
        ),
    ],
)
def test_names_of_no_step_are_refused(names: Any, match: str) -> None:
    """An assertion about them would say nothing."""
    with pytest.raises(InputError, match=match):
        assert_reruns(BEFORE, DEEPER, names)
    with pytest.raises(InputError, match=match):
        assert_cache_hits(BEFORE, DEEPER, steps=names)


def test_conditions_are_no_reruns() -> None:
    """They decide in every execution, and cost nothing."""
    inner = copy.deepcopy(BEFORE["Steps"][1])
    condition = {"Conditions": [], "IfSteps": [inner], "ElseSteps": []}
    step = {"Name": "good-enough", "Type": "Condition", "Arguments": condition}
    nested = {**BEFORE, "Steps": [BEFORE["Steps"][0], step]}

    assert_reruns(nested, nested, set())
