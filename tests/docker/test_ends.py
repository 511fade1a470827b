"""Whatever ends a run, no container of it is left, and nothing that is root's."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from penguin_pipes.local.backends.docker.options import LABEL

if TYPE_CHECKING:
    from collections.abc import Iterator

SLEEP = """
import time
print("ready", flush=True)
time.sleep(600)
"""
SOMEBODY = 1234


def command(project: Any, *steps: Any, python: str = sys.executable) -> list[str]:
    """Return the command line that runs *steps*."""
    definition = project.folder / "definition.json"
    definition.write_text(json.dumps(project.definition(*steps)))
    ((uri, image),) = project.backend().substitutes.items()
    files = [f"--file={uri}={path}" for uri, path in project.files.items()]
    words = ["--backend", "docker", "--image", f"{uri}={image}"]
    places = [*words, "--home", str(project.home), *files]
    return [python, "-m", "penguin_pipes.local", str(definition), *places]


@pytest.fixture
def running(project: Any) -> Iterator[subprocess.Popen[bytes]]:
    """Return a run whose job has begun."""
    step = project.processing(SLEEP)
    run = subprocess.Popen(
        command(project, step), stdout=subprocess.DEVNULL, start_new_session=True
    )
    logs: list[Path] = []
    while not logs or "ready" not in logs[0].read_text():
        assert run.poll() is None
        time.sleep(0.05)
        logs = [*project.home.glob("runs/*/clean/log.txt")]
    assert len(project.containers) == 1
    yield run
    run.kill()
    run.wait()


def test_an_interrupted_run_stops_its_container(
    project: Any, running: subprocess.Popen[bytes]
) -> None:
    """Ctrl-C ends the run with 130, and no container is left."""
    running.send_signal(signal.SIGINT)

    assert running.wait() == 130
    assert project.containers == []


def test_a_killed_run_takes_its_container_along(
    project: Any, running: subprocess.Popen[bytes]
) -> None:
    """Also if all that it started in its session is killed with it."""
    os.killpg(running.pid, signal.SIGKILL)

    running.wait()
    # The test's own time limit is how long it may take.
    while project.containers:
        time.sleep(0.1)


def test_a_container_that_is_taken_away_fails_its_job(
    project: Any, client: Any
) -> None:
    """Somebody's docker rm -f is the end of the job, and of nothing else."""
    step = project.processing(SLEEP)

    def watch(event: Any) -> None:
        if getattr(event, "line", "") == "ready":
            for each in client.containers.list(filters={"label": LABEL}):
                each.remove(force=True)

    with pytest.raises(Exception, match="step 'clean' failed with exit code 137"):
        project.run(step, watch=watch)


def _can_run(python: str) -> bool:
    """Return whether somebody else can run an interpreter of this very version."""
    check = f"import sys; sys.exit(sys.version_info[:2] != {sys.version_info[:2]})"
    try:
        done = subprocess.run([python, "-I", "-c", check], check=False, user=SOMEBODY)
    except OSError:
        return False
    return done.returncode == 0


def test_nothing_that_an_ordinary_user_runs_leaves_files_of_root(project: Any) -> None:
    """All in the home, and all that the container wrote, is theirs."""
    if os.getuid():
        pytest.skip("only root can be somebody else; all other tests here are this one")
    python = next(filter(_can_run, [sys.executable, "/usr/bin/python3"]), None)
    packages = Path(attrs.__file__).parents[1]
    if python is None or not os.access(packages, os.X_OK):
        pytest.skip("there is no Python of this version that everybody can run")
    script = """
        import os
        os.makedirs("/opt/ml/processing/rows/deep")
        open("/opt/ml/processing/rows/deep/x", "w").write(str(os.getuid()))
        open(os.path.expanduser("~/cache"), "w").write(os.environ["USER"])
    """
    step = project.processing(script)
    with tempfile.TemporaryDirectory() as folder:
        shutil.chown(folder, SOMEBODY, SOMEBODY)
        for uri, path in project.files.items():
            project.files[uri] = Path(shutil.copy(path, folder))
        project.folder, project.home = Path(folder), Path(folder, "home")

        done = subprocess.run(
            command(project, step, python=python),
            check=False,
            capture_output=True,
            text=True,
            user=SOMEBODY,
            group=SOMEBODY,
            extra_groups=[],
            cwd=folder,
            env={
                **os.environ,
                "HOME": folder,
                "PYTHONPATH": f"{packages}:{Path.cwd()}",
            },
        )

        assert done.returncode == 0, done.stdout + done.stderr
        owners = {path.lstat().st_uid for path in project.home.rglob("*")}
        assert owners == {SOMEBODY}
        (written,) = project.home.glob("s3/out/*/clean/deep/x")
        assert written.read_text() == str(SOMEBODY)
