"""Run the engine in processes that can be killed: imported once, forked for each order.

A script, not a test: it reads one order a line from its standard input, and answers
each with a line. An order is a list of deeds that are done at once, each in a process
of its own; the answer is a list of how each of them ended.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import resource
import signal
import sys
import tempfile
import threading
import time
import traceback
from collections import Counter
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from penguin_pipes.definition import refuse_errors
from penguin_pipes.errors import PenguinPipesError
from penguin_pipes.local import History, Run, explain_locally, prune, run_locally
from penguin_pipes.local.__main__ import main as command_line
from penguin_pipes.local.database import Database

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PACKAGE: Final = f"{os.sep}penguin_pipes{os.sep}local{os.sep}"
CHANGES: Final = frozenset(
    {
        *("posix.rename", "posix.replace", "posix.unlink", "posix.rmdir"),
        *("posix.mkdir", "posix.link", "posix.open", "posix.fsync", "posix.chmod"),
        *("posix.sendfile", "io.open", "fcntl.flock", "_posixsubprocess.fork_exec"),
        *("sqlite3.execute", "sqlite3.executemany", "sqlite3.close"),
        *("select.poll", "posix.write", "io.write"),
    }
)
"""Functions of C that change something, or wait for a job that does."""

CLONE_NEWNS, MS_REC, MS_PRIVATE, MS_REMOUNT = 0x20000, 0x4000, 0x40000, 0x20
CAPABILITY_VERSION_3: Final = 0x20080522


class AtSite:
    """A profiler that acts at the n-th visit of a place in the code.

    A place is what is called from C, whether before or after, and the functions of the
    engine that lead there.
    """

    def __init__(self, site: str | None, nth: int, act: Callable[[], object]) -> None:
        self.visits: Counter[str] = Counter()
        self._site, self._nth, self._act = site, nth, act

    def __call__(self, frame: Any, event: str, function: Any) -> None:
        """Count a visit, and act at the one that is asked for."""
        if event not in {"c_call", "c_return"}:
            return
        name = _name(function)
        way = _way(frame) if name in CHANGES else []
        if not way:
            return
        site = " < ".join([f"{event.removeprefix('c_')} {name}", *way])
        self.visits[site] += 1
        if site == self._site and self.visits[site] == self._nth:
            self._act()


def _name(function: Any) -> str:
    """Return what a function of C is called, with what it belongs to."""
    owner = getattr(function, "__self__", None)
    module = type(owner).__module__ if not hasattr(owner, "__spec__") else None
    home = module or getattr(function, "__module__", None) or "?"
    return f"{home.removeprefix('_') if home == '_io' else home}.{function.__name__}"


def _way(frame: Any) -> list[str]:
    """Return the functions of the engine that a frame was called from."""
    found = []
    while frame is not None:
        _, inside, module = frame.f_code.co_filename.rpartition(PACKAGE)
        if inside:
            found.append(f"{module.removesuffix('.py')}.{frame.f_code.co_name}")
        frame = frame.f_back
    return found


def _run(deed: dict[str, Any]) -> dict[str, Any]:
    """Run a pipeline; say which run it was."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    run = run_locally(
        Path(deed["definition"]),
        files={name: Path(path) for name, path in deed["files"].items()},
        home=Path(deed["home"]),
        **deed.get("options", {}),
    )
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    more = _report(run, Path(deed["home"])) if deed.get("report") else {}
    return {"run": run.id, "memory_kb": after - before, **more}


def _report(run: Run, home: Path) -> dict[str, Any]:
    """Return what others cannot see of a run: its home ends with this process."""
    with Database(home) as database:
        (sound,) = database.rows("PRAGMA integrity_check")
        others = [each for each in History(database).runs() if each.id != run.id]
    steps = [step for each in others for step in each.steps]
    return {
        "done": sorted(step.name for step in steps if step.status == "Succeeded"),
        "outputs": {
            f"{step.name}/{name}/{path.name}": path.read_text()
            for step in run.steps
            for name, folder in step.artifacts.items()
            for path in folder.iterdir()
        },
        "reused": sorted(step.name for step in run.steps if step.reused_from),
        "soundness": sound[0],
    }


def _open(deed: dict[str, Any]) -> dict[str, Any]:
    """Open the homes that others open at the same moment."""
    for at, home in deed["homes"]:
        time.sleep(max(0, at - time.time()))
        with Database(Path(home)) as database, database.transaction():
            database.write("INSERT INTO digests VALUES (?, '', 0, '')", os.getpid())
    return {}


def _litter(deed: dict[str, Any]) -> dict[str, Any]:
    """Write into every work tree of a home, as a process that left its job might."""
    for tree in Path(deed["home"]).glob("runs/*/*/ml"):
        (tree / "late").touch()
    return {}


def _prune(deed: dict[str, Any]) -> dict[str, Any]:
    """Prune a home; say which runs went."""
    return {"gone": prune(Path(deed["home"]), max_bytes=deed["max_bytes"]).runs}


