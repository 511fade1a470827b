"""Executions at SageMaker, as the terminal shows them."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from rich.console import Console

from penguin_pipes.aws import Execution, ExecutionStep, Version
from penguin_pipes.report.execution import (
    ExecutionProgress,
    duration,
    show_execution,
    show_executions,
    show_failed_step,
    show_versions,
)
from penguin_pipes.report.transfers import UploadProgress

START = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
ARN = "arn:aws:sagemaker:eu-west-1:123456789012:pipeline/churn/execution/abc123"


def console(*, terminal: bool = False) -> tuple[Console, io.StringIO]:
    """Return a console of 100 columns and what it writes to."""
    file = io.StringIO()
    return Console(file=file, width=100, force_terminal=terminal, highlight=False), file


def step(status: str = "Executing", **fields: Any) -> ExecutionStep:
    """Return a step of an execution."""
    return ExecutionStep(
        **{"name": "fit", "status": status, "started_at": START, **fields}
    )


def execution(*steps: ExecutionStep, status: str = "Executing") -> Execution:
    """Return an execution."""
    return Execution(arn=ARN, status=status, started_at=START, steps=steps)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, ""),
        (0.2, "0 s"),
        (59.4, "59 s"),
        (60, "1 min 00 s"),
        (3599.6, "1 h 00 min"),
        (7500, "2 h 05 min"),
    ],
)
def test_durations_read_as_people_say_them(seconds: float | None, text: str) -> None:
    """Jobs take minutes or hours; tenths of a second are noise."""
    assert duration(seconds) == text


def test_without_a_terminal_each_change_is_one_line() -> None:
    """A look that finds nothing new says nothing, so that CI's log stays short."""
    out, file = console()
    end = START + timedelta(seconds=75)

    with ExecutionProgress(out) as show:
        show(execution(step()))
        show(execution(step()))
        show(execution(step("Succeeded", finished_at=end, attempts=2)))

    assert file.getvalue().splitlines() == [
        "fit: executing",
        "fit: succeeded (attempt 2) after 1 min 15 s",
    ]


def test_on_a_terminal_the_table_is_drawn_anew_and_goes_away() -> None:
    """The cursor goes back over it, and what stays is printed by others."""
    out, file = console(terminal=True)

    with ExecutionProgress(out) as show:
        show(execution(step()))

    text = file.getvalue()
    assert "Executing" in text
    assert "\x1b[1A\x1b[2K" in text


def test_an_execution_that_failed_says_why() -> None:
    """Its steps as a table, then the service's reason."""
    out, file = console()
    cached = step("Succeeded", name="clean", cached_from=ARN)
    failed = Execution(
        arn=ARN,
        status="Failed",
        started_at=START,
        finished_at=START + timedelta(minutes=3),
        failure="Step failure: \x1b[31mfit\x1b[0m",
        steps=(cached, step("Failed")),
    )

    show_execution(failed, out)

    lines = file.getvalue().splitlines()
    assert lines[0] == "execution abc123 failed after 3 min 00 s"
    assert "│ clean │ Succeeded (from the cache) │" in file.getvalue()
    assert lines[-1] == "Step failure: fit"


def test_a_failed_step_shows_reason_log_and_job() -> None:
    """Nothing in it moves the cursor or is read as markup."""
    out, file = console()

    show_failed_step(
        step("Failed", failure="[bold]exit 1", job="arn:job"),
        ["epoch 1\rKeyError: 'x'"],
        out,
    )

    text = file.getvalue()
    assert "fit failed" in text
    assert "[bold]exit 1" in text
    assert "KeyError: 'x'" in text
    assert "epoch 1" not in text
    assert text.splitlines()[-1] == "job: arn:job"


def test_lists_of_executions_and_versions() -> None:
    """One row each; no execution at all is said in words."""
    out, file = console()

    show_executions([execution(step())], out)
    show_versions([Version(number=7, created_at=START, last_execution=ARN)], out)
    show_executions([], out)

    text = file.getvalue()
    assert "fit executing" in text
    assert "│       7 │ 2026-11-24" in text
    assert text.splitlines()[-1] == "no execution yet"


def test_each_upload_ends_with_a_line(tmp_path: Any) -> None:
    """When S3 has taken it, not when its last byte went out, and once."""
    out, file = console()
    path = tmp_path / "x.csv"
    path.write_bytes(b"0123456789")

    with UploadProgress(out, {"s3://b/x.csv": path}) as progress:
        progress("s3://b/x.csv", 6)
        progress("s3://b/x.csv", 4)
        assert file.getvalue() == ""
        progress.done("s3://b/x.csv")

    assert file.getvalue() == "uploaded s3://b/x.csv\n"


def test_a_reason_of_several_lines_keeps_them() -> None:
    """The toolkit writes exit code, message and command one below the other."""
    out, file = console()
    reason = "ExecuteUserScriptError:\nExitCode 1\nErrorMessage \x1b[31mboom"

    show_failed_step(step("Failed", failure=reason), [], out)

    lines = [line.strip("│ ") for line in file.getvalue().splitlines()]
    assert lines[1:4] == [
        "ExecuteUserScriptError:",
        "ExitCode 1",
        "ErrorMessage boom",
    ]
