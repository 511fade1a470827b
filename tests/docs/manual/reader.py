"""A reader of one page, in a folder of its own: types what it shows, and looks."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from importlib.metadata import metadata
from typing import TYPE_CHECKING

import attrs
import yaml

from manual.not_run import is_run
from manual.output import RUN, shows
from manual.server import Server, serves
from penguin_pipes.local import History

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from manual.pages import Block

EXITS = re.compile(r"# exits with (\d+)")
INSTALL = re.compile(
    r"^pip install +'?(?:penguin-pipes|\.)(?:\[([\w,]+)\])?'?(?: +[\w-]+)*$"
)
LONGEST_S = 900


@attrs.define(kw_only=True)
class Reader:
    """Does what a page says, block by block.

    Attributes:
        folder: Where the reader stands.
        environment: What commands find in their environment.
        printed: What the last block printed.
        server: What was started and goes on, as in a terminal of its own.
    """

    folder: Path
    environment: Mapping[str, str]
    printed: str | None = None
    server: Server | None = None

    def leave(self) -> None:
        """Stop what still runs."""
        if self.server is not None:
            self.server.stop()
            self.server = None

    def follow(self, block: Block) -> None:
        """Do what one block says.

        Raises:
            AssertionError: It does not do what the page promises.
        """
        match block.language:
            case "console":
                self._type(block)
            case "python" if block.title is None:
                self.printed = self._run([sys.executable, "-c", block.source], block)
            case "text":
                self._compare(block)
            case language:
                assert block.title, (
                    f"{block}: {language} without a title is not followed; give it "
                    "one, or tell in manual/not_run.py why not"
                )
                self._write(block)

    def _type(self, block: Block) -> None:
        """Type each command; lines without a prompt are what it prints."""
        self.printed = ""
        for command, expected in commands(block.source):
            if not is_run(block.page, f"$ {command}"):
                continue
            printed = self._command(command, block)
            assert shows(expected, printed), (
                f"{block}: expected of {command!r}\n{expected}\nand it printed\n{printed}"
            )
            self.printed += printed

    def _command(self, command: str, block: Block) -> str:
        install = INSTALL.match(command)
        if install:
            # Not from a registry: the session has installed what is here.
            extras = metadata("penguin-pipes").get_all("Provides-Extra") or []
            asked = set(filter(None, (install[1] or "").split(",")))
            assert asked <= set(extras), f"{block}: there are the extras {extras}"
            return ""
        command = self._of_this_home(command)
        if serves(command):
            self.leave()
            self.server = Server.start(command, self.folder, self.environment)
            return self.server.said
        if self.server is not None:
            command = self.server.asked_by(command)
        told = EXITS.search(command)
        code = int(told[1]) if told else 0
        return self._run(["bash", "-ec", command], block, code=code)

    def _of_this_home(self, command: str) -> str:
        """Return a command with the reader's first run for the one that the page has."""
        if not RUN.search(command):
            return command
        with History(self.folder / ".penguin_pipes") as history:
            *_, first = history.runs()
        return RUN.sub(first.id, command)

    def _run(self, argv: list[str], block: Block, *, code: int = 0) -> str:
        done = subprocess.run(
            argv,
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=LONGEST_S,
            check=False,
        )
        assert done.returncode == code, (
            f"{block}: {argv[-1]!r} exits with {done.returncode}, not {code}\n"
            f"{done.stdout[-5000:]}"
        )
        return done.stdout

    def _compare(self, block: Block) -> None:
        assert self.printed is not None, f"{block}: nothing has printed anything before"
        assert shows(block.source, self.printed), (
            f"{block}: the page shows\n{block.source}\nand printed was\n{self.printed}"
        )

    def _write(self, block: Block) -> None:
        """Write the file that the block is, once it is what its language says."""
        match block.language:
            case "python":
                compile(block.source, str(block.title), "exec")
            case "json":
                json.loads(block.source)
            case "toml":
                tomllib.loads(block.source)
            case "yaml":
                self._workflow(block)
        path = self.folder / str(block.title)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block.source)

    def _workflow(self, block: Block) -> None:
        """Run what a workflow of CI runs of ours, job by job."""
        jobs = yaml.safe_load(block.source)["jobs"]
        steps = [step for job in jobs.values() for step in job["steps"]]
        ran = ""
        for step in steps:
            for command in step.get("run", "").splitlines():
                ran += self._command(command.strip(), block)
        assert steps, f"{block}: no job has a step"
        self.printed = ran


def commands(source: str) -> list[tuple[str, str]]:
    """Return each command of a console, and what it is said to print."""
    found: list[tuple[str, str]] = []
    for line in source.splitlines():
        if line.startswith("$ "):
            found.append((line[2:], ""))
        elif found and found[-1][0].endswith("\\") and line.startswith("> "):
            found[-1] = (f"{found[-1][0]}\n{line[2:]}", "")
        elif found:
            command, expected = found[-1]
            found[-1] = (command, f"{expected}{line}\n")
        else:
            msg = f"a console begins with a prompt, '$ '; got {line!r}"
            raise ValueError(msg)
    return found


def environment(folder: Path, aws: Mapping[str, str | None]) -> dict[str, str]:
    """Return the environment of a reader who has this Python and that AWS."""
    kept = {"LANG": "C.UTF-8", "PATH": os.environ["PATH"], "TF_CPP_MIN_LOG_LEVEL": "3"}
    own = {
        "COLUMNS": "80",
        "HOME": str(folder),
        "PATH": f"{os.path.dirname(sys.executable)}:{kept['PATH']}",  # noqa: PTH120
        **{name: value for name, value in aws.items() if value is not None},
    }
    return {**kept, **own}
