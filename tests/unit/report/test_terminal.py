"""What is promised of a run in the terminal."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import attrs
import pytest
from rich.console import Console

from penguin_pipes.definition import Problem, Severity
from penguin_pipes.local import (
    DefinitionWarned,
    MetricPoint,
    MetricSeen,
    Run,
    RunFinished,
    RunStarted,
    Status,
    StepFinished,
    StepLine,
    StepRun,
    StepStarted,
    StepWarned,
)
from penguin_pipes.report import RunProgress, show_run
from penguin_pipes.report.terminal import show_failure
from penguin_pipes.report.words import printable

WARNING = Problem(
    address="$.Steps[0].Arguments",
    severity=Severity.WARNING,
    problem="no [bold]limit[/bold]",
    hint="set one",
)
AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
LONG = Path("/home") / ("folder" * 12) / ("deep" * 20) / "model.tar.gz"


def _step(name: str = "train-model", **fields: object) -> StepRun:
    values = {
        "name": name,
        "type": "Training",
        "job_name": f"job-{name}",
        "log": Path("/gone") / name / "log.txt",
        "status": Status.SUCCEEDED,
        "seconds": 12.34,
        "series": {"val_accuracy": (MetricPoint(at=AT, value=0.97123),)},
    }
    return StepRun(**{**values, **fields})  # type: ignore[arg-type] # a table of fields


def _run(*steps: StepRun, status: Status = Status.SUCCEEDED) -> Run:
    return Run(
        id="abc123def456",
        pipeline="penguins",
        started_at=AT,
        finished_at=AT + timedelta(seconds=15),
        status=status,
        steps=steps,
    )


def _console(*, width: int = 80, terminal: bool = False) -> Console:
    return Console(
        file=io.StringIO(), width=width, force_terminal=terminal, legacy_windows=False
    )


def _text(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


class TestTable:
    """What came of a run."""

    @pytest.mark.parametrize("width", [80, 120])
    def test_every_step_has_its_row(self, width: int) -> None:
        """Name, status, seconds and metrics of each step are there, whole."""
        console = _console(width=width)
        other = _step("n" * 64, status=Status.NOT_STARTED, seconds=None, series={})

        show_run(_run(_step(), other), console)

        text = _text(console)
        row = next(line for line in text.splitlines() if "train-model" in line)
        for word in ("Succeeded", "12.3", "val_accuracy 0.9712"):
            assert word in row
        assert "NotStarted" in text
        assert "".join(re.findall("n{2,}", text)) == "n" * 64
        assert max(map(len, text.splitlines())) <= width

    def test_title_says_how_the_run_ended(self) -> None:
        """The first line names pipeline, run, status and time."""
        console = _console()

        show_run(_run(_step(), status=Status.FAILED), console)

        first = _text(console).splitlines()[0]
        assert first == "penguins: run abc123def456 failed after 15.0 s"

    @pytest.mark.parametrize("terminal", [False, True])
    def test_paths_are_never_cut(self, *, terminal: bool) -> None:
        """A path that is longer than the screen can still be copied whole."""
        console = _console(terminal=terminal)

        show_run(_run(_step(artifacts={"model": LONG})), console)

        assert f"train-model model: {LONG}" in _text(console)

    def test_paths_below_here_are_short(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What lies below the current folder is shown as seen from here."""
        monkeypatch.chdir(tmp_path)
        console = _console()

        show_run(_run(_step(artifacts={"model": tmp_path / "h" / "m"})), console)

        assert "train-model model: h/m\n" in _text(console)


