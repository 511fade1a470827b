"""What is promised of steps that run at the same time."""

from __future__ import annotations

import os
import signal
import threading
from typing import Any

import psutil
import pytest

from penguin_pipes.errors import InputError, StepFailedError
from penguin_pipes.local import Event, History, Status, StepFinished, StepLine
from penguin_pipes.local.backends import ProcessBackend
from penguin_pipes.local.slots import Slots

PATIENCE_S = 60.0
NAP = "7654.25"


def _statuses(run: Any) -> dict[str, Status]:
    """Return how each step of a run stands."""
    return {step.name: step.status for step in run.steps}


def _last(project: Any) -> Any:
    """Return the record of the newest run."""
    with History(project.home) as history:
        return history.runs()[0]


def _sleeping() -> list[int]:
    """Return the processes that take our nap."""
    return [
        process.pid
        for process in psutil.process_iter(["cmdline"])
        if NAP in (process.info["cmdline"] or [])
    ]


class TestAtOnce:
    """Steps that do not need each other."""

    def test_independent_steps_run_at_once(self, project: Any, recorder: Any) -> None:
        """Two steps that wait for each other's command both come to their end."""
        meeting = threading.Barrier(2, timeout=PATIENCE_S)
        recorder.act = lambda *_: meeting.wait()

        run = project.run(
            project.processing("a"), project.processing("b"), jobs=2, backend=recorder
        )

        assert run.status is Status.SUCCEEDED

    def test_record_has_the_order_of_the_definition(
        self, project: Any, recorder: Any
    ) -> None:
        """Which step ends first makes no difference to the order of the record."""
        meeting = threading.Event()

        def act(command: Any, _: Any) -> None:
            if command.cwd.parent.name == "a":
                assert meeting.wait(PATIENCE_S)

        recorder.act = act
        ended: list[str] = []

        def watch(event: Event) -> None:
            if isinstance(event, StepFinished):
                ended.append(event.step.name)
                meeting.set()

        steps = [project.processing("a"), project.processing("b")]
        run = project.run(*steps, jobs=2, backend=recorder, watch=watch)

        assert ended == ["b", "a"]
        assert [step.name for step in run.steps] == ["a", "b"]
        assert _last(project) == run

    def test_logs_are_not_mixed(self, project: Any) -> None:
        """Of jobs that print at once, each has its own log, line by line."""
        script = "for i in range(300): print('{} ' * 20, i, flush=True)"
        names = ("ant", "bee", "cat")
        steps = [project.processing(name, script.format(name)) for name in names]
        told: dict[str, list[str]] = {name: [] for name in names}

        def watch(event: Event) -> None:
            if isinstance(event, StepLine):
                told[event.step].append(event.line)

        run = project.run(*steps, jobs=3, watch=watch)

        for name in names:
            expected = [f"{f'{name} ' * 20} {i}" for i in range(300)]
            assert run.step(name).log.read_text().splitlines() == expected
            assert told[name] == expected

    def test_watcher_is_told_one_thing_at_a_time(self, project: Any) -> None:
        """Whatever runs at once, a watcher is never called while it is at work."""
        script = "for i in range(50): print(i, flush=True)"
        steps = [project.processing(name, script) for name in ("a", "b")]
        alone = threading.Lock()
        told: list[Event] = []

        def watch(event: Event) -> None:
            assert alone.acquire(blocking=False)
            told.append(event)
            alone.release()

        project.run(*steps, jobs=2, watch=watch)

        assert sum(isinstance(event, StepLine) for event in told) == 100

    def test_no_jobs_at_all_are_refused(self, project: Any, recorder: Any) -> None:
        """A run in which nothing could run is refused."""
        with pytest.raises(InputError, match="jobs: expected at least one"):
            project.run(project.processing("a"), jobs=0, backend=recorder)

        assert not project.home.exists()


