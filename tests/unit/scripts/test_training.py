"""Real trainings: what the script prints, saves, and repeats."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from unittest.mock import ANY

import attrs
import pytest

from penguin_pipes.metrics import KERAS_METRICS
from penguin_pipes.scripts import train

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SCRIPT = Path(train.__file__)

WARM_RUN = """
import json, sys
import penguin_pipes.scripts.train as script

environ = json.loads(sys.argv[1])
seeds = {"same": 0, "other": 1}
for name, seed in seeds.items():
    folder = environ["SM_MODEL_DIR"] + name
    code = script.main(
        ["--seed", str(seed), "--epochs", "3"], environ | {"SM_MODEL_DIR": folder}
    )
    assert code == 0, code
import tensorflow as tf

def describe(folder):
    loaded = tf.saved_model.load(folder + "/001")  # its variables die with it
    serve = loaded.signatures["serving_default"]
    ((name, taken),) = serve.structured_input_signature[1].items()
    (given,) = serve.structured_outputs.values()
    (probabilities,) = serve(tf.constant([[0.5, -0.5], [2.0, 1.0]])).values()
    return {
        "input": [name, taken.shape.as_list(), taken.dtype.name],
        "output": [given.shape.as_list(), given.dtype.name],
        "weights": [value.numpy().tolist() for value in serve.variables],
        "probabilities": probabilities.numpy().tolist(),
    }

folders = {name: environ["SM_MODEL_DIR"] + name for name in seeds}
folders |= {f"cold{i}": folder for i, folder in enumerate(sys.argv[2:])}
print(json.dumps({name: describe(folder) for name, folder in folders.items()}))
"""


class Result(NamedTuple):
    """What a finished process left on its two streams."""

    code: int
    log: list[str]
    errors: list[str]

    @property
    def epochs(self) -> list[str]:
        """Keras' lines without the times, which differ from run to run."""
        return [line.split("/step - ", 1)[1] for line in self.log if "/step - " in line]


@attrs.frozen(kw_only=True)
class Trained:
    """Two cold trainings with one seed, one that diverged, and their folder."""

    home: Path
    first: Result
    second: Result
    diverged: Result


def write_channels(home: Path, *, train: str, validation: str) -> dict[str, str]:
    """Write one file for each channel; return the environment that leads to them."""
    for name, content in (("train", train), ("validation", validation)):
        (home / name).mkdir()
        (home / name / "a.csv").write_text(content, encoding="utf-8")
    return {
        "SM_CHANNEL_TRAIN": str(home / "train"),
        "SM_CHANNEL_VALIDATION": str(home / "validation"),
        "SM_MODEL_DIR": str(home / "model"),
    }


