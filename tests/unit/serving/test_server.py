"""gunicorn for real: many clients, hostile ones, and schemathesis."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import pytest
from gunicorn.util import import_app

from penguin_pipes.serving.command import main

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.slow

ADDRESS = re.compile(r"http://127\.0\.0\.1:(\d+)/")
QUIET = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
START_S = 300


@attrs.frozen
class Server:
    """A server that runs.

    Attributes:
        process: Its process.
        port: Where it listens.
    """

    process: subprocess.Popen[str]
    port: int

    def ask(
        self, body: Any, kind: str = "application/json", **options: Any
    ) -> tuple[int, dict[str, Any]]:
        """Return the status of an answer, and its JSON."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            headers = {"Content-Type": kind}
            connection.request("POST", "/invocations", body, headers, **options)
            response = connection.getresponse()
            return response.status, json.loads(response.read())
        finally:
            connection.close()


def start(*words: str) -> Iterator[Server]:
    """Start a command that serves, wait until it says where, and end it."""
    process = subprocess.Popen(
        [sys.executable, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=QUIET,
    )
    assert process.stdout is not None
    rest, dog = threading.Thread(), threading.Timer(START_S, process.kill)
    dog.start()
    try:
        for line in process.stdout:
            found = ADDRESS.search(line)
            if found and "Listening" not in line:
                # Its log is read on, so that it never waits for a reader.
                rest = threading.Thread(target=process.stdout.read, daemon=True)
                rest.start()
                dog.cancel()
                yield Server(process, int(found[1]))
                return
        pytest.fail(f"it ended with {process.wait()}")
    finally:
        dog.cancel()
        process.terminate()
        process.wait(timeout=60)
        if rest.ident:
            rest.join()
        process.stdout.close()


@pytest.fixture(scope="module")
def server(trained: Path) -> Iterator[Server]:
    """Return the command of the README over the trained model."""
    yield from start(
        "-m", "penguin_pipes.serving", "--run", str(trained), "--port", "0"
    )


def test_many_clients_at_once_get_their_own_answers(server: Server) -> None:
    """However many ask, each answer is that of its own rows."""
    bodies = [
        json.dumps([{"flipper_length_mm": 170 + number}] * (1 + number % 3))
        for number in range(16)
    ]
    alone = [server.ask(body) for body in bodies]

    with ThreadPoolExecutor(16) as pool:
        together = list(pool.map(server.ask, bodies * 4))

    assert {status for status, _ in together} == {200}
    assert together == alone * 4


@pytest.mark.parametrize("is_chunked", [False, True])
def test_a_body_that_is_too_large_is_refused_however_it_comes(
    server: Server, is_chunked: bool
) -> None:
    """With its length told or in chunks; the next client is served."""
    megabyte = b"\n" * 1024 * 1024
    body: Any = iter([megabyte] * 7) if is_chunked else megabyte * 7

    status, told = server.ask(body, "text/csv", encode_chunked=is_chunked)

    assert status == 413
    assert "send its rows in several requests" in told["detail"]
    assert server.ask('{"sex": "MALE"}')[0] == 200


def test_schemathesis_finds_nothing(server: Server, tmp_path: Path) -> None:
    """What the description allows is answered, what it forbids is refused."""
    done = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli", "run"),
            f"http://127.0.0.1:{server.port}/openapi.json",
            *("--checks", "all", "--max-examples", "60", "--seed", "7"),
        ],
        cwd=tmp_path,
        env={
            **QUIET,
            "PYTHONPATH": str(Path(__file__).parent),
            "SCHEMATHESIS_HOOKS": "schemathesis_hooks",
        },
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout
    assert "POST /invocations" not in done.stdout.partition("SUMMARY")[0]


def test_a_gunicorn_of_ones_own_finds_the_app(trained: Path) -> None:
    """By the words of the documentation, as gunicorn reads them."""
    app = import_app(f"penguin_pipes.serving:app(run={str(trained)!r})")

    response = app.test_client().post("/invocations", json={"island": None})

    assert response.status_code == 200


def test_a_model_that_cannot_be_loaded_ends_the_command(
    trained: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], sign: Any
) -> None:
    """One sentence and exit code 2, without a trace, before it listens."""
    folder = tmp_path / "swapped"
    folder.mkdir()
    (folder / "model.tar.gz").write_bytes((trained / "model.tar.gz").read_bytes())
    sign(folder)
    (folder / "model.tar.gz").write_bytes(b"swapped")

    assert main(["--run", str(folder)]) == 2

    told = capfd.readouterr().err
    assert told.startswith("error: ")
    assert "it was changed since" in told
    assert "Traceback" not in told


def test_it_ends_when_it_is_asked_to(server: Server) -> None:
    """SIGTERM, as SageMaker and systemd send it; so this test is the last."""
    server.process.send_signal(signal.SIGTERM)

    assert server.process.wait(timeout=60) == 0
