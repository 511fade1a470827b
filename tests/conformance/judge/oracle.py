"""One process that is AWS's training toolkit for one job after the other.

Importing the toolkit and TensorFlow takes seconds. What they need is imported here
once; the toolkit itself and its ``train`` command are read anew in a fork for each
job, since they look at their environment while they are imported.

Started as ``python oracle.py TRAIN``, it reads one job from each line of its standard
input and answers each with a line; the first line it says is what it knows of itself.
"""

from __future__ import annotations

import importlib
import inspect
import json
import os
import runpy
import sys
from pathlib import Path
from typing import Any

HEAVY = (
    "boto3.session",
    "gevent",
    "inotify_simple",
    "numpy",
    "paramiko",
    "scipy.sparse",
    "s3transfer",
    "six",
    "tensorflow",
    "tensorflow.python.framework.errors_impl",
)


def main(train: str) -> None:
    """Serve until the input ends."""
    # As when the container starts the command by its name.
    sys.path[0], sys.argv = str(Path(train).parent), [train]
    before = dict(os.environ)
    for name in HEAVY:
        importlib.import_module(name)
    left = {k: v for k, v in os.environ.items() if before.get(k) != v}
    toolkit = [name for name in sys.modules if name.startswith("sagemaker_")]
    known = inspect.getmembers(sys.modules[HEAVY[-1]], inspect.isclass)
    _say({"errors": [name for name, _ in known], "toolkit": toolkit})
    for line in sys.stdin:
        job = json.loads(line)
        child = os.fork()
        if not child:
            _become_the_container(train, job, left)
        _, status = os.waitpid(child, 0)
        _say({"exit_code": os.waitstatus_to_exitcode(status)})


def _become_the_container(
    train: str, job: dict[str, Any], left: dict[str, str]
) -> None:
    """Run the command of the image, and leave with its exit code."""
    os.setsid()
    log = os.open(job["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    for stream in (1, 2):
        os.dup2(log, stream)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.environ.clear()
    os.environ.update(job["environment"])
    if job["tensorflow"]:
        os.environ.update(left)
    else:
        _forget_tensorflow()
    code = 1
    try:
        runpy.run_path(train, run_name="__main__")
    except SystemExit as leaving:
        code = leaving.code if isinstance(leaving.code, int) else bool(leaving.code)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _forget_tensorflow() -> None:
    """Be an image that does not hold TensorFlow."""
    for name in [name for name in sys.modules if name.split(".")[0] == "tensorflow"]:
        del sys.modules[name]
    sys.modules["tensorflow"] = None  # type: ignore[assignment]


def _say(answer: dict[str, Any]) -> None:
    """Write one line to whoever started this."""
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1])
