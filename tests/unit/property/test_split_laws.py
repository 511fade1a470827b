"""Laws of the split, for any labels, fractions and seeds."""

from __future__ import annotations

import tracemalloc
from collections import Counter
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penguin_pipes.scripts import preprocessor
from penguin_pipes.scripts.preprocessor import BadInputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

law = settings(deadline=None)

names = st.text(max_size=5)
seeds = st.integers(min_value=0, max_value=2**70)


@st.composite
def labels_of_rows(draw: st.DrawFn) -> list[str]:
    """Draw the labels of a table: up to five classes of three rows or more, mixed."""
    counts = draw(st.dictionaries(names, st.integers(3, 40), min_size=1, max_size=5))
    rows = [name for name, count in counts.items() for _ in range(count)]
    return draw(st.permutations(rows))


@st.composite
def three_shares(draw: st.DrawFn) -> list[Fraction]:
    """Draw the exact shares of three splits, above 0 and together 1."""
    parts = draw(st.lists(st.integers(1, 200), min_size=3, max_size=3))
    return [Fraction(part, sum(parts)) for part in parts]


def split(labels: Sequence[str], **how: Any) -> list[NDArray[np.int64]]:
    """Return the numbers of each split's rows."""
    names = sorted(set(labels))
    places = np.array([names.index(label) for label in labels])
    parts = preprocessor.split(places, names, **how)
    return [np.flatnonzero(parts == number) for number in range(3)]


def classes_of(
    parts: Sequence[NDArray[np.int64]], labels: Sequence[str]
) -> list[Counter[str]]:
    """Return how many rows of each class each split has."""
    return [Counter(labels[row] for row in part) for part in parts]


@law
@given(labels=labels_of_rows(), shares=three_shares(), seed=seeds)
def test_no_row_is_lost_or_doubled(
    labels: list[str], shares: list[Fraction], seed: int
) -> None:
    """Each row is in one split, and in one place there."""
    parts = split(labels, fractions=[float(share) for share in shares], seed=seed)

    assert sorted(np.concatenate(parts).tolist()) == list(range(len(labels)))


@law
@given(labels=labels_of_rows(), shares=three_shares(), seed=seeds)
def test_classes_are_shared_out_exactly(
    labels: list[str], shares: list[Fraction], seed: int
) -> None:
    """Each split has its share of each class, less than a row off, and at least one."""
    parts = split(labels, fractions=[float(share) for share in shares], seed=seed)

    for name, rows in Counter(labels).items():
        wanted = [share * rows for share in shares]
        found = [classes[name] for classes in classes_of(parts, labels)]
        assert min(found) >= 1
        if min(wanted) >= 1:
            off = [abs(a - b) for a, b in zip(wanted, found, strict=True)]
            assert max(off) < 1


@law
@given(
    shares=three_shares(), wholes=st.lists(st.integers(1, 3), min_size=1, max_size=3)
)
def test_shares_without_a_remainder_come_out_whole(
    shares: list[Fraction], wholes: list[int]
) -> None:
    """Where every share of a class is a whole number, the split has exactly that."""
    unit = np.lcm.reduce([share.denominator for share in shares])
    counts = {str(n): int(unit) * whole for n, whole in enumerate(wholes)}
    labels = [name for name, rows in counts.items() for _ in range(rows)]

    parts = split(labels, fractions=[float(share) for share in shares])

    assert classes_of(parts, labels) == [
        Counter({name: share * rows for name, rows in counts.items()})
        for share in shares
    ]


@law
@given(labels=labels_of_rows(), shares=three_shares(), seed=seeds)
def test_rows_go_by_their_lots(
    labels: list[str], shares: list[Fraction], seed: int
) -> None:
    """Of each class the rows with the smallest lots train, the next ones validate."""
    parts = split(labels, fractions=[float(share) for share in shares], seed=seed)

    assert_dealt(parts, np.array(labels), seed)


