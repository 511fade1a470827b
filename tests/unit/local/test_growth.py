"""What is promised of cost: twice as much to do takes at most about twice the work.

Work is counted, not timed: calls of Python, queries, plans of queries.
"""

from __future__ import annotations

import sys
import threading
from collections import Counter
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from penguin_pipes.definition import Node, parse, refuse_errors
from penguin_pipes.definition.document import read
from penguin_pipes.definition.rules.walk import NOT_OUR_OWN as OUTER
from penguin_pipes.definition.rules.walk import calls, readings
from penguin_pipes.local.cache import Results
from penguin_pipes.local.database import Database
from penguin_pipes.local.history import UNFINISHED, History
from penguin_pipes.local.preflight import make_plan
from penguin_pipes.local.recovery import RUNS, recover
from penguin_pipes.local.storage import Storage

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import FrameType

LINEAR = 1.1
"""How much more than twice the work counts as twice: a length may have one digit more."""

OF_STEP = "SELECT * FROM results WHERE pipeline = '' AND step = ''"


STATEMENTS = {"execute", "executemany"}
"""What SQLite's connections are asked with."""


def tally(act: Callable[[], object]) -> Counter[str]:
    """Return how often each function is called, by its name, those in C included.

    In the threads that are started meanwhile as well.
    """
    counts: Counter[str] = Counter()

    def called(frame: FrameType, event: str, function: Any) -> None:
        if event == "call":
            counts[frame.f_code.co_name] += 1
        if event == "c_call":
            counts[function.__name__] += 1

    before = sys.getprofile()
    threading.setprofile(called)
    sys.setprofile(called)
    try:
        act()
    finally:
        sys.setprofile(before)
        threading.setprofile(before)
    return counts


def work(act: Callable[[], object]) -> int:
    """Return how many functions are called."""
    return tally(act).total()


def queries(database: Database, act: Callable[[], object]) -> list[str]:
    """Return what is asked of a database meanwhile."""
    asked: list[str] = []
    database._connection.set_trace_callback(asked.append)
    act()
    database._connection.set_trace_callback(None)
    return asked


def chained(project: Any, length: int) -> list[dict[str, Any]]:
    """Return steps with a script each that read what the one before has written."""
    steps = []
    for number in range(length):
        before = f"Steps.s-{number - 1}.ProcessingOutputConfig.Outputs['x']"
        reads = {"data": {"Get": f"{before}.S3Output.S3Uri"}} if number else {}
        steps.append(project.processing(f"s-{number}", inputs=reads, outputs=("x",)))
    return steps


def chain(project: Any, length: int) -> dict[str, Any]:
    """Return the definition of `chained` steps."""
    steps = chained(project, length)
    return {"Version": "2020-12-01", "Parameters": [], "Steps": steps}


def test_twice_the_steps_are_twice_the_work_before_the_first_starts(
    project: Any,
) -> None:
    """Rules, order, references, and what lies where: each step is seen to once."""

    def prepare(length: int) -> int:
        definition = chain(project, length)
        storage = Storage(project.home / "s3", project.files)

        def act() -> None:
            refuse_errors(definition, files=project.files)
            make_plan(parse(definition), name="p", parameters={}, storage=storage)

        return work(act)

    prepare(2)  # what is read once for all

    assert prepare(80) < 2 * LINEAR * prepare(40)


def test_twice_the_steps_are_twice_the_work_while_they_run(
    project: Any, recorder: Any
) -> None:
    """The thread that runs them all looks at none but the one whose turn it is."""

    def run(length: int) -> int:
        steps = [project.processing(f"s-{number}") for number in range(length)]
        return work(lambda: project.run(*steps, backend=recorder, jobs=1))

    run(2)

    assert run(80) < 2 * LINEAR * run(40)


def test_step_of_a_chain_costs_the_same_however_many_come_before_it(
    project: Any,
    recorder: Any,
) -> None:
    """No statement for the database is due to the steps that are over, nor much else.

    Of a whole run: from reading the definition to the last of the jobs' threads.
    """

    def write(command: Any, _: object) -> None:  # as the next step reads it
        (command.cwd / "processing" / "x" / "little").touch()

    recorder.act = write

    def run(length: int) -> Counter[str]:
        steps = chained(project, length)
        return tally(lambda: project.run(*steps, backend=recorder))

    def statements(counts: Counter[str]) -> int:
        return sum(counts[name] for name in STATEMENTS)

    run(2)
    first, second, third = run(20), run(40), run(60)

    assert statements(second) > statements(first)
    assert statements(third) - statements(second) == (
        statements(second) - statements(first)
    )
    more = second.total() - first.total()
    assert third.total() - second.total() < LINEAR * more


