"""Every error that penguin_pipes raises, drawn as one tree.

    PenguinPipesError
    ├── RequestError              what was asked for is wrong: nothing has been started
    │   ├── ConfigError           a field of a config (also a ValueError)
    │   ├── BundleError           a script, folder or dataset that cannot be packed
    │   ├── DefinitionError       the definition JSON, with the address of the problem
    │   │   ├── InvalidDefinitionError  all of its problems at once
    │   │   └── UnsupportedError  sound, but nothing that can run on this computer
    │   └── InputError            a parameter or input of a run that leads nowhere
    ├── StepFailedError           a job ran and failed
    ├── HomeError                 the run history or storage on disk cannot be used
    ├── ReportError               a report cannot be written
    ├── UploadError               an object did not get to S3
    └── AwsError                  AWS refused a call, or was not reached

Each message names the place, the value and the way out. Command lines turn a
`RequestError` into exit code 2 and every other error of this tree into 1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class PenguinPipesError(Exception):
    """The root: whatever penguin_pipes raises on purpose is one of these."""


class RequestError(PenguinPipesError):
    """What was asked for is wrong; nothing has been started or written."""


class ConfigError(RequestError, ValueError):
    """A field of a config holds a value that cannot work."""


class BundleError(RequestError):
    """A script, folder or dataset cannot be packed as asked."""


class DefinitionError(RequestError):
    """The definition JSON is wrong at one place.

    Attributes:
        problem: What is wrong there, and the way out.
        address: The place, as a path from the root: ``$.Steps[2].Arguments``.
    """

    def __init__(self, problem: str, *, address: str = "$") -> None:
        super().__init__(f"{address}: {problem}")
        self.problem = problem
        self.address = address


class InvalidDefinitionError(DefinitionError):
    """A definition has problems that would stop it.

    Attributes:
        problems: All of them: `penguin_pipes.definition.Problem` records.
        address: The place of the first.
    """

    def __init__(self, problems: Sequence[object], *, address: str) -> None:
        count = len(problems)
        kind = "a problem" if count == 1 else f"{count} problems"
        lines = "".join(f"\n  {problem}" for problem in problems)
        super().__init__(f"the definition has {kind}:{lines}", address=address)
        self.problems = tuple(problems)

    def __str__(self) -> str:
        """Return the list: every line of it has an address of its own."""
        return self.problem


class UnsupportedError(DefinitionError):
    """A sound definition asks for something that cannot run on this computer."""


class InputError(RequestError):
    """A parameter or an input of a run leads nowhere."""


class StepFailedError(PenguinPipesError):
    """A job of a run failed.

    Attributes:
        step: The name of the step whose job failed.
        run: The record of the whole run so far: a `penguin_pipes.local.Run`.
    """

    def __init__(self, message: str, *, step: str, run: object) -> None:
        super().__init__(message)
        self.step = step
        self.run = run


class HomeError(PenguinPipesError):
    """The folder that keeps run history and storage cannot be used."""


class ReportError(PenguinPipesError):
    """A report cannot be written to the disk."""


class UploadError(PenguinPipesError):
    """An object did not get to S3."""


class AwsError(PenguinPipesError):
    """AWS refused a call, or was not reached."""
