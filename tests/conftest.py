"""What every ring of tests shares."""

from __future__ import annotations

import os
import signal
import socket
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest

from penguin_pipes.config import PipelineConfig, ProcessingConfig, TrainingConfig

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

# Laws are of what comes out, and not of how busy the computer is.
hypothesis.settings.register_profile("penguin_pipes", deadline=None)
hypothesis.settings.load_profile("penguin_pipes")
# Where only the Python is another, and what holds in general was looked for already.
hypothesis.settings.register_profile("few", deadline=None, max_examples=10)

# Runs the suites of others, in tests of the plugin.
pytest_plugins = ["pytester"]

ROLE = "arn:aws:iam::123456789012:role/pipelines"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the one option of the suite."""
    parser.addoption(
        "--update-baseline",
        action="store_true",
        help="rewrite committed snapshots and baselines, and print what moved",
    )


def pytest_configure() -> None:
    """Let processes be interrupted that tests start, even if this one may not be.

    A shell has what it runs in the background ignore Ctrl-C, and children inherit it.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Leave the sweeps out, unless the marks that are asked for name them.

    An ``-m`` among pytest's settings would not do: that of a call takes its place.
    """
    if "durability" in config.option.markexpr:
        return
    swept = [item for item in items if item.get_closest_marker("durability")]
    config.hook.pytest_deselected(items=swept)
    items[:] = [item for item in items if not item.get_closest_marker("durability")]


@pytest.fixture
def update_baseline(request: pytest.FixtureRequest) -> bool:
    """Tell whether committed snapshots and baselines are to be rewritten."""
    return bool(request.config.getoption("--update-baseline"))


@pytest.fixture(autouse=True)
def _no_aws_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the developer's own AWS settings out of every test."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def closed_network(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Refuse every connection and every AWS call; yield what was tried."""
    from botocore.client import BaseClient

    tried: list[str] = []

    def refuse(what: str) -> Callable[..., Any]:
        def call(*args: Any, **_: Any) -> Any:
            tried.append(f"{what}{args[1:2]}")
            msg = f"{what} while the network is closed"
            raise AssertionError(msg)

        return call

    monkeypatch.setattr(socket.socket, "connect", refuse("connect"))
    monkeypatch.setattr(socket, "create_connection", refuse("create_connection"))
    monkeypatch.setattr(socket, "getaddrinfo", refuse("getaddrinfo"))
    monkeypatch.setattr(BaseClient, "_make_api_call", refuse("AWS call"))
    yield tried
    assert tried == []


@pytest.fixture
def churn_folder(tmp_path: Path) -> Path:
    """Return a project that has nothing to do with penguins: scripts and data."""
    source = tmp_path / "src"
    source.mkdir()
    (source / "fit.py").write_text("import helpers\n")
    (source / "helpers.py").write_text("ANSWER = 42\n")
    (tmp_path / "clean.py").write_text("print('clean')\n")
    (tmp_path / "features.py").write_text("print('features')\n")
    (tmp_path / "customers.csv").write_text("id,left\n1,0\n")
    return tmp_path


@pytest.fixture
def churn_config(churn_folder: Path) -> Callable[..., PipelineConfig]:
    """Return a maker of configs for that project."""

    def make(**fields: Any) -> PipelineConfig:
        defaults: dict[str, Any] = {
            "name": "churn",
            "bucket": "acme-ml",
            "role": ROLE,
            "dataset": churn_folder / "customers.csv",
            "processing": ProcessingConfig(
                script=churn_folder / "clean.py", outputs=["train", "validation"]
            ),
            "training": TrainingConfig(
                source=churn_folder / "src",
                entry_point="fit.py",
                image="123456789012.dkr.ecr.us-east-1.amazonaws.com/churn:3",
                hyperparameters={"depth": 3},
                metrics={"auc": "auc=([0-9.]+)", "val_accuracy": "va=([0-9.]+)"},
            ),
        }
        return PipelineConfig(**{**defaults, **fields})

    return make
