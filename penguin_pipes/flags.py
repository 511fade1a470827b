"""The flags of every command line that runs pipelines on this computer.

Nothing is loaded here that ``--help`` has no use for.
"""

from __future__ import annotations

import argparse
import math
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

USE: Final = "use"
REFRESH: Final = "refresh"
ONLY: Final = "only"
"""What `penguin_pipes.local.CacheMode` calls them; it takes long to load."""

PROCESS: Final = "process"
DOCKER: Final = "docker"

IN_THE_RUN: Final = ""
"""What ``--report`` says when it names no file."""

UNITS: Final = {"": 1, "K": 1000, "M": 1000**2, "G": 1000**3, "T": 1000**4}
BINARY: Final = {"K": 1024, "M": 1024**2, "G": 1024**3, "T": 1024**4}
STEP_PYTHON: Final = re.compile(r"([A-Za-z0-9][A-Za-z0-9_-]*)=(.+)")
SIZE: Final = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGT]?)(i?)B?", re.IGNORECASE)


class LocalFlags(argparse.Namespace):
    """What `add_flags` adds, with its types."""

    cache: str
    explain: str | None
    size_limit: int | None
    cold: bool
    backend: str
    image: list[str]
    python: list[str]
    parity: bool
    memory: int | None
    cpus: float | None
    jobs: int | None
    keep_going: bool
    from_step: str | None
    only: tuple[str, ...]
    resume: bool
    report: str | None
    mlflow: str | None

    @property
    def local_flag(self) -> str | None:
        """One of these flags that was given, or None if none was."""
        given = {
            "--no-cache": self.cache == REFRESH,
            "--cache-only": self.cache == ONLY,
            "--explain": self.explain is not None,
            "--size-limit": self.size_limit is not None,
            "--cold": self.cold,
            "--backend": self.backend != PROCESS,
            "--image": bool(self.image),
            "--python": bool(self.python),
            "--parity": self.parity,
            "--memory": self.memory is not None,
            "--cpus": self.cpus is not None,
            "--jobs": self.jobs is not None,
            "--keep-going": self.keep_going,
            "--from": self.from_step is not None,
            "--only": bool(self.only),
            "--resume": self.resume,
            "--report": self.report is not None,
            "--mlflow": self.mlflow is not None,
        }
        return next((flag for flag, is_given in given.items() if is_given), None)

    @property
    def idle_flag(self) -> str | None:
        """A flag that was given and would do nothing beside ``--explain``."""
        given = {
            "--jobs": self.jobs is not None,
            "--keep-going": self.keep_going,
            "--from": self.from_step is not None,
            "--only": bool(self.only),
            "--resume": self.resume,
            "--report": self.report is not None,
            "--mlflow": self.mlflow is not None,
        }
        found = next((flag for flag, is_given in given.items() if is_given), None)
        return None if self.explain is None else found

    @property
    def report_file(self) -> Path | None:
        """The file that ``--report`` names; None for the folder of the run."""
        return Path(self.report) if self.report else None


def add_flags(group: argparse._ArgumentGroup) -> None:
    """Add the flags to a group of a parser."""
    modes = group.add_mutually_exclusive_group()
    modes.add_argument(
        "--no-cache",
        dest="cache",
        action="store_const",
        const=REFRESH,
        default=USE,
        help="run every step, also those that an earlier run here has done",
    )
    modes.add_argument(
        "--cache-only",
        dest="cache",
        action="store_const",
        const=ONLY,
        help="fail at a step that no earlier run here has done",
    )
    modes.add_argument(
        "--explain",
        metavar="STEP",
        help="run nothing; tell whether the step would run, and why",
    )
    group.add_argument(
        "--size-limit",
        type=size,
        metavar="SIZE",
        help="take the oldest runs out of the home when all of them take more, e.g. "
        "20GB",
    )
    group.add_argument(
        "--cold",
        action="store_true",
        help="start every script in a Python of its own, for comparison: on Linux it "
        "is otherwise forked from one that has imported its modules",
    )
    group.add_argument(
        "--report",
        nargs="?",
        const=IN_THE_RUN,
        metavar="FILE",
        help="write the run as an HTML page, whatever came of it (default: report.html "
        "in the run's folder)",
    )
    group.add_argument(
        "--mlflow",
        metavar="URI",
        help="log the training jobs to this MLflow store when the run is over, e.g. "
        "sqlite:///mlflow.db",
    )
    _add_flow(group)
    _add_choice(group)


