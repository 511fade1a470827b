"""What is wrong with a definition, or dear: frozen records, all of them at once."""

from __future__ import annotations

from enum import StrEnum

import attrs


class Severity(StrEnum):
    """How bad a problem is."""

    ERROR = "error"
    """The pipeline would be refused, or the job would fail."""

    WARNING = "warning"
    """It would run, but cost more, or mean something else than it seems to."""


@attrs.frozen(kw_only=True)
class Problem:
    """One thing that is wrong at one place.

    Attributes:
        address: The place: ``$.Steps[1].Arguments.HyperParameters.epochs``.
        severity: Whether it stops the pipeline or merely costs.
        problem: What is wrong there, with the value.
        hint: The way out.
    """

    address: str
    severity: Severity
    problem: str
    hint: str

    def __str__(self) -> str:
        """Return the problem as one sentence after its address."""
        return f"{self.address}: {self.problem}; {self.hint}"


def error(address: str, problem: str, hint: str) -> Problem:
    """Return a problem that stops the pipeline."""
    return Problem(address=address, severity=Severity.ERROR, problem=problem, hint=hint)


def warning(address: str, problem: str, hint: str) -> Problem:
    """Return a problem that merely costs."""
    return Problem(
        address=address, severity=Severity.WARNING, problem=problem, hint=hint
    )
