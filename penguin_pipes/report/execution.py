"""Executions at SageMaker in the terminal: while they go on, and afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Self

from rich import box
from rich.console import Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from penguin_pipes.report.words import printable

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from rich.console import Console

    from penguin_pipes.aws import Execution, ExecutionStep, Version

STYLES: Final = {
    "Starting": "cyan",
    "Executing": "cyan",
    "Stopping": "yellow",
    "Stopped": "yellow",
    "Failed": "bold red",
    "CompletedWithFailures": "bold red",
    "Succeeded": "green",
}


def duration(value: float | None) -> str:
    """Return seconds as people read them: ``12 s``, ``4 min 05 s``, ``2 h 03 min``."""
    if value is None:
        return ""
    whole = round(value)
    minutes, rest = divmod(whole, 60)
    hours, left = divmod(minutes, 60)
    if hours:
        return f"{hours} h {left:02} min"
    return f"{minutes} min {rest:02} s" if minutes else f"{whole} s"


def moment(value: datetime | None) -> str:
    """Return a time as people read it, in the zone of this computer."""
    return "" if value is None else value.astimezone().strftime("%Y-%m-%d %H:%M")


class ExecutionProgress:
    """Shows an execution again and again, as it is looked at.

    On a terminal, a table that is drawn anew; elsewhere, a line whenever the status
    of a step changes.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._seen: dict[str, str] = {}
        self._live: Live | None = None

    def __enter__(self) -> Self:
        """Begin to show."""
        if self._console.is_terminal:
            self._live = Live(console=self._console, transient=True)
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Leave the terminal as it was."""
        if self._live is not None:
            self._live.stop()

    def __call__(self, execution: Execution) -> None:
        """Show how it stands."""
        if self._live is not None:
            self._live.update(_table(execution), refresh=True)
            return
        for step in execution.steps:
            if self._seen.get(step.name) != step.status:
                self._seen[step.name] = step.status
                self._console.print(Text(_sentence(step)), soft_wrap=True)


def show_execution(execution: Execution, console: Console) -> None:
    """Print what came of an execution: its steps, then why it failed."""
    spent = duration(execution.seconds)
    ending = f"{execution.status.lower()}{f' after {spent}' if spent else ''}"
    title = Text(f"execution {execution.id} {ending}")
    console.print(title, style=STYLES.get(execution.status, ""), soft_wrap=True)
    if execution.steps:
        console.print(_table(execution))
    if execution.failure:
        console.print(Text(_lines(execution.failure)), soft_wrap=True)


def show_failed_step(
    step: ExecutionStep, lines: Iterable[str], console: Console
) -> None:
    """Print why a step failed, and the last lines that its job printed."""
    reason = Text(_lines(step.failure or "the service gives no reason"))
    parts: list[RenderableType] = [reason]
    tail = "\n".join(printable(line) for line in lines)
    if tail:
        parts += [Text(), Text("the last lines of its log:", "dim"), Text(tail)]
    title = Text(f"{step.name} failed")
    console.print(
        Panel(Group(*parts), title=title, title_align="left", border_style="red")
    )
    if step.job:
        console.print(Text(f"job: {step.job}"), soft_wrap=True)


def _lines(text: str) -> str:
    """Return a reason line by line, without anything that would move the cursor."""
    return "\n".join(printable(line) for line in text.splitlines())


def show_executions(found: Iterable[Execution], console: Console) -> None:
    """Print executions, the latest first, with their steps."""
    table = Table(box=box.ROUNDED, header_style="")
    for name in ("execution", "started", "status", "took", "steps"):
        table.add_column(name, overflow="fold")
    for each in found:
        steps = Text("\n").join(_short(step) for step in each.steps)
        status = Text(each.status, STYLES.get(each.status, ""))
        spent = duration(each.seconds)
        table.add_row(each.id, moment(each.started_at), status, spent, steps)
    if table.row_count:
        console.print(table)
    else:
        console.print("no execution yet")


def show_versions(found: Iterable[Version], console: Console) -> None:
    """Print what was deployed, the latest first."""
    table = Table(box=box.ROUNDED, header_style="")
    table.add_column("version", justify="right", no_wrap=True)
    table.add_column("deployed", no_wrap=True)
    table.add_column("last execution", overflow="fold")
    for each in found:
        last = (each.last_execution or "").rpartition("/")[2]
        table.add_row(str(each.number), moment(each.created_at), last)
    console.print(table)


def _table(execution: Execution) -> Table:
    table = Table(box=box.ROUNDED, header_style="")
    table.add_column("step", overflow="fold")
    table.add_column("status", no_wrap=True)
    table.add_column("took", justify="right", no_wrap=True)
    for step in execution.steps:
        status = Text(_status(step), STYLES.get(step.status, ""))
        table.add_row(Text(step.name), status, duration(step.seconds))
    return table


def _status(step: ExecutionStep) -> str:
    notes = ["from the cache"] if step.cached_from else []
    notes += [f"attempt {step.attempts}"] if step.attempts > 1 else []
    return f"{step.status} ({', '.join(notes)})" if notes else step.status


def _sentence(step: ExecutionStep) -> str:
    spent = duration(step.seconds)
    return f"{step.name}: {_status(step).lower()}{f' after {spent}' if spent else ''}"


def _short(step: ExecutionStep) -> Text:
    return Text(f"{step.name} {_status(step).lower()}", STYLES.get(step.status, ""))
