"""The history in the terminal: a list of runs, and what two differ in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rich import box
from rich.table import Table
from rich.text import Text

from penguin_pipes.definition.plan import StepChange
from penguin_pipes.report.plan import change_text, value_text
from penguin_pipes.report.words import STYLES, number, printable, seconds

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rich.console import Console

    from penguin_pipes.definition.plan import Plan
    from penguin_pipes.history.compare import Comparison, Difference, MetricPair
    from penguin_pipes.local.records import Run

MOST_METRICS: Final = 4
"""Of those of a run's last step that has any."""


def show_runs(runs: Iterable[Run], console: Console) -> None:
    """Print a table of runs."""
    table = Table(box=box.ROUNDED, header_style="")
    table.add_column("run", no_wrap=True)
    table.add_column("pipeline", overflow="fold", min_width=10)
    table.add_column("status", no_wrap=True)
    table.add_column("took", justify="right", no_wrap=True)
    table.add_column("metrics", overflow="fold", min_width=16)
    for run in runs:
        table.add_row(*_row(run))
    console.print(table)


def _row(run: Run) -> tuple[Text, Text, Text, str, Text]:
    began = run.started_at.astimezone().strftime("%Y-%m-%d %H:%M")
    ended = run.finished_at
    spent = "" if ended is None else seconds((ended - run.started_at).total_seconds())
    reused = sum(step.reused_from is not None for step in run.steps)
    more = f"\n{reused} of {len(run.steps)} reused" if reused else ""
    told = [step.metrics for step in run.steps if step.metrics]
    last = list(told[-1].items())[-MOST_METRICS:] if told else []
    metrics = "\n".join(f"{printable(name)} {number(value)}" for name, value in last)
    return (
        Text(f"{run.id}\n").append(began, "dim"),
        Text(printable(run.pipeline)),
        Text(str(run.status), STYLES[run.status]).append(more, "dim"),
        spent,
        Text(metrics),
    )


def show_comparison(found: Comparison, console: Console) -> None:
    """Print what two runs differ in."""
    for run in (found.old, found.new):
        title = f"{run.pipeline}: run {run.id} {run.status.lower()}"
        console.print(Text(printable(title), STYLES[run.status]), soft_wrap=True)
    _list("Parameters", map(_difference, found.parameters), console)
    _show_metrics(found.metrics, console)
    if found.definitions is None:
        line = "Definitions: one of the runs has kept none, so nothing can be said"
        console.print(Text(line), soft_wrap=True)
    else:
        _list("Definitions", _changes(found.definitions), console)
    if found.versions is not None:
        _list("Versions", map(_difference, found.versions), console)


def _show_metrics(pairs: tuple[MetricPair, ...], console: Console) -> None:
    if not pairs:
        return
    table = Table(box=box.ROUNDED, header_style="")
    table.add_column("step", overflow="fold")
    table.add_column("metric", overflow="fold")
    for head in ("old", "new", "change"):
        table.add_column(head, justify="right", no_wrap=True)
    for pair in pairs:
        change = "" if pair.change is None else f"{pair.change:+.4g}"
        cells = (_value(pair.old), _value(pair.new), change)
        table.add_row(Text(printable(pair.step)), Text(printable(pair.name)), *cells)
    console.print(table)


def _value(value: float | None) -> str:
    return "" if value is None else number(value)


def _list(title: str, lines: Iterable[str], console: Console) -> None:
    """Print lines below a title; in one line that there are none."""
    found = list(lines)
    console.print(Text(f"{title}:" if found else f"{title}: the same"), soft_wrap=True)
    for line in found:
        console.print(Text(f"  {printable(line)}"), soft_wrap=True)


def _difference(found: Difference) -> str:
    return f"{found.name} {_told(found.old)} → {_told(found.new)}"


def _told(value: Any) -> str:
    """Return a value as a definition has it; a text without its quotes."""
    return value_text(value).strip('"')


def _changes(plan: Plan) -> Iterator[str]:
    """Yield what changed, each step's own changes behind its name."""
    for step in plan.steps:
        if step.change in {StepChange.NEW, StepChange.REMOVED}:
            yield f"{step.name}: {step.change}"
        else:
            own = (each for each in (*step.reasons, *step.ignored) if not each.step)
            for line in dict.fromkeys(map(change_text, own)):
                yield f"{step.name}: {line}"
    for each in plan.pipeline:
        yield change_text(each)
