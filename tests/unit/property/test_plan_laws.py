"""Laws of plans, for every pipeline that Hypothesis can think of."""

from __future__ import annotations

import copy
import json
from typing import Any

import hypothesis.strategies as st
from hypothesis import assume, given, settings

from penguin_pipes.definition.plan import Cache, Plan, StepChange, plan
from penguin_pipes.service import CACHE_KEYS

law = settings(deadline=None)

ON = {"Enabled": True, "ExpireAfter": "P1D"}
SCALARS = st.one_of(st.text("abc", max_size=3), st.integers(0, 3), st.booleans())
VALUES = st.recursive(
    SCALARS | st.none(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text("xyz", min_size=1, max_size=2), inner, max_size=3)
    ),
    max_leaves=6,
)
OUTSIDE = ("OutputDataConfig", "ResourceConfig", "RoleArn", "StoppingCondition", "Tags")
"""Members of a training that its cache key does not have."""

INSIDE = tuple(path.removeprefix("Arguments.") for path in CACHE_KEYS["Training"])

ARGUMENTS = st.dictionaries(st.sampled_from(OUTSIDE + INSIDE), VALUES, max_size=6)
DEFINITIONS = st.lists(
    st.tuples(ARGUMENTS, st.sampled_from([ON, {**ON, "Enabled": False}])),
    min_size=1,
    max_size=4,
).map(
    lambda steps: {
        "Version": "2020-12-01",
        "Steps": [
            {
                "Name": f"s{index}",
                "Type": "Training",
                "Arguments": arguments,
                "CacheConfig": cache,
            }
            for index, (arguments, cache) in enumerate(steps)
        ],
    }
)


@st.composite
def graphs(draw: st.DrawFn) -> tuple[dict[str, Any], dict[int, set[int]]]:
    """Return trainings that read each other's models, and who reads whom."""
    count = draw(st.integers(2, 6))
    reads = {
        index: draw(st.sets(st.integers(0, index - 1), max_size=2)) if index else set()
        for index in range(count)
    }
    waits = {
        index: draw(st.sets(st.integers(0, index - 1), max_size=2)) if index else set()
        for index in range(count)
    }
    steps = [
        {
            "Name": f"s{index}",
            "Type": "Training",
            "Arguments": {
                "InputDataConfig": [
                    {"Get": f"Steps.s{other}.ModelArtifacts.S3ModelArtifacts"}
                    for other in sorted(reads[index])
                ],
                "HyperParameters": {"seed": "0"},
            },
            "DependsOn": [f"s{other}" for other in sorted(waits[index])],
            "CacheConfig": ON,
        }
        for index in range(count)
    ]
    return {"Version": "2020-12-01", "Steps": steps}, reads


def _caches(found: Plan) -> list[Cache]:
    return [step.cache for step in found.steps]


def _same(one: Any, other: Any) -> bool:
    """Return whether two values are the same JSON once null members are left out."""
    return json.dumps(_plain(one), sort_keys=True) == json.dumps(
        _plain(other), sort_keys=True
    )


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items() if v is not None}
    return [_plain(item) for item in value] if isinstance(value, list) else value


@law
@given(document=DEFINITIONS)
def test_a_definition_against_itself_changes_nothing(document: dict[str, Any]) -> None:
    """Whatever it holds, nothing changes, and what is cached can hit."""
    found = plan(document, copy.deepcopy(document))

    assert not found.has_changes
    assert {each for step in found.steps for each in step.ignored} == set()
    assert set(_caches(found)) <= {Cache.HIT, Cache.OFF}


@law
@given(document=DEFINITIONS, value=VALUES, member=st.sampled_from(INSIDE))
def test_a_change_in_the_key_always_misses(
    document: dict[str, Any], value: Any, member: str
) -> None:
    """Each value of each key attribute counts, and its reason lies in that attribute."""
    new = copy.deepcopy(document)
    new["Steps"][0]["Arguments"][member] = value
    new["Steps"][0]["CacheConfig"] = document["Steps"][0]["CacheConfig"] = ON
    assume(not _same(document["Steps"][0]["Arguments"].get(member), value))

    step = plan(document, new).step("s0")

    assert (step.change, step.cache) == (StepChange.CHANGED, Cache.MISS)
    place = f"$.Steps[0].Arguments.{member}"
    assert {each.address.startswith(place) for each in step.reasons} == {True}
    assert step.ignored == ()


@law
@given(document=DEFINITIONS, value=VALUES, member=st.sampled_from(OUTSIDE))
def test_a_change_outside_the_key_never_misses(
    document: dict[str, Any], value: Any, member: str
) -> None:
    """It is told, and the cache can hit."""
    new = copy.deepcopy(document)
    new["Steps"][0]["Arguments"][member] = value
    new["Steps"][0]["CacheConfig"] = document["Steps"][0]["CacheConfig"] = ON
    assume(not _same(document["Steps"][0]["Arguments"].get(member), value))

    step = plan(document, new).step("s0")

    assert (step.change, step.cache) == (StepChange.CHANGED, Cache.HIT)
    assert step.reasons == ()
    assert step.ignored


@law
@given(graph=graphs(), first=st.integers(0, 5))
def test_a_miss_goes_exactly_where_references_lead(
    graph: tuple[dict[str, Any], dict[int, set[int]]], first: int
) -> None:
    """Who reads a model that is made anew misses, who merely waits does not."""
    document, reads = graph
    first %= len(reads)
    new = copy.deepcopy(document)
    new["Steps"][first]["Arguments"]["HyperParameters"]["seed"] = "1"
    reached = {first}
    for index in range(first + 1, len(reads)):
        if reads[index] & reached:
            reached.add(index)

    found = plan(document, new)

    assert _caches(found) == [
        Cache.MISS if index in reached else Cache.HIT for index in range(len(reads))
    ]
    for index in reached - {first}:
        causes = {each.step for each in found.step(f"s{index}").reasons}
        assert causes == {f"s{other}" for other in reads[index] & reached}


@law
@given(old=DEFINITIONS, new=DEFINITIONS)
def test_every_step_of_both_sides_is_told_once(
    old: dict[str, Any], new: dict[str, Any]
) -> None:
    """No step is lost, and the JSON can be written."""
    found = plan(old, new)

    names = {step["Name"] for step in (*old["Steps"], *new["Steps"])}
    told = [step["name"] for step in json.loads(json.dumps(found.to_json()))["steps"]]
    assert sorted(told) == sorted(names)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from(["s", "Get", "a"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    *("Steps", "Name", "Type", "Arguments", "CacheConfig", "DependsOn"),
                    *("Enabled", "Parameters", "Get", "Std:Join", "Values", "On"),
                    *("Environment", "ProcessingInputs", "IfSteps", "Std:JsonGet"),
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=15,
)
STEPS = st.fixed_dictionaries(
    {"Name": st.sampled_from(["s", "t"]), "Type": st.just("Processing")},
    optional={"Arguments": JSON, "CacheConfig": JSON, "DependsOn": JSON},
)
ODD = JSON | st.fixed_dictionaries({"Steps": st.lists(STEPS, max_size=3)})


@law
@given(old=ODD, new=ODD)
def test_a_plan_is_made_of_whatever_was_deployed(old: Any, new: Any) -> None:
    """Nobody promises that what the service holds is sound; a plan is made of it."""
    found = plan(json.dumps(old), json.dumps(new))

    assert json.dumps(found.to_json())
