"""Those that run the penguins: by hand, penguin_pipes, and the peers."""

from __future__ import annotations

import functools
import shutil
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks import by_hand
from benchmarks.measure import python, run
from benchmarks.peers.environments import made
from benchmarks.peers.race import AGAIN, CHANGED, COLD, OURS, TUNING, Act, Tool
from penguin_pipes.penguins import shipped

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.peers.environments import Environment

PROJECTS: Final = Path(__file__).with_name("projects")
RATES: Final = (0.01, 0.02, 0.03)
SEQUENCE: Final = "One training after the other: it runs what it can in sequence."
WITHOUT_WINNER: Final = "Three trainings; nobody looks for the best of them."


def learning_rate(number: int) -> float:
    """Return a rate that no earlier round had."""
    return round(0.011 + number / 1000, 3)


def hand() -> Tool:
    """Return the two scripts, called by hand."""

    def changed(folder: Path, number: int) -> None:
        by_hand.preprocess(_fresh(folder))
        by_hand.train(folder / "run", learning_rate=learning_rate(number))

    def tuning(folder: Path, _: int) -> None:
        for rate in RATES:
            by_hand.train(folder / "run", learning_rate=rate)

    both: Act = lambda folder, number: by_hand.both(_fresh(folder), number)  # noqa: E731
    return Tool(
        name="by hand",
        setup=lambda *_: None,
        actions={COLD: both, AGAIN: both, CHANGED: changed, TUNING: tuning},
        notes={TUNING: WITHOUT_WINNER},
    )


def _fresh(folder: Path) -> Path:
    """Return an empty folder to work in."""
    place = folder / "run"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    return place


def ours() -> Tool:
    """Return penguin_pipes, as its command line runs the penguins."""

    def command(folder: Path, *words: str) -> None:
        python("-m", "penguin_pipes.deploy", "--local", *words, cwd=folder)

    def changed(folder: Path, number: int) -> None:
        rate = f"training.hyperparameters.learning_rate={learning_rate(number)}"
        command(folder, "--set", rate)

    return Tool(
        name=f"{OURS} {version('penguin-pipes')}",
        setup=lambda folder, _: _lay("ours", folder),
        actions={
            COLD: lambda folder, _: command(folder),
            AGAIN: lambda folder, _: command(folder),
            CHANGED: changed,
            TUNING: lambda folder, _: command(
                folder, "--config", "penguins.toml", "--tune"
            ),
        },
    )


def _lay(name: str, folder: Path) -> None:
    """Lay a project with the scripts and the data into a folder."""
    shutil.copytree(PROJECTS / name, folder, dirs_exist_ok=True)
    shutil.copyfile(PROJECTS / "scripts.py", folder / "scripts.py")
    for script in ("preprocessor.py", "train.py"):
        shutil.copyfile(shipped(f"scripts/{script}"), folder / script)
    (folder / "data").mkdir()
    shutil.copyfile(shipped("data/penguins.csv"), folder / "data" / "penguins.csv")


def _does(here: Environment, *words: str, **variables: str) -> Act:
    """Return what runs one of the environment's programs in a project."""
    program, *rest = words

    def act(folder: Path, number: int) -> None:
        told = [each.format(rate=learning_rate(number)) for each in rest]
        own = {key: each.format(folder=folder) for key, each in variables.items()}
        environ = here.variables(**own)
        run(here.programs / program, *told, cwd=folder, environ=environ)

    return act


def _peer(
    name: str,
    here: Environment,
    *,
    actions: dict[str, Act],
    start: Act | None = None,
    notes: dict[str, str] | None = None,
) -> Tool:
    """Return a peer whose project is in the folder of its name."""

    def setup(folder: Path, number: int) -> None:
        _lay(name, folder)
        if start is not None:
            start(folder, number)

    return Tool(
        name=f"{name} {here.version(name)}",
        setup=setup,
        actions=actions,
        notes=notes or {},
    )


