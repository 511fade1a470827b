"""What the README shows of a deploy is what the command line prints."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from penguin_pipes.deploy import main

README = (Path(__file__).parents[3] / "README.md").read_text()
SECTION = re.split(r"\n##+ ", README.partition("### What a deploy would change")[2])[0]


def block(kind: str) -> str:
    """Return the one block of a kind that the section has."""
    (found,) = re.findall(rf"```{kind}\n(.*?)```", SECTION, flags=re.DOTALL)
    return str(found)


def test_the_plan_is_what_the_command_prints(
    call: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the penguins deployed as they are, on a terminal of 80 columns."""
    flags = shlex.split(block("console").partition("penguin_pipes.deploy ")[2])
    assert call().code == 0
    monkeypatch.setenv("COLUMNS", "80")

    said = call(*flags)

    assert said.code == 3, said.err
    assert said.out.splitlines() == block("text").splitlines()


def test_every_flag_of_the_section_is_one(capsys: pytest.CaptureFixture[str]) -> None:
    """In its sentences, too."""
    flags = set(re.findall(r"--[a-z-]+", SECTION))

    with pytest.raises(SystemExit, match="0"):
        main(["--help"])

    assert len(flags) > 8
    assert flags <= set(re.findall(r"--[a-z-]+", capsys.readouterr().out))
