"""Tell which commands can start warm, and what a server must be like for each."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

import attrs

from penguin_pipes.local.backends.imports import Files, in_folder, statements
from penguin_pipes.local.backends.isolation import OPT_ML
from penguin_pipes.local.contract.tree import UNDER_ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from penguin_pipes.local.backends.base import Command

PER_JOB: Final = re.compile(
    r"(SM|SAGEMAKER)_.*|TRAINING_JOB_(NAME|ARN)|CURRENT_HOST|PYTHONPATH"
    r"|AWS_REGION|S3_REGION|S3_USE_HTTPS"
)
"""What the service or its toolkit tells each job anew; no module reads it while it is
imported. Every other variable may matter then, whoever set it. ``PYTHONPATH`` does
matter, but can be made good for."""

CUSTOMIZE: Final = ("sitecustomize", "usercustomize")


@attrs.frozen(kw_only=True)
class Script:
    """What a server must be like to run a script.

    Attributes:
        environment: What it starts with.
        statements: What it executes beforehand.
    """

    environment: tuple[tuple[str, str], ...]
    statements: tuple[str, ...]

    @classmethod
    def expect(
        cls, program: str, files: Files, environment: Mapping[str, str]
    ) -> Self | None:
        """Return a script that will be run; None if it must start cold.

        Args:
            program: Its path, seen from the root of *files*.
            files: What its folder will hold.
            environment: What its job will be told; what only the job itself will know
                may be missing.
        """
        shared = {
            name: value
            for name, value in environment.items()
            if not PER_JOB.fullmatch(name)
        }
        # A module that looks for the job's files would do so too early.
        if any(map(UNDER_ROOT.search, shared.values())):
            return None
        found = statements(program, files)
        if found is None:
            return None
        return cls(environment=tuple(sorted(shared.items())), statements=found)


@attrs.frozen(kw_only=True)
class Start:
    """A command that starts a script, as a server takes it.

    Attributes:
        script: What the server must be like.
        words: The script as the command names it, and its arguments.
        folders: Where it will look for modules first.
    """

    script: Script
    words: tuple[str, ...]
    folders: tuple[Path, ...]

    @classmethod
    def read(cls, command: Command, *, stands: bool) -> Self | None:
        """Return how to start *command* warm; None if it must start cold.

        Args:
            command: What to start.
            stands: Whether its tree stands at ``/opt/ml``.
        """
        words = _words(command)
        if words is None:
            return None
        tree = command.tree if stands else None
        path = _on_host(command.cwd / words[0], tree)
        if not path.is_file() or not os.access(path, os.R_OK):
            return None
        own = command.environment.get("PYTHONPATH", "")
        folders = [_on_host(command.cwd / each, tree) for each in own.split(":") if own]
        if any(map(_customizes, folders)):
            return None
        files = in_folder(path.parent)
        script = Script.expect(path.name, files, _as_asked(command))
        if script is None:
            return None
        return cls(script=script, words=words, folders=(path.parent, *folders))


def _words(command: Command) -> tuple[str, ...] | None:
    """Return the script and its arguments, if that is all that the command is."""
    python, *rest = command.argv
    words = rest[1:] if rest[:1] == ["--"] else rest
    if python != sys.executable or not words:
        return None
    if not words[0].endswith(".py") or words[0].startswith("-"):
        return None
    variables = (text for pair in command.environment.items() for text in pair)
    # What no system takes is left to those who start programs to refuse.
    return None if any("\0" in text for text in (*words, *variables)) else tuple(words)


def _on_host(path: Path, tree: Path | None) -> Path:
    """Return where a path that a job sees lies on this computer."""
    if tree is not None and path.is_relative_to(OPT_ML):
        return tree / path.relative_to(OPT_ML)
    return path


def _customizes(folder: Path) -> bool:
    """Return whether a folder holds what Python imports when it starts."""
    return any(
        folder.joinpath(f"{name}.py").exists() or folder.joinpath(name).exists()
        for name in CUSTOMIZE
    )


def _as_asked(command: Command) -> Mapping[str, str]:
    """Return the environment with paths in the tree as the request has them."""
    if command.tree is None:
        return command.environment
    tree = str(command.tree)
    return {
        name: value.replace(tree, str(OPT_ML))
        for name, value in command.environment.items()
    }
