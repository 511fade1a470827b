"""What is promised of the locks of a home."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

from penguin_pipes.local.locks import alive, alone, at_work, is_alive, publishing

if TYPE_CHECKING:
    from pathlib import Path

HOLDER = """
import sys, time
from pathlib import Path
from penguin_pipes.local.locks import {lock}
with {lock}(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(1000)
"""


def _holder(lock: str, folder: Path) -> subprocess.Popen[str]:
    """Return a process that holds a lock."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER.format(lock=lock), str(folder)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_many_may_be_at_work(tmp_path: Path) -> None:
    """Runs do not wait for each other."""
    with at_work(tmp_path), at_work(tmp_path), alone(tmp_path) as is_alone:
        assert not is_alone


def test_whoever_is_alone_is_told_so(tmp_path: Path) -> None:
    """The home of nobody can be had for oneself, by one at a time, again and again."""
    for _ in range(2):
        with alone(tmp_path) as first, alone(tmp_path) as second:
            assert (first, second) == (True, False)


def test_lock_ends_with_its_process(tmp_path: Path) -> None:
    """A killed process holds nothing any more."""
    with _holder("at_work", tmp_path) as process:
        with alone(tmp_path) as before:
            process.kill()
            process.wait()
        with alone(tmp_path) as after:
            assert (before, after) == (False, True)


def test_run_is_alive_while_its_process_is(tmp_path: Path) -> None:
    """A run is taken for killed only when nobody works at it."""
    with _holder("alive", tmp_path / "run") as process:
        while_it_lived = is_alive(tmp_path / "run")
        process.kill()
        process.wait()

    assert (while_it_lived, is_alive(tmp_path / "run")) == (True, False)


def test_run_is_alive_for_its_own_process_too(tmp_path: Path) -> None:
    """Two runs of one process know of each other as those of two processes do."""
    with alive(tmp_path / "run"):
        assert is_alive(tmp_path / "run")

    assert not is_alive(tmp_path / "run")


def test_looking_at_a_run_leaves_nothing_behind(tmp_path: Path) -> None:
    """A run without a folder is dead, and gets none by being asked after."""
    assert not is_alive(tmp_path / "run")
    assert [*tmp_path.iterdir()] == []


def test_child_does_not_keep_a_lock(tmp_path: Path) -> None:
    """A command that is started while a lock is held does not inherit it."""
    with at_work(tmp_path):
        child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=-1)
    with child, alone(tmp_path) as is_alone:
        child.communicate(b"\n")

    assert is_alone


def test_publishing_is_one_at_a_time(tmp_path: Path) -> None:
    """Who publishes waits for who publishes already; the home is made for it."""
    order: list[str] = []
    is_held = threading.Event()

    def publish() -> None:
        with publishing(tmp_path / "home"):
            is_held.set()
            time.sleep(0.3)
            order.append("first")

    thread = threading.Thread(target=publish)
    thread.start()
    is_held.wait()
    with publishing(tmp_path / "home"):
        order.append("second")
    thread.join()

    assert order == ["first", "second"]