class TestFailure:
    """What a failure does to the others."""

    def test_running_jobs_come_to_their_end(self, project: Any, recorder: Any) -> None:
        """After the first failure nothing starts, and what runs ends as it would."""
        failed = threading.Event()

        def act(command: Any, _: Any) -> None:
            if command.cwd.parent.name == "slow":
                assert failed.wait(PATIENCE_S)

        def watch(event: Event) -> None:
            if isinstance(event, StepFinished):
                failed.set()

        recorder.act, recorder.fails = act, {"bad"}
        steps = [project.processing(name) for name in ("slow", "bad", "late")]

        with pytest.raises(StepFailedError, match="'bad' failed"):
            project.run(*steps, jobs=2, backend=recorder, watch=watch)

        assert _statuses(_last(project)) == {
            "slow": Status.SUCCEEDED,
            "bad": Status.FAILED,
            "late": Status.NOT_STARTED,
        }

    def test_keep_going_runs_what_does_not_need_it(
        self, project: Any, recorder: Any
    ) -> None:
        """With keep_going, only those that need the failed step are left out."""
        recorder.fails = {"bad"}
        steps = [
            project.processing("bad"),
            project.processing("needs", DependsOn=["bad"]),
            project.processing("further", DependsOn=["needs"]),
            project.processing("other"),
        ]

        with pytest.raises(StepFailedError, match="'bad' failed"):
            project.run(*steps, keep_going=True, backend=recorder)

        assert _statuses(_last(project)) == {
            "bad": Status.FAILED,
            "other": Status.SUCCEEDED,
            "needs": Status.NOT_STARTED,
            "further": Status.NOT_STARTED,
        }
        assert _last(project).status is Status.FAILED

    def test_all_failures_are_named(self, project: Any, recorder: Any) -> None:
        """Of several failures the first is told in full, the others by name."""
        recorder.fails = {"a", "c"}
        steps = [project.processing(name) for name in ("a", "b", "c")]

        with pytest.raises(StepFailedError, match=r"(?s)'a' failed.*as well: 'c'"):
            project.run(*steps, keep_going=True, backend=recorder)


class TestInterrupt:
    """What Ctrl-C does."""

    def test_all_jobs_are_stopped(self, project: Any, impatient: Any) -> None:
        """Every job is stopped, noted as stopped, and nothing of it is left."""
        script = f"""
            import subprocess
            print("ready", flush=True)
            subprocess.run(["sleep", "{NAP}"])
        """
        steps = [project.processing(name, script) for name in ("a", "b", "c")]
        ready: list[str] = []

        def watch(event: Event) -> None:
            if isinstance(event, StepLine):
                ready.append(event.step)
                if len(ready) == 2:
                    os.kill(os.getpid(), signal.SIGINT)

        with impatient, pytest.raises(KeyboardInterrupt):
            project.run(*steps, jobs=2, watch=watch, backend=impatient)

        run = _last(project)
        assert run.status is Status.STOPPED
        assert _statuses(run) == {
            "a": Status.STOPPED,
            "b": Status.STOPPED,
            "c": Status.NOT_STARTED,
        }
        assert _sleeping() == []

    def test_second_interrupt_does_not_wait(self, project: Any) -> None:
        """A job that will not end in its time is killed at the second Ctrl-C."""
        script = """
            import signal, time
            signal.signal(signal.SIGTERM, lambda *_: print("no", flush=True))
            print("ready", flush=True)
            while True: time.sleep(0.1)
        """

        def watch(event: Event) -> None:
            if isinstance(event, StepLine):
                os.kill(os.getpid(), signal.SIGINT)

        with (
            ProcessBackend(interrupt_grace_s=3600) as backend,
            pytest.raises(KeyboardInterrupt),
        ):
            project.run(project.processing("a", script), watch=watch, backend=backend)

        assert _statuses(_last(project)) == {"a": Status.STOPPED}

    def test_what_had_ended_stays_ended(self, project: Any, recorder: Any) -> None:
        """A job that ends although the run was interrupted has succeeded."""
        began = threading.Event()

        def act(command: Any, _: Any) -> None:
            if command.cwd.parent.name == "a":
                began.set()
                raise KeyboardInterrupt
            assert began.wait(PATIENCE_S)

        recorder.act = act

        with pytest.raises(KeyboardInterrupt):
            project.run(
                project.processing("a"),
                project.processing("b"),
                jobs=2,
                backend=recorder,
            )

        assert _statuses(_last(project)) == {
            "a": Status.STOPPED,
            "b": Status.SUCCEEDED,
        }


def test_slots_are_never_more_than_they_are() -> None:
    """However many come, no more enter than there are slots."""
    slots, inside, most = Slots(3), 0, 0
    lock, go = threading.Lock(), threading.Event()

    def enter() -> None:
        nonlocal inside, most
        with slots:
            with lock:
                inside += 1
                most = max(most, inside)
            go.wait(0.01)
            with lock:
                inside -= 1

    threads = [threading.Thread(target=enter) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert most == 3
