"""What is promised of warm starts: a script cannot tell them from cold ones."""

from __future__ import annotations

import json
import os
import re
import sys
import textwrap
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import attrs
import pytest

from penguin_pipes.local.backends import Command, Outcome, ProcessBackend, Script
from penguin_pipes.local.backends.pool import WarmPool

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="starts cold anyway")

IS_WARM = "b'fork_server' in open('/proc/self/cmdline', 'rb').read()"
BASE = {"PATH": os.environ["PATH"], "PYTHONUNBUFFERED": "1", "PYTHONUTF8": "1"}


@attrs.frozen
class Result:
    """What came of one run of a script."""

    outcome: Outcome
    log: str
    tree: Path

    @property
    def told(self) -> dict[str, object]:
        """The JSON object that the script printed."""
        found: dict[str, object] = json.loads(self.log)
        return found


@attrs.define
class Starter:
    """Starts scripts, each in a fresh tree."""

    folder: Path
    backend: ProcessBackend
    count: int = 0

    def start(
        self,
        script: str,
        *words: str,
        name: str = "job.py",
        beside: Mapping[str, str] = {},
        environment: Mapping[str, str] = {},
        cwd: str = "/opt/ml/code",
    ) -> Result:
        """Run a script to its end."""
        self.count += 1
        folder = self.folder / str(self.count)
        tree = folder / "ml"
        for path, text in {name: script, **beside}.items():
            file = tree.joinpath("code", path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(textwrap.dedent(text))
        seen = self.backend.seen(tree)
        local = {k: v.replace("/opt/ml", str(seen)) for k, v in environment.items()}
        command = Command(
            argv=(sys.executable, *(words or (name, "--flag", "a b"))),
            cwd=seen / Path(cwd).relative_to("/opt/ml"),
            environment={**BASE, **local},
            tree=tree,
        )
        log = folder / "log"
        outcome = self.backend.run(
            command, log=log, on_line=lambda _: None, timeout_s=120, warn=pytest.fail
        )
        return Result(outcome, log.read_text(), tree)


@pytest.fixture(scope="module", params=["namespace", "mapped"])
def starters(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Starter, Starter]]:
    """Return what starts scripts cold, and what starts them warm."""
    with (
        ProcessBackend(isolation=request.param, warm=False) as cold,
        ProcessBackend(isolation=request.param) as warm,
    ):
        yield (
            Starter(tmp_path_factory.mktemp("cold"), cold),
            Starter(tmp_path_factory.mktemp("warm"), warm),
        )


@pytest.fixture
def warm(starters: tuple[Starter, Starter]) -> Starter:
    """Return what starts scripts warm."""
    return starters[1]


Both = Callable[..., tuple[Result, Result]]


@pytest.fixture
def both(starters: tuple[Starter, Starter]) -> Both:
    """Return what runs a script cold, then warm, and checks that it was."""

    def run(script: str, *words: str, **options: object) -> tuple[Result, Result]:
        cold, warm = (each.start(script, *words, **options) for each in starters)  # type: ignore[arg-type]
        probe = f"import sys; sys.exit({IS_WARM})"
        assert [each.start(probe).outcome.exit_code for each in starters] == [0, 1]
        return cold, warm

    return run


def same(result: Result) -> tuple[int, str]:
    """Return what must be the same, the names of work trees and numbers aside."""
    log = result.log.replace(str(result.tree), "/opt/ml")
    return result.outcome.exit_code, re.sub(r"0x[0-9a-f]+", "0x", log)


