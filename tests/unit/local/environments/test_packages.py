"""What is promised of code that is a package, and of a project that is none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from penguin_pipes.errors import StepFailedError
from penguin_pipes.local import Run, StepWarned

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.usefixtures("uv")

MODULE = """
import sys
from churn.words import WORD
print(__name__, WORD, sys.argv[1:])
"""


@pytest.fixture
def run_package(
    project: Any, tree: Callable[..., dict[str, str]], cold: Any
) -> Callable[..., Run]:
    """Return what runs a package."""

    def run(program: str, **more: str) -> Run:
        told = {"sagemaker_program": program, "epochs": "3"}
        step = project.training("fit", hyperparameters=told)
        modules = {"churn/__init__.py": "", "churn/words.py": "WORD = 'hello'"}
        files = tree("churn", {**modules, "churn/train.py": MODULE})
        members = {**files, "setup.py": "", **more}
        project.archive("s3://code/fit/sourcedir.tar.gz", members)
        found: Run = project.run(step, backend=cold)
        return found

    return run


def test_module_of_an_installed_package_runs(run_package: Any) -> None:
    """A setup.py makes the code a package; the program is a module of it."""
    run = run_package("churn.train")

    assert "__main__ hello ['--epochs', '3']" in run.step("fit").log.read_text()


def test_script_beside_a_setup_is_a_module_too(run_package: Any) -> None:
    """A ``train.py`` at the root is started by its module's name."""
    script = "import sys\nfrom churn.words import WORD\nprint(WORD, __spec__.name)"

    run = run_package("train.py", **{"train.py": script})

    assert "hello train" in run.step("fit").log.read_text()


def test_a_package_may_have_requirements(run_package: Any, wheel: Any) -> None:
    """Beside a setup.py, requirements.txt is installed as well."""
    wheel("churn_tools", "WORD = 'both'")
    script = "import churn.words, churn_tools; print(churn_tools.WORD)"

    run = run_package(
        "train.py", **{"train.py": script, "requirements.txt": "churn_tools"}
    )

    assert "both" in run.step("fit").log.read_text()


def test_package_that_cannot_be_built_fails_the_step(run_package: Any) -> None:
    """What the builder says is the failure of the step."""
    with pytest.raises(StepFailedError) as caught:
        run_package("churn.train", **{"backend.py": "raise OSError('no compiler')"})

    assert "InstallModuleError:" in str(caught.value)
    assert "no compiler" in str(caught.value)


def test_project_without_a_setup_is_not_installed(
    project: Any, tree: Callable[..., dict[str, str]], cold: Any
) -> None:
    """A pyproject.toml alone is ignored as the toolkit ignores it, and that is said."""
    step = project.training("fit")
    files = tree("churn", {"churn.py": ""})
    script = "import importlib.util; print(importlib.util.find_spec('churn'))"
    project.archive("s3://code/fit/sourcedir.tar.gz", {**files, "train.py": script})
    events: list[Any] = []

    run = project.run(step, backend=cold, watch=events.append)

    warned = [event.text for event in events if isinstance(event, StepWarned)]
    assert run.step("fit").log.read_text() == "None\n"
    assert len(warned) == 1
    assert warned[0].startswith("pyproject.toml: the container installs a package only")


def test_settings_of_a_tool_are_no_project(project: Any, cold: Any) -> None:
    """A pyproject.toml that only configures tools is nobody's concern."""
    step = project.training("fit")
    members = {"train.py": "", "pyproject.toml": "[tool.ruff]\nline-length = 88\n"}
    project.archive("s3://code/fit/sourcedir.tar.gz", members)
    events: list[Any] = []

    project.run(step, backend=cold, watch=events.append)

    assert not any(isinstance(event, StepWarned) for event in events)
