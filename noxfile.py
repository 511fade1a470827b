"""What is checked, and how: every session installs what it needs from nothing."""

from __future__ import annotations

import shutil
import sysconfig
from pathlib import Path

import nox

nox.needs_version = ">=2025.5"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.sessions = ["lint", "types", "tests", "build"]
nox.options.error_on_missing_interpreters = False

PYPROJECT = nox.project.load_toml("pyproject.toml")
PYTHONS = nox.project.python_versions(PYPROJECT)
OLDEST_SDK = "3.24.0"
"""The first SDK whose tables hold the default images."""
INFERENCE_TENSORFLOW = "tensorflow==2.20.*"
"""What AWS's newest image for inference holds; training is a version ahead."""

AT_ONCE = ("-n", "2", "--dist", "loadfile")
"""Two halves of the tests at once, for most of them wait for a process of their own."""
SHARED_OUT = ("-n", "2", "--dist", "worksteal")
"""The same where files take very different times and share nothing."""
TOOLKITS = ("sagemaker-training==5.1.4", "sagemaker-tensorflow-training==20.5.0")
"""AWS's own code in the training containers, the judge of the local run's contract."""

BROWSER = ("chromium", "chromedriver")


def _group(name: str) -> list[str]:
    """Return the requirements of a dependency group."""
    return list(nox.project.dependency_groups(PYPROJECT, name))


def _install(session: nox.Session, *requirements: str) -> None:
    """Install the package as it is here, with *requirements*."""
    session.install("-e", ".", *requirements)


@nox.session
def lint(session: nox.Session) -> None:
    """Style, and the walls between the rooms."""
    _install(session, *_group("lint"))
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    session.run("lint-imports", "--no-cache")


@nox.session
def types(session: nox.Session) -> None:
    """Mypy at its strictest, over package, tests, tools and this file."""
    session.install("-e", ".[local,report,serving]", *_group("types"))
    session.run("mypy")


@nox.session
def tests(session: nox.Session) -> None:
    """Every ring of tests but the sweeps: unit, properties, local mode."""
    session.install("-e", ".[local,report,serving]", *_group("test"))
    session.run("pytest", *(session.posargs or AT_ONCE))


@nox.session
def durability(session: nox.Session) -> None:
    """Kills at every point, disks of every size, many seeds: the sweeps of minutes."""
    session.install("-e", ".[local,report,serving]", *_group("test"))
    session.run("pytest", "-m", "durability", *(session.posargs or SHARED_OUT))


@nox.session
def local_mode(session: nox.Session) -> None:
    """The regression run: real processes and data against the committed baseline."""
    session.install("-e", ".[local]", *_group("test"))
    session.run("pytest", "tests/local_mode", *session.posargs)


@nox.session
def bench(session: nox.Session) -> None:
    """What things take, as ratios in one run; writes RESULTS.md, and PROFILE.md."""
    session.install("-e", ".[local,serving]", "psutil")
    session.run("python", "-m", "benchmarks.profile")
    session.run("python", "-m", "benchmarks", *session.posargs)


@nox.session
def conformance(session: nox.Session) -> None:
    """AWS's training toolkit beside the local run, on the same requests."""
    headers = Path(sysconfig.get_path("include"), "Python.h")
    if not (shutil.which("cc") or shutil.which("gcc")) or not headers.is_file():
        session.skip(
            f"{TOOLKITS[0]} is built from source, and there is no C compiler or no "
            f"{headers}; install them (Debian: build-essential python3-dev)"
        )
    session.install("-e", ".[local]", *_group("test"), TOOLKITS[0])
    # It asks for an older NumPy and protobuf than the TensorFlow it is made for.
    session.install("--no-deps", TOOLKITS[1])
    session.run("pytest", "tests/conformance", *(session.posargs or SHARED_OUT))


