"""The trials of a tuning step: the objective over them, and a table that sorts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from penguin_pipes.local.records import gist
from penguin_pipes.report.page.plot import Chart, Line, Point
from penguin_pipes.report.page.tables import Cell, Table, amount
from penguin_pipes.report.words import number, printable, seconds

if TYPE_CHECKING:
    from penguin_pipes.local.records import Run, StepRun, Trial

TAKEN = "Taken"


@attrs.frozen(kw_only=True)
class Tuning:
    """The trials of one step.

    Attributes:
        step: The step's name.
        sentence: Which has won.
        chart: The objective over the trials, and the best so far.
        table: All trials.
    """

    step: str
    sentence: str
    chart: Chart
    table: Table


def tunings(run: Run) -> tuple[Tuning, ...]:
    """Return the trials of every tuning step that has any."""
    return tuple(_tuning(step) for step in run.steps if step.trials)


def best_so_far(trials: tuple[Trial, ...]) -> tuple[Point, ...]:
    """Return, from the first trial with an objective on, the best there was by then."""
    found: list[Point] = []
    for trial in trials:
        if trial.is_ranked and trial.objective is not None:
            better = max if trial.maximize else min
            last = found[-1][1] if found else trial.objective
            found.append((float(trial.number), better(last, trial.objective)))
        elif found:
            found.append((float(trial.number), found[-1][1]))
    return tuple(found)


def _tuning(step: StepRun) -> Tuning:
    metric = step.trials[0].metric or "objective"
    points = tuple(
        (float(each.number), each.objective)
        for each in step.trials
        if each.objective is not None
    )
    sentence = _sentence(step, metric)
    return Tuning(
        step=step.name,
        sentence=sentence,
        chart=Chart(
            title=f"{metric} over trials",
            x="trial",
            lines=(
                Line(name=metric, points=points, is_dots=True),
                Line(name="best so far", points=best_so_far(step.trials)),
            ),
            alt=f"{sentence} The table has the objective of each trial.",
        ),
        table=_table(step, metric),
    )


def _sentence(step: StepRun, metric: str) -> str:
    best = step.best_trial
    goal = "highest" if step.trials[0].maximize else "lowest"
    if best is None or best.objective is None:
        return f"None of {len(step.trials)} trials can win."
    return (
        f"Trial {best.number} of {len(step.trials)} won with {metric} "
        f"{number(best.objective)}, the {goal}."
    )


def _table(step: StepRun, metric: str) -> Table:
    searched = list(
        dict.fromkeys(name for trial in step.trials for name in trial.hyperparameters)
    )
    has_definitions = any(trial.definition for trial in step.trials)
    algorithm = ("algorithm",) if has_definitions else ()
    reasons = ("why",) if any(map(_why, step.trials)) else ()
    head = ("trial", "status", "seconds", metric)
    columns = (*head, *algorithm, *searched, *reasons)
    return Table(
        caption=f"Trials of {step.name}",
        columns=columns,
        rows=tuple(
            _row(trial, searched, has_definitions=has_definitions)[: len(columns)]
            for trial in step.trials
        ),
        numeric=frozenset({0, 2, 3}),
        is_sortable=True,
    )


def _row(
    trial: Trial, searched: list[str], *, has_definitions: bool
) -> tuple[Cell, ...]:
    status = str(trial.status) if trial.taken_from is None else TAKEN
    objective = "" if trial.objective is None else number(trial.objective)
    return (
        amount(trial.number, str(trial.number)),
        Cell(status),
        amount(trial.seconds, seconds(trial.seconds)),
        amount(trial.objective, objective),
        *((Cell(trial.definition),) if has_definitions else ()),
        *(_searched(trial.hyperparameters.get(name, "")) for name in searched),
        Cell(_why(trial)),
    )


def _why(trial: Trial) -> str:
    """Return why a trial did not run, or not to its end."""
    if trial.taken_from is not None:
        return f"taken from run {trial.taken_from}"
    return printable(gist(trial.failure or trial.stopped_by or ""))


def _searched(text: str) -> Cell:
    """Return the value of a hyperparameter, sorted as a number if it is one."""
    try:
        value = float(text)
    except ValueError:
        return Cell(printable(text))
    return amount(value, text if len(text) < len(number(value)) else number(value))