def _explain(deed: dict[str, Any]) -> dict[str, Any]:
    """Explain a step; say whether it would be reused."""
    found = explain_locally(
        Path(deed["definition"]),
        deed["step"],
        files={name: Path(path) for name, path in deed["files"].items()},
        home=Path(deed["home"]),
    )
    return {"reused_from": found.reused_from}


def _main(deed: dict[str, Any]) -> dict[str, Any]:
    """Call the command line; say what it returned and what it printed."""
    printed = Path(tempfile.mkstemp()[1])
    descriptor = os.open(printed, os.O_WRONLY)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    code = command_line(deed["argv"])
    sys.stdout.flush()
    sys.stderr.flush()
    text = printed.read_text()
    printed.unlink()
    return {"code": code, "printed": text}


def _on_small_disk(deed: dict[str, Any]) -> dict[str, Any]:
    """Do deeds one after the other, each with as much space as it says."""
    libc = ctypes.CDLL(None, use_errno=True)
    folder = os.fsencode(deed["folder"])
    if libc.unshare(CLONE_NEWNS) or libc.mount(
        b"none", b"/", None, MS_REC | MS_PRIVATE, None
    ):
        return {"unable": os.strerror(ctypes.get_errno())}
    flags, answers = 0, []
    for size_kb, inner in deed["deeds"]:
        options = f"size={size_kb}k".encode()
        if libc.mount(b"tmpfs", folder, b"tmpfs", flags, options):
            return {"unable": os.strerror(ctypes.get_errno())}
        flags = MS_REMOUNT
        answers += _answer([inner])
    return {"answers": answers}


def _be_ordinary() -> None:
    """Give up root's power to read and write everything; permissions hold again."""
    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    data = (ctypes.c_uint32 * 6)()
    if libc.capset(header, data):
        raise OSError(ctypes.get_errno(), "capset")


DEEDS: Final = {
    "run": _run,
    "open": _open,
    "litter": _litter,
    "prune": _prune,
    "explain": _explain,
    "main": _main,
    "on a small disk": _on_small_disk,
}


def _do(deed: dict[str, Any]) -> dict[str, Any]:
    """Do one deed; say what came of it, or what was raised and where."""
    if deed.get("ordinary"):
        _be_ordinary()
    profiler = AtSite(deed.get("site"), deed.get("nth", 1), partial(_act, deed))
    if deed.get("site") or deed.get("sites"):
        sys.setprofile(profiler)
        threading.setprofile(profiler)
    try:
        said = DEEDS[deed["do"]](deed)
    except Exception as error:  # noqa: BLE001  # the test looks at it
        said = {
            "error": type(error).__name__,
            "message": str(error),
            "where": list(_where(error)),
        }
    finally:
        threading.setprofile(None)
        sys.setprofile(None)
    return {**said, "sites": dict(profiler.visits)}


def _act(deed: dict[str, Any]) -> None:
    """Do what a deed says of its place: be killed, if it does not say other deeds."""
    if "then" not in deed:
        os.kill(os.getpid(), signal.SIGKILL)
    for answer in _answer(deed["then"]):
        if "error" in answer:
            raise AssertionError(answer)


def _where(error: BaseException) -> Iterator[str]:
    """Yield the functions that an error, and those that led to it, passed."""
    yield from (at.name for at in traceback.extract_tb(error.__traceback__))
    if error.__context__ is not None:
        yield from _where(error.__context__)


def _start(deed: dict[str, Any]) -> tuple[int, int]:
    """Start a process that does a deed; return it and where it answers."""
    answer, write = os.pipe()
    identity = os.fork()
    if identity:
        os.close(write)
        return identity, answer
    code = 1
    try:
        said = json.dumps(_do(deed)).encode()
        with os.fdopen(write, "wb") as file:
            file.write(said)
        code = 0
    except BaseException:  # noqa: BLE001  # what is left of a fork must end here
        traceback.print_exc()
    finally:
        os._exit(code)


def _answer(deeds: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Do deeds at once; return how each ended."""
    started = [_start(deed) for deed in deeds]
    for deed, (identity, _) in zip(deeds, started, strict=True):
        if "kill_after_s" in deed:
            time.sleep(deed["kill_after_s"])
            os.kill(identity, signal.SIGKILL)
        if "kill_when" in deed:
            while not Path(deed["kill_when"]).exists():
                time.sleep(0.01)
            os.kill(identity, signal.SIGKILL)
    answers = []
    for identity, answer in started:
        with os.fdopen(answer, "rb") as file:
            said = file.read()
        code = os.waitstatus_to_exitcode(os.waitpid(identity, 0)[1])
        answers.append({"exit": code, **json.loads(said or b"{}")})
    return answers


def _warm_up() -> None:
    """Have everything imported and read that every run needs, before forking."""
    step = {"Name": "x", "Type": "Processing", "Arguments": {}}
    with contextlib.suppress(PenguinPipesError):
        refuse_errors({"Version": "2020-12-01", "Steps": [step]})


if __name__ == "__main__":
    _warm_up()
    for order in sys.stdin:
        print(json.dumps(_answer(json.loads(order))), flush=True)  # noqa: T201  # the protocol
