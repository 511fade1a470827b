"""Where a job's command runs: as a process of this computer, for now."""

from penguin_pipes.local.backends.base import Backend, Command, Outcome
from penguin_pipes.local.backends.process import ProcessBackend, last_lines

__all__ = ["Backend", "Command", "Outcome", "ProcessBackend", "last_lines"]