def start(
    command: Sequence[str], environ: Mapping[str, str], home: Path
) -> subprocess.Popen[str]:
    """Start Python with *command* and nothing of this process' environment."""
    return subprocess.Popen(
        [sys.executable, *command],
        env={"PATH": "", "HOME": str(home), **environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: subprocess.Popen[str]) -> Result:
    """Wait for *process* and return what it left."""
    log, errors = process.communicate()
    return Result(process.returncode, log.splitlines(), errors.splitlines())


def list_files(folder: Path) -> list[str]:
    """Return every path under *folder*, relative to it."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def make_rows(count: int) -> str:
    """Return *count* rows of two features, in three classes that lie apart."""
    rows = (
        f"{i % 3 - 1 + i / 100},{(i % 3 == 1) - i / 90},{i % 3}" for i in range(count)
    )
    return "\n".join(["width,depth,kind", *rows, ""])


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """Train side by side: twice with one seed, once with a rate that must diverge."""
    home = tmp_path_factory.mktemp("train")
    environ = write_channels(home, train=make_rows(30), validation=make_rows(9))
    command = [str(SCRIPT), "--epochs", "3", "--model_dir"]
    elsewhere = {key: environ[key] for key in environ if key != "SM_MODEL_DIR"}
    processes = [
        start([*command, str(home / "unused"), "-n", "v", "--x", "y"], environ, home),
        start([*command, str(home / "second")], elsewhere, home),
        start(
            [*command, str(home / "diverged"), "--learning_rate", "1e30"],
            elsewhere,
            home,
        ),
    ]
    first, second, diverged = map(finish, processes)
    return Trained(home=home, first=first, second=second, diverged=diverged)


@pytest.fixture(scope="module")
def streamed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Result]]:
    """Train twice with one seed on rows sorted by class, for which memory is short."""
    home = tmp_path_factory.mktemp("streamed")
    # So near to each other that a thousand rows of the last class alone, at this rate,
    # have the network forget the others.
    rows = [f"{(label - 1) / 5},{(label == 1) / 5},{label}" for label in range(3)]
    content = "\n".join(
        ["width,depth,kind", *(row for row in rows for _ in range(1001)), ""]
    )
    environ = write_channels(home, train=content, validation=content)
    command = [str(SCRIPT), "--epochs", "5", "--learning_rate", "0.1"]
    command += ["--memory_share", "1e-12"]
    folders = [str(home / name) for name in ("first", "second")]
    processes = [
        start(command, environ | {"SM_MODEL_DIR": folder}, home) for folder in folders
    ]
    return home, [finish(process) for process in processes]


@pytest.fixture(scope="module")
def models(trained: Trained) -> dict[str, dict[str, Any]]:
    """Describe both models, and two more trained in one process with seeds 0 and 1."""
    home = trained.home
    environ = {
        "SM_CHANNEL_TRAIN": str(home / "train"),
        "SM_CHANNEL_VALIDATION": str(home / "validation"),
        "SM_MODEL_DIR": str(home / "warm-"),
    }
    folders = [str(home / "model"), str(home / "second")]
    command = ["-c", WARM_RUN, json.dumps(environ), *folders]
    result = finish(start(command, {}, home))
    assert result.code == 0, result.errors
    described: dict[str, dict[str, Any]] = json.loads(result.log[-1])
    return described


def test_bad_input_and_help_need_no_tensorflow(tmp_path: Path) -> None:
    """Help and refusals come at once: nothing heavy has been imported by then."""
    environ = write_channels(tmp_path, train="width,kind\n,0\n", validation="")
    program = (
        "import contextlib, sys\n"
        "import penguin_pipes.scripts.train as script\n"
        "code = script.main([])\n"
        "with contextlib.suppress(SystemExit): script.main(['--help'])\n"
        "print(code, sys.modules.keys() & {'keras', 'numpy', 'tensorflow'})\n"
    )

    result = finish(start(["-c", program], environ, tmp_path))

    assert result.log[-1] == "1 set()"
    assert any("--learning_rate" in line for line in result.log)


@pytest.mark.slow
def test_a_training_prints_what_metrics_are_read_from(trained: Trained) -> None:
    """The log holds a line with four metrics per epoch and ends in the accuracy."""
    assert trained.first.code == 0, trained.first.errors
    assert not [line for line in trained.first.errors if "Warning" in line]
    assert trained.first.log[0] == "Ignored arguments: -n v --x y"
    assert trained.first.log[1::2] == ["Epoch 1/3", "Epoch 2/3", "Epoch 3/3", ANY]
    series = {
        name: [re.findall(regex, line) for line in trained.first.log[2:7:2]]
        for name, regex in KERAS_METRICS.items()
    }
    assert [len(values) for lines in series.values() for values in lines] == [1] * 12
    assert (
        trained.first.log[-1] == f"Validation accuracy: {series['val_accuracy'][-1][0]}"
    )


@pytest.mark.slow
def test_the_models_folder_of_sagemaker_wins(trained: Trained) -> None:
    """SM_MODEL_DIR wins over --model_dir, which counts where there is no other."""
    home = trained.home

    assert list_files(home / "model")[0] == "001"
    assert not (home / "unused").exists()
    assert (home / "second/001/saved_model.pb").is_file()
    assert [path.name for path in (home / "second").iterdir()] == ["001"]


@pytest.mark.slow
def test_the_model_serves_probabilities(models: dict[str, dict[str, Any]]) -> None:
    """The saved model takes float32 rows and gives a probability for each class."""
    model = models["cold0"]

    assert model["input"] == ["features", [None, 2], "float32"]
    assert model["output"] == [[None, 3], "float32"]
    assert [sum(row) for row in model["probabilities"]] == pytest.approx([1, 1])
    assert all(0 <= value <= 1 for row in model["probabilities"] for value in row)


@pytest.mark.slow
def test_the_network_is_the_one_that_was_asked_for(
    models: dict[str, dict[str, Any]],
) -> None:
    """Ten, eight and three units: the weights of the saved model have those shapes."""
    weights = models["cold0"]["weights"]

    shapes = [
        [len(value), len(value[0])] if isinstance(value[0], list) else [len(value)]
        for value in weights
    ]
    assert shapes == [[2, 10], [10], [10, 8], [8], [8, 3], [3]]


@pytest.mark.slow
def test_the_same_seed_gives_the_same_model(
    trained: Trained, models: dict[str, dict[str, Any]]
) -> None:
    """One seed, one model: in two processes, and in one that has trained before."""
    assert trained.first.epochs == trained.second.epochs
    assert len(trained.first.epochs) == 3
    assert models["cold0"] == models["cold1"] == models["same"]
    assert models["cold0"]["weights"] != models["other"]["weights"]


@pytest.mark.slow
def test_a_diverged_training_fails(trained: Trained) -> None:
    """A network of NaNs is no model: the job fails, says why, and saves nothing."""
    result = trained.diverged

    assert result.code == 1
    assert re.search(
        r"diverged: loss is (nan|inf) .* a smaller --learning_rate", result.errors[-1]
    )
    assert list_files(trained.home / "diverged") == []


@pytest.mark.slow
def test_a_stream_of_sorted_rows_is_learnt(
    streamed: tuple[Path, list[Result]],
) -> None:
    """Data for which memory is short is shuffled: no class is forgotten for the last.

    The log is the same as that of other trainings.
    """
    _, (result, _) = streamed

    assert result.code == 0, result.errors
    assert not [line for line in result.errors if "Warning" in line]
    assert result.log[:-1:2] == [f"Epoch {number}/5" for number in range(1, 6)]
    assert all(line.startswith("94/94 - ") for line in result.log[1::2])
    values = [float(re.findall(KERAS_METRICS["val_accuracy"], result.log[-2])[0])]
    assert result.log[-1] == f"Validation accuracy: {values[0]:.4f}"
    assert values[0] > 0.95


@pytest.mark.slow
def test_streams_of_one_seed_give_the_same_model(
    streamed: tuple[Path, list[Result]],
) -> None:
    """What is streamed is as repeatable as what memory holds, and leaves no file."""
    home, (first, second) = streamed

    files = [
        home / name / "001/variables/variables.data-00000-of-00001"
        for name in ("first", "second")
    ]
    # Ten, eight and three units on two features; behind them are names of this run.
    weights = [file.read_bytes()[: 4 * (3 * 10 + 11 * 8 + 9 * 3)] for file in files]
    assert first.epochs == second.epochs
    assert len(first.epochs) == 5
    assert weights[0] == weights[1]
    assert [path.name for path in (home / "first").iterdir()] == ["001"]
