"""The command line itself: its flags, its help, its errors."""

from __future__ import annotations

import re
import subprocess
import sys
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


def test_the_end_of_a_command_looks_for_no_garbage() -> None:
    """What was loaded is frozen then: going through the SDK would take most of a second.

    While it works, memory is cleaned as ever.
    """
    program = (
        "import atexit, gc\n"
        "from penguin_pipes.deploy import main\n"
        "atexit.register(lambda: print(gc.get_freeze_count() > 0))\n"
        "main(['--local', '--set', 'nothing'])\n"
        "print(gc.get_freeze_count() > 0)\n"
    )
    told = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert told.stdout.split() == ["False", "True"]


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