def _add_flow(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--jobs",
        type=count,
        metavar="N",
        help="how many jobs run at once (default: as many as there are cores)",
    )
    group.add_argument(
        "--keep-going",
        action="store_true",
        help="after a failure, run whatever does not need the step that failed",
    )


def _add_choice(group: argparse._ArgumentGroup) -> None:
    choice = group.add_mutually_exclusive_group()
    choice.add_argument(
        "--from",
        dest="from_step",
        metavar="STEP",
        help="run this step and all that come after it; what they read of others is "
        "taken from the newest run that has it",
    )
    choice.add_argument(
        "--only",
        type=lambda text: tuple(text.split(",")),
        default=(),
        metavar="STEP,STEP",
        help="run these steps alone, as --from does",
    )
    choice.add_argument(
        "--resume",
        action="store_true",
        help="go on from the last run, which failed or was killed: what had succeeded "
        "in it is not run again, cached or not; steps that were not selected stay out",
    )


def count(text: str) -> int:
    """Return the number, from 1 on, that a text stands for."""
    if not text.strip().isdecimal() or not int(text):
        msg = f"expected a number from 1 on; got {text!r}"
        raise argparse.ArgumentTypeError(msg)
    return int(text)


def add_backend_flags(group: argparse._ArgumentGroup) -> None:
    """Add the flags that say where jobs run to a group of a parser."""
    group.add_argument(
        "--backend",
        choices=(PROCESS, DOCKER),
        default=PROCESS,
        help="run jobs as processes of this computer, or each in a container of the "
        "image that it names (default: %(default)s)",
    )
    group.add_argument(
        "--image",
        action="append",
        default=[],
        metavar="URI=LOCAL-TAG",
        help="the image of this computer to take in the place of another; repeatable",
    )
    group.add_argument(
        "--python",
        action="append",
        default=[],
        metavar="[STEP=]PATH",
        help="the interpreter that jobs run with, or the one step's job; repeatable "
        "(default: the one that runs this)",
    )
    group.add_argument(
        "--parity",
        action="store_true",
        help="run each job with the Python and the packages that its image has, in "
        "environments that are made once and kept in the home",
    )
    group.add_argument(
        "--memory",
        type=size,
        metavar="SIZE",
        help="the most that a container may take, e.g. 16GiB (default: all there is)",
    )
    group.add_argument(
        "--cpus",
        type=processors,
        metavar="N",
        help="how many processors a container may take (default: all there are)",
    )


def pythons(texts: Sequence[str]) -> dict[str, str] | None:
    """Return the interpreters of steps by name, that of the others as ``""``.

    None if none is given.
    """
    found = {}
    for text in texts:
        named = STEP_PYTHON.fullmatch(text)
        step, path = named.groups() if named else ("", text)
        found[step] = path
    return found or None


def processors(text: str) -> float:
    """Return a number of processors, which need not be a whole one."""
    try:
        number = float(text)
    except ValueError:
        number = 0
    if not 0 < number < math.inf:
        msg = f"expected a number of processors such as 2 or 1.5; got {text!r}"
        raise argparse.ArgumentTypeError(msg)
    return number


def size(text: str) -> int:
    """Return the bytes that a size such as ``500MB`` or ``1.5GiB`` stands for."""
    match = SIZE.fullmatch(text.strip())
    if match is None or (match[3] and not match[2]):
        msg = f"expected a size such as 500MB, 20GB or 1.5GiB; got {text!r}"
        raise argparse.ArgumentTypeError(msg)
    unit = match[2].upper()
    return int(float(match[1]) * (BINARY[unit] if match[3] else UNITS[unit]))
