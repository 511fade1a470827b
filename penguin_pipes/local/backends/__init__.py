"""Where a job's command runs: as a process of this computer, or in a container."""

from penguin_pipes.local.backends.base import (
    Backend,
    Command,
    Fault,
    Images,
    Outcome,
)
from penguin_pipes.local.backends.docker import DockerBackend, Limits
from penguin_pipes.local.backends.imports import Files
from penguin_pipes.local.backends.isolation import ISOLATIONS, Isolation
from penguin_pipes.local.backends.logs import last_lines
from penguin_pipes.local.backends.process import ProcessBackend
from penguin_pipes.local.backends.stopping import Stop, StoppedError
from penguin_pipes.local.backends.warm import Script

__all__ = [
    "ISOLATIONS",
    "Backend",
    "Command",
    "DockerBackend",
    "Fault",
    "Files",
    "Images",
    "Isolation",
    "Limits",
    "Outcome",
    "ProcessBackend",
    "Script",
    "Stop",
    "StoppedError",
    "last_lines",
]