STATE = """
    import gc, json, locale, os, resource, signal, sys, threading, time, warnings
    main = sys.modules["__main__"]
    NAMES = ("__name__", "__file__", "__spec__", "__builtins__", "__doc__", "__package__")
    status = dict(l.split(":", 1) for l in open("/proc/self/status"))
    limits = {n for n in dir(resource) if n.startswith("RLIMIT")}
    print(json.dumps({
        "argv": sys.argv,
        "orig_argv": sys.orig_argv,
        "path": sys.path,
        "executable": [sys.executable, sys.prefix, sys.base_prefix],
        "environ": dict(os.environ),
        "flags": str(sys.flags),
        "writes bytecode": not sys.dont_write_bytecode,
        "xoptions": str(sys._xoptions),
        "warnings": [str(warnings.filters), sys.warnoptions],
        "main": {k: str(v) for k, v in vars(main).items() if k in NAMES},
        "names": sorted(k for k in vars(main) if k[0] == "_" and k != "__warningregistry__"),
        "is_main": main.__dict__ is globals(),
        "cwd": os.getcwd(),
        "umask": status["Umask"],
        "signals": {int(n): str(signal.getsignal(n)) for n in signal.valid_signals()},
        "masks": [status[n] for n in ("SigBlk", "SigIgn")],
        "rights": [status[n] for n in ("CapEff", "CapPrm", "CapInh", "CapBnd", "Uid", "Gid")],
        "limits": {n: resource.getrlimit(getattr(resource, n)) for n in sorted(limits)},
        "head": [os.getsid(0) == os.getpid(), os.getpgrp() == os.getpid()],
        "files": sorted(os.listdir("/proc/self/fd"))[:-1],
        "threads": [str(t.name) for t in threading.enumerate()],
        "status": [status["Threads"], threading.current_thread() is threading.main_thread()],
        "gc": [gc.isenabled(), gc.get_threshold()],
        "recursion": sys.getrecursionlimit(),
        "locale": [locale.getlocale(), locale.getpreferredencoding()],
        "time": time.tzname,
        "hooks": [str(sys.excepthook), str(sys.displayhook), str(sys.meta_path)],
        "stdin": sys.stdin.read(),
        "streams": [
            [s.name, s.encoding, s.errors, s.line_buffering, s.write_through,
             s.isatty(), s.seekable(), s.newlines, s.mode]
            for s in (sys.stdin, sys.stdout, sys.stderr)
        ],
    }, default=str))
"""


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"PYTHONPATH": "/opt/ml/code"},
        {"PYTHONPATH": "/opt/ml/code:/usr::../code:/opt/ml/code"},
        {"SM_HPS": "{}", "TZ": "Asia/Tokyo", "LANG": "C", "X": "ü"},
        {"PYTHONUTF8": "0", "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0"},
        {
            "PYTHONSAFEPATH": "1",
            "PYTHONWARNINGS": "ignore::UserWarning",
            "PYTHONOPTIMIZE": "1",
        },
        {"PYTHONIOENCODING": "latin-1:replace", "PYTHONDONTWRITEBYTECODE": "1"},
        {"PYTHONHASHSEED": "7", "PYTHONNOUSERSITE": "1", "HOME": "/nowhere"},
    ],
    ids=lambda value: ",".join(value) or "none",
)
def test_script_finds_itself_in_the_same_state(
    both: Both, environment: dict[str, str]
) -> None:
    """Arguments, paths, flags, streams, signals, rights: all is as in a cold start."""
    cold, warm = both(STATE, environment=environment)

    assert json.loads(same(warm)[1]) == json.loads(same(cold)[1])


@pytest.mark.parametrize(
    ("words", "cwd"),
    [
        (("--", "job.py", "--a", "-"), "/opt/ml/code"),
        (("./job.py",), "/opt/ml/code"),
        (("../code/job.py",), "/opt/ml/code"),
        (("code/job.py",), "/opt/ml"),
        (("link.py",), "/opt/ml/code"),
    ],
    ids=lambda value: value if isinstance(value, str) else value[0],
)
def test_script_is_found_under_the_same_names(
    both: Both, words: tuple[str, ...], cwd: str
) -> None:
    """However the command names its script, it has the names of a cold start."""
    script = """
        import sys
        print(sys.argv, sys.orig_argv[1:], sys.path[:2], __file__, __loader__.path)
        raise ValueError
    """
    cold, warm = both(script, *words, cwd=cwd, beside={"link.py": script})

    assert same(warm) == same(cold)


