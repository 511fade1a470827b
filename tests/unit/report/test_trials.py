"""What is promised of a tuning step in the terminal."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import attrs
from rich.console import Console

from penguin_pipes.local import (
    MetricPoint,
    Run,
    RunStarted,
    Status,
    StepRun,
    StepStarted,
    Trial,
    TrialFinished,
    TrialLine,
    TrialMetric,
    TrialStarted,
)
from penguin_pipes.report import RunProgress, show_run

AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def trial(number: int = 1, **fields: Any) -> Trial:
    """Return a trial that has succeeded."""
    values = {
        "number": number,
        "job_name": f"job-{number}",
        "log": Path("/gone"),
        "status": Status.SUCCEEDED,
        "hyperparameters": {"epochs": "34", "rate": "0.0123456"},
        "metric": "auc",
        "objective": 0.5 + number / 100,
        "seconds": 3.21,
    }
    return Trial(**{**values, **fields})


def step(*trials: Trial, **fields: Any) -> StepRun:
    """Return a tuning step that has run."""
    values = {
        "name": "tune",
        "type": "Tuning",
        "job_name": "job",
        "log": Path("/gone"),
        "status": Status.SUCCEEDED,
        "trials": trials,
    }
    return StepRun(**{**values, **fields})


def run(*steps: StepRun) -> Run:
    """Return a run of these steps."""
    return Run(id="abc", pipeline="p", started_at=AT, finished_at=AT, steps=steps)


def printed(*events: Any, terminal: bool = False) -> str:
    """Return what a watcher prints of *events*."""
    out = io.StringIO()
    console = Console(file=out, force_terminal=terminal, width=100, color_system=None)
    watch = RunProgress(console)
    for event in events:
        watch(event)
    return out.getvalue()


def shown(*trials: Trial) -> str:
    """Return what is printed of a run with a tuning step."""
    out = io.StringIO()
    show_run(run(step(*trials)), Console(file=out, width=100))
    return out.getvalue()


def lines(*more: Any) -> list[str]:
    """Return the lines about trials where nothing moves."""
    executing = step(status=Status.EXECUTING)
    text = printed(RunStarted(run(executing)), StepStarted(executing), *more)
    return text.splitlines()[2:]


def test_each_trial_has_a_line_when_it_starts_and_when_it_ends() -> None:
    """Without a terminal, nothing moves: a line for each."""
    running = trial(status=Status.EXECUTING, objective=None)

    found = lines(TrialStarted("tune", running), TrialFinished("tune", trial()))

    assert found == [
        "tune: trial 1 started: epochs 34, rate 0.01235",
        "tune: trial 1 succeeded after 3.2 s: auc 0.51",
    ]


def test_reasons_are_told_in_one_line() -> None:
    """Why a trial failed, was stopped or did not run, without escape codes."""
    failed = trial(status=Status.FAILED, objective=None, failure="bad\n\x1b[2Jluck")
    stopped = trial(2, status=Status.STOPPED, stopped_by="early stopping: 1 is below 2")
    taken = trial(3, taken_from="xyz")

    found = lines(*(TrialFinished("tune", each) for each in (failed, stopped, taken)))

    assert found == [
        "tune: trial 1 failed after 3.2 s: bad luck",
        "tune: trial 2 stopped after 3.2 s: auc 0.52; early stopping: 1 is below 2",
        "tune: trial 3 taken from run xyz: auc 0.53",
    ]


def test_board_shows_the_trials_the_best_first() -> None:
    """On a terminal, those that have ended by rank, those that run below."""
    executing = step(status=Status.EXECUTING)
    running = trial(9, status=Status.EXECUTING, objective=None)
    point = MetricPoint(at=AT, value=0.25)

    console = Console(file=io.StringIO(), width=100)
    watch = RunProgress(console)
    watch(RunStarted(run(executing)))
    watch(StepStarted(executing))
    watch(TrialFinished("tune", trial(1)))
    watch(TrialFinished("tune", trial(2)))
    watch(TrialStarted("tune", running))
    watch(TrialLine("tune", 9, "hello"))
    watch(TrialMetric("tune", 9, "auc", point))
    watch(TrialMetric("tune", 9, "loss", attrs.evolve(point, value=1234.0)))
    with console.capture() as capture:
        console.print(watch._render())

    found = capture.get()
    places = [found.index(word) for word in ("trial 2", "trial 1", "trial 9")]
    assert places == sorted(places)
    assert "auc 0.25" in found
    assert "1234" not in found
    assert "trial 9: hello" in found


def test_board_does_not_outgrow_the_terminal() -> None:
    """Of many that have ended, the best ten are shown, and how many there are more."""
    executing = step(status=Status.EXECUTING)
    console = Console(file=io.StringIO(), width=100)
    watch = RunProgress(console)
    watch(RunStarted(run(executing)))
    watch(StepStarted(executing))
    for number in range(1, 31):
        watch(TrialFinished("tune", trial(number)))

    with console.capture() as capture:
        console.print(watch._render())

    found = capture.get()
    assert "and 20 more" in found
    assert "trial 30 " in found
    assert "trial 20 " not in found


def test_table_ends_with_the_winner_and_the_reasons() -> None:
    """The best first, then those that cannot win; each reason once."""
    found = shown(
        trial(1),
        trial(2),
        trial(3, status=Status.FAILED, objective=None, failure="bad luck"),
        trial(4, status=Status.FAILED, objective=None, failure="bad luck"),
        trial(5, status=Status.STOPPED, stopped_by="early stopping: 1 at epoch 2"),
        trial(6, status=Status.STOPPED, stopped_by="early stopping: 3 at epoch 4"),
        trial(7, taken_from="xyz", objective=0.1),
    )

    rows = [line.split("│")[1:3] for line in found.splitlines() if line.startswith("│")]
    numbers = [row[0].strip() for row in rows]
    assert numbers[-7:] == ["2", "1", "7", "3", "4", "5", "6"]
    assert "Taken" in found
    assert "tune: trial 2 won: epochs 34, rate 0.01235" in found
    assert "tune: trials 3, 4: bad luck" in found
    assert "tune: trials 5, 6: early stopping\n" in found


def test_definitions_are_told_by_name() -> None:
    """Of several algorithms, a trial says which it was made of."""
    assert "trial 1 won: forest, epochs 34" in shown(trial(definition="forest"))


def test_no_winner_no_line() -> None:
    """Where nothing has won, nothing is said to have."""
    found = shown(trial(status=Status.FAILED, objective=None, failure="no"))

    assert "won" not in found
