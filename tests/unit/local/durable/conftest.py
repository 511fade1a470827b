"""The engine in processes that can be killed, and a pipeline of steps that note it."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from penguin_pipes.local import History, Run

if TYPE_CHECKING:
    from collections.abc import Iterator

SHARED_MEMORY = Path("/dev/shm")
SERVER = Path(__file__).with_name("engine_server.py")


class Engine:
    """Has deeds done by processes of their own; see ``engine_server.py``."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def do(self, *deeds: dict[str, Any]) -> list[dict[str, Any]]:
        """Have deeds done at once; return how each of them ended."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(deeds) + "\n")
        self._process.stdin.flush()
        answers: list[dict[str, Any]] = json.loads(self._process.stdout.readline())
        return answers


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """Return a folder in memory where there is such a thing: a disk takes its time."""
    memory = SHARED_MEMORY if os.access(SHARED_MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """Return what does deeds in processes of their own."""
    with subprocess.Popen(
        [sys.executable, str(SERVER)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield Engine(process)
        assert process.stdin is not None
        process.stdin.close()


@attrs.define
class Pipeline:
    """A pipeline of steps in ``sh``, and the homes that it runs in.

    Attributes:
        project: Makes the steps.
        name: What tells its files from those of others.
        steps: Its steps.
    """

    project: Any
    name: str = "small"
    steps: list[dict[str, Any]] = attrs.field(factory=list)

    @property
    def ledger(self) -> Path:
        """The file in which every step notes that it runs."""
        path: Path = self.project.folder / f"{self.name}.ledger"
        return path

    @property
    def definition(self) -> Path:
        """The file with the definition."""
        path: Path = self.project.folder / f"{self.name}.json"
        path.write_text(json.dumps(self.project.definition(*self.steps)))
        return path

    def step(self, name: str, script: str, **options: Any) -> dict[str, Any]:
        """Add a step that is cached, and notes when it runs."""
        path = f"/opt/ml/processing/input/code/{name}.py"
        step: dict[str, Any] = self.project.processing(
            name,
            f"echo {name} >> {self.ledger}\ncd $(dirname {path})/../..\n{script}\n",
            **{"CacheConfig": {"Enabled": True}, **options},
        )
        application = step["Arguments"]["AppSpecification"]
        application["ContainerEntrypoint"] = ["sh", path]
        self.steps.append(step)
        return step

    def deed(self, home: Path, **more: Any) -> dict[str, Any]:
        """Return the deed of running it in a home."""
        return {
            "do": "run",
            "definition": str(self.definition),
            "files": {name: str(path) for name, path in self.project.files.items()},
            "home": str(home),
            **more,
        }

    def ran(self) -> list[str]:
        """Return which steps ran since this was last asked."""
        if not self.ledger.exists():
            return []
        found = self.ledger.read_text().split()
        self.ledger.unlink()
        return found


@pytest.fixture
def pipeline(project: Any) -> Pipeline:
    """Return three steps that follow each other; every one writes several files."""
    found = Pipeline(project)
    project.file("s3://data/in.csv", "1\n2\n3\n")
    found.step(
        "split",
        "mkdir -p parts/deep; cp input/d/in.csv parts/one; echo two > parts/deep/two",
        inputs={"d": "s3://data/in.csv"},
        outputs=("parts", "nothing"),
    )
    found.step(
        "join",
        "cat input/d/one input/d/deep/two > whole/all; cp whole/all whole/again",
        inputs={"d": project.output("split", "parts")},
        outputs=("whole",),
    )
    found.step(
        "count",
        "wc -l < input/d/all > counts/lines",
        inputs={"d": project.output("join", "whole")},
        outputs=("counts",),
    )
    return found


class Look:
    """Looks into homes."""

    @staticmethod
    def runs(home: Path) -> tuple[Run, ...]:
        """Return the records of a home, the newest first."""
        with History(home) as history:
            return history.runs()

    @staticmethod
    def outputs(run: Run) -> dict[str, bytes]:
        """Return the bytes of everything that the steps of a run have for outputs."""
        found = {}
        for step in run.steps:
            for name, folder in step.artifacts.items():
                files = [folder] if folder.is_file() else sorted(folder.rglob("*"))
                for path in files:
                    if path.is_file():
                        way = f"{step.name}/{name}/{path.relative_to(folder)}"
                        found[way] = path.read_bytes()
        return found

    @staticmethod
    def soundness(home: Path) -> str:
        """Return what SQLite says of the home's database; "ok" if nothing is wrong."""
        with contextlib.closing(sqlite3.connect(home / "runs.sqlite")) as connection:
            found = connection.execute("PRAGMA integrity_check").fetchall()
            found += connection.execute("PRAGMA foreign_key_check").fetchall()
        return "; ".join(str(row[0]) for row in found)


@pytest.fixture
def look() -> Look:
    """Return what looks into homes."""
    return Look()