@pytest.mark.parametrize(
    "script",
    [
        "print('no end', end='')",
        "raise ValueError('boom')",
        "def f():\n    1 / 0\ntry:\n    f()\nexcept ZeroDivisionError as e:\n    raise OSError('two') from e",
        "raise SystemExit",
        "raise SystemExit(3)",
        "raise SystemExit(None)",
        "raise SystemExit('a text')",
        "raise SystemExit(('no', 'number'))",
        "raise SystemExit(256 + 7)",
        "raise KeyboardInterrupt",
        "import os; os.kill(os.getpid(), 2)",
        "import os; os.kill(os.getpid(), 15)",
        "import os; print('lost', end=''); os._exit(4)",
        "def f(: pass",
        "x = '\\xff'\nprint(y)",
        "import signal; signal.raise_signal(signal.SIGKILL)",
        "import sys; sys.excepthook = lambda *a: print('mine', a[0], a[2].tb_next); 1 / 0",
        "import sys; sys.excepthook = lambda *a: sys.exit(5); 1 / 0",
        "import atexit; atexit.register(print, 'first'); atexit.register(print, 'second')",
        "import atexit; atexit.register(lambda: 1 / 0)",
        "import atexit; atexit.register(print, 'last'); raise KeyboardInterrupt",
        "import threading, time\ndef f():\n    time.sleep(0.1); print('still')\nthreading.Thread(target=f).start()",
        "import threading\nt = threading.Thread(target=lambda: 1 / 0); t.start(); t.join()",
        "class A:\n    def __del__(self): print('gone')\na = A()",
        "f = open('kept', 'w'); f.write('text')\nimport atexit, os; atexit.register(lambda: print(os.listdir()))",
        "import warnings; warnings.warn('careful'); warnings.warn('old', DeprecationWarning)",
        "import sys; sys.stdout.close()",
        "import sys; del sys.modules['__main__']",
        "import os\nif os.fork() == 0: raise SystemExit(3)\nprint(os.wait()[1])",
    ],
)
def test_script_ends_the_same_way(both: Both, script: str) -> None:
    """Whatever a script's end is, exit code and log are those of a cold start."""
    cold, warm = both(script)

    assert same(warm) == same(cold)


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_script_can_have_processes_of_its_own(both: Both, method: str) -> None:
    """Multiprocessing works, and its processes find the script."""
    script = f"""
        import multiprocessing, os, sys
        def work(n):
            return n * n, __name__, os.getcwd(), sys.argv[1:]
        if __name__ == "__main__":
            with multiprocessing.get_context({method!r}).Pool(2) as pool:
                print(pool.map(work, range(3)))
    """
    cold, warm = both(script)

    assert same(warm) == same(cold)
    assert warm.outcome.exit_code == 0


def test_objects_of_the_script_can_be_pickled(both: Both) -> None:
    """Classes of a script are found in the module it is, and by processes it starts."""
    script = """
        import pickle
        class A: pass
        print(pickle.dumps(A()), isinstance(pickle.loads(pickle.dumps(A())), A))
    """
    cold, warm = both(script)

    assert same(warm) == same(cold)


def test_chance_is_fresh_in_every_script(warm: Starter) -> None:
    """Two scripts from one server draw different numbers, names and keys."""
    script = f"""
        import json, multiprocessing, random, tempfile
        import numpy as np
        print(json.dumps({{
            "warm": {IS_WARM},
            "drawn": [random.random(), np.random.rand(), np.random.default_rng().random(),
            list(multiprocessing.current_process().authkey), tempfile.mktemp()],
        }}))
    """
    one, two = (warm.start(script).told for _ in "ab")

    assert one["warm"] is two["warm"] is True
    assert all(a != b for a, b in zip(one["drawn"], two["drawn"], strict=True))  # type: ignore[call-overload]


