"""What is promised of code that comes with requirements: real installers, no network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from penguin_pipes.errors import StepFailedError

if TYPE_CHECKING:
    from pathlib import Path

SAYS = """
import churn_tools
print("churn_tools says", churn_tools.WORD)
"""


def bundle(project: Any, requirements: str, script: str = SAYS, **members: str) -> Any:
    """Return a training step whose code has requirements."""
    step = project.training("fit", CacheConfig={"Enabled": True})
    files = {"train.py": script, "requirements.txt": requirements, **members}
    project.archive("s3://code/fit/sourcedir.tar.gz", files)
    return step


def environments(project: Any) -> list[Path]:
    """Return the environments in the project's home."""
    return sorted((project.home / "environments").glob("*"))


def log(run: Any, step: str = "fit") -> str:
    """Return what a step printed."""
    text: str = run.step(step).log.read_text()
    return text


def test_what_a_list_names_is_there(project: Any, wheel: Any, installer: str) -> None:
    """A script imports what its requirements.txt names, whoever installs it."""
    wheel("churn_tools", "WORD = 'hello'")

    run = project.run(bundle(project, "churn_tools==1.0  # ours\n"))

    assert "churn_tools says hello" in log(run)
    said = (
        "Installed 1 package" if installer == "uv" else "Successfully installed churn"
    )
    assert said in log(run)
