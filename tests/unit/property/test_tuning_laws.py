"""Laws of tuning's searches, for every range that Hypothesis can think of."""

from __future__ import annotations

import itertools
import math
import statistics
from typing import Any

import hypothesis.strategies as st
from hypothesis import assume, example, given, settings

from penguin_pipes.local.records import Status, Trial, ranked
from penguin_pipes.local.tuning.ranges import Choices, Numbers, Range
from penguin_pipes.local.tuning.search import Search
from penguin_pipes.local.tuning.searches import take_turns
from penguin_pipes.local.tuning.stopping import Completion, Medians, hopeless

law = settings(deadline=None, max_examples=60)

WORDS = st.text("abcdefgh", min_size=1, max_size=4)
FLOATS = st.floats(allow_nan=False, allow_infinity=False, width=32)
OBJECTIVES = st.floats(-1e6, 1e6)


def medians(series: list[list[float]]) -> Medians:
    """Return what is known once jobs with these objectives have completed."""
    found = Medians()
    for each in series:
        found.add(each)
    return found


@st.composite
def numbers(draw: st.DrawFn) -> Numbers:
    """Draw a range of numbers that its scaling can walk."""
    scaling = draw(
        st.sampled_from(("Auto", "Linear", "Logarithmic", "ReverseLogarithmic"))
    )
    is_whole = scaling != "ReverseLogarithmic" and draw(st.booleans())
    least, most = {
        "Logarithmic": (1 if is_whole else 1e-9, 1e9),
        "ReverseLogarithmic": (0.0, math.nextafter(1, 0)),
    }.get(scaling, (-1e9, 1e9))
    bound = (
        st.integers(int(least), int(most)).map(float)
        if is_whole
        else st.floats(least, most)
    )
    low, high = sorted((draw(bound), draw(bound)))
    return Numbers(
        name=draw(WORDS), low=low, high=high, is_whole=is_whole, scaling=scaling
    )


CHOICES = st.builds(
    Choices,
    name=WORDS,
    values=st.lists(WORDS, min_size=1, max_size=4, unique=True).map(tuple),
)
RANGES = st.lists(
    numbers() | CHOICES, min_size=1, max_size=3, unique_by=lambda each: each.name
)


def search(ranges: list[Any], strategy: str = "Random", **options: Any) -> Search:
    """Return a search in *ranges*."""
    settled = {"strategy": strategy, "maximize": True, "seed": 1, **options}
    return Search(ranges, **settled)


def _is_in(each: Range, text: str) -> bool:
    """Return whether what a job is told lies in a range."""
    if isinstance(each, Choices):
        return text in each.values
    number = float(text)
    return each.low <= number <= each.high and (
        not each.is_whole or (number.is_integer() and text == str(int(number)))
    )


@law
@given(
    ranges=RANGES,
    strategy=st.sampled_from(("Random", "Bayesian", "Hyperband")),
    seed=st.integers(0, 2**31),
    values=st.lists(OBJECTIVES, min_size=6, max_size=6),
)
@example(
    ranges=[
        Numbers(name="a", low=1, high=1, is_whole=True, scaling="Logarithmic"),
        Numbers(name="b", low=0.5, high=0.5, is_whole=False, scaling="Logarithmic"),
        Numbers(name="c", low=0, high=0, is_whole=False, scaling="ReverseLogarithmic"),
    ],
    strategy="Bayesian",
    seed=0,
    values=[0.0] * 6,
)
def test_whatever_is_tried_lies_in_its_range(
    ranges: list[Range], strategy: str, seed: int, values: list[float]
) -> None:
    """Also after results, at every scale; whole numbers are told as such."""
    found = search(ranges, strategy, seed=seed, startup=2, resources=(1, 9))

    for value in values:
        proposal = found.ask()
        assert proposal.values.keys() == {each.name for each in ranges}
        assert all(_is_in(each, proposal.values[each.name]) for each in ranges)
        proposal.report(value)
        proposal.complete(value)


