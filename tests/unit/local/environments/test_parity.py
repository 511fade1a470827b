"""What is promised of jobs with the Python and the packages of their images."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from penguin_pipes import build_pipeline, penguins_config
from penguin_pipes.errors import InputError
from penguin_pipes.local import explain_locally
from penguin_pipes.local.__main__ import main
from penguin_pipes.local.contract.host import this_host
from penguin_pipes.local.contract.requests import images_of
from penguin_pipes.local.environments import Environments, Parity
from penguin_pipes.local.environments.images import KNOWN, ImageContent, content_of
from penguin_pipes.local.environments.versions import of_version

if TYPE_CHECKING:
    from collections.abc import Callable

SAYS = "import sys, numpy; print(sys.version_info[:2], numpy.VERSION)"
CACHED = {"Enabled": True}
SKLEARN = "683313688378.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-scikit-learn"
HERE = "{}.{}".format(*sys.version_info)


def content(*packages: str, python: str = HERE) -> ImageContent:
    """Return what an image of a test holds."""
    return ImageContent(
        repository="churn", version="1", python=python, packages=packages, source=""
    )


@pytest.fixture
def told() -> list[str]:
    """Return what was told."""
    return []


@pytest.fixture
def parity(tmp_path: Path, told: list[str]) -> Callable[..., Parity]:
    """Return what makes environments for images of a test."""

    def make(*known: ImageContent, **options: Any) -> Parity:
        host = this_host()
        home = tmp_path / "home"
        return Parity(
            environments=Environments(home=home, run="r", lent=host.environment),
            variables=host.base_environment,
            tell=told.append,
            known=known,
            **options,
        )

    return make


@pytest.fixture
def packages(wheel: Any) -> None:
    """Write what the images of the steps below hold: names and versions alone."""
    host = this_host()
    if of_version("3.12", host.base_environment, lent=host.environment) is None:
        pytest.skip("there is no Python 3.12, which the images have")
    images = {"sagemaker-scikit-learn:1.9-0", "tensorflow-training:2.21.0"}
    for image in KNOWN:
        for requirement in image.packages if image.name in images else ():
            name, _, version = requirement.partition("==")
            wheel(name.replace("-", "_"), f"VERSION = {version!r}", version)


class TestTable:
    """What is known of images."""

    def test_images_of_the_penguins_are_known(self) -> None:
        """Every image that the worked example names has its packages in the table."""
        config = penguins_config(use_tuning=True, register=True)
        definition = json.loads(build_pipeline(config).definition())

        jobs = [
            image
            for step in definition["Steps"]
            if step["Type"] != "RegisterModel"
            for image in images_of(step["Arguments"])
        ]

        assert {content_of(image).name for image in jobs} == {
            "sagemaker-scikit-learn:1.9-0",
            "tensorflow-training:2.21.0",
        }

    @pytest.mark.parametrize(
        ("tag", "version"),
        [
            ("1.9-0", "1.9-0"),
            ("1.9-0-cpu-py3", "1.9-0"),
            ("1.4-2-cpu-py3", "1.4-2"),
            ("1.4-2-py312-cpu-py3", "1.4-2-py312"),
        ],
    )
    def test_tags_name_versions(self, tag: str, version: str) -> None:
        """A version is found by the tags that the SDK writes."""
        assert content_of(f"{SKLEARN}:{tag}").version == version

    @pytest.mark.parametrize(
        "image",
        [
            f"{SKLEARN}:0.23-1-cpu-py3",
            f"{SKLEARN}:1.9-0-gpu-py3",
            "123456789012.dkr.ecr.eu-west-1.amazonaws.com/churn:3",
        ],
    )
    def test_others_are_not_known(self, image: str) -> None:
        """Nobody guesses what an image holds."""
        with pytest.raises(LookupError):
            content_of(image)

    @pytest.mark.parametrize("image", KNOWN, ids=lambda image: image.name)
    def test_every_image_has_its_source(self, image: ImageContent) -> None:
        """It is said where each row comes from."""
        assert image.source.startswith(("DLC, ", "SKL, "))


@pytest.mark.usefixtures("uv", "packages")
class TestRuns:
    """Runs with parity."""

    def test_each_step_has_what_its_image_has(self, project: Any) -> None:
        """Python and packages are those of the step's image, not those here."""
        steps = project.processing("prepare", SAYS), project.training("fit", SAYS)

        run = project.run(*steps, parity=True)

        assert run.step("prepare").log.read_text() == "(3, 12) 2.5.1\n"
        assert run.step("fit").log.read_text() == "(3, 12) 2.4.6\n"

    def test_they_are_made_once(self, project: Any, wheels: Path) -> None:
        """A second run needs nothing any more, and takes the first one's results."""
        step = project.processing("prepare", SAYS, CacheConfig=CACHED)
        first = project.run(step, parity=True)
        shutil.rmtree(wheels)

        again = project.run(step, parity=True)

        assert again.step("prepare").reused_from == first.id
        assert len([*project.home.glob("environments/*")]) == 1

    def test_results_of_other_packages_are_others(self, project: Any) -> None:
        """What ran with the packages that are here is not taken for the image's."""
        step = project.processing("prepare", "", CacheConfig=CACHED)
        project.run(step)

        run = project.run(step, parity=True)

        assert run.step("prepare").reused_from is None
        assert any("package" in why for why in run.step("prepare").reasons)

    def test_requirements_go_on_top(self, project: Any, wheel: Any) -> None:
        """What code asks for besides is installed over the packages of the image."""
        wheel("churn_tools", "WORD = 'hello'")
        script = "import numpy, churn_tools; print(numpy.VERSION, churn_tools.WORD)"
        step = project.training("fit")
        members = {"train.py": script, "requirements.txt": "churn_tools\nnumpy"}
        project.archive("s3://code/fit/sourcedir.tar.gz", members)

        run = project.run(step, parity=True)

        assert run.step("fit").log.read_text().endswith("2.4.6 hello\n")

    def test_explaining_needs_what_a_run_has_made(self, project: Any) -> None:
        """Nothing is installed to explain a step."""
        step = project.processing("prepare", SAYS, CacheConfig=CACHED)
        asked = {"files": project.files, "home": project.home, "parity": True}
        definition = project.definition(step)
        with pytest.raises(InputError, match="run the pipeline with --parity once"):
            explain_locally(definition, "prepare", **asked)
        assert not project.home.exists()
        run = project.run(step, parity=True)

        found = explain_locally(definition, "prepare", **asked)

        assert found.reused_from == run.id

    def test_the_command_line_says_what_it_makes(
        self, project: Any, tmp_path: Path, capsys: Any
    ) -> None:
        """``--parity`` does it, and tells what takes long."""
        definition = tmp_path / "definition.json"
        steps = [project.processing("prepare", SAYS)]
        definition.write_text(json.dumps(project.definition(*steps)))
        files = [f"--file={uri}={path}" for uri, path in project.files.items()]

        code = main([str(definition), *files, f"--home={project.home}", "--parity"])

        said = capsys.readouterr()
        assert code == 0, said
        assert "environment of sagemaker-scikit-learn:1.9-0" in " ".join(
            said.err.split()
        )
        (log,) = project.home.glob("runs/*/prepare/log.txt")
        assert log.read_text() == "(3, 12) 2.5.1\n"

    def test_steps_without_jobs_need_no_image(self, project: Any) -> None:
        """A condition is decided as ever."""
        check = {
            "Name": "check",
            "Type": "Condition",
            "Arguments": {
                "Conditions": [{"Type": "Equals", "LeftValue": 1, "RightValue": 1}],
                "IfSteps": [project.processing("prepare", SAYS)],
                "ElseSteps": [],
            },
        }

        run = project.run(check, parity=True)

        assert run.step("prepare").log.read_text() == "(3, 12) 2.5.1\n"


