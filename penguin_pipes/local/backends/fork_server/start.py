"""What a fork does to become a job."""

from __future__ import annotations

import json
import os
import signal
from typing import Any, Final, NoReturn

from . import linux
from .isolate import isolate

STDOUT: Final = 1
STDERR: Final = 2


def become(
    request: dict[str, Any], output: int, *, telling: int, parent: int, said: bytes
) -> None:
    """Make this process the job's; return only if the job is a script to run here.

    Args:
        request: What is asked for.
        output: The pipe for what the job prints.
        telling: Who started it reads here why it could not start.
        parent: The process that must outlive the job.
        said: What importing its modules printed.
    """
    try:
        _furnish(request, output)
        linux.die_with_parent(signal.SIGKILL)
        if os.getppid() != parent or request["probe"]:
            os._exit(0)
        if request["script"] is None:
            _execute(request)
    except (OSError, ValueError) as error:
        _refuse(telling, error)
    os.close(output)
    os.close(telling)
    if said:
        os.write(STDOUT, said)


def _furnish(request: dict[str, Any], output: int) -> None:
    """Give the job its session, its streams and its view of the computer."""
    os.setsid()
    null = os.open(os.devnull, os.O_RDWR)
    for source, target in ((null, 0), (output, STDOUT), (output, STDERR)):
        os.dup2(source, target)
    os.close(null)
    isolate(tree=request["tree"], network=request["network"])
    os.chdir(request["cwd"])


def _execute(request: dict[str, Any]) -> NoReturn:
    """Start the job's program in place of this one."""
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        # Python ignores these; the program is not to inherit that.
        signal.signal(number, signal.SIG_DFL)
    os.execvpe(request["argv"][0], request["argv"], request["environment"])  # noqa: S606


def _refuse(telling: int, error: OSError | ValueError) -> NoReturn:
    """Say why the job cannot start, and end."""
    number, text, place = None, str(error), None
    if isinstance(error, OSError):
        number, text, place = error.errno, error.strerror or text, error.filename
    words = {"errno": number, "text": text, "place": place}
    os.write(telling, json.dumps(words, default=os.fsdecode).encode())
    os._exit(0)
