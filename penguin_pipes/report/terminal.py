"""A run in the terminal: what goes on now, and what came of it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Final, TypeAlias

import attrs
from rich import box
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from penguin_pipes.local.backends import last_lines
from penguin_pipes.local.cache.judge import PLAIN
from penguin_pipes.local.events import (
    DefinitionWarned,
    Event,
    MetricSeen,
    RunFinished,
    RunStarted,
    StepFinished,
    StepLine,
    StepStarted,
    StepWarned,
    TrialFinished,
    TrialLine,
    TrialMetric,
    TrialStarted,
)
from penguin_pipes.local.records import Run, Status, StepRun, now
from penguin_pipes.report.trials import Board, beginning, ending, show_trials
from penguin_pipes.report.words import MARKS, STYLES, number, printable, seconds

REFRESHES_PER_SECOND: Final = 8
SHOWN_LINES: Final = 15
REASONS: Final = 4
"""How many of the reasons why a step ran again are told."""


TrialEvent: TypeAlias = TrialStarted | TrialLine | TrialMetric | TrialFinished


@attrs.define
class _Moment:
    """What is known of one step while the run goes on."""

    step: StepRun
    began: float = 0.0
    line: str = ""
    metrics: dict[str, float] = attrs.field(factory=dict)
    board: Board = attrs.field(factory=Board)


class RunProgress:
    """A watcher that shows a run while it goes on.

    On a terminal, one line for each step, and below them the last line that each of
    the running ones printed; it disappears when the run is over. Elsewhere, a plain
    line whenever a step starts or ends.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._moments: dict[str, _Moment] = {}
        self._live: Live | None = None

    def __call__(self, event: Event) -> None:
        """Take note of what happened, and show it."""
        match event:
            case RunStarted(run):
                self._moments = {step.name: _Moment(step) for step in run.steps}
                self._open(run)
            case DefinitionWarned(problem):
                warning = Text(f"warning: {printable(str(problem))}", "yellow")
                self._console.print(warning, soft_wrap=True)
            case StepStarted(step):
                self._moments[step.name] = _Moment(step, began=time.monotonic())
                self._say(f"{step.name}: started{why(step)}")
            case StepLine(name, line):
                self._moments[name].line = line
            case StepWarned(name, text):
                warning = Text(f"{name}: warning: {text}", "yellow")
                self._console.print(warning, soft_wrap=True)
            case MetricSeen(name, metric, point):
                self._moments[name].metrics[metric] = point.value
            case TrialStarted() | TrialLine() | TrialMetric() | TrialFinished():
                self._see_trial(self._moments[event.step], event)
            case StepFinished(step):
                self._moments[step.name].step = step
                self._say(_sentence(step))
            case RunFinished():
                self._close()

    def _see_trial(self, moment: _Moment, event: TrialEvent) -> None:
        """Take note of what happened in a tuning step."""
        match event:
            case TrialStarted(name, trial):
                moment.board.start(trial)
                self._say(f"{name}: {beginning(trial)}")
            case TrialLine(_, of, line):
                moment.line = f"trial {of}: {line}"
            case TrialMetric(_, of, metric, point):
                moment.board.metric(of, metric, point.value)
            case TrialFinished(name, trial):
                moment.board.finish(trial)
                self._say(f"{name}: {ending(trial)}")

    def _open(self, run: Run) -> None:
        """Begin to show a run."""
        self._console.print(
            Text(f"{run.pipeline}: run {run.id} starts"), soft_wrap=True
        )
        if self._console.is_terminal:
            self._live = Live(
                get_renderable=self._render,
                console=self._console,
                refresh_per_second=REFRESHES_PER_SECOND,
                transient=True,
            )
            self._live.start()

    def _close(self) -> None:
        """Leave the terminal as it was."""
        if self._live is not None:
            self._live.stop()
            self._live = None

    def _say(self, text: str) -> None:
        """Print a line, where nothing moves."""
        if self._live is None:
            self._console.print(Text(text), soft_wrap=True)

    def _render(self) -> RenderableType:
        """Return the present state of all steps."""
        grid = Table.grid(padding=(0, 2, 0, 0))
        grid.add_column(width=1)
        grid.add_column(no_wrap=True, overflow="ellipsis")
        grid.add_column(justify="right", no_wrap=True)
        grid.add_column(no_wrap=True, overflow="ellipsis")
        moments = list(self._moments.values())
        for moment in moments:
            grid.add_row(*_row(moment))
            if moment.step.status is Status.EXECUTING:
                moment.board.add_to(grid)
        running = [each for each in moments if each.step.status is Status.EXECUTING]
        return Group(grid, *(_last(each, of=len(running)) for each in running))


def _last(moment: _Moment, *, of: int) -> Text:
    """Return the last line that a step printed, with its name if others run too."""
    line = printable(moment.line)
    text = line if of == 1 else f"{moment.step.name}: {line}"
    return Text(text, style="dim", no_wrap=True, overflow="ellipsis")


