"""Laws of the rules: no order is a circle, one step back makes one, nothing raises."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from penguin_pipes.definition.document import read
from penguin_pipes.definition.rules import graph, meaning
from penguin_pipes.definition.rules.isolation import isolation_problems

MOST_STEPS = 8
WORDS = (
    *("Name", "Type", "Arguments", "Steps", "Parameters", "DependsOn", "Step"),
    *("Get", "Std:Join", "Std:JsonGet", "Values", "PropertyFile", "PropertyFiles"),
    *("Condition", "Conditions", "IfSteps", "ElseSteps", "LeftValue", "Or", "Not"),
    *("Processing", "Training", "Tuning", "Lambda", "Fail", "ForEach", "ForEachBody"),
    *("CacheConfig", "Enabled", "ExpireAfter", "P30M", "HyperParameters"),
    *("HyperParameterTuningJobConfig", "TrainingJobDefinition", "ParameterRanges"),
    *("IntegerParameterRanges", "MinValue", "MaxValue", "StaticHyperParameters"),
    *("ProcessingInputs", "ProcessingOutputConfig", "Outputs", "OutputName"),
    *("S3Input", "S3Output", "S3Uri", "LocalPath", "AlgorithmSpecification"),
    *("MetricDefinitions", "Regex", "sagemaker_program", "EnableNetworkIsolation"),
    *("Steps.a.PropertyFiles.b", "Steps.a.ModelArtifacts[0]", "Parameters.a"),
    *("Execution.PipelineExecutionId", "a", "b", "loss: (.+)", "(", "1", "-1", ""),
)
"""What makes arbitrary JSON look like a definition."""

words = st.sampled_from(WORDS)
leaves = st.none() | st.booleans() | st.integers() | st.floats() | words | st.text()
documents = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(words | st.text(), inner, max_size=6)
    ),
    max_leaves=60,
)
steps = st.fixed_dictionaries(
    {"Name": words, "Type": words, "Arguments": documents},
    optional={
        "DependsOn": documents,
        "CacheConfig": documents,
        "PropertyFiles": documents,
    },
)
definitions = st.fixed_dictionaries(
    {"Steps": st.lists(steps, max_size=4)}, optional={"Parameters": documents}
)


@st.composite
def orders(draw: st.DrawFn) -> list[tuple[int, int, bool]]:
    """Draw who waits for whom: later steps for earlier ones, by `Get` or by name."""
    count = draw(st.integers(2, MOST_STEPS))
    pairs = [(late, early) for late in range(count) for early in range(late)]
    chosen = draw(st.lists(st.sampled_from(pairs), min_size=1, unique=True))
    return [(late, early, draw(st.booleans())) for late, early in chosen]


def _definition(waits: list[tuple[int, int, bool]], places: list[int]) -> Any:
    """Return processing steps that wait as drawn, listed in the given places."""
    made: dict[int, dict[str, Any]] = {
        place: {
            "Name": f"s{place}",
            "Type": "Processing",
            "DependsOn": [],
            "Arguments": {"Environment": {}},
        }
        for place in places
    }
    for late, early, by_name in waits:
        if by_name:
            made[late]["DependsOn"].append(f"s{early}")
        else:
            reference = {"Get": f"Steps.s{early}.ProcessingJobName"}
            made[late]["Arguments"]["Environment"][f"E{early}"] = reference
    return {"Steps": list(made.values())}


def _told(definition: Any) -> list[str]:
    """Return what the rules of the graph tell."""
    document = read(definition)
    return [str(problem) for rule in graph.RULES for problem in rule(document)]


@given(orders(), st.permutations(range(MOST_STEPS)))
def test_an_order_is_no_circle(
    waits: list[tuple[int, int, bool]], places: list[int]
) -> None:
    """Steps that wait only for earlier ones raise nothing, however they are listed."""
    assert _told(_definition(waits, places)) == []


@given(orders(), st.permutations(range(MOST_STEPS)), st.data())
def test_one_step_back_is_one_circle(
    waits: list[tuple[int, int, bool]], places: list[int], data: st.DataObject
) -> None:
    """One wait against the order gets exactly one problem, which draws a circle."""
    late, early, _ = data.draw(st.sampled_from(waits))

    problems = _told(_definition([*waits, (early, late, False)], places))

    assert len(problems) == 1
    drawn = problems[0].split(": ")[2].split(";")[0].split(" → ")
    assert drawn[0] == drawn[-1]
    assert len(set(drawn)) == len(drawn) - 1
    known = {(f"s{one}", f"s{other}") for one, other, _ in waits}
    known.add((f"s{early}", f"s{late}"))
    assert set(pairwise(drawn)) <= known


@given(documents | definitions)
def test_no_document_is_too_odd(document: Any) -> None:
    """Whatever JSON holds, the rules tell problems with addresses and never raise."""
    found = read(document)

    problems = [
        *(each for rule in (*graph.RULES, *meaning.RULES) for each in rule(found)),
        *isolation_problems(found, lambda _: True),
    ]

    assert all(problem.address.startswith("$") for problem in problems)
    assert all(problem.problem and problem.hint for problem in problems)


def test_no_document_is_too_deep() -> None:
    """Arguments nested deeper than Python's stack are walked through like others."""
    deep: Any = {"Get": "Steps.nowhere.ProcessingJobName"}
    for _ in range(3000):
        deep = [deep]
    step = {"Name": "a", "Type": "Processing", "Arguments": {"Environment": deep}}

    problems = _told({"Steps": [step]})

    assert len(problems) == 1
    assert problems[0].endswith("no step is called 'nowhere'; there are: a")