@law
@given(
    ranges=RANGES,
    strategy=st.sampled_from(("Random", "Hyperband")),
    order=st.permutations(range(4)),
    seed=st.integers(0, 1000),
)
def test_what_is_drawn_by_lot_depends_on_seed_and_number_alone(
    ranges: list[Range], strategy: str, order: list[int], seed: int
) -> None:
    """Not on which trial ends when, nor on what it comes to."""
    one, other = (
        search(ranges, strategy, seed=seed, resources=(1, 9)) for _ in range(2)
    )

    first = [one.ask().values for _ in range(6)]
    begun = [other.ask() for _ in range(4)]
    for place in order:
        begun[place].complete(float(place))
    second = [*(each.values for each in begun), other.ask().values, other.ask().values]

    assert first == second


@settings(law, max_examples=20)
@given(ranges=RANGES, seed=st.integers(0, 1000), count=st.integers(1, 5))
def test_search_that_is_told_what_was_tried_goes_on_as_it_would_have(
    ranges: list[Range], seed: int, count: int
) -> None:
    """Replayed trials and fresh ones together are what one search would have tried.

    But for the last bit of reverse logarithms, which no text of a number has.
    """
    assume(not any(getattr(each, "is_reversed", False) for each in ranges))

    def rest(found: Search, told: list[Any]) -> list[Any]:
        values = []
        for number in range(8):
            proposal = found.ask(told[number] if number < len(told) else None)
            values.append(proposal.values)
            proposal.complete(float(number % 3))
        return values

    whole = rest(search(ranges, "Bayesian", seed=seed, startup=3), [])

    again = rest(search(ranges, "Bayesian", seed=seed, startup=3), whole[:count])

    assert again == whole


@law
@given(ranges=st.lists(CHOICES, min_size=1, max_size=3, unique_by=lambda c: c.name))
def test_grid_is_the_product_of_its_choices(ranges: list[Choices]) -> None:
    """Each combination is tried once, and there are as many as the size says."""
    found = search(ranges, "Grid")
    assert found.size is not None

    told = [found.ask().values for _ in range(found.size)]
    tried = [tuple(values[each.name] for each in ranges) for values in told]

    assert len(tried) == len(set(tried))
    assert set(tried) == set(itertools.product(*(each.values for each in ranges)))


@law
@given(each=numbers(), seed=st.integers(0, 1000))
def test_what_was_tried_is_found_again(each: Numbers, seed: int) -> None:
    """The text of a value leads back into its range, and to the same text, or next to it."""
    text = search([each], seed=seed).ask().values[each.name]

    value = each.value(text)

    assert value is not None
    assert math.isclose(
        float(each.text(value)), float(text), rel_tol=1e-9, abs_tol=1e-9
    )


@law
@given(each=numbers(), beyond=st.floats(1e-3, 1e6))
def test_what_lies_outside_is_not_taken(each: Numbers, beyond: float) -> None:
    """Trials of other ranges are of no use to a search."""
    found = search([each])

    assert each.value(repr(each.high + beyond)) is None
    assert each.value(repr(each.low - beyond)) is None
    assert each.value("word") is None
    assert not found.learn({each.name: repr(each.high + beyond)}, 1.0)
    assert not found.learn({each.name: repr(each.low), "other": "1"}, 1.0)
    assert not found.learn({each.name: repr(each.low)}, math.nan)


def test_logarithms_treat_orders_of_magnitude_alike() -> None:
    """Half of a logarithmic range from 1e-6 to 1 is tried below 1e-3; linearly, nothing."""
    shares = {}
    for scaling in ("Logarithmic", "Auto", "Linear"):
        each = Numbers(name="x", low=1e-6, high=1, is_whole=False, scaling=scaling)
        found = search([each])
        texts = [found.ask().values["x"] for _ in range(200)]
        shares[scaling] = sum(float(text) < 1e-3 for text in texts) / 200

    assert 0.35 < shares["Logarithmic"] < 0.65
    assert shares["Auto"] == shares["Logarithmic"]
    assert shares["Linear"] < 0.05


