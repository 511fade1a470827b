"""Run a Python script in this process as if Python had been started for it."""

from __future__ import annotations

import atexit
import builtins
import os
import signal
import sys
import time
import types
from importlib.machinery import SourceFileLoader
from typing import Any


class _Interrupted:
    """Ends the process as Python does after a `KeyboardInterrupt` nobody caught."""

    is_so = False

    def __call__(self) -> None:
        """Let the signal end the process, all else being done."""
        if self.is_so:
            for stream in (sys.stdout, sys.stderr):
                stream.flush()
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            os.kill(os.getpid(), signal.SIGINT)


INTERRUPTED = _Interrupted()
# Registered before all others, and therefore called after them.
atexit.register(INTERRUPTED)


def run(request: dict[str, Any]) -> None:
    """Run the script of a request to its end, this process's own.

    Raises:
        SystemExit: As the script does, or with 1 if it raised something else.
    """
    words = request["script"]["words"]
    _renew(request["environment"])
    _set_paths(words[0], request["environment"])
    sys.argv = list(words)
    sys.orig_argv = list(request["argv"])
    # As Python does, which leaves "." and ".." in the name alone.
    path = os.path.join(os.getcwd(), words[0])
    main = types.ModuleType("__main__")
    main.__dict__.update(
        __annotations__={},
        __builtins__=builtins,
        __cached__=None,
        __file__=path,
        __loader__=SourceFileLoader("__main__", path),
    )
    sys.modules["__main__"] = main
    try:
        # Python, too, has the file open for as long as it runs.
        with open(path, "rb", 0) as file:
            code = compile(file.read(), path, "exec", dont_inherit=True)
            exec(code, main.__dict__)  # noqa: S102 - this is what it is for
    except SystemExit:
        raise
    except BaseException as error:  # noqa: BLE001 - whatever it is, Python would show it
        _show(error)
    else:
        return
    sys.exit(1)


def _show(error: BaseException) -> None:
    """Show an error nobody caught, without the frame that started the script."""
    trace = error.__traceback__.tb_next if error.__traceback__ else None
    error = error.with_traceback(trace)
    if sys.version_info >= (3, 12):
        sys.last_exc = error
    sys.last_type, sys.last_value, sys.last_traceback = type(error), error, trace
    INTERRUPTED.is_so = isinstance(error, KeyboardInterrupt)
    sys.excepthook(type(error), error, trace)


def _set_paths(name: str, environment: dict[str, str]) -> None:
    """Let modules be found where they would be: the script's first, then its own."""
    # Python's own order: what is in PYTHONPATH twice is there once, but the script's
    # folder comes on top of all that.
    own = environment.get("PYTHONPATH", "")
    entries = [os.path.abspath(each) for each in own.split(":")] if own else []
    sys.path[:] = dict.fromkeys([*entries, *sys.path])
    if not sys.flags.safe_path:
        sys.path.insert(0, os.path.dirname(os.path.realpath(name)))


def _renew(environment: dict[str, str]) -> None:
    """Renew what a process has for itself and a fork would share."""
    # Python itself sets this one when it starts in the locale "C".
    coerced = {k: v for k, v in os.environ.items() if k == "LC_CTYPE"}
    os.environ.clear()
    os.environ.update(coerced | environment)
    time.tzset()
    if "numpy.random" in sys.modules:
        sys.modules["numpy.random"].seed()
    tempfile: Any = sys.modules.get("tempfile")
    if tempfile is not None:
        tempfile.tempdir = None
    process: Any = sys.modules.get("multiprocessing.process")
    if process is not None:
        process.ORIGINAL_DIR = os.getcwd()
        key = process.AuthenticationString(os.urandom(32))
        process.current_process()._config["authkey"] = key  # noqa: SLF001