def test_temporary_files_go_where_the_job_says(warm: Starter, tmp_path: Path) -> None:
    """A folder that a library looked up before the job is looked up again."""
    script = "import tempfile, sklearn; print(tempfile.gettempdir())"
    warm.start(script)

    result = warm.start(script, environment={"TMPDIR": str(tmp_path)})

    assert result.log == f"{tmp_path}\n"


THREADS = f"""
    import json
    import numpy
    from threadpoolctl import threadpool_info
    print(json.dumps({{"warm": {IS_WARM}, "threads": [p["num_threads"] for p in threadpool_info()]}}))
"""


@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="one thread is all there is")
class TestVariablesThatAreReadEarly:
    """What libraries read while they are imported."""

    def test_each_job_has_its_own(self, warm: Starter) -> None:
        """A variable of the request is there before the library is."""
        few = warm.start(THREADS, environment={"OPENBLAS_NUM_THREADS": "1"}).told
        many = warm.start(THREADS).told

        assert few == {"warm": True, "threads": [1]}
        assert many["warm"] is True
        assert many["threads"] != [1]

    def test_script_may_set_them(self, warm: Starter) -> None:
        """A variable that the script sets before an import is there before it."""
        before = "import os\nos.environ['OPENBLAS_NUM_THREADS'] = '1'\n"

        told = warm.start(before + textwrap.dedent(THREADS)).told

        assert told == {"warm": True, "threads": [1]}


@pytest.mark.parametrize(
    ("script", "options"),
    [
        (f"import json; print(json.MINE, {IS_WARM})", {"beside": {"json.py": "MINE = 1"}}),
        (f"import os; os.environ['A'] = str(1); print({IS_WARM})", {}),
        (f"print({IS_WARM})", {"environment": {"A": "/opt/ml/x"}}),
        (
            f"import builtins; print(builtins.MINE, {IS_WARM})",
            {
                "beside": {"sitecustomize.py": "import builtins; builtins.MINE = 1"},
                "environment": {"PYTHONPATH": "/opt/ml/code"},
            },
        ),
    ],
    ids=["own json", "sets a variable", "told a path", "sitecustomize"],
)  # fmt: skip
def test_what_would_not_be_the_same_starts_cold(
    both: Both, script: str, options: dict[str, object]
) -> None:
    """A script for which a server would not be the same gets a Python of its own."""
    cold, warm = both(script, **options)

    assert same(warm)[0] == 0
    assert same(warm) == same(cold)
    assert "True" not in warm.log


def test_what_importing_printed_is_in_every_log(warm: Starter) -> None:
    """What was said while a library was imported is not lost on the jobs."""
    # It is not only its own modules that are imported: Python says so of each.
    environment = {"PYTHONPROFILEIMPORTTIME": "1"}

    logs = [warm.start("import attrs", environment=environment).log for _ in "ab"]

    assert all(re.search(r"import time: .*\battrs$", log, re.MULTILINE) for log in logs)


@pytest.mark.parametrize("writes", [True, False])
def test_what_is_installed_is_compiled_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, writes: bool
) -> None:
    """Servers keep the bytecode of what they import, if this Python keeps its own."""
    monkeypatch.setattr(sys, "dont_write_bytecode", not writes)
    (tmp_path / "installed.py").write_text("")
    done = tmp_path / "done"
    imports = (
        f"import sys; sys.path.append({str(tmp_path)!r})",
        "import installed",
        f"open({str(done)!r}, 'w').close()",
    )
    environment = {**BASE, "PYTHONDONTWRITEBYTECODE": "1"}
    pool = WarmPool()

    pool.prepare([Script(environment=tuple(environment.items()), statements=imports)])
    latest = time.monotonic() + 60
    while not done.exists() and time.monotonic() < latest:
        time.sleep(0.01)
    pool.close()

    assert done.exists()
    assert (tmp_path / "__pycache__").is_dir() == writes
