"""The command line as people call it, towards a fake AWS."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from penguin_pipes.deploy import main

if TYPE_CHECKING:
    from pathlib import Path


class Said:
    """What one command answered."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code = code
        self.out = out
        self.err = err


@pytest.fixture
def run(
    edge: Any, where: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Any:
    """Return what runs the command in a process of its own, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    assert edge.calls == []

    def call(*arguments: str, places: bool = True) -> Said:
        command = [sys.executable, "-m", "penguin_pipes.deploy", *arguments]
        done = subprocess.run(
            [*command, *(where if places else ())],
            env={**os.environ, "COLUMNS": "200"},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return Said(done.returncode, done.stdout, done.stderr)

    return call


@pytest.fixture
def call(
    edge: Any,
    where: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Any:
    """Return what runs the command in this process, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    assert edge.calls == []

    def call(*arguments: str, places: bool = True) -> Said:
        code = main([*arguments, *(where if places else ())])
        said = capsys.readouterr()
        return Said(code, said.out, said.err)

    return call
