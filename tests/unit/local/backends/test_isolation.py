"""What is promised of keeping jobs apart, to root and to ordinary users."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from penguin_pipes.local.backends import Command, ProcessBackend

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="has no namespaces")

NOBODY = 65534
PROGRAM = Path(__file__).with_name("isolated_run.py")
NEEDED = ("penguin_pipes", "attrs", "attr")


def _can_run(python: str) -> bool:
    """Return whether an ordinary user can run an interpreter, and it is new enough."""
    check = "import sys; sys.exit(sys.version_info < (3, 11))"
    try:
        done = subprocess.run([python, "-I", "-c", check], check=False, user=NOBODY)
    except OSError:
        return False
    return done.returncode == 0


@pytest.fixture(params=["me", "nobody"])
def who(request: pytest.FixtureRequest) -> Iterator[dict[str, Any]]:
    """Return how to run a program as oneself and, where one is root, as nobody."""
    folder = Path(tempfile.mkdtemp())
    library = folder / "library"
    for name in NEEDED:
        spec = find_spec(name)
        assert spec is not None
        assert spec.origin is not None
        shutil.copytree(
            Path(spec.origin).parent,
            library / name,
            ignore=shutil.ignore_patterns("__pycache__"),
        )
    found: dict[str, Any] = {"python": sys.executable, "user": None, "home": folder}
    if request.param == "nobody":
        if os.getuid():
            pytest.skip("only root can be somebody else; the test as oneself is this")
        candidates = filter(_can_run, [sys.executable, "/usr/bin/python3"])
        python = next(candidates, None)
        if python is None:
            pytest.skip("there is no Python of 3.11 or later that everybody can run")
        found |= {"python": python, "user": NOBODY}
        for path in (folder, *folder.rglob("*")):
            os.chown(path, NOBODY, NOBODY)
    yield found
    shutil.rmtree(folder)


@pytest.fixture
def port() -> Iterator[int]:
    """Return the port of a server on this computer."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


Run = Callable[..., dict[str, Any]]


@pytest.fixture
def run(who: dict[str, Any], port: int) -> Run:
    """Return what runs a command as somebody, on a computer furnished for it."""

    def start(
        computer: str = "as it is",
        *,
        isolation: str = "namespace",
        network: str = "network",
    ) -> dict[str, Any]:
        words = [who["python"], str(PROGRAM), computer, isolation, network]
        done = subprocess.run(
            [*words, str(who["home"])],
            check=False,
            capture_output=True,
            text=True,
            user=who["user"],
            group=who["user"],
            extra_groups=None if who["user"] is None else [],
            cwd=who["home"],
            env={"PYTHONPATH": str(who["home"] / "library"), "PORT": str(port)},
        )
        assert done.returncode == 0, done.stderr
        found: dict[str, Any] = json.loads(done.stdout)
        if "log" in found:
            found["job"] = json.loads(found["log"])
        return found

    return start


def test_tree_stands_at_opt_ml(run: Run) -> None:
    """The job finds its tree at /opt/ml, and what it writes there is in the tree."""
    found = run()

    assert found["exit_code"] == 0
    assert found["job"]["cwd"] == "/opt/ml"
    assert found["job"]["ml"] == ["staged"]
    assert found["tree"] == ["staged", "written"]


def test_host_sees_nothing_of_it(run: Run) -> None:
    """The host's /opt and its mounts are as they were."""
    before = sorted(Path("/opt").iterdir())

    found = run()

    assert found["is_host_untouched"]
    assert sorted(Path("/opt").iterdir()) == before


def test_everything_else_is_still_in_opt(run: Run) -> None:
    """Folders, files, links and pipes of /opt stay; the host's own /opt/ml is hidden."""
    found = run("furnish_opt")

    assert found["job"]["ml"] == ["staged"]
    assert found["job"]["opt"] == {
        "dangling": "nowhere",
        "file": False,
        "folder": True,
        "link": "folder/ml",
        "ml": True,
        "pipe": False,
    }


def test_job_stays_who_it_is(run: Run, who: dict[str, Any]) -> None:
    """The job's user is the caller's, and has got no rights that it had not before."""
    found = run()["job"]

    assert found["user"] == (os.getuid() if who["user"] is None else who["user"])
    if found["user"]:
        assert int(found["capabilities"], 16) == 0


def test_isolated_job_has_no_network_but_its_own(run: Run) -> None:
    """A job without network reaches itself, and nothing of this computer."""
    found = run(network="none")

    assert (found["job"]["own"], found["job"]["host"]) == (True, False)
    assert found["warnings"] == []


def test_other_job_has_the_network(run: Run) -> None:
    """A job that may have a network has this computer's."""
    assert run()["job"]["host"]


@pytest.mark.parametrize(
    ("computer", "words"),
    [("forbid", "user.max_user_namespaces"), ("remove_opt", "make an empty one")],
)
class TestWhereItIsForbidden:
    """What happens where the kernel will not have it."""

    def test_namespace_is_refused_with_the_way_out(
        self, run: Run, computer: str, words: str
    ) -> None:
        """Who asks for namespaces is told why there are none, before anything runs."""
        refused = run(computer)["refused"]

        assert refused.startswith("isolation: 'namespace' cannot be had")
        assert words in refused

    def test_auto_maps_paths_instead(self, run: Run, computer: str, words: str) -> None:
        """Who leaves it open gets a job in its tree, at another place."""
        del words
        found = run(computer, isolation="auto")

        assert found["exit_code"] == 0
        assert found["job"]["cwd"] != "/opt/ml"
        assert "written" not in found["tree"]


@pytest.mark.parametrize(
    ("computer", "isolation"), [("forbid", "auto"), ("as it is", "mapped")]
)
def test_network_that_cannot_be_taken_away_is_said(
    run: Run, computer: str, isolation: str
) -> None:
    """A job that has a network against its request runs, with a warning."""
    found = run(computer, isolation=isolation, network="none")

    assert found["exit_code"] == 0
    assert found["job"]["host"]
    [warning] = found["warnings"]
    assert warning.startswith("the job has a network, against its request: ")


def test_jobs_at_once_never_see_each_others_tree(tmp_path: Path) -> None:
    """Two jobs that run at the same time each have a tree of their own."""
    meet = tmp_path / "meet"
    os.mkfifo(meet)
    code = f"""
        me=$1; echo $me > /opt/ml/mine
        if [ $me = a ]; then echo go > {meet}; else read _ < {meet}; fi
        test "$(ls /opt/ml)" = mine && test "$(cat /opt/ml/mine)" = $me
    """
    codes: dict[str, int] = {}

    def work(backend: ProcessBackend, name: str) -> None:
        tree = tmp_path / name
        tree.mkdir()
        command = Command(
            argv=("/bin/sh", "-c", code, "sh", name),
            cwd=backend.seen(tree),
            environment={"PATH": os.defpath},
            tree=tree,
        )
        outcome = backend.run(
            command, log=tmp_path / f"{name}.log", on_line=print, timeout_s=60
        )
        codes[name] = outcome.exit_code

    with ProcessBackend(isolation="namespace") as backend:
        threads = [threading.Thread(target=work, args=(backend, n)) for n in "ab"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert codes == {"a": 0, "b": 0}
