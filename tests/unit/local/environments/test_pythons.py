"""What is promised of the interpreter that jobs run with."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from penguin_pipes.errors import InputError
from penguin_pipes.flags import pythons
from penguin_pipes.local import explain_locally
from penguin_pipes.local.__main__ import main

if TYPE_CHECKING:
    from pathlib import Path

SAYS = "import sys; print(sys.executable)"
CACHED = {"Enabled": True}


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """Return the interpreter of an environment that holds nothing."""
    folder = tmp_path / "other"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    return folder / "bin" / "python"


def said(run: Any, step: str) -> str:
    """Return what a step printed."""
    text: str = run.step(step).log.read_text()
    return text.strip()


def test_all_jobs_run_with_it(project: Any, other: Path) -> None:
    """Processing and training both start the interpreter that is named."""
    steps = project.processing("prepare", SAYS), project.training("fit", SAYS)

    run = project.run(*steps, python=other)

    assert {said(run, "prepare"), said(run, "fit")} == {str(other)}


def test_one_step_may_have_its_own(project: Any, other: Path) -> None:
    """A step that is named has its interpreter, the others the one that runs this."""
    steps = project.processing("prepare", SAYS), project.training("fit", SAYS)

    run = project.run(*steps, python={"fit": str(other)})

    assert said(run, "fit") == str(other)
    assert said(run, "prepare") == sys.executable


def test_it_is_part_of_the_key(project: Any, other: Path) -> None:
    """Results of one interpreter are not taken for another with other packages."""
    step = project.processing("prepare", SAYS, CacheConfig=CACHED)
    first = project.run(step)
    second = project.run(step, python=other)

    again = [project.run(step), project.run(step, python=other)]

    assert second.step("prepare").reused_from is None
    assert any("package" in why for why in second.step("prepare").reasons)
    taken = [run.step("prepare").reused_from for run in again]
    assert taken == [first.id, second.id]


def test_explaining_knows_it_too(project: Any, other: Path) -> None:
    """What is explained is what a run with that interpreter would do."""
    step = project.processing("prepare", SAYS, CacheConfig=CACHED)
    run = project.run(step, python=other)
    asked = {"files": project.files, "home": project.home}
    definition = project.definition(step)

    same = explain_locally(definition, "prepare", python=other, **asked)
    without = explain_locally(definition, "prepare", **asked)

    assert (same.reused_from, without.reused_from) == (run.id, None)


@pytest.mark.usefixtures("uv")
def test_requirements_are_installed_on_top_of_it(
    project: Any, wheel: Any, other: Path
) -> None:
    """An environment sees the packages of the interpreter that its step has."""
    wheel("churn_tools", "WORD = 'hello'")
    script = """
    import importlib.util, churn_tools
    print(churn_tools.WORD, importlib.util.find_spec("attrs"))
    """
    step = project.training("fit")
    members = {"train.py": script, "requirements.txt": "churn_tools"}
    project.archive("s3://code/fit/sourcedir.tar.gz", members)

    run = project.run(step, python=other)

    assert said(run, "fit").endswith("hello None")


class TestRefusals:
    """What is refused before anything starts."""

    @pytest.mark.parametrize(
        ("make", "message"),
        [
            pytest.param(lambda path: path / "gone", "there is no /", id="nothing"),
            pytest.param(lambda path: path, "is a folder; name the inter", id="folder"),
            pytest.param(
                lambda _: "/bin/false", "does not run as a Python \\(exit", id="other"
            ),
            pytest.param(
                lambda _: "python9.9", "no 'python9.9' on the PATH", id="name"
            ),
            pytest.param(
                lambda _: {"nobody": "/bin/false"},
                "no step 'nobody'; there are: prepare",
                id="step",
            ),
        ],
    )
    def test_what_is_no_python(
        self, project: Any, tmp_path: Path, make: Any, message: str
    ) -> None:
        """An interpreter that cannot be had is named, and no home is made."""
        step = project.processing("prepare", SAYS)

        with pytest.raises(InputError, match=f"^python.*{message}"):
            project.run(step, python=make(tmp_path))

        assert not project.home.exists()

    def test_environment_in_place_of_its_interpreter(
        self, project: Any, other: Path
    ) -> None:
        """Whoever names the folder of an environment is told what to name."""
        step = project.processing("prepare", SAYS)

        with pytest.raises(InputError, match=f"name the interpreter in it: {other}"):
            project.run(step, python=other.parent.parent)


class TestCommandLine:
    """``--python``."""

    @pytest.fixture
    def words(self, project: Any, tmp_path: Path) -> list[str]:
        """Return a command line that runs two steps."""
        steps = project.processing("prepare", SAYS), project.training("fit", SAYS)
        definition = tmp_path / "definition.json"
        definition.write_text(json.dumps(project.definition(*steps)))
        files = [f"--file={uri}={path}" for uri, path in project.files.items()]
        return [str(definition), *files, f"--home={project.home}"]

    def test_it_is_repeatable(
        self, project: Any, words: list[str], other: Path, capsys: Any
    ) -> None:
        """The interpreter of one step goes with that of all others."""
        code = main([*words, f"--python=fit={other}", f"--python={sys.executable}"])

        assert code == 0, capsys.readouterr()
        logs = project.home.glob("runs/*/*/log.txt")
        assert {log.parent.name: log.read_text() for log in logs} == {
            "prepare": f"{sys.executable}\n",
            "fit": f"{other}\n",
        }

    def test_containers_have_their_own(self, words: list[str], capsys: Any) -> None:
        """With ``--backend docker`` it is refused, for it would do nothing."""
        code = main([*words, "--backend=docker", "--python=python3"])

        assert code == 2
        assert "--python is for processes" in capsys.readouterr().err

    @pytest.mark.parametrize(
        ("texts", "found"),
        [
            ([], None),
            (["/usr/bin/python3"], {"": "/usr/bin/python3"}),
            (["fit=/a/b", "c"], {"fit": "/a/b", "": "c"}),
            (["/a=b/python"], {"": "/a=b/python"}),
        ],
    )
    def test_texts_are_read(self, texts: list[str], found: Any) -> None:
        """What stands before ``=`` is a step only if it can be one's name."""
        assert pythons(texts) == found
