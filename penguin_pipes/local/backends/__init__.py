"""Where a job's command runs: as a process of this computer, for now."""

from penguin_pipes.local.backends.base import Backend, Command, Outcome
from penguin_pipes.local.backends.isolation import ISOLATIONS, Isolation
from penguin_pipes.local.backends.logs import last_lines
from penguin_pipes.local.backends.process import ProcessBackend

__all__ = [
    "ISOLATIONS",
    "Backend",
    "Command",
    "Isolation",
    "Outcome",
    "ProcessBackend",
    "last_lines",
]
