"""Jobs without a network that would have to fetch something first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from penguin_pipes.definition.document import member
from penguin_pipes.definition.problems import error
from penguin_pipes.definition.rules.jobs import decoded, jobs, literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from penguin_pipes.definition.document import Document
    from penguin_pipes.definition.problems import Problem


def isolation_problems(
    document: Document, has_requirements: Callable[[str], bool]
) -> Iterator[Problem]:
    """Tell of every isolated job whose code asks for packages from the network.

    Args:
        document: What to look at.
        has_requirements: Tells of the code at an S3 address whether it has a
            ``requirements.txt`` at its root; asked only for jobs without a network.
    """
    for job in jobs(document):
        isolated = member(job.node, "EnableNetworkIsolation")
        if isolated is None or isolated.value is not True or not job.is_script:
            continue
        program = _text(literal(job.hyperparameters["sagemaker_program"]))
        code = _text(literal(job.hyperparameters.get("sagemaker_submit_directory")))
        # Of a shell script the toolkit installs nothing.
        if code and not program.endswith(".sh") and has_requirements(code):
            problem = (
                f"{code!r} has a requirements.txt and {job.site.name!r} has no "
                "network to install it from, so that the job fails before the script"
            )
            hint = "put the packages into the image, or switch the isolation off"
            yield error(isolated.address, problem, hint)


def _text(value: str | None) -> str:
    """Return a hyperparameter as the toolkit reads it, empty where it is open."""
    found = decoded(value) if value is not None else ""
    return found if isinstance(found, str) else str(value)