class TestRefusals:
    """What is refused before anything starts."""

    def test_unknown_image(self, project: Any) -> None:
        """The step, the image and what is known are named; nothing is written."""
        image = {"AppSpecification": {"ImageUri": f"{SKLEARN}:0.20.0-cpu-py3"}}
        step = project.processing("prepare", arguments=image)

        with pytest.raises(
            InputError,
            match=r"step 'prepare' runs in .*0\.20\.0.*known are tensorflow-training",
        ):
            project.run(step, parity=True)

        assert not project.home.exists()

    def test_no_such_python(self, parity: Any) -> None:
        """What to install is said."""
        maker = parity(content("numpy", python="3.99"))

        with pytest.raises(
            InputError, match=r"churn:1 has Python 3\.99.*uv python install 3\.99"
        ):
            maker.pythons({"fit": ("r/churn:1",)})

    def test_no_wheel(self, parity: Any, installer: str, tmp_path: Path) -> None:
        """What an installer does not find is told in its words, and not kept."""
        maker = parity(content("churn_tools==7"))

        with pytest.raises(
            InputError, match=r"(?s)churn:1 cannot be installed.*churn.tools==7"
        ):
            maker.pythons({"fit": ("r/churn:1",)})

        assert installer
        assert not [*tmp_path.glob("home/environments/*")]

    def test_source_is_not_built(self, parity: Any, wheels: Path, tree: Any) -> None:
        """What has no wheel is refused, though it could be built here."""
        import io
        import tarfile

        with tarfile.open(wheels / "churn-1.0.tar.gz", "w:gz") as archive:
            for name, text in tree("churn", {"churn.py": ""}).items():
                info = tarfile.TarInfo(f"churn-1.0/{name}")
                info.size = len(text.encode())
                archive.addfile(info, io.BytesIO(text.encode()))

        with pytest.raises(InputError, match="cannot be installed"):
            parity(content("churn==1.0")).pythons({"fit": ("r/churn:1",)})

    @pytest.mark.parametrize("images", [(), ("r/churn:1", "r/churn:2")])
    def test_not_one_image(self, parity: Any, images: tuple[str, ...]) -> None:
        """A job that names none, or several, has no one Python."""
        with pytest.raises(InputError, match="step 'fit' must name one image"):
            parity(content()).pythons({"fit": images})

    def test_python_and_parity(self, project: Any) -> None:
        """Two answers to one question are refused."""
        step = project.processing("prepare")

        with pytest.raises(InputError, match="leave out python"):
            project.run(step, parity=True, python=sys.executable)

    def test_containers_have_their_own(
        self, project: Any, tmp_path: Path, capsys: Any
    ) -> None:
        """With ``--backend docker`` it is refused, for it would do nothing."""
        definition = tmp_path / "definition.json"
        definition.write_text(json.dumps(project.definition(project.processing("p"))))
        files = [f"--file={uri}={path}" for uri, path in project.files.items()]

        code = main([str(definition), *files, "--backend=docker", "--parity"])

        assert code == 2
        assert "--parity is for processes" in capsys.readouterr().err


def test_what_an_image_leaves_open_is_told(
    parity: Any, wheel: Any, installer: str, told: list[str]
) -> None:
    """Where the source names no version, the newest is taken, and that is said."""
    wheel("churn_tools", "", "1.0")
    wheel("churn_tools", "", "1.5")
    wheel("other_tools", "", "2.0")
    maker = parity(content("churn_tools>=1", "other_tools==2.0"))

    found = maker.pythons({"fit": ("r/churn:1-cpu-py3",)}).of("fit")

    assert installer
    assert told[1].endswith(
        "leaves open which churn_tools>=1 it has; the newest is taken"
    )
    (site,) = Path(found.executable).parents[1].glob("lib/*/site-packages")
    assert {path.name for path in site.glob("*.dist-info")} >= {
        "churn_tools-1.5.dist-info",
        "other_tools-2.0.dist-info",
    }
