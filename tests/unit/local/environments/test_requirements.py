"""What is promised of code that comes with requirements: real installers, no network."""

from __future__ import annotations

import importlib.metadata
from typing import TYPE_CHECKING, Any

import pytest

from penguin_pipes.errors import StepFailedError
from penguin_pipes.local import Run

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


@pytest.mark.usefixtures("uv")
class TestOnce:
    """An environment is made once for each content."""

    def test_the_same_list_is_not_installed_twice(
        self, project: Any, wheel: Any, cold: Any
    ) -> None:
        """A changed script with an unchanged list finds its environment there."""
        wheel("churn_tools", "WORD = 'hello'")
        project.run(bundle(project, "churn_tools"), backend=cold)

        step = bundle(project, "churn_tools\n# a remark", SAYS + "print('new')\n")
        run = project.run(step, backend=cold)

        assert log(run) == "churn_tools says hello\nnew\n"
        assert len(environments(project)) == 1

    def test_another_list_is_another_environment(
        self, project: Any, wheel: Any, cold: Any
    ) -> None:
        """Versions asked for by different code do not meet."""
        wheel("churn_tools", "WORD = 'old'", version="1.0")
        wheel("churn_tools", "WORD = 'new'", version="2.0")

        words = [
            log(project.run(bundle(project, f"churn_tools=={version}"), backend=cold))
            for version in ("1.0", "2.0", "1.0")
        ]

        assert ["old" in words[0], "new" in words[1], "old" in words[2]] == [True] * 3
        assert len(environments(project)) == 2

    def test_a_list_inside_the_bundle_counts(
        self, project: Any, wheel: Any, cold: Any
    ) -> None:
        """A list that includes another one is told by the content of both."""
        wheel("churn_tools", "WORD = 'old'", version="1.0")
        wheel("churn_tools", "WORD = 'new'", version="2.0")
        step = bundle(project, "-r own.txt", **{"own.txt": "churn_tools==1.0"})
        project.run(step, backend=cold)

        step = bundle(project, "-r own.txt", **{"own.txt": "churn_tools==2.0"})
        run = project.run(step, backend=cold)

        assert "churn_tools says new" in log(run)

    def test_a_wheel_that_is_named_by_its_path_counts(
        self, project: Any, wheel: Any, cold: Any
    ) -> None:
        """A file outside the bundle makes another environment, and another result."""
        path = wheel("churn_tools", "WORD = 'old'")
        first = project.run(bundle(project, str(path)), backend=cold)
        again = project.run(bundle(project, str(path)), backend=cold)
        wheel("churn_tools", "WORD = 'new'")

        changed = project.run(bundle(project, str(path)), backend=cold)

        assert again.step("fit").reused_from == first.id
        assert changed.step("fit").reused_from is None
        assert "churn_tools says new" in log(changed)

    def test_what_is_there_already_is_not_installed(
        self, project: Any, wheel: Any, cold: Any
    ) -> None:
        """Packages of the Python below satisfy a list, and what it names needs."""
        wheel("churn_tools", "import attrs\nWORD = attrs.__name__", needs=("attrs>=1",))

        run = project.run(bundle(project, "churn_tools\nattrs\n"), backend=cold)

        assert "churn_tools says attrs" in log(run)
        assert "Installed 1 package" in log(run)

    def test_another_version_hides_the_one_below(
        self, project: Any, wheel: Any, cold: Any
    ) -> None:
        """A list may ask for another version; the Python below keeps its own."""
        wheel("iniconfig", "VERSION = 'ours'", version="0.1")
        script = "import iniconfig; print('it is', iniconfig.VERSION)"

        run = project.run(bundle(project, "iniconfig==0.1", script), backend=cold)

        import iniconfig

        assert "it is ours" in log(run)
        assert not hasattr(iniconfig, "VERSION")
        assert importlib.metadata.version("iniconfig") != "0.1"


@pytest.mark.usefixtures("uv")
class TestTogether:
    """Steps, trials and runs that want the same at once."""

    def test_steps_at_once_share_one(self, project: Any, wheel: Any, cold: Any) -> None:
        """Two steps that start together install once, and both have it."""
        wheel("churn_tools", "WORD = 'hello'")
        steps = [project.training("a"), project.training("b")]
        for name in ("a", "b"):
            members = {"train.py": SAYS, "requirements.txt": "churn_tools"}
            project.archive(f"s3://code/{name}/sourcedir.tar.gz", members)

        run = project.run(*steps, jobs=2, backend=cold)

        logs = [log(run, "a"), log(run, "b")]
        assert all("churn_tools says hello" in text for text in logs)
        assert sum("Installed 1 package" in text for text in logs) == 1

    def test_a_warm_server_is_of_no_use(self, project: Any, wheel: Any) -> None:
        """Beside a script that starts warm, one with a list has its own packages."""
        wheel("churn_tools", "WORD = 'hello'")
        plain = project.training("plain", "import attrs; print('plain')")

        run = project.run(plain, bundle(project, "churn_tools"))

        assert log(run, "plain") == "plain\n"
        assert "churn_tools says hello" in log(run)


@pytest.mark.usefixtures("uv")
class TestFailures:
    """What cannot be installed."""

    def test_the_installer_says_why(self, project: Any, cold: Any) -> None:
        """A package that is not to be had fails the step, with its name."""
        with pytest.raises(StepFailedError) as caught:
            project.run(bundle(project, "no_such_thing==7"), backend=cold)

        assert isinstance(caught.value.run, Run)
        step = caught.value.run.step("fit")
        assert step.failure is not None
        assert step.failure.startswith(
            "AlgorithmError: InstallRequirementsError:\nExit"
        )
        assert "no-such-thing was not found" in step.failure
        assert step.exit_code == 1
        assert "train.py" not in step.failure

    def test_nothing_of_it_stays(self, project: Any, wheel: Any, cold: Any) -> None:
        """After a failure the same list can be installed, once it can be."""
        with pytest.raises(StepFailedError):
            project.run(bundle(project, "churn_tools"), backend=cold)
        assert environments(project) == []
        wheel("churn_tools", "WORD = 'hello'")

        run = project.run(bundle(project, "churn_tools"), backend=cold)

        assert "churn_tools says hello" in log(run)

    def test_an_unfinished_environment_is_made_anew(
        self, project: Any, wheel: Any, cold: Any
    ) -> None:
        """What an installation that was killed has left is never used."""
        wheel("churn_tools", "WORD = 'hello'")
        project.run(bundle(project, "churn_tools"), backend=cold)
        [folder] = environments(project)
        next(folder.glob("lib/*/site-packages/churn_tools.py")).unlink()
        (folder / "ready.json").unlink()

        step = bundle(project, "churn_tools", SAYS + "print('again')\n")
        run = project.run(step, backend=cold)

        assert "churn_tools says hello" in log(run)
        assert environments(project) == [folder]
