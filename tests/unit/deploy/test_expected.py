"""What is promised of scripts that are foreseen: the engine asks for the same ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import pytest

from penguin_pipes import build_pipeline, penguins_config
from penguin_pipes.deploy.expected import expected_scripts
from penguin_pipes.factories import sdk
from penguin_pipes.local.contract.host import Host
from penguin_pipes.local.preparation import Asked, prepared
from penguin_pipes.local.warming import scripts_to_come

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from penguin_pipes import PipelineConfig
    from penguin_pipes.local.backends import Script

HOST = Host(python="/usr/bin/python3", environment={"PATH": "/bin", "LANG": "C"})


def wanted(config: PipelineConfig, home: Path) -> set[Script]:
    """Return what the engine will ask its backend to prepare."""
    pipeline = build_pipeline(config)
    asked = Asked(
        definition=pipeline.definition(),
        files=pipeline.files,
        parameters={},
        name=config.name,
        home=home,
    )
    with prepared(asked) as found:
        scripts = scripts_to_come(
            found.plan, {}, storage=found.storage, host_of=lambda _: HOST
        )
        return set(scripts)


def with_training(**fields: Any) -> PipelineConfig:
    """Return the penguins' config with fields of its training changed."""
    config = penguins_config()
    return attrs.evolve(config, training=attrs.evolve(config.training, **fields))


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """Return a folder of code whose script lies deeper, with a module beside it."""
    folder = tmp_path / "package"
    (folder / "inner").mkdir(parents=True)
    (folder / "inner" / "fit.py").write_text("import helper\nimport pandas\n")
    (folder / "inner" / "helper.py").write_text("import sklearn\n")
    return folder


def test_penguins_scripts_are_foreseen(tmp_path: Path) -> None:
    """Both of them, so that no server is started in vain."""
    config = penguins_config()

    found = set(expected_scripts(config, HOST))

    assert len(found) == 2
    assert found == wanted(config, tmp_path)


@pytest.mark.parametrize("tune", [False, True], ids=["train", "tune"])
def test_scripts_after_the_training_are_foreseen_too(
    tmp_path: Path, tune: bool
) -> None:
    """Evaluation and packaging have modules of their own to wait for."""
    config = penguins_config(register=True, use_tuning=tune)

    found = set(expected_scripts(config, HOST))

    assert len(found) == 4
    assert found == wanted(config, tmp_path)


@pytest.mark.parametrize(
    "fields",
    [
        {"environment": {"TF_CPP_MIN_LOG_LEVEL": "3", "OMP_NUM_THREADS": "1"}},
        {"image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/own:1"},
        {"image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/own-tensorflow:1"},
    ],
    ids=["environment", "image", "image of TensorFlow"],
)
def test_what_the_config_says_is_heeded(
    tmp_path: Path, fields: Mapping[str, Any]
) -> None:
    """Environment and image make a server that the engine can use."""
    config = with_training(**fields)

    assert set(expected_scripts(config, HOST)) == wanted(config, tmp_path)


def test_folder_of_code_is_looked_through(tmp_path: Path, package: Path) -> None:
    """What modules beside the script import is foreseen too."""
    config = with_training(source=package, entry_point="inner/fit.py")

    found = [*expected_scripts(config, HOST)]

    assert set(found) == wanted(config, tmp_path)
    assert "import sklearn" in found[0].statements


def test_unknown_environment_is_left_to_the_engine() -> None:
    """A variable of the pipeline is known when it runs, not before."""
    level = sdk.string_parameter("level", "3")
    config = with_training(environment={"TF_CPP_MIN_LOG_LEVEL": level})

    assert len([*expected_scripts(config, HOST)]) == 1


def test_what_may_be_reused_is_not_prepared() -> None:
    """After a first run the training alone is foreseen: it is what changes."""
    config = penguins_config(register=True)

    found = [*expected_scripts(config, HOST, has_run=True)]

    assert found == [*expected_scripts(config, HOST)][:1]
    assert "import keras" in found[0].statements


def test_scripts_with_packages_of_their_own_start_cold(
    tmp_path: Path, package: Path
) -> None:
    """Code with a requirements.txt is waited for by no server."""
    (package / "requirements.txt").write_text("six\n")
    config = with_training(source=package, entry_point="inner/fit.py")

    found = {*expected_scripts(config, HOST)}

    assert len(found) == 1
    assert found == wanted(config, tmp_path)


def test_scripts_of_another_python_start_cold(tmp_path: Path) -> None:
    """A step with an interpreter of its own is waited for by no server."""
    config = with_training(python=tmp_path / "python")

    assert len([*expected_scripts(config, HOST)]) == 1
