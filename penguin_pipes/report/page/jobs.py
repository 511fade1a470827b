"""What each job was asked for, and what it printed."""

from __future__ import annotations

import contextlib
import json
import os
from typing import TYPE_CHECKING, Final

import attrs

from penguin_pipes.report.page.steps import shown_status
from penguin_pipes.report.words import printable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from penguin_pipes.report.page.source import Source

REQUEST: Final = "request.json"
MOST_BYTES: Final = 200_000
OF_A_TRIAL: Final = 20_000
"""Of a log, its end: a page of all logs of a search would open nowhere."""


@attrs.frozen(kw_only=True)
class Job:
    """One job that ran.

    Attributes:
        name: The step's name, with the trial's number.
        status: How it stands.
        job_name: What the service would call it.
        path: Where its log lies, seen from the home.
        lines: The lines of the log, without what would move a cursor.
        left_out: How many bytes of the log's beginning are not among them.
        request: What it was asked for, as JSON.
    """

    name: str
    status: str
    job_name: str
    path: str
    lines: tuple[str, ...]
    left_out: int = 0
    request: str = ""


def jobs(source: Source) -> tuple[Job, ...]:
    """Return the jobs that left a log or a request, those that were reused as well."""
    return tuple(each for each in _jobs(source) if each.lines or each.request)


def _jobs(source: Source) -> Iterator[Job]:
    for step in source.run.steps:
        log = source.worked(step).log
        yield _job(source, step.name, step.job_name, shown_status(step), log)
        for trial in step.trials:
            name = f"{step.name}, trial {trial.number}"
            job = _job(source, name, trial.job_name, str(trial.status), trial.log)
            lines, left_out = end_of(trial.log, OF_A_TRIAL)
            yield attrs.evolve(job, lines=lines, left_out=left_out)


def _job(source: Source, name: str, job_name: str, status: str, log: Path) -> Job:
    lines, left_out = end_of(log, MOST_BYTES)
    return Job(
        name=name,
        status=status,
        job_name=job_name,
        path=source.near(log),
        lines=lines,
        left_out=left_out,
        request=_request(log.parent / REQUEST),
    )


def end_of(log: Path, most: int) -> tuple[tuple[str, ...], int]:
    """Return the last lines of a log, and how many bytes come before them."""
    try:
        with log.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            start = max(0, size - most)
            file.seek(start)
            data = file.read(most)
    except OSError:
        return (), 0
    if start:  # the first line is none any more
        _, newline, rest = data.partition(b"\n")
        data = rest if newline else data
        start = size - len(data)
    text = data.decode(errors="replace")
    return tuple(printable(line) for line in text.split("\n") if line), start


def _request(path: Path) -> str:
    """Return a request as it is kept."""
    with contextlib.suppress(OSError, ValueError):
        return json.dumps(json.loads(path.read_bytes()), indent=2, ensure_ascii=False)
    return ""