def dvc(here: Environment) -> Tool:
    """Return DVC: stages in a file, run where something has changed."""
    does = functools.partial(_does, here, "dvc", DVC_NO_ANALYTICS="1")

    def changed(folder: Path, number: int) -> None:
        parameters = f"learning_rate: {learning_rate(number)}\nepochs: 50\n"
        (folder / "params.yaml").write_text(parameters)
        does("repro", "train")(folder, number)

    return _peer(
        "dvc",
        here,
        start=does("init", "--no-scm", "--quiet"),
        actions={
            COLD: does("repro", "train"),
            AGAIN: does("repro", "train"),
            CHANGED: changed,
            TUNING: does("repro", "tune"),
        },
        notes={TUNING: f"{WITHOUT_WINNER} {SEQUENCE}"},
    )


def kedro(here: Environment) -> Tool:
    """Return Kedro: nodes between the data sets of a catalog."""
    off = {"KEDRO_DISABLE_TELEMETRY": "1", "DO_NOT_TRACK": "1", "PYTHONPATH": "."}
    does = functools.partial(_does, here, "kedro", "run", **off)
    return _peer(
        "kedro",
        here,
        actions={
            COLD: does(),
            AGAIN: does("--only-missing-outputs"),
            CHANGED: does("--from-nodes", "train", "--params", "learning_rate={rate}"),
            TUNING: does("--pipeline", "tune", "--runner", "ThreadRunner"),
        },
        notes={
            AGAIN: "Kedro looks at what is there and not at what has changed: "
            "`--only-missing-outputs`.",
            CHANGED: "Kedro is told which node to begin with: `--from-nodes`.",
            TUNING: WITHOUT_WINNER,
        },
    )


def zenml(here: Environment) -> Tool:
    """Return ZenML: steps that are cached, on the default stack."""
    off = {
        "ZENML_ANALYTICS_OPT_IN": "false",
        "ZENML_CONFIG_PATH": "{folder}/.config",
        "AUTO_OPEN_DASHBOARD": "false",
    }
    does = functools.partial(_does, here, "python", "run.py", **off)

    def start(folder: Path, number: int) -> None:
        # The first command of all makes a database, which users wait for but once.
        for words in (("init",), ("stack", "list")):
            _does(here, "zenml", *words, **off)(folder, number)

    return _peer(
        "zenml",
        here,
        start=start,
        actions={
            COLD: does(),
            AGAIN: does(),
            CHANGED: does("{rate}"),
            TUNING: does("tune"),
        },
        notes={
            TUNING: f"{WITHOUT_WINNER} {SEQUENCE} ZenML takes the first from its cache."
        },
    )


def metaflow(here: Environment) -> Tool:
    """Return Metaflow: flows of Python, resumed where one wants."""
    does = functools.partial(_does, here, "python", METAFLOW_USER="bench")
    return _peer(
        "metaflow",
        here,
        actions={
            COLD: does("flow.py", "run"),
            AGAIN: does("flow.py", "resume", "end"),
            CHANGED: does("flow.py", "run", "--learning_rate", "{rate}"),
            TUNING: does("tune.py", "run", "--max-workers", "2"),
        },
        notes={
            AGAIN: "Metaflow takes what is before the step that it is told: `resume`.",
            CHANGED: "`resume` keeps the parameters: with another one all runs again.",
            TUNING: WITHOUT_WINNER,
        },
    )


PEERS: Final[dict[str, tuple[tuple[str, ...], Callable[[Environment], Tool]]]] = {
    "dvc": (("dvc",), dvc),
    "kedro": (("kedro", "kedro-datasets"), kedro),
    "zenml": (("zenml[local]",), zenml),
    "metaflow": (("metaflow",), metaflow),
}
"""What each peer is installed as, and what makes a tool of it."""


def everybody(folder: Path) -> tuple[tuple[Tool, ...], tuple[str, ...]]:
    """Return all tools, and of those that cannot be installed here why.

    Args:
        folder: Where environments are kept.
    """
    tools, missing = [hand(), ours()], []
    for name, (requirements, make) in PEERS.items():
        here = made(name, requirements, folder=folder)
        if here.failure is None:
            tools.append(make(here))
        else:
            missing.append(f"{name} cannot be installed here: {here.failure}")
    return tuple(tools), tuple(missing)