def test_rows_by_the_hundred_thousand_go_by_their_lots() -> None:
    """However many rows there are and however few of a class, lots decide alike."""
    labels = np.array(["few", *["many"] * 150_000, *["few"] * 2, *["some"] * 50_000])

    for seed in range(3):
        parts = split(labels.tolist(), seed=seed)

        assert_dealt(parts, labels, seed)


def assert_dealt(
    parts: Sequence[NDArray[np.int64]], labels: NDArray[np.str_], seed: int
) -> None:
    """Check that of each class no split has a smaller lot than one before it."""
    lots = np.random.PCG64(seed).random_raw(len(labels))
    for name in np.unique(labels):
        train, validation, test = (lots[part[labels[part] == name]] for part in parts)
        assert train.max() < validation.min()
        assert validation.max() < test.min()


def test_memory_grows_by_what_is_returned() -> None:
    """A row more takes no more than a few bytes: its split, and no lot that is kept."""
    peaks = []
    for rows in (500_000, 2_000_000):
        labels = np.arange(rows) % 3 // 2
        small = labels.astype(np.uint8)
        tracemalloc.start()
        preprocessor.split(small, ["a", "b"])
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()

    assert (peaks[1] - peaks[0]) / 1_500_000 < 4


@law
@given(labels=labels_of_rows(), seed=seeds)
def test_same_seed_same_split(labels: list[str], seed: int) -> None:
    """The same labels and seed give the same split, in whatever order classes are told."""
    names = sorted(set(labels))
    places = np.array([names.index(label) for label in labels])

    once = preprocessor.split(places, names, seed=seed)
    again = preprocessor.split(len(names) - 1 - places, names[::-1], seed=seed)

    assert once.tolist() == again.tolist()


@law
@given(labels=labels_of_rows(), seed=seeds)
def test_names_of_classes_do_not_matter(labels: list[str], seed: int) -> None:
    """Classes of other names, even of another alphabet's order, are split alike."""
    renamed = {name: f"{-n:+d}{name}" for n, name in enumerate(sorted(set(labels)))}

    parts = split(labels, seed=seed)
    others = split([renamed[label] for label in labels], seed=seed)

    assert [a.tolist() for a in parts] == [b.tolist() for b in others]


@law
@given(data=st.data(), labels=labels_of_rows(), seed=seeds)
def test_row_order_changes_no_count(
    data: st.DataObject, labels: list[str], seed: int
) -> None:
    """In whatever order the rows come, each split has as many of each class."""
    shuffled = data.draw(st.permutations(labels))

    parts, others = split(labels, seed=seed), split(shuffled, seed=seed)

    assert classes_of(parts, labels) == classes_of(others, shuffled)


@law
@given(labels=labels_of_rows(), rows=st.integers(1, 2), seed=seeds)
def test_class_too_small_is_refused(labels: list[str], rows: int, seed: int) -> None:
    """A class that cannot be in all splits is refused by name and number."""
    few = [*labels, *["too few"] * rows]

    with pytest.raises(
        BadInputError, match=f"class 'too few': {rows} rows are too few"
    ):
        split(few, seed=seed)


@law
@given(
    fractions=st.lists(
        st.floats(-2, 2) | st.just(float("nan")),
        min_size=3,
        max_size=3,
    ).filter(lambda three: not abs(sum(three) - 1) < 1e-4 or min(three) <= 0)
)
def test_fractions_that_do_not_fit_are_refused(fractions: list[float]) -> None:
    """Fractions that are not above 0, or not 1 together, are refused."""
    with pytest.raises(BadInputError, match="do not share out the rows"):
        split(["a", "b", "c"] * 9, fractions=fractions)


def test_seeds_differ() -> None:
    """Different seeds give different splits."""
    labels = ["a"] * 50 + ["b"] * 50

    splits = {tuple(split(labels, seed=seed)[0].tolist()) for seed in range(20)}

    assert len(splits) == 20
