"""How a failed container says so, in the words of AWS's toolkit and of the service."""

from __future__ import annotations

from typing import Final

LONGEST_REASON: Final = 1024
"""How much of a failure or message the service keeps."""

OUT_OF_MEMORY: Final = 137
MOST_LINES: Final = 1000

SCRIPT_ERROR: Final = "ExecuteUserScriptError"
ERRORS: Final = (
    "BaseException", "Exception", "ArithmeticError", "AssertionError", "AttributeError",
    "BlockingIOError", "BrokenPipeError", "BufferError", "ChildProcessError",
    "ConnectionAbortedError", "ConnectionError", "ConnectionRefusedError",
    "ConnectionResetError", "EOFError", "EnvironmentError", "FileExistsError",
    "FileNotFoundError", "FloatingPointError", "IOError", "ImportError",
    "IndentationError", "IndexError", "InterruptedError", "IsADirectoryError",
    "KeyError", "LookupError", "MemoryError", "ModuleNotFoundError", "NameError",
    "NotADirectoryError", "NotImplementedError", "OSError", "OverflowError",
    "PermissionError", "ProcessLookupError", "RecursionError", "ReferenceError",
    "RuntimeError", "SyntaxError", "SystemError", "TabError", "TimeoutError",
    "TypeError", "UnboundLocalError", "UnicodeDecodeError", "UnicodeEncodeError",
    "UnicodeError", "UnicodeTranslateError", "ValueError", "ZeroDivisionError",
    "ResourceExhaustedError", "OutOfRangeError", "InvalidArgumentError", "mpirun.real",
    "ORTE", "Invalid requirement", SCRIPT_ERROR,
)  # fmt: skip
"""The words by which the toolkit knows that a line begins an error."""

STEMS: Final = ("Error", "Exception")
"""What almost all of them have in their names."""

TENSORFLOW_ERRORS: Final = (
    "AbortedError", "AlreadyExistsError", "CancelledError", "DataLossError",
    "DeadlineExceededError", "FailedPreconditionError", "InaccessibleTensorError",
    "InternalError", "InvalidArgumentError", "NotFoundError", "OpError",
    "OperatorNotAllowedInGraphError", "OutOfRangeError", "PermissionDeniedError",
    "ResourceExhaustedError", "UnauthenticatedError", "UnavailableError",
    "UnimplementedError", "UnknownError", "raise_exception_on_not_ok_status",
    "XlaRuntimeError",
)  # fmt: skip
"""Those it knows besides where TensorFlow 2.21 is installed, and in which order."""

COMPILER: Final = (
    "tensorflow/compiler/xla",
    "tensorflow/compiler/tf2xla",
    "tensorflow/python/compiler/xla",
    "torch_xla/",
)
"""Paths by which it knows that AWS's training compiler had a part in a failure."""


class ErrorLines:
    """Keeps the lines of a log from the first one that names a known error.

    Args:
        image: What the job would run in; some know more errors than others.
    """

    def __init__(self, image: str = "") -> None:
        self._known = (*ERRORS, *_named_after(image))
        self._stems = {_stem(name) for name in self._known}
        self._lines: dict[str, None] = {}

    def feed(self, line: str) -> None:
        """Take the next line."""
        if len(self._lines) >= MOST_LINES:
            return
        if self._lines or self._names_one(line):
            self._lines[line.strip(" :\n")] = None

    def _names_one(self, line: str) -> bool:
        """Return whether a line names a known error; most can be told by few words."""
        if not any(stem in line for stem in self._stems):
            return False
        return any(name in line for name in self._known)

    @property
    def text(self) -> str:
        """The lines, each once, as the toolkit joins them."""
        return "\n ".join(self._lines).strip()


def script_failure(
    exit_code: int, message: str, command: tuple[str, ...], *, image: str = ""
) -> str:
    """Return the text of ``/opt/ml/output/failure`` for a script that failed.

    Args:
        exit_code: The script's, negative if a signal ended it.
        message: The lines that tell of an error.
        command: What had started the script.
        image: What it would have run in.
    """
    # The first name that occurs anywhere: a FileNotFoundError is a NotFoundError too.
    names = (SCRIPT_ERROR, *_named_after(image))
    name = next((name for name in names if name in message), SCRIPT_ERROR)
    extra = _extra_information(exit_code, message)
    return (
        f'{name}:\nExitCode {exit_code}\nErrorMessage "{message}"\n'
        f'{extra}Command "{" ".join(command)}"'
    )


def _extra_information(exit_code: int, message: str) -> str:
    """Return the line that explains some failures, if this is one of them."""
    if any(path in message for path in COMPILER):
        said = "SMTrainingCompiler Error: Error occurred in SMTrainingCompiler."
    elif exit_code == OUT_OF_MEMORY:
        said = "OutOfMemory: Process killed by SIGKILL (signal 9)"
    else:
        return ""
    return f'ExtraInfo "{said}"\n'


def _stem(name: str) -> str:
    """Return what a name has in common with others, if anything."""
    return next((stem for stem in STEMS if stem in name), name)


def _named_after(image: str) -> tuple[str, ...]:
    """Return the errors after which the toolkit of an *image* names a failure."""
    return TENSORFLOW_ERRORS if "tensorflow" in image else ()


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