def why(step: StepRun) -> str:
    """Return why a step runs again, after a colon; nothing if that is plain."""
    reasons = [printable(each) for each in step.reasons if each not in PLAIN]
    more = f", and {len(reasons) - REASONS} more" if len(reasons) > REASONS else ""
    return f": {', '.join(reasons[:REASONS])}{more}" if reasons else ""


def _row(moment: _Moment) -> tuple[RenderableType, Text, str, Text]:
    """Return the line of one step: a mark, its name, its seconds, its metrics."""
    step = moment.step
    running = step.status is Status.EXECUTING
    style = STYLES[step.status]
    spent = time.monotonic() - moment.began if running else step.seconds
    found = "  ".join(f"{k} {number(v)}" for k, v in list(moment.metrics.items()))
    if step.reused_from is not None:
        found = f"as in run {step.reused_from}"
    mark = Spinner("dots", style=style) if running else Text(MARKS[step.status], style)
    return mark, Text(step.name, style), seconds(spent), Text(found, "dim")


def _sentence(step: StepRun) -> str:
    """Return how a step ended, in one line."""
    found = ", ".join(f"{name} {number(value)}" for name, value in step.metrics.items())
    ending = f": {found}" if found else ""
    if step.reused_from is not None:
        return f"{step.name}: reused from run {step.reused_from}{ending}"
    if step.status is Status.SKIPPED:
        return f"{step.name}: skipped{why(step)}"
    outcome = step.properties.get("Outcome")
    if outcome is not None:
        return f"{step.name}: {outcome.lower()}"
    tried = f", at attempt {step.attempts}" if step.attempts > 1 else ""
    spent = f"{seconds(step.seconds)}{tried}"
    return f"{step.name}: {step.status.lower()} after {spent}{ending}"


def show_run(run: Run, console: Console) -> None:
    """Print what came of a run: a table of its steps, then where the artifacts lie."""
    spent = (run.finished_at or now()) - run.started_at
    ending = f"{run.status.lower()} after {seconds(spent.total_seconds())}"
    title = Text(f"{run.pipeline}: run {run.id} {ending}")
    console.print(title, style=STYLES[run.status], soft_wrap=True)
    table = Table(box=box.ROUNDED, header_style="")
    table.add_column("step", overflow="fold")
    table.add_column("status", no_wrap=True)
    table.add_column("seconds", justify="right", no_wrap=True)
    table.add_column("metrics", overflow="fold")
    for step in run.steps:
        table.add_row(*_cells(step))
    console.print(table)
    for step in run.steps:
        if step.trials:
            show_trials(step, console)
    for step in run.steps:
        if step.reused_from is not None:
            line = f"{step.name}: reused from run {step.reused_from}"
            console.print(Text(line), soft_wrap=True)
        elif why(step):
            console.print(Text(f"{step.name}{why(step)}"), soft_wrap=True)
    for step in run.steps:
        for name, path in step.artifacts.items():
            console.print(Text(f"{step.name} {name}: {_near(path)}"), soft_wrap=True)


def _cells(step: StepRun) -> tuple[Text, Text, str, Text]:
    """Return the row of one step."""
    metrics = "\n".join(f"{name} {number(v)}" for name, v in step.metrics.items())
    metrics = metrics or step.properties.get("Outcome", "").lower()
    spent = "" if step.seconds is None else f"{step.seconds:.1f}"
    status = Text(step.status, STYLES[step.status])
    if step.reused_from is not None:
        status, spent = Text("Reused", STYLES[step.status]), ""
    return Text(step.name), status, spent, Text(metrics)


def show_failures(run: Run, console: Console) -> None:
    """Print of every step that failed why that was."""
    for step in run.steps:
        if step.status is Status.FAILED:
            show_failure(step, console)


def show_failure(step: StepRun, console: Console) -> None:
    """Print why a step failed, the end of its log, and where the rest is."""
    reason = Text("\n".join(map(printable, (step.failure or "").splitlines())))
    parts: list[RenderableType] = [reason]
    lines = [printable(line) for line in last_lines(step.log, SHOWN_LINES)]
    if lines:
        parts += [
            Text(),
            Text("the last lines of its log:", "dim"),
            Text("\n".join(lines)),
        ]
    code = "" if step.exit_code is None else f" with exit code {step.exit_code}"
    title = Text(f"{step.name} failed{code}")
    console.print(
        Panel(Group(*parts), title=title, title_align="left", border_style="red")
    )
    if step.log.exists():
        console.print(Text(f"log: {_near(step.log)}"), soft_wrap=True)
    if step.log.parent.exists():
        console.print(Text(f"what it saw: {_near(step.log.parent)}"), soft_wrap=True)


def _near(path: Path) -> str:
    """Return a path as seen from here, if that is shorter."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
