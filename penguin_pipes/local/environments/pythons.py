"""Which Python each step of a run has: found, and asked, before anything starts."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, TypeAlias

import attrs

from penguin_pipes.errors import InputError
from penguin_pipes.local.environments.interpreter import Interpreter, ask, here

if TYPE_CHECKING:
    from collections.abc import Collection

Choice: TypeAlias = str | Path | Mapping[str, str | Path]
"""An interpreter for all steps, or for each of some by its name."""

OTHERS: Final = ""
"""Stands for all steps that are not named."""


@attrs.frozen(kw_only=True)
class Pythons:
    """The Pythons of a run.

    Attributes:
        default: Of the steps that have none of their own.
        by_step: Of the others, by their names.
    """

    default: Interpreter = attrs.field(factory=here)
    by_step: Mapping[str, Interpreter] = MappingProxyType({})

    def of(self, step: str) -> Interpreter:
        """Return the Python of a step."""
        return self.by_step.get(step, self.default)


def find(
    asked: Choice | None, steps: Collection[str], environment: Mapping[str, str]
) -> Pythons:
    """Return the Pythons that are asked for.

    Args:
        asked: What is asked for; None for the Python that runs this.
        steps: The names of the pipeline's steps.
        environment: The variables that jobs are to see.

    Raises:
        InputError: There is no such step, or no such Python.
    """
    if asked is None:
        return Pythons()
    named = asked if isinstance(asked, Mapping) else {OTHERS: asked}
    for step in named:
        if step != OTHERS and step not in steps:
            known = ", ".join(steps)
            msg = f"python: the pipeline has no step {step!r}; there are: {known}"
            raise InputError(msg)

    @cache
    def found(python: str | Path, step: str) -> Interpreter:
        what = f"python of step {step!r}" if step else "python"
        return _found(python, environment, what)

    own = {step: found(python, step) for step, python in named.items()}
    default = own.pop(OTHERS, None)
    return Pythons(default=default or here(), by_step=own)


def _found(
    python: str | Path, environment: Mapping[str, str], what: str
) -> Interpreter:
    """Return one interpreter, which a bare name is looked for on the path."""
    text = str(python)
    if "/" not in text and not Path(text).exists():
        found = shutil.which(text, path=environment.get("PATH"))
        if found is None:
            msg = f"{what}: there is no {text!r} on the PATH; name its file"
            raise InputError(msg)
        text = found
    if Path(text).expanduser().absolute() == Path(sys.executable):
        return here()
    return ask(text, environment, what=what)
