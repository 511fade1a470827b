"""Laws of what runs when: order, number, once."""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from penguin_pipes.local.schedule import Schedule
from penguin_pipes.local.workers import Workers

if TYPE_CHECKING:
    from penguin_pipes.local.backends import Stop

law = settings(deadline=None)

Graph = dict[str, tuple[str, ...]]


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """Draw steps, each with those before it that it needs."""
    names = [f"s{index}" for index in range(draw(st.integers(1, 9)))]
    return {
        name: tuple(draw(st.lists(st.sampled_from(names[:index]), unique=True)))
        if index
        else ()
        for index, name in enumerate(names)
    }


@law
@given(graph=graphs(), jobs=st.integers(1, 4))
def test_every_step_runs_once_after_what_it_needs(graph: Graph, jobs: int) -> None:
    """Each step runs once, after all it needs, and never more at once than may."""
    lock, running, most = threading.Lock(), 0, 0
    over: set[str] = set()
    ran: list[str] = []

    def run(name: str, _: Stop) -> None:
        nonlocal running, most
        with lock:
            assert over.issuperset(graph[name])
            ran.append(name)
            running += 1
            most = max(most, running)
        with lock:
            running -= 1

    schedule, workers = Schedule([*graph], graph), Workers()
    while True:
        while len(workers) < jobs and (name := schedule.pop()) is not None:
            workers.start(name, partial(run, name))
        if not len(workers):
            break
        ended = workers.next()
        ended.get()
        over.add(ended.name)
        schedule.over(ended.name)

    assert sorted(ran) == sorted(graph)
    assert most <= jobs


@law
@given(graph=graphs())
def test_one_at_a_time_the_first_is_next(graph: Graph) -> None:
    """One at a time, it is always the first of those that could be next."""
    schedule = Schedule([*graph], graph)
    over: list[str] = []
    while (name := schedule.pop()) is not None:
        ready = [
            each
            for each, needs in graph.items()
            if each not in over and set(needs) <= set(over)
        ]
        assert name == ready[0]
        over.append(name)
        schedule.over(name)

    assert len(over) == len(graph)
