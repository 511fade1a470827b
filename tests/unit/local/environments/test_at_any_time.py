"""What is promised of environments when runs are killed, meet, or are pruned."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from penguin_pipes.local import prune

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("uv")

SCRIPT = "import slow_tools; print('slow_tools is', slow_tools.WORD)"
PATIENCE_S = 120


class Slow:
    """A project whose package is built no sooner than it is let go."""

    def __init__(self, project: Any, folder: Path, tree: Callable[..., Any]) -> None:
        self.project = project
        self.begun, self.let_go = folder / "begun", folder / "let-go"
        wait = (
            f"import os, time; open({str(self.begun)!r}, 'a').write('x')\n"
            f"    while not os.path.exists({str(self.let_go)!r}): time.sleep(0.02)"
        )
        files = tree("slow_tools", {"slow_tools.py": "WORD = 'here'"}, before=wait)
        members = {f"slow/{name}": text for name, text in files.items()}
        step = project.training("fit")
        self.source = "s3://code/fit/sourcedir.tar.gz"
        project.archive(
            self.source,
            {"train.py": SCRIPT, "requirements.txt": "./slow\n", **members},
        )
        self.definition = folder / "definition.json"
        self.definition.write_text(json.dumps(project.definition(step)))

    def start(self) -> subprocess.Popen[str]:
        """Start a run in a process of its own."""
        words = [sys.executable, "-m", "penguin_pipes.local", str(self.definition)]
        file = f"{self.source}={self.project.files[self.source]}"
        return subprocess.Popen(
            [*words, "--home", str(self.project.home), "--file", file, "--cold"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def wait(self) -> None:
        """Wait until the package is being built."""
        until = time.monotonic() + PATIENCE_S
        while not self.begun.exists():
            assert time.monotonic() < until
            time.sleep(0.02)

    @property
    def environments(self) -> list[Path]:
        """The environments there are."""
        return [*(self.project.home / "environments").glob("*")]


@pytest.fixture
def slow(project: Any, tmp_path: Path, tree: Callable[..., Any]) -> Slow:
    """Return a project whose package takes its time."""
    return Slow(project, tmp_path, tree)


def test_killed_installation_leaves_nothing_to_fall_over(slow: Slow) -> None:
    """A run after one that was killed while it installed is right."""
    killed = slow.start()
    slow.wait()
    os.kill(killed.pid, signal.SIGKILL)
    killed.communicate()
    assert not any((folder / "ready.json").exists() for folder in slow.environments)
    slow.let_go.touch()

    run = slow.start()
    said, _ = run.communicate(timeout=PATIENCE_S)

    assert run.returncode == 0, said
    assert len(slow.environments) == 1


def test_runs_at_once_install_once(slow: Slow) -> None:
    """Of two runs that want the same environment, one makes it and both are right."""
    runs = [slow.start()]
    slow.wait()
    runs.append(slow.start())
    slow.let_go.touch()

    said = [run.communicate(timeout=PATIENCE_S)[0] for run in runs]

    assert [run.returncode for run in runs] == [0, 0], said
    assert slow.begun.read_text() == "x"
    assert len(slow.environments) == 1


def test_environments_go_with_the_runs_that_used_them(
    project: Any, wheel: Any, cold: Any
) -> None:
    """Pruning takes out what no run that is left has used, and counts its bytes."""
    wheel("churn_tools", f"WORD = {'x' * 90_000!r}", version="1.0")
    wheel("churn_tools", f"WORD = {'y' * 90_000!r}", version="2.0")
    step = project.training("fit")
    for version in ("1.0", "2.0", "2.0"):
        members = {"train.py": "", "requirements.txt": f"churn_tools=={version}"}
        project.archive("s3://code/fit/sourcedir.tar.gz", members)
        newest = project.run(step, backend=cold)
    old, new = sorted(
        (project.home / "environments").glob("*"), key=lambda path: path.stat().st_mtime
    )

    found = prune(project.home, older_than=timedelta())

    assert not old.exists()
    assert (new / "used-by" / newest.id).exists()
    assert found.freed > 90_000
    assert found.left > 90_000


def test_run_can_be_stopped_while_it_installs(slow: Slow) -> None:
    """An interrupt ends the installer too, and leaves no environment."""
    run = slow.start()
    slow.wait()
    run.send_signal(signal.SIGINT)

    said, _ = run.communicate(timeout=PATIENCE_S)

    assert run.returncode == 130, said
    assert slow.environments == []