class TestFailure:
    """Why a step failed."""

    def test_reason_log_and_places_are_shown(self, tmp_path: Path) -> None:
        """The panel has the exit code, the reason, the log's end; then its file."""
        log = tmp_path / "log.txt"
        log.write_text("first\nlast [bold]words[/bold]\n")
        console = _console()

        show_failure(
            _step(status=Status.FAILED, failure="no rows", exit_code=3, log=log),
            console,
        )

        text = _text(console)
        assert "train-model failed with exit code 3" in text
        assert "no rows" in text
        assert "last [bold]words[/bold]" in text
        assert f"log: {log}" in text

    def test_step_that_never_ran_has_no_log(self) -> None:
        """A step that failed before its job has a reason and no lines."""
        console = _console()

        show_failure(_step(failure="no data", exit_code=None), console)

        text = _text(console)
        assert "train-model failed" in text
        assert "last lines" not in text

    @pytest.mark.parametrize(
        ("line", "expected"),
        [
            ("\x1b[31mred\x1b[0m", "red"),
            ("\x1b]0;title\x07text", "text"),
            (" 10%\r 50%\r100%", "100%"),
            ("a\tb", "a   b"),
            ("bell\x07 back\x08space \x9b2J", "bell backspace 2J"),
            ("zwölf ✓", "zwölf ✓"),
        ],
    )
    def test_log_cannot_move_the_cursor(self, line: str, expected: str) -> None:
        """What a job printed reaches the terminal as text and nothing else."""
        assert printable(line) == expected


class TestProgress:
    """A run while it goes on."""

    def _watch(self, console: Console) -> None:
        waiting = _step(status=Status.NOT_STARTED, seconds=None, series={})
        running = attrs.evolve(waiting, status=Status.EXECUTING)
        progress = RunProgress(console)
        progress(RunStarted(_run(waiting, status=Status.EXECUTING)))
        progress(DefinitionWarned(WARNING))
        progress(StepStarted(running))
        progress(StepLine("train-model", "Epoch 1/2 \x1b[2J"))
        point = MetricPoint(at=AT, value=0.5)
        progress(MetricSeen("train-model", "loss", point))
        progress(StepWarned("train-model", "the [red]image[/red] would break it"))
        progress(StepFinished(_step()))
        progress(RunFinished(_run(_step())))

    def test_without_a_terminal_there_are_plain_lines(self) -> None:
        """A log file gets a line for each start and end, without control characters."""
        console = _console()

        self._watch(console)

        assert _text(console).splitlines() == [
            "penguins: run abc123def456 starts",
            "warning: $.Steps[0].Arguments: no [bold]limit[/bold]; set one",
            "train-model: started",
            "train-model: warning: the [red]image[/red] would break it",
            "train-model: succeeded after 12.3 s: val_accuracy 0.9712",
        ]

    def test_terminal_is_left_as_it_was(self) -> None:
        """On a terminal the cursor is back when the run is over."""
        console = _console(terminal=True)

        self._watch(console)

        text = _text(console)
        assert "\x1b[?25l" in text
        assert text.rstrip().endswith("\x1b[2K") or "\x1b[?25h" in text
        assert text.rindex("\x1b[?25h") > text.rindex("\x1b[?25l")

    def test_running_step_shows_metrics_and_last_line(self) -> None:
        """The live view has each step's metrics, and what the running one says."""
        running = _step(status=Status.EXECUTING, seconds=None, series={})
        progress = RunProgress(_console(terminal=True))
        progress(RunStarted(_run(running)))
        progress(StepLine("train-model", "Epoch 1/2"))
        progress(MetricSeen("train-model", "loss", MetricPoint(at=AT, value=0.5)))
        screen = _console()

        screen.print(progress._render())
        progress(RunFinished(_run(running)))

        text = _text(screen)
        assert "train-model" in text
        assert "loss 0.5" in text
        assert text.rstrip().endswith("Epoch 1/2")

    def test_job_cannot_break_the_live_view(self) -> None:
        """A line of control characters and markup is shown as text."""
        running = _step(status=Status.EXECUTING, seconds=None, series={})
        progress = RunProgress(_console(terminal=True))
        progress(RunStarted(_run(running)))
        progress(StepLine("train-model", "[/red] \x1b[2J [bold]"))
        screen = _console()

        screen.print(progress._render())
        progress(RunFinished(_run(running)))

        assert "[/red]  [bold]" in _text(screen)
