"""The trials of a tuning step in the terminal: while they run, and afterwards."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

import attrs
from rich import box
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from penguin_pipes.local.records import Status, StepRun, Trial, gist, ranked
from penguin_pipes.report.words import MARKS, STYLES, number, printable, seconds

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rich.console import Console, RenderableType

SHOWN: Final = 10
"""How many trials that have ended are shown; all of them are in the run's record."""


@attrs.define
class _Moment:
    """What is known of one trial while its step goes on."""

    trial: Trial
    began: float
    value: float | None = None


class Board:
    """The trials of one tuning step, as they stand."""

    def __init__(self) -> None:
        self._moments: dict[int, _Moment] = {}

    def start(self, trial: Trial) -> None:
        """Take note that a trial starts."""
        self._moments[trial.number] = _Moment(trial, time.monotonic())

    def metric(self, number: int, name: str, value: float) -> None:
        """Take note of a value of a metric."""
        moment = self._moments[number]
        if name == moment.trial.metric:
            moment.value = value

    def finish(self, trial: Trial) -> None:
        """Take note of how a trial ended."""
        self._moments[trial.number] = _Moment(trial, 0.0, trial.objective)

    def add_to(self, grid: Table) -> None:
        """Add a row for every trial that is shown to a grid of four columns."""
        moments = list(self._moments.values())
        running = [m for m in moments if m.trial.status is Status.EXECUTING]
        ended = [m.trial for m in moments if m.trial.status is not Status.EXECUTING]
        for trial in in_order(ended)[:SHOWN]:
            grid.add_row(*_row(self._moments[trial.number]))
        if len(ended) > SHOWN:
            grid.add_row("", Text(f"  and {len(ended) - SHOWN} more", "dim"), "", "")
        for moment in running:
            grid.add_row(*_row(moment))


def in_order(trials: Iterable[Trial]) -> list[Trial]:
    """Return those that can win, the best first, and then the others."""
    everything = list(trials)
    best = ranked(everything)
    return [*best, *(each for each in everything if each not in best)]


def _row(moment: _Moment) -> tuple[RenderableType, Text, str, Text]:
    """Return the line of one trial: a mark, its number, its seconds, its values."""
    trial = moment.trial
    style = STYLES[trial.status]
    is_running = trial.status is Status.EXECUTING
    spent = time.monotonic() - moment.began if is_running else trial.seconds
    words = Text(_objective(trial, moment.value))
    words.append("  " if words else "").append(tried(trial), "dim")
    mark = Spinner("dots", style=style) if is_running else Text("")
    name = Text(f"  {MARKS.get(trial.status, ' ')} trial {trial.number}", style)
    return mark, name, seconds(spent), words


def tried(trial: Trial) -> str:
    """Return what a trial has tried: its definition, if it has a name, and values."""
    values = (f"{name} {_short(text)}" for name, text in trial.hyperparameters.items())
    return printable(", ".join(filter(None, (trial.definition, *values))))


def _short(text: str) -> str:
    """Return a value with no more digits than anybody reads."""
    try:
        value = float(text)
    except ValueError:
        return text
    return text if value.is_integer() else number(value)


def _objective(trial: Trial, value: float | None) -> str:
    """Return the objective and its value, if there is one."""
    return "" if value is None else f"{trial.metric} {number(value)}"


def beginning(trial: Trial) -> str:
    """Return in one line that a trial starts."""
    return f"trial {trial.number} started: {tried(trial)}"


def ending(trial: Trial) -> str:
    """Return in one line how a trial ended."""
    name = f"trial {trial.number}"
    if trial.taken_from is not None:
        head = f"{name} taken from run {trial.taken_from}"
    else:
        head = f"{name} {trial.status.lower()} after {seconds(trial.seconds)}"
    why = trial.failure or trial.stopped_by
    told = filter(None, (_objective(trial, trial.objective), _line(why)))
    return ": ".join((head, "; ".join(told)))


def _line(reason: str | None) -> str:
    """Return a reason in one line."""
    return printable(gist(reason or ""))


def show_trials(step: StepRun, console: Console) -> None:
    """Print the trials of a tuning step, the best first, and which has won."""
    trials = in_order(step.trials)
    best = step.best_trial
    table = Table(box=box.ROUNDED, header_style="")
    table.add_column("trial", justify="right", no_wrap=True)
    table.add_column("status", no_wrap=True)
    table.add_column("seconds", justify="right", no_wrap=True)
    table.add_column(trials[0].metric or "objective", justify="right", no_wrap=True)
    table.add_column("tried", overflow="fold")
    for trial in trials[:SHOWN]:
        table.add_row(*_cells(trial))
    console.print(table)
    if len(trials) > SHOWN:
        more = len(trials) - SHOWN
        console.print(Text(f"and {more} more, in the record of the run"))
    if best is not None:
        line = f"{step.name}: trial {best.number} won: {tried(best)}"
        console.print(Text(line), soft_wrap=True)
    for line in _reasons(trials):
        console.print(Text(f"{step.name}: {line}"), soft_wrap=True)


def _cells(trial: Trial) -> tuple[str, Text, str, str, Text]:
    """Return the row of one trial."""
    status = Text(trial.status, STYLES[trial.status])
    if trial.taken_from is not None:
        status = Text("Taken", STYLES[trial.status])
    value = "" if trial.objective is None else number(trial.objective)
    spent = "" if trial.seconds is None else f"{trial.seconds:.1f}"
    return str(trial.number), status, spent, value, Text(tried(trial))


def _reasons(trials: Iterable[Trial]) -> Iterator[str]:
    """Yield why trials failed or were stopped, each reason once.

    Where exactly each one fell behind is in the record of the run.
    """
    found: dict[str, list[int]] = {}
    for trial in sorted(trials, key=lambda each: each.number):
        stopped = (trial.stopped_by or "").partition(":")[0]
        why = _line(trial.failure or stopped)
        if why:
            found.setdefault(why, []).append(trial.number)
    for why, numbers in found.items():
        name = "trials" if len(numbers) > 1 else "trial"
        yield f"{name} {', '.join(map(str, numbers))}: {why}"
