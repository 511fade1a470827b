"""What is promised of records that are filtered and joined."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penguin_pipes.definition import Node
from penguin_pipes.errors import InputError
from penguin_pipes.local.contract.filters import Filters, JsonPath, Media

ROW = ["a", "b", "c"]
RECORD = {"id": 1, "x": {"y": [1, 2], "z": 3}}


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("$[1]", ROW, "b"),
        ("$[-1]", ROW, "c"),
        ("$[0,2]", ROW, ["a", "c"]),
        ("$[1:]", ROW, ["b", "c"]),
        ("$.id", RECORD, 1),
        ("$.x.y", RECORD, [1, 2]),
        ("$['id','x']", RECORD, RECORD),
        ("$.x.['y','z']", RECORD, RECORD["x"]),
        ("$.x.y[0]", RECORD, 1),
        ("$.x.*", RECORD, [[1, 2], 3]),
    ],
)
def test_a_path_leads_to(path: str, value: Any, expected: Any) -> None:
    """One place is its value, several names an object, other places a list."""
    assert JsonPath(path).select(value) == expected


def test_a_path_that_leads_nowhere_is_told() -> None:
    """The record and the path are named."""
    with pytest.raises(InputError, match=r"\$\.y leads nowhere in \{'id': 1"):
        JsonPath("$.y").select(RECORD)


@given(st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"])), min_size=1))
def test_rows_are_written_as_they_are_read(row: list[str]) -> None:
    """Whatever a column holds, commas and quotes too, survives."""
    assert Media.CSV.read(Media.CSV.write(row)) == row


@given(
    st.dictionaries(
        st.text("ab", max_size=2), st.integers() | st.text('a"é'), max_size=3
    ),
    st.integers() | st.lists(st.floats(allow_nan=False)),
)
def test_a_join_keeps_the_record_and_the_answer(record: Any, answer: Any) -> None:
    """Everything of the record is there, but for what the answer is called."""
    filters = Filters(joins=True, media=Media.JSON, answers=Media.JSON)

    joined = json.loads(
        filters.shaped([json.dumps(record).encode()], json.dumps(answer).encode())
    )

    assert joined == {**record, "SageMakerOutput": answer}


def test_what_is_no_object_is_joined_as_input() -> None:
    """A list has no members to join to, so that it becomes one itself."""
    filters = Filters(joins=True, media=Media.JSON, answers=Media.JSON)

    joined = filters.shaped([b"[1, 2]"], b"3")

    assert json.loads(joined) == {"SageMakerInput": [1, 2], "SageMakerOutput": 3}


def test_answers_that_cannot_be_told_apart_are_refused() -> None:
    """A request of two records needs two lines back."""
    filters = Filters(joins=True, media=Media.CSV, answers=Media.CSV)

    with pytest.raises(InputError, match=r"answered 2 records with 1 lines.*SingleRec"):
        filters.shaped([b"1", b"2"], b"one")


@pytest.mark.parametrize("text", ["", "$"])
def test_the_root_filters_nothing(text: str) -> None:
    """The service's default lets everything pass."""
    assert Filters.path(Node(text)) is None
    assert Filters.path(None) is None
