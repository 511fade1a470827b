"""Install what a job's code asks for, as the toolkit does before it starts a script."""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING, Final

import attrs

from penguin_pipes.local.contract.training import CODE
from penguin_pipes.local.environments import Installation
from penguin_pipes.local.environments.content import (
    PYPROJECT,
    REQUIREMENTS,
    SETUP,
    ignored_project,
)
from penguin_pipes.local.environments.installers import last_words
from penguin_pipes.local.events import StepWarned
from penguin_pipes.local.jobs.scripts import wanted_of
from penguin_pipes.local.storage import files_below

if TYPE_CHECKING:
    from collections.abc import Mapping

    from penguin_pipes.local.backends import Outcome
    from penguin_pipes.local.contract.training import TrainingRequest
    from penguin_pipes.local.jobs.base import Job

MOST_LINES: Final = 40
"""How much of an installer's last words is kept."""

IGNORED: Final = (
    f"{PYPROJECT}: the container installs a package only if there is a {SETUP} beside "
    f"it; nothing of it is installed. Add a {SETUP} that calls setuptools.setup(), or "
    f"list what it needs in {REQUIREMENTS}"
)


@attrs.frozen(kw_only=True)
class Installed:
    """What came of installing.

    Attributes:
        made: The environment, or how it came to be none.
        said: What the installer said last.
        is_package: Whether the code itself was installed.
    """

    made: Installation
    said: str
    is_package: bool

    @property
    def failure(self) -> str:
        """What the toolkit would leave as its last words."""
        name = "InstallModuleError" if self.is_package else "InstallRequirementsError"
        code = self.outcome.exit_code
        command = " ".join(self.made.command)
        return (
            f'{name}:\nExitCode {code}\nErrorMessage "{self.said}"\nCommand "{command}"'
        )

    @property
    def outcome(self) -> Outcome:
        """How the installer ended, if it was run."""
        assert self.made.outcome is not None  # noqa: S101  # asked after a failure only
        return self.made.outcome


def install(
    job: Job, asked: TrainingRequest, program: str, environment: Mapping[str, str]
) -> Installed | None:
    """Return what came of installing for code that is in its place; None if it is all.

    Raises:
        InputError: There is nothing to install with.
    """
    code = job.tree.at(CODE)
    names = [path.as_posix() for path in files_below(code)]
    if ignored_project(names, lambda name: (code / name).read_bytes()):
        job.announce(StepWarned(job.step, IGNORED))
    wanted = wanted_of(code, program)
    if wanted is None or job.environments is None:
        return None
    lines: deque[str] = deque(maxlen=MOST_LINES)

    def run(words: tuple[str, ...], told: Mapping[str, str]) -> Outcome:
        return job.run(
            words,
            told,
            cwd=CODE,
            network=asked.network,
            image=asked.image,
            timeout_s=asked.max_runtime_s,
            on_line=lines.append,
        )

    def pause(seconds: float) -> None:
        if job.stop is None:
            time.sleep(seconds)
        else:
            job.stop.wait(seconds)
            job.refuse_if_over()

    made = job.environments.get(
        wanted, job.base, environment=environment, install=run, pause=pause
    )
    return Installed(made=made, said=last_words([*lines]), is_package=wanted.is_package)
