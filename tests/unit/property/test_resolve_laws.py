"""Laws of definitions and references, for every one that Hypothesis can think of."""

from __future__ import annotations

import json
import string
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
from hypothesis import given, settings

from penguin_pipes.definition import (
    Node,
    Scalar,
    find_references,
    in_order,
    parse,
    parse_reference,
)
from penguin_pipes.local.contract.script_mode import decoded
from penguin_pipes.local.contract.tree import WorkTree
from penguin_pipes.local.resolve import Scope, resolve

law = settings(deadline=None)

NAMES = st.text(string.ascii_letters + string.digits + "-_", min_size=1, max_size=12)
SCALARS = st.one_of(
    st.text(max_size=8), st.integers(), st.booleans(), st.floats(allow_nan=False)
)
VALUES: dict[str, Scalar] = {"a": "text", "b": 7, "c": 0.5, "d": True}
SCOPE = Scope(
    parameters=VALUES,
    execution={"PipelineExecutionId": "abc"},
    steps={"s": {"List": [{"OutputName": "o", "Uri": "s3://b/k"}]}},
)
REFERENCES = st.sampled_from(
    [
        *(f"Parameters.{name}" for name in VALUES),
        "Execution.PipelineExecutionId",
        "Steps.s.List['o'].Uri",
        "Steps.s.List[0].Uri",
    ]
).map(lambda text: {"Get": text})


def _joins(parts: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Return joins of *parts*."""
    return st.builds(
        lambda on, values: {"Std:Join": {"On": on, "Values": values}},
        st.sampled_from(["", "/", "-"]),
        st.lists(parts, max_size=4),
    )


CALLS = st.recursive(REFERENCES, lambda inner: _joins(inner | SCALARS), max_leaves=8)
KEYS = st.text(string.ascii_lowercase, min_size=4, max_size=8)
DOCUMENTS = st.recursive(
    CALLS | SCALARS | st.none(),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4)
    ),
    max_leaves=20,
)


@law
@given(document=DOCUMENTS)
def test_resolving_leaves_no_reference_behind(document: Any) -> None:
    """Whatever the nesting, no reference and no call is left."""
    value = resolve(Node(document), SCOPE)

    assert list(find_references(value)) == []
    # As a key: a text may be those letters, and is no call.
    assert '"Std:Join":' not in json.dumps(value)


@law
@given(document=DOCUMENTS)
def test_resolving_twice_changes_nothing_more(document: Any) -> None:
    """What is resolved stays as it is."""
    value = resolve(Node(document), SCOPE)

    assert resolve(Node(value), SCOPE) == value


@law
@given(
    document=st.recursive(
        SCALARS | st.none(),
        lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner, max_size=4),
        max_leaves=20,
    )
)
def test_what_refers_to_nothing_stays(document: Any) -> None:
    """A document without references is its own value."""
    assert resolve(Node(document), SCOPE) == document


@law
@given(
    name=NAMES,
    path=st.lists(NAMES | st.integers(0, 9), min_size=1, max_size=5),
    quoted=st.booleans(),
)
def test_written_reference_is_read_back(
    name: str, path: list[str | int], *, quoted: bool
) -> None:
    """A path survives being written, with dots or with quotes, and read."""
    parts = [
        f"[{part}]"
        if isinstance(part, int)
        else (f"['{part}']" if quoted else f".{part}")
        for part in path
    ]
    text = f"Steps.{name}.{''.join(parts).removeprefix('.')}"

    reference = parse_reference(text)

    assert (reference.name, reference.path) == (name, tuple(path))


@st.composite
def _graphs(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a definition without circles whose steps stand in any order."""
    names = draw(st.lists(NAMES, min_size=1, max_size=8, unique=True))
    steps = []
    for index, name in enumerate(names):
        above = draw(st.lists(st.sampled_from(names[:index]))) if index else []
        reads = [{"Get": f"Steps.{other}.ProcessingJobArn"} for other in above[::2]]
        steps.append(
            {
                "Name": name,
                "Type": "Processing",
                "Arguments": {"Values": reads},
                "DependsOn": above[1::2],
            }
        )
    return {"Version": "2020-12-01", "Steps": draw(st.permutations(steps))}


@law
@given(document=_graphs())
def test_no_step_comes_before_its_inputs(document: dict[str, Any]) -> None:
    """In the order of a run, each step follows all that it reads, and none is lost."""
    definition = parse(document)

    order = [step.name for step in in_order(definition)]

    assert sorted(order) == sorted(step.name for step in definition.steps)
    for step in definition.steps:
        above = {reference.name for reference in find_references(step.arguments)}
        for name in above | set(step.depends_on):
            assert order.index(name) < order.index(step.name)


@law
@given(document=_graphs())
def test_order_is_the_same_for_the_same_text(document: dict[str, Any]) -> None:
    """A definition that went through JSON runs in the same order."""
    again = parse(json.dumps(document))

    assert in_order(again) == in_order(parse(document))


@law
@given(
    value=st.recursive(
        SCALARS | st.none(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=5), inner),
        max_leaves=10,
    )
)
def test_hyperparameter_written_as_json_is_itself(value: Any) -> None:
    """Whatever is written as JSON reaches a script as the same value."""
    assert decoded(json.dumps(value)) == value


@law
@given(text=st.text(string.ascii_letters + string.digits + "/._-=: '\"", max_size=30))
def test_paths_elsewhere_are_never_touched(text: str) -> None:
    """A text that does not name ``/opt/ml`` is left alone."""
    tree = WorkTree(Path("/srv/ml"))

    assert tree.localize(text) == text or "/opt/ml" in text
