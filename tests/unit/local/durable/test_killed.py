"""What is promised when a run is killed with ``kill -9``, at any moment."""

from __future__ import annotations

import random
import shutil
import signal
import sys
import time
from typing import TYPE_CHECKING, Any, Final

import attrs
import psutil
import pytest

from penguin_pipes.local import Status
from penguin_pipes.local.history import KILLED

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

STEPS: Final = ["split", "join", "count"]
TURNS: Final = (
    *("sqlite3.execute < database.write", "posix.replace", "fcntl.flock"),
    *("fork_exec", "select.poll", "disk.remove < storage"),
)
"""Where the state of a run, or of what it published, changes."""


def _is_turn(site: str) -> bool:
    """Return whether a place is one where the state of a run changes."""
    return any(turn in site for turn in TURNS)


@attrs.frozen(kw_only=True)
class Trial:
    """One pipeline, run in many homes.

    Attributes:
        engine: Runs it in processes of their own.
        pipeline: The pipeline.
        look: Looks into homes.
        expected: What the run writes that nobody disturbs.
        sites: How often it passes which places.
    """

    engine: Any
    pipeline: Any
    look: Any
    expected: dict[str, bytes]
    sites: dict[str, int]

    def kill_at(self, home: Path, site: str, nth: int = 1) -> None:
        """Kill a run when it is at a place."""
        (answer,) = self.engine.do(self.pipeline.deed(home, site=site, nth=nth))
        assert answer["exit"] == -signal.SIGKILL, (site, nth, answer)

    def go_on(self, home: Path) -> None:
        """Run in a home where runs were killed, and see that nothing is amiss."""
        before = self.look.runs(home) if home.exists() else ()
        steps = [step for run in before for step in run.steps]
        done = {step.name for step in steps if step.status is Status.SUCCEEDED}
        self.pipeline.ran()

        (answer,) = self.engine.do(self.pipeline.deed(home))

        assert "run" in answer, answer
        new, *old = self.look.runs(home)
        assert new.id == answer["run"]
        assert {step.status for step in new.steps} == {Status.SUCCEEDED}
        assert self.look.outputs(new) == self.expected
        assert {step.name for step in new.steps if step.reused_from} == done
        # A job whose run was killed may note only now that it runs.
        assert done.isdisjoint(self.pipeline.ran())
        self._see_order(home, {run.id for run in (new, *old)})
        for was, run in zip(before, old, strict=True):
            _see_end(was, run)

    def _see_order(self, home: Path, identities: set[str]) -> None:
        """See that nothing is left of what was killed but its record."""
        assert self.look.soundness(home) == "ok"
        assert [*home.glob("s3/.aside-*")] == []
        assert {path.name for path in home.glob("runs/*")} == identities

    def kill_at_each(self, sites: Iterable[str], home: Path) -> None:
        """Kill one run in a fresh home for each place, and go on after each."""
        for site in sorted(sites):
            self.kill_at(home, site, (self.sites[site] + 1) // 2)
            self.go_on(home)
            shutil.rmtree(home)


def _see_end(was: Any, run: Any) -> None:
    """See that the record of a killed run says so, and is as it was otherwise."""
    if was.status is not Status.EXECUTING:
        assert run == was
        return
    assert run.status is Status.STOPPED
    for before, step in zip(was.steps, run.steps, strict=True):
        changes = {"status": Status.STOPPED, "failure": KILLED}
        is_in_flight = before.status is Status.EXECUTING
        assert step == attrs.evolve(before, **(changes if is_in_flight else {}))


@pytest.fixture
def trial(engine: Any, pipeline: Any, look: Any, tmp_path: Path) -> Trial:
    """Return the pipeline, run once without being disturbed."""
    home = tmp_path / "undisturbed"
    (answer,) = engine.do(pipeline.deed(home, sites=True))
    assert pipeline.ran() == STEPS
    return Trial(
        engine=engine,
        pipeline=pipeline,
        look=look,
        expected=look.outputs(look.runs(home)[0]),
        sites=answer["sites"],
    )


@pytest.mark.parametrize("turn", TURNS)
def test_run_killed_at_a_turn_is_gone_on_with(
    trial: Trial, tmp_path: Path, turn: str
) -> None:
    """Killed at one change of its state of each kind, a run loses a step at most."""
    sites = sorted(site for site in trial.sites if turn in site)

    trial.kill_at_each([sites[len(sites) // 2]], tmp_path / "home")


@pytest.mark.durability
def test_run_killed_at_any_turn_is_gone_on_with(trial: Trial, tmp_path: Path) -> None:
    """Killed before or after any change of its state, a run loses one step at most."""
    turns = [site for site in trial.sites if _is_turn(site)]
    assert len(turns) > 40

    trial.kill_at_each(turns, tmp_path / "home")


@pytest.mark.durability
def test_run_killed_anywhere_is_gone_on_with(trial: Trial, tmp_path: Path) -> None:
    """Killed before or after any other call of the system, it loses no more."""
    others = [site for site in trial.sites if not _is_turn(site)]
    assert len(others) > 60

    trial.kill_at_each(others, tmp_path / "home")


@pytest.mark.parametrize(
    "every", [10, pytest.param(1, marks=pytest.mark.durability)], ids=["some", "all"]
)
def test_second_kill_does_no_harm(trial: Trial, tmp_path: Path, every: int) -> None:
    """Killed while it clears up after killed runs, or goes on, a run loses no more."""
    killed = tmp_path / "killed"
    publishing = "return fcntl.flock < locks._held < locks.publishing"
    for start, nth in ((publishing, 2), ("return posix.mkdir < locks.alive <", 1)):
        (site,) = (site for site in trial.sites if site.startswith(start))
        trial.kill_at(killed, site, nth)
    shutil.copytree(killed, tmp_path / "observed")
    observed = trial.pipeline.deed(tmp_path / "observed", sites=True)
    (answer,) = trial.engine.do(observed)
    sites = answer["sites"].keys() - trial.sites.keys()
    assert len(sites) > 20
    for site in sorted(sites)[::every]:
        home = tmp_path / "home"
        shutil.copytree(killed, home)

        trial.kill_at(home, site)

        trial.go_on(home)
        shutil.rmtree(home)


@pytest.mark.parametrize(
    ("seed", "kills"),
    [
        (0, 3),
        *(pytest.param(n, 12, marks=pytest.mark.durability) for n in range(1, 5)),
    ],
)
def test_run_killed_at_random_is_gone_on_with(
    trial: Trial, tmp_path: Path, seed: int, kills: int
) -> None:
    """However often it is killed, and whenever: no step succeeds twice."""
    chance, home = random.Random(seed), tmp_path / "home"
    for _ in range(kills):
        deed = trial.pipeline.deed(home, kill_after_s=chance.uniform(0, 0.5))
        trial.engine.do(deed)
    trial.go_on(home)

    done = [
        step.name
        for run in trial.look.runs(home)
        for step in run.steps
        if step.status is Status.SUCCEEDED and step.reused_from is None
    ]
    assert sorted(done) == sorted(STEPS)


def test_run_killed_with_many_jobs_is_gone_on_with(
    engine: Any, pipeline: Any, look: Any, tmp_path: Path
) -> None:
    """However many jobs ran when it was killed: what had finished is not run again."""
    pipeline.steps.clear()
    project, names = pipeline.project, ("north", "east", "south", "west")
    for name in names:
        pipeline.step(name, f"sleep 0.0$$; echo {name} > made/it", outputs=("made",))
    pipeline.step(
        "all",
        "cat input/*/it > whole/all",
        inputs={name: project.output(name, "made") for name in names},
        outputs=("whole",),
    )
    options = {"jobs": 3}
    engine.do(pipeline.deed(tmp_path / "undisturbed", options=options))
    trial = Trial(
        engine=engine,
        pipeline=pipeline,
        look=look,
        expected=look.outputs(look.runs(tmp_path / "undisturbed")[0]),
        sites={},
    )
    chance, home = random.Random(1), tmp_path / "home"
    for _ in range(8):
        after_s = chance.uniform(0, 0.8)
        engine.do(pipeline.deed(home, kill_after_s=after_s, options=options))

    trial.go_on(home)

    done = [
        step.name
        for run in look.runs(home)
        for step in run.steps
        if step.status is Status.SUCCEEDED and step.reused_from is None
    ]
    assert sorted(done) == sorted([*names, "all"])


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a job may go on")
def test_job_of_a_killed_run_is_killed(
    engine: Any, pipeline: Any, tmp_path: Path
) -> None:
    """Nothing that a run has started goes on without it."""
    note = tmp_path / "note"
    pipeline.steps.clear()
    pipeline.step("wait", f"touch {note}; exec sleep 1234.5")

    (answer,) = engine.do(pipeline.deed(tmp_path / "home", kill_when=str(note)))

    assert answer["exit"] == -signal.SIGKILL
    deadline = time.monotonic() + 20
    while _sleeping() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert _sleeping() == []


def _sleeping() -> list[int]:
    """Return the processes that sleep as long as the job does."""
    return [
        process.pid
        for process in psutil.process_iter(["cmdline"])
        if process.info["cmdline"] == ["sleep", "1234.5"]
    ]
