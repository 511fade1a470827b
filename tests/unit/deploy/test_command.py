"""The command line itself: its flags, its help, its errors."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import attrs
import pytest

from penguin_pipes.config import PipelineConfig
from penguin_pipes.deploy import main

README = Path(__file__).parents[3] / "README.md"


def test_a_trace_is_shown_on_request_alone(capsys: pytest.CaptureFixture[str]) -> None:
    """--debug is for whoever mends the program, not the request."""
    assert main(["--local", "--set", "nothing"]) == 2
    assert "Traceback" not in capsys.readouterr().err

    assert main(["--local", "--set", "nothing", "--debug"]) == 2
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("flags", "match"),
    [
        (["--plann"], "unrecognized arguments: --plann"),
        (["--delet"], "unrecognized arguments: --delet"),
        (["--rollback", "x"], "argument --rollback: invalid int value: 'x'"),
        (["--plan", "--delete"], "--delete: not allowed with argument --plan"),
    ],
)
def test_what_is_no_command_line_is_told_in_two_lines(
    flags: list[str], match: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Half a flag is none: --delet deletes nothing."""
    with pytest.raises(SystemExit, match="2"):
        main(flags)

    usage, told = capsys.readouterr().err.splitlines()
    assert usage.startswith("usage: penguin-pipes [MODE] [FLAG ...]")
    assert match in told


def test_every_flag_in_the_readme_is_one(capsys: pytest.CaptureFixture[str]) -> None:
    """What the README types, --help knows."""
    commands = re.findall(r"penguin_pipes\.deploy (.*)", README.read_text())
    flags = set(re.findall(r"--[a-z-]+", " ".join(commands)))

    with pytest.raises(SystemExit, match="0"):
        main(["--help"])

    assert flags
    assert flags <= set(re.findall(r"--[a-z-]+", capsys.readouterr().out))


def test_every_field_of_a_config_is_documented() -> None:
    """Each field stands once under Attributes, so that --set can be looked up."""
    seen: set[type[Any]] = set()
    todo: list[type[Any]] = [PipelineConfig]
    while todo:
        kind = todo.pop()
        seen.add(kind)
        documented = "\n".join(base.__doc__ or "" for base in kind.__mro__)
        for field in attrs.fields(attrs.resolve_types(kind)):
            # Python 3.13 takes the indentation out of docstrings.
            line = rf"^ +{field.name}: "
            assert re.search(line, documented, re.MULTILINE), f"{kind}.{field.name}"
            inner = [*getattr(field.type, "__args__", ()), field.type]
            todo += [k for k in inner if isinstance(k, type) and attrs.has(k)]
            todo = [k for k in todo if k not in seen]
    assert len(seen) > 5