def test_one_member_is_read_without_a_look_at_the_others() -> None:
    """What a request holds besides costs nothing where one of its members is read."""
    many = Node({f"m-{number}": number for number in range(500)})
    few = Node({"m-7": 7})

    assert many.need("m-7") == few.need("m-7")
    assert work(lambda: many.need("m-7")) == work(lambda: few.need("m-7"))


def test_references_of_a_step_are_looked_for_once(project: Any) -> None:
    """A rule that asks for them after others have walks through no step again."""
    document = read(chain(project, 10))
    found = [*readings(document)]

    again = tally(lambda: [*readings(document)])

    assert [*readings(document)] == found
    assert len(found) > 10
    # Outside of the steps there is nothing to spare.
    assert (
        again["calls"] == tally(lambda: [*calls(document.root, "Get", OUTER)])["calls"]
    )


def on_record(project: Any, count: int, **members: Any) -> None:
    """Have so many runs of one step on record that came of the very same."""
    run = project.run(project.processing("a", **members))
    with Database(project.home) as database:
        history, results = History(database), Results(database)
        result = results.of_step(run.id, "a")
        assert result is not None
        for number in range(count):
            history.save(attrs.evolve(run, id=f"run-{number}"))
            results.keep(attrs.evolve(result, run=f"run-{number}"))


def test_step_without_cache_looks_at_no_earlier_result(
    project: Any, recorder: Any
) -> None:
    """However often it has run before, it costs what it cost the first time."""
    steps = [project.processing("a")]

    def run() -> int:
        return work(lambda: project.run(*steps, backend=recorder))

    on_record(project, 5)
    run()
    few = run()
    on_record(project, 200)

    assert run() < LINEAR * few


def test_newest_run_is_read_and_no_other(project: Any) -> None:
    """To resume, or to run a few steps, takes one run of the thousands on record."""
    on_record(project, 20)

    with Database(project.home) as database:
        history = History(database)

        asked = queries(database, lambda: next(history.newest()))

        assert len([each for each in asked if "FROM steps" in each]) == 1
        assert [run.id for run in history.newest()] == [r.id for r in history.runs()]


def test_folders_of_runs_on_record_are_not_looked_into(
    project: Any, tmp_path: Path
) -> None:
    """Only a run that nobody knows can be one that was killed at birth."""
    on_record(project, 3)
    runs = project.home / RUNS
    (runs / "stillborn").mkdir()
    (runs / "run-1").mkdir()
    (runs / "run-1" / "elsewhere").symlink_to(tmp_path)

    with Database(project.home) as database:
        recover(project.home, History(database), Storage(project.home / "s3", {}))

    assert not (runs / "stillborn").exists()
    assert (runs / "run-1").exists()


@pytest.mark.parametrize(
    ("query", "index"),
    [
        (UNFINISHED, "runs_by_status"),
        ("SELECT * FROM results WHERE surroundings = ''", "results_by_surroundings"),
        (
            f"{OF_STEP} AND key = '' ORDER BY position DESC",
            "results_by_key",
        ),
        (
            f"{OF_STEP} ORDER BY position DESC LIMIT 1",
            "results_by_step",
        ),
    ],
    ids=["unfinished", "surroundings", "of_key", "latest"],
)
def test_what_a_run_asks_for_has_an_index(
    tmp_path: Path, query: str, index: str
) -> None:
    """No table is read from end to end, and nothing is sorted."""
    with Database(tmp_path) as database:
        plan = [row["detail"] for row in database.rows(f"EXPLAIN QUERY PLAN {query}")]

    assert any(f"INDEX {index}" in detail for detail in plan)
    assert not any("TEMP B-TREE" in detail for detail in plan)


def test_surroundings_go_with_the_last_result_that_has_them(project: Any) -> None:
    """A run that is forgotten takes along what nobody else refers to, and no more."""
    on_record(project, 2)

    with Database(project.home) as database:
        history = History(database)
        left = []
        for identity in history.ids():
            history.forget(identity)
            left.append(len(database.rows("SELECT * FROM surroundings")))

    assert left == [1, 1, 0]
