"""What is promised of ``python -m penguin_pipes.experiments``, and of a server."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from typing import TYPE_CHECKING

import pytest

from penguin_pipes.experiments import State, log_run, opened
from penguin_pipes.experiments.command import main

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.unit.experiments.conftest import Home

SECONDS = 300
SPARSE = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
}
"""A server that only keeps runs."""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder that the command is run in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_run_is_logged_by_its_pipelines_name(
    home: Home, mlflow_database: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What became of each step is told, and where the experiment is."""
    home.run(home.training(), pipeline=folder.name)

    code = main(["--mlflow", mlflow_database, "--home", str(home.folder)])

    out, err = capsys.readouterr()
    assert (code, err) == (0, "")
    assert re.search(r"^MLflow: fit is run [0-9a-f]{32}$", out, re.MULTILINE)
    assert f"MLflow: experiment {folder.name!r} at {mlflow_database}" in out
    assert main(["--mlflow", mlflow_database, "--home", str(home.folder)]) == 0
    assert "fit is already run" in capsys.readouterr().out


def test_the_experiment_can_be_named(
    home: Home, mlflow_database: str, folder: Path
) -> None:
    """As a pipeline's config names it."""
    home.run(home.training())

    main(
        [
            *("abc123def456", "--mlflow", mlflow_database),
            *("--home", str(home.folder), "--experiment", f"own-{folder.name}"),
        ]
    )

    store = opened(mlflow_database, f"own-{folder.name}")
    assert len(store.client.search_runs([store.id])) == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nobody", "--mlflow", "sqlite:///x.db"], "there is no run 'nobody'"),
        (["--mlflow", "x.db"], "expected the address of a store"),
    ],
)
def test_a_wrong_request_ends_with_two(
    home: Home,
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    words: str,
) -> None:
    """In one sentence, and nothing is made."""
    home.run(home.training())

    code = main([*arguments, "--home", str(home.folder)])

    err = capsys.readouterr().err
    assert code == 2
    assert err.startswith("error: ")
    assert words in err
    assert err.count("\n") == 1
    assert not (folder / "x.db").exists()


def test_what_was_not_logged_ends_with_one(
    home: Home, mlflow_database: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The warning has the way out."""
    home.run(home.training(reused_from="gone00000000"), pipeline=folder.name)

    code = main(["--mlflow", mlflow_database, "--home", str(home.folder)])

    err = capsys.readouterr().err
    assert code == 1
    assert "warning: fit was not logged to MLflow" in err
    assert f"penguin_pipes.experiments abc123def456 --mlflow {mlflow_database}" in err


class Server:
    """``mlflow server`` in a process of its own, until it is stopped."""

    def __init__(self, folder: Path, database: str) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        self.uri = f"http://127.0.0.1:{port}"
        self._log = folder / "server.log"
        command = [sys.executable, "-m", "mlflow", "server"]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [
                    *(*command, "--host", "127.0.0.1", "--port", str(port)),
                    *("--backend-store-uri", database, "--workers", "1"),
                ],
                cwd=folder,
                env={**os.environ, **SPARSE},
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        end = time.monotonic() + SECONDS
        while not self._is_there():
            assert self._process.poll() is None, self._log.read_text()
            assert time.monotonic() < end, self._log.read_text()
            time.sleep(0.2)

    def _is_there(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.uri}/health", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def stop(self) -> None:
        """End it with all its workers."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()


@pytest.fixture
def server(folder: Path, mlflow_database: str) -> Iterator[Server]:
    """Return a server, which puts artifacts below the folder."""
    running = Server(folder, mlflow_database)
    yield running
    running.stop()


@pytest.mark.slow
def test_a_server_takes_runs_until_it_is_gone(
    home: Home,
    server: Server,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Artifacts go through it; when it is gone, the rest is told and nothing raised."""
    step = home.training()
    search = home.search(home.trial(1, 0.5), home.trial(2, 0.9))
    home.run(search, step, pipeline=folder.name)

    code = main(["--mlflow", server.uri, "--home", str(home.folder)])

    assert code == 0
    store = opened(server.uri, folder.name)
    assert f"{server.uri}/#/experiments/{store.id}" in capsys.readouterr().out
    found = {each.info.run_name: each for each in store.client.search_runs([store.id])}
    assert set(found) == {"job-search", "search-001", "search-002", "job-fit"}
    run_id = found["job-fit"].info.run_id
    model = store.client.download_artifacts(run_id, "model.tar.gz", str(folder))
    with open(model, "rb") as file:  # noqa: PTH123  # MLflow has strings for paths
        assert file.read() == step.artifacts["model"].read_bytes()

    server.stop()
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    home.run(home.training("one"), home.training("two"), run_id="later0000001")
    logged = log_run(home.folder, "later0000001", store=store)

    assert [each.state for each in logged.outcomes] == [State.FAILED] * 2
    assert {each.reason for each in logged.outcomes} == {
        "MLflow does not answer any more"
    }