@nox.session(python="3.11")
def docker(session: nox.Session) -> None:
    """Jobs in real containers, by a Docker daemon and images of the session's own."""
    session.install("-e", ".[local,docker]", *_group("test"), "uv")
    reason = Path(session.create_tmp(), "reason")
    reason.unlink(missing_ok=True)
    tests = ("python", "-m", "pytest", "tests/docker", *session.posargs)
    session.run("python", "tools/docker_tests.py", str(reason), *tests)
    if reason.exists():
        session.skip(reason.read_text())


@nox.session
def browser(session: nox.Session) -> None:
    """What pages look like to all kinds of readers, in a browser without a screen."""
    missing = [name for name in BROWSER if not shutil.which(name)]
    if missing:
        session.skip(
            f"there is no {' and no '.join(missing)} here; install them (Debian: "
            "chromium chromium-driver)"
        )
    session.install("-e", ".[local,report,serving]", *_group("browser"))
    session.run("pytest", "tests/browser", *(session.posargs or AT_ONCE))


@nox.session(python=PYTHONS)
def compat(session: nox.Session) -> None:
    """The quick tests under each Python; the definition's bytes are among them."""
    session.install("-e", ".[local,report,serving]", *_group("test"))
    # Exceptions to laws are searched for in the tests; here laws meet a few examples.
    few = ("-m", "not slow", "--hypothesis-profile", "few")
    session.run("pytest", *few, *(session.posargs or AT_ONCE))


@nox.session(python=PYTHONS[0])
def oldest_sdk(session: nox.Session) -> None:
    """The definition is the same bytes under the oldest SDK that is supported."""
    minor = OLDEST_SDK.split(".")[1]
    # The SDK is a family whose members do not hold each other back.
    family = [
        f"sagemaker=={OLDEST_SDK}",
        f"sagemaker-core==2.{minor}.*",
        *(f"sagemaker-{part}==1.{minor}.*" for part in ("train", "serve", "mlops")),
    ]
    _install(session, *family, *_group("test"))
    session.run("pytest", "tests/unit/test_determinism.py", *session.posargs)


@nox.session(python=PYTHONS[0])
def serving_image(session: nox.Session) -> None:
    """What is registered serves under the TensorFlow of AWS's inference image."""
    folder = Path(session.create_tmp(), "served")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    archive, answers = str(folder / "model.tar.gz"), str(folder / "answers.json")
    ask = (
        "python",
        "tools/serve_archive.py",
        archive,
        "penguin_pipes/data/penguins.csv",
    )
    session.install("-e", ".[local]")
    session.run("python", "tools/pack_penguins.py", str(folder))
    session.run(*ask, "--write", answers)
    session.install(INFERENCE_TENSORFLOW)
    session.run(*ask, "--like", answers)


@nox.session(python="3.12")
def parity(session: nox.Session) -> None:
    """The penguins with the packages of their images, which are not installed here."""
    _install(session)
    home = Path(session.create_tmp(), "home")
    shutil.rmtree(home, ignore_errors=True)
    words = ("--local", "--parity", "--home", str(home))
    session.run("python", "-m", "penguin_pipes.deploy", *words)


@nox.session(python=["3.10", *PYTHONS[1:]])
@nox.parametrize(
    "stack",
    [
        nox.param(
            ["scikit-learn==1.4.2", "pandas==2.2.3", "numpy==2.1.0"], id="sklearn-1.4"
        ),
        nox.param(["scikit-learn>=1.7", "pandas>=2.3", "numpy>=2.2"], id="newest"),
    ],
)
def scripts(session: nox.Session, stack: list[str]) -> None:
    """What needs no TensorFlow runs in containers older than the library itself."""
    if session.python == "3.13" and "scikit-learn==1.4.2" in stack:
        session.skip("scikit-learn 1.4 has no wheels for Python 3.13")
    tools = (
        "hypothesis>=6.150",
        "pytest>=9",
        "pytest-timeout>=2.4",
        "pytest-xdist>=3.6",
    )
    session.install(*stack, *tools)
    # The library itself is not installed, and the shared fixtures would import it.
    session.run(
        *("pytest", "--noconftest"),
        "tests/unit/scripts/test_preprocessor.py",
        "tests/unit/scripts/test_package.py",
        "tests/unit/scripts/test_inference.py",
        "tests/unit/scripts/test_evaluate.py",
        "tests/unit/property/test_split_laws.py",
        "tests/unit/property/test_evaluation_laws.py",
        *(session.posargs or SHARED_OUT),
        env={"PYTHONPATH": "."},
    )


