"""What is promised of requests that are cut from objects."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penguin_pipes.errors import InputError
from penguin_pipes.local.contract.batches import Cut

RECORDS = st.lists(
    st.binary(min_size=1, max_size=12).filter(
        lambda text: text.strip() and not {*b"\r\n"} & {*text}
    )
)


@given(records=RECORDS)
def test_lines_are_records(records: list[bytes]) -> None:
    """What was written line by line is read line by line, however lines end."""
    cut = Cut(is_line=True)

    assert cut.records(b"\n".join(records)) == records
    assert cut.records(b"\r\n".join([*records, b""])) == records


@given(records=RECORDS, most=st.integers(12, 40), single=st.booleans())
def test_requests_hold_every_record_once(
    records: list[bytes], most: int, *, single: bool
) -> None:
    """None is lost or moved, and no request is larger than it may be."""
    cut = Cut(is_line=True, is_single=single, most_bytes=most)

    batches = [*cut.batches(records, "a")]

    assert [each for batch in batches for each in batch] == records
    assert all(len(cut.payload(batch)) <= most for batch in batches)
    if single:
        assert all(len(batch) == 1 for batch in batches)


@given(records=RECORDS, most=st.integers(12, 40))
def test_requests_are_as_large_as_they_may_be(records: list[bytes], most: int) -> None:
    """The first record of a request had no room in the one before."""
    cut = Cut(is_line=True, most_bytes=most)

    batches = [*cut.batches(records, "a")]

    for batch, after in pairwise(batches):
        assert len(cut.payload([*batch, after[0]])) > most


@given(answers=RECORDS)
def test_each_answer_is_a_line(answers: list[bytes]) -> None:
    """Assembled by lines, answers can be told apart, whether they end one or not."""
    cut = Cut(adds_line=True)

    assert cut.assembled(answers).splitlines() == answers
    assert cut.assembled(each + b"\n" for each in answers).splitlines() == answers
    assert Cut().assembled(answers) == b"".join(answers)


def test_an_object_without_records_makes_no_request() -> None:
    """An empty object, or one of blank lines, is not asked about."""
    assert Cut().records(b"") == []
    assert Cut(is_line=True).records(b"\n \n") == []


def test_a_record_that_is_too_large_is_named() -> None:
    """The message says which record of which object, and what it may have."""
    with pytest.raises(InputError, match=r"record 2 of a.csv has 4 bytes, .* have 3;"):
        list(Cut(most_bytes=3).batches([b"a", b"long"], "a.csv"))
