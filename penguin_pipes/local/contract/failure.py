"""How a failed container says so, in the words of AWS's toolkit and of the service."""

from __future__ import annotations

import builtins
from typing import Final

LONGEST_REASON: Final = 1024
"""How much of a failure or message the service keeps."""

OUT_OF_MEMORY: Final = 137
MOST_LINES: Final = 1000

ERRORS: Final = (
    *(
        name
        for name, item in sorted(vars(builtins).items())
        if isinstance(item, type)
        and issubclass(item, BaseException)
        and name.endswith(("Error", "Exception"))
    ),
    "Invalid requirement",
    "ResourceExhaustedError",
    "OutOfRangeError",
    "InvalidArgumentError",
    "mpirun.real",
    "ORTE",
    "ExecuteUserScriptError",
)
"""The words by which the toolkit knows that a line begins an error."""


class ErrorLines:
    """Keeps the lines of a log from the first one that names a known error."""

    def __init__(self) -> None:
        self._lines: dict[str, None] = {}

    def feed(self, line: str) -> None:
        """Take the next line."""
        if len(self._lines) >= MOST_LINES:
            return
        if self._lines or any(name in line for name in ERRORS):
            self._lines[line.strip(" :\n")] = None

    @property
    def text(self) -> str:
        """The lines, each once, as the toolkit joins them."""
        return "\n ".join(self._lines).strip()


def script_failure(exit_code: int, message: str, command: tuple[str, ...]) -> str:
    """Return the text of ``/opt/ml/output/failure`` for a script that failed."""
    extra = (
        'ExtraInfo "OutOfMemory: Process killed by SIGKILL (signal 9)"\n'
        if exit_code == OUT_OF_MEMORY
        else ""
    )
    return (
        f"ExecuteUserScriptError:\nExitCode {exit_code}\n"
        f'ErrorMessage "{message}"\n{extra}Command "{" ".join(command)}"'
    )


def reason(text: str, exit_code: int) -> str:
    """Return the service's ``FailureReason`` for a container that exited."""
    said = text.strip() or "See job logs for more information"
    return f"AlgorithmError: {said[:LONGEST_REASON]}, exit code: {exit_code}"


def timeout_reason(max_runtime_s: int) -> str:
    """Return the ``FailureReason`` of a job that ran out of time."""
    return (
        f"MaxRuntimeExceeded: the job was stopped after {max_runtime_s} s, its "
        "StoppingCondition.MaxRuntimeInSeconds"
    )