def test_reverse_logarithms_crowd_towards_one() -> None:
    """Half of a reverse logarithmic range from 0 to 0.999999 is tried above 0.999."""
    each = Numbers(
        name="x", low=0, high=1 - 1e-6, is_whole=False, scaling="ReverseLogarithmic"
    )
    found = search([each])

    texts = [found.ask().values["x"] for _ in range(200)]

    assert 0.35 < sum(float(text) > 0.999 for text in texts) / 200 < 0.65


def test_bayesian_learns() -> None:
    """Over ten seeds, the later trials come nearer to the best than the first ones."""
    each = Numbers(name="x", low=0, high=1, is_whole=False)
    first: list[float] = []
    later: list[float] = []
    for seed in range(10):
        found = search([each], "Bayesian", seed=seed, startup=5)
        for number in range(20):
            proposal = found.ask()
            distance = abs(float(proposal.values["x"]) - 0.9)
            proposal.complete(-distance)
            (first if number < 5 else later).append(distance)

    assert statistics.median(later) < 0.5 * statistics.median(first)


@law
@given(sizes=st.lists(st.integers(0, 5), min_size=1, max_size=4))
def test_turns_are_fair(sizes: list[int]) -> None:
    """Each gets as many turns as it has, and none is two ahead of one with more."""
    turns = list(take_turns(sizes))

    assert [turns.count(index) for index in range(len(sizes))] == sizes
    for count in range(len(turns)):
        so_far = [turns[:count].count(index) for index in range(len(sizes))]
        waiting = [n for n, size in zip(so_far, sizes, strict=True) if n < size]
        assert not waiting or max(so_far) - min(waiting) <= 1


@law
@given(
    series=st.lists(OBJECTIVES, min_size=1, max_size=5),
    others=st.lists(st.lists(OBJECTIVES, min_size=1, max_size=5), max_size=5),
    maximize=st.booleans(),
)
def test_only_what_is_worse_than_the_median_is_stopped(
    series: list[float], others: list[list[float]], maximize: bool
) -> None:
    """The rule of AWS's guide, read again: running averages up to the same epoch."""
    reached = [each[: len(series)] for each in others if len(each) >= len(series)]
    why = hopeless(series, medians(others), maximize=maximize)

    if not reached:
        assert why is None
        return
    median = statistics.median([statistics.fmean(each) for each in reached])
    worse = series[-1] < median if maximize else series[-1] > median
    assert (why is not None) == worse


@law
@given(series=st.lists(OBJECTIVES, min_size=1, max_size=5), maximize=st.booleans())
def test_turning_the_objective_round_changes_nothing(
    series: list[float], maximize: bool
) -> None:
    """To minimize is to maximize the negative."""
    others = [[value + 1 for value in series], [value - 2 for value in series]]
    turned = [[-value for value in each] for each in others]

    one = hopeless(series, medians(others), maximize=maximize)
    negative = [-value for value in series]
    other = hopeless(negative, medians(turned), maximize=not maximize)

    assert (one is None) == (other is None)


@law
@given(objectives=st.lists(OBJECTIVES, min_size=1, max_size=8), most=st.integers(1, 4))
def test_search_without_progress_is_over(objectives: list[float], most: int) -> None:
    """It is over when as many trials as said were no better than the best before."""
    completion = Completion(maximize=True, most_not_improving=most)
    best = objectives.index(max(objectives))

    why = completion.reached(objectives)

    assert (why is not None) == (len(objectives) - 1 - best >= most)


@law
@given(objectives=st.lists(OBJECTIVES | st.none(), max_size=6), maximize=st.booleans())
def test_ranking_is_by_objective_and_then_by_number(
    objectives: list[float | None], maximize: bool
) -> None:
    """Nothing that can win is left out, and nothing else is in."""
    trials = [
        Trial(
            number=number,
            job_name=f"job-{number}",
            log=None,  # type: ignore[arg-type] # nobody looks
            status=Status.SUCCEEDED if value is not None else Status.FAILED,
            objective=value,
            maximize=maximize,
        )
        for number, value in enumerate(objectives, 1)
    ]
    assume(trials)

    found = ranked(reversed(trials))

    sign = -1 if maximize else 1
    keys = [(sign * (each.objective or 0.0), each.number) for each in found]
    assert keys == sorted(keys)
    assert len(found) == sum(value is not None for value in objectives)
