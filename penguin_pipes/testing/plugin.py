"""The pytest plugin: options and fixtures; what they need is imported inside of them.

It is loaded in every pytest run of an environment that has penguin_pipes, so it must
cost nothing and change nothing for suites that never heard of it.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from penguin_pipes.testing import updating

if TYPE_CHECKING:
    from collections.abc import Iterator

    from penguin_pipes.local.backends import ProcessBackend
    from penguin_pipes.testing.aws import FakeAws
    from penguin_pipes.testing.running import RunPipeline, RunStep
    from penguin_pipes.testing.snapshots import Snapshot
    from penguin_pipes.testing.sources import Render

HOME = "penguin_pipes_home"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the flag and the setting."""
    group = parser.getgroup("penguin_pipes", "pipelines (penguin_pipes)")
    group.addoption(
        updating.FLAG,
        action="store_true",
        help="write snapshots of definitions anew, instead of comparing with them",
    )
    parser.addini(
        HOME,
        "folder that keeps local runs from one pytest run to the next, relative to the "
        "rootdir; without it, each pytest run begins with nothing",
        default="",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Tell the plain assertions what the command line says."""
    updating.push(update=bool(config.getoption(updating.FLAG)))


def pytest_unconfigure() -> None:
    """Forget it."""
    updating.pop()


@pytest.fixture(scope="session")
def penguin_pipes_home(
    pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Return the folder that keeps the local runs of this pytest run, or of all.

    The workers of pytest-xdist share one.
    """
    named = str(pytestconfig.getini(HOME))
    if named:
        return pytestconfig.rootpath / Path(named).expanduser()
    base = tmp_path_factory.getbasetemp()
    worker = getattr(pytestconfig, "workerinput", None)
    if worker is None:
        return base / "penguin_pipes"
    return base.parent / f"penguin_pipes-{worker['testrunuid']}"


@pytest.fixture(scope="session")
def _penguin_pipes_backend() -> Iterator[ProcessBackend]:
    """Yield where jobs run; what it has imported for one run, the next starts with."""
    from penguin_pipes.local.backends import ProcessBackend

    with ProcessBackend() as backend:
        yield backend


@pytest.fixture(scope="session")
def penguin_pipes_run(
    penguin_pipes_home: Path, _penguin_pipes_backend: ProcessBackend
) -> RunPipeline:
    """Return what runs a pipeline on this computer: see `RunPipeline.__call__`.

    A step that ran before in this pytest run, with the same code and data, is reused.
    """
    from penguin_pipes.testing.running import RunPipeline

    return RunPipeline(home=penguin_pipes_home, backend=_penguin_pipes_backend)


@pytest.fixture(scope="session")
def penguin_pipes_run_step(penguin_pipes_run: RunPipeline) -> RunStep:
    """Return what runs a single step on this computer: see `RunStep.__call__`."""
    from penguin_pipes.testing.running import RunStep

    return RunStep(run=penguin_pipes_run)


@pytest.fixture(scope="session")
def penguin_pipes_render() -> Render:
    """Return what renders a definition with the network closed."""
    from penguin_pipes.testing.sources import Render

    return Render()


@pytest.fixture
def penguin_pipes_closed_network() -> Iterator[list[str]]:
    """Refuse whatever leads out of this computer; yield what was tried."""
    from penguin_pipes.testing.network import closed_network

    with closed_network() as tried:
        yield tried


@pytest.fixture(scope="session")
def _penguin_pipes_aws_server() -> Iterator[FakeAws]:
    """Yield the server of the fake AWS."""
    from penguin_pipes.testing.aws import served

    with served() as aws:
        yield aws


@pytest.fixture
def penguin_pipes_aws(
    _penguin_pipes_aws_server: FakeAws, monkeypatch: pytest.MonkeyPatch
) -> FakeAws:
    """Return a fake AWS that every client of the test, and of its programs, talks to.

    It is empty: `FakeAws.make_bucket` and `FakeAws.make_role` fill it. Clients that
    were made before the test stay with the AWS they know.
    """
    import boto3

    aws = _penguin_pipes_aws_server
    aws.reset()
    for name, value in aws.environment().items():
        if value is None:
            monkeypatch.delenv(name)
        else:
            monkeypatch.setenv(name, value)
    # It remembers credentials, and where it found them.
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    return aws


@pytest.fixture
def penguin_pipes_snapshot(request: pytest.FixtureRequest) -> Snapshot:
    """Return what holds a definition against ``snapshots/<module>/<test>.json``."""
    from penguin_pipes.testing.snapshots import FOLDER, Snapshot

    file = request.path
    # The ids of parameters may hold anything.
    test = re.sub(r"[^\w.-]+", "-", request.node.name).strip("-")
    return Snapshot(folder=file.parent / FOLDER / file.stem, test=test)
