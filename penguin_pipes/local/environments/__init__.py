"""What code asks to have installed: once for each content, kept in the home.

An environment is a virtual one on top of the interpreter that jobs run with, whose
packages it sees: as in a container, only what is missing there is installed.
"""

from penguin_pipes.local.environments.content import Wanted, wanted_by
from penguin_pipes.local.environments.interpreter import Interpreter, ask, here
from penguin_pipes.local.environments.parity import Parity
from penguin_pipes.local.environments.pythons import Choice, Pythons, find
from penguin_pipes.local.environments.store import Environments, Installation

__all__ = [
    "Choice",
    "Environments",
    "Installation",
    "Interpreter",
    "Parity",
    "Pythons",
    "Wanted",
    "ask",
    "find",
    "here",
    "wanted_by",
]