@nox.session
def docs(session: nox.Session) -> None:
    """The site, strictly; then a reader who does all that README and pages say."""
    session.install("-e", ".[local,report]", *_group("docs"))
    # Not in the session's own temporary folder, which would then be pytest's as well:
    # readers stand outside of the checkout, and of its settings.
    site = str(Path(session.cache_dir, "site"))
    session.run("mkdocs", "build", "--strict", "--site-dir", site)
    session.run("pytest", "tests/docs", *(session.posargs or SHARED_OUT))


@nox.session
def second_project(session: nox.Session) -> None:
    """A project of somebody else, on the wheel, in an environment of its own."""
    dist = Path(session.create_tmp(), "dist")
    shutil.rmtree(dist, ignore_errors=True)
    session.install("build")
    session.run("python", "-m", "build", "--wheel", "--outdir", str(dist), silent=True)
    # A copy away from the checkout, whose package and settings would be found.
    project = Path(session.create_tmp(), "retention")
    shutil.rmtree(project, ignore_errors=True)
    shutil.copytree("tests/second_project", project)
    theirs = nox.project.load_toml(str(project / "pyproject.toml"))
    needs = [
        *theirs["project"]["dependencies"],
        *nox.project.dependency_groups(theirs, "test", "types"),
    ]
    wheel = next(dist.glob("*.whl"))
    session.install(f"{wheel}[testing]", *(n for n in needs if "penguin" not in n))
    session.install("--no-deps", "--force-reinstall", str(wheel))
    python = str(Path(session.bin, "python").absolute())
    session.chdir(project)
    session.run("pytest", *session.posargs)
    session.run("mypy")
    session.run("pyright", "--pythonpath", python)


@nox.session
def build(session: nox.Session) -> None:
    """Wheel and sdist, each installed into a clean environment and run from there."""
    dist = Path(session.create_tmp(), "dist")
    shutil.rmtree(dist, ignore_errors=True)
    session.install("build")
    session.run("python", "-m", "build", "--outdir", str(dist), silent=True)
    wheel, sdist = next(dist.glob("*.whl")), next(dist.glob("*.tar.gz"))
    session.run("python", "tools/check_dist.py", str(wheel), str(sdist))
    for artifact, extra in ((sdist, ""), (wheel, "[local]")):
        session.install(f"{artifact}{extra}")
        # Again by itself: the other artifact of the same version may be there.
        session.install("--no-deps", "--force-reinstall", str(artifact))
        # Outside of the checkout: what is imported must be what was installed.
        session.chdir(session.create_tmp())
        session.run("python", "-I", "-c", SMOKE, str(SNAPSHOT))
        session.chdir(Path(__file__).parent)
    home = Path(session.create_tmp(), "home")
    session.chdir(session.create_tmp())
    session.run("penguin-pipes", "--local", "--epochs", "2", "--home", str(home))


SNAPSHOT = Path("tests/unit/snapshots/penguins-train.json").absolute()
SMOKE = """
import json, sys
import penguin_pipes
from penguin_pipes import build_pipeline, penguins_config
role = "arn:aws:iam::123456789012:role/pipelines"
pipeline = build_pipeline(penguins_config(bucket="acme-ml", role=role))
assert "site-packages" in penguin_pipes.__file__, penguin_pipes.__file__
assert json.loads(pipeline.definition()) == json.load(open(sys.argv[1]))
assert all(path.is_file() for path in pipeline.files.values())
"""


if __name__ == "__main__":
    nox.main()
