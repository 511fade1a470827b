"""What is promised of tuning that is interrupted, repeated or started from another."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from penguin_pipes.errors import InputError
from penguin_pipes.local import History, Run, Status, StepRun, TrialStarted, prune
from penguin_pipes.local.backends import ProcessBackend, Stop, StoppedError
from penguin_pipes.local.jobs.tuning import TuningKind

if TYPE_CHECKING:
    from collections.abc import Callable

PROGRAM = """
import json, pathlib, sys
from penguin_pipes.local import run_locally
from penguin_pipes.local.backends import ProcessBackend
told = json.load(open(sys.argv[1]))
with ProcessBackend(interrupt_grace_s=0.2) as backend:
    run_locally(
        told["definition"],
        files={name: pathlib.Path(path) for name, path in told["files"].items()},
        home=pathlib.Path(told["home"]),
        backend=backend,
    )
"""


def blocking(ledger: Path) -> str:
    """Return a script that notes each start, whose third trial waits for a file."""
    return f"""
folder = pathlib.Path({str(ledger)!r})
with (folder / "starts").open("a") as file:
    print(number, repr(told.x), file=file)
(folder / f"pid-{{number}}").write_text(str(os.getpid()))
while number >= 3 and not (folder / "go").exists():
    time.sleep(0.01)
(model / "it").write_text(repr(told.x))
say(told.x)
"""


def starts(ledger: Path) -> list[str]:
    """Return which trials started since this was last asked, with what they tried."""
    found = (ledger / "starts").read_text().splitlines()
    (ledger / "starts").unlink()
    return found


def start(tuner: Any, step: dict[str, Any]) -> subprocess.Popen[bytes]:
    """Start a run in a process of its own."""
    told = tuner.project.folder / "told.json"
    program = tuner.project.folder / "program.py"
    program.write_text(PROGRAM)
    told.write_text(
        json.dumps(
            {
                "definition": tuner.project.definition(step),
                "files": {k: str(v) for k, v in tuner.project.files.items()},
                "home": str(tuner.project.home),
            }
        )
    )
    return subprocess.Popen(
        [sys.executable, str(program), str(told)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[4])},
    )


def last(tuner: Any) -> StepRun:
    """Return the record of the tuning step of the newest run."""
    with History(tuner.project.home) as history:
        run: Run = history.runs()[0]
    return run.step("tune")


def interrupt(tuner: Any, step: dict[str, Any], ledger: Path, number: int) -> None:
    """Run until the third trial has started, and two have ended; then interrupt."""
    process = start(tuner, step)
    wait_for((ledger / "pid-3").exists, process)
    wait_for(lambda: _ended(tuner) >= 2, process)
    process.send_signal(number)
    process.communicate(timeout=60)
    assert process.returncode != 0


def _ended(tuner: Any) -> int:
    return sum(trial.finished_at is not None for trial in last(tuner).trials)


def wait_for(is_so: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    """Wait until something is so, or the process has ended before."""
    while not is_so():
        if process.poll() is not None:
            assert process.stdout is not None
            pytest.fail(process.stdout.read().decode())
        time.sleep(0.02)


@pytest.mark.parametrize(
    "number", [signal.SIGKILL, signal.SIGINT], ids=["kill-9", "ctrl-c"]
)
def test_interrupted_tuning_goes_on(tuner: Any, ledger: Path, number: int) -> None:
    """The next run takes the trials that had finished, and runs the others again.

    They try what they would have tried, and the step comes to what it would have.
    """
    step = tuner.step(script=blocking(ledger), jobs=5)
    interrupt(tuner, step, ledger, number)
    before = starts(ledger)
    (ledger / "go").touch()

    run = tuner.run(step)

    found, again = run.step("tune"), starts(ledger)
    assert [line for line in before if line[0] in "12"]
    assert {line[0] for line in again} == {"3", "4", "5"}
    assert {line for line in before if line[0] in "34"} <= set(again)
    with History(tuner.project.home) as history:
        (_, stopped) = history.runs()
    assert [t.taken_from for t in found.trials] == [stopped.id] * 2 + [None] * 3
    assert stopped.step("tune").trials[2].status is Status.STOPPED
    assert all(trial.status is Status.SUCCEEDED for trial in found.trials)
    fresh = tuner.run(step, home=tuner.project.folder / "fresh").step("tune")
    assert [t.objective for t in fresh.trials] == [t.objective for t in found.trials]


def test_interrupting_leaves_no_trial_behind(tuner: Any, ledger: Path) -> None:
    """Ctrl-C ends every trial that runs, and they are written down as stopped."""
    interrupt(tuner, tuner.step(script=blocking(ledger), jobs=5), ledger, signal.SIGINT)

    numbers = [int(each.read_text()) for each in ledger.glob("pid-*")]
    assert not any(map(psutil.pid_exists, numbers))
    stopped = [t for t in last(tuner).trials if t.status is Status.STOPPED]
    assert stopped
    assert {trial.failure for trial in stopped} == {"the run was interrupted"}


def test_interrupt_in_the_main_thread_is_passed_on(
    tuner: Any, ledger: Path, impatient: Any
) -> None:
    """A caller's own interrupt stops the trials and reaches the caller."""
    main = threading.main_thread().ident
    assert main is not None

    def watch(event: object) -> None:
        if isinstance(event, TrialStarted) and event.trial.number == 3:
            signal.pthread_kill(main, signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        tuner.run(
            tuner.step(script=blocking(ledger), jobs=5), watch=watch, backend=impatient
        )

    assert last(tuner).status is Status.STOPPED


@pytest.mark.parametrize("how", ["urgent", "forced"])
def test_engine_can_stop_the_step_from_another_thread(
    tuner: Any, ledger: Path, how: str
) -> None:
    """A step that runs in a thread of its own hears that the run ends; so do its trials."""
    deaf = "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" if how == "forced" else ""
    step = tuner.step(script=deaf + blocking(ledger), jobs=5)
    began = threading.Event()
    with Stop() as stop, ProcessBackend(interrupt_grace_s=600) as backend:
        request, job = tuner.job(step, backend=backend, stop=stop)

        def ask() -> None:
            while not (ledger / "pid-3").exists():
                time.sleep(0.02)
            stop.ask(urgent=True)
            began.set()
            if how == "forced":
                stop.ask(forced=True)

        threading.Thread(target=ask, daemon=True).start()
        with pytest.raises(StoppedError):
            TuningKind().run(request, job)

    assert began.is_set()
    statuses = [trial.status for trial in last(tuner).trials]
    assert statuses[:2] == [Status.SUCCEEDED] * 2
    assert Status.STOPPED in statuses
    assert Status.EXECUTING not in statuses


def test_damaged_trial_is_run_again(tuner: Any, ledger: Path) -> None:
    """A finished trial whose model was changed meanwhile is not taken."""
    step = tuner.step(script=blocking(ledger), jobs=3)
    interrupt(tuner, step, ledger, signal.SIGKILL)
    starts(ledger)
    last(tuner).trials[0].artifacts["model"].write_bytes(b"other")
    (ledger / "go").touch()

    found = tuner.run(step).step("tune")

    assert {line[0] for line in starts(ledger)} == {"1", "3"}
    assert found.trials[0].taken_from is None
    assert found.trials[1].taken_from is not None


def test_changed_code_takes_no_trials(tuner: Any, ledger: Path) -> None:
    """Trials of other code, ranges or data are not taken."""
    interrupt(tuner, tuner.step(script=blocking(ledger)), ledger, signal.SIGKILL)
    starts(ledger)
    (ledger / "go").touch()

    tuner.run(tuner.step(script=blocking(ledger) + "# changed"))

    assert {line[0] for line in starts(ledger)} == {"1", "2", "3"}


def test_step_that_is_not_cached_takes_no_trials(tuner: Any, ledger: Path) -> None:
    """Whoever wants nothing of earlier runs gets nothing of them."""
    step = tuner.step(script=blocking(ledger), is_cached=False)
    interrupt(tuner, step, ledger, signal.SIGKILL)
    starts(ledger)
    (ledger / "go").touch()

    tuner.run(step)

    assert {line[0] for line in starts(ledger)} == {"1", "2", "3"}


def test_run_that_is_resumed_takes_trials(tuner: Any, ledger: Path) -> None:
    """Whoever asks to go on from an interrupted run takes its trials, cached or not."""
    step = tuner.step(script=blocking(ledger), is_cached=False)
    interrupt(tuner, step, ledger, signal.SIGINT)
    starts(ledger)
    (ledger / "go").touch()

    tuner.run(step, resume=True)

    assert {line[0] for line in starts(ledger)} == {"3"}


def test_step_that_is_not_selected_needs_no_parents(tuner: Any) -> None:
    """What a tuning step would learn from is no matter if the step is not run."""
    parents = [{"HyperParameterTuningJobName": "gone"}]
    warm = {
        "WarmStartType": "TransferLearning",
        "ParentHyperParameterTuningJobs": parents,
    }
    step = tuner.step()
    step["Arguments"]["WarmStartConfig"] = warm
    with pytest.raises(InputError, match="no tuning job 'gone'"):
        tuner.run(step)

    run = tuner.run(tuner.project.processing("a"), step, only=["a"])

    assert run.step("tune").status is Status.SKIPPED


def test_two_steps_tune_at_once(tuner: Any, ledger: Path) -> None:
    """Trials of both run at the same time, in the slots that there are for all."""
    script = f"""
folder = pathlib.Path({str(ledger)!r})
(folder / job.split("-")[1]).touch()
while len(list(folder.iterdir())) < 2:
    time.sleep(0.01)
say(told.x)
"""
    steps = [tuner.step(name, script=script, jobs=2) for name in ("one", "two")]

    run = tuner.run(*steps, jobs=4)

    assert [len(step.trials) for step in run.steps] == [2, 2]
    with History(tuner.project.home) as history:
        assert history.run(run.id) == run


def test_taken_models_lie_where_the_new_run_looks(tuner: Any, ledger: Path) -> None:
    """With an output path of each run's own, the models come along."""
    step = tuner.step(script=blocking(ledger))
    values = ["s3:/", "models", {"Get": "Execution.PipelineExecutionId"}]
    output = {"S3OutputPath": {"Std:Join": {"On": "/", "Values": values}}}
    step["Arguments"]["TrainingJobDefinition"]["OutputDataConfig"] = output
    interrupt(tuner, step, ledger, signal.SIGKILL)
    (ledger / "go").touch()

    run = tuner.run(step)

    root = tuner.project.home / "s3" / "models" / run.id
    for trial in run.step("tune").trials:
        place = root / trial.job_name / "output" / "model.tar.gz"
        assert trial.artifacts["model"] == place
        assert place.is_file()


def test_run_whose_trials_were_taken_stays(tuner: Any, ledger: Path) -> None:
    """Pruning keeps what a newer run has taken; when that one goes, both do."""
    step = tuner.step(script=blocking(ledger))
    interrupt(tuner, step, ledger, signal.SIGKILL)
    (ledger / "go").touch()
    tuner.run(step)
    again = tuner.run(step)
    assert again.step("tune").reused_from is not None

    pruned = prune(tuner.project.home, max_bytes=0)

    assert pruned.runs == ()
    assert all(t.artifacts["model"].is_file() for t in last(tuner).trials)
    assert all(t.log.is_file() for t in last(tuner).trials)


def test_second_run_reuses_the_step(tuner: Any) -> None:
    """An unchanged tuning step is not run again; its record has its trials."""
    step = tuner.step()
    first = tuner.run(step)

    second = tuner.run(step)

    found = second.step("tune")
    assert found.reused_from == first.id
    assert found.trials == first.step("tune").trials
    assert found.metrics == first.step("tune").metrics


def test_step_runs_again_if_any_model_was_changed(tuner: Any) -> None:
    """Each of the best models may be asked for; so all must be what they were."""
    step = tuner.step()
    first = tuner.run(step).step("tune")
    other = next(t for t in first.trials if t != first.best_trial)
    other.artifacts["model"].write_bytes(b"other")

    second = tuner.run(step).step("tune")

    assert second.reused_from is None
    assert f"output model of trial {other.number}" in second.reasons[0]
    assert all(trial.taken_from is None for trial in second.trials)


@pytest.mark.parametrize(
    "change",
    [
        lambda config: config["ResourceLimits"].update(MaxNumberOfTrainingJobs=4),
        lambda config: config.update(Strategy="Bayesian"),
        lambda config: config.update(RandomSeed=7),
    ],
    ids=["number", "strategy", "seed"],
)
def test_changed_search_runs_again(tuner: Any, change: Callable[..., Any]) -> None:
    """What the service compares of a tuning job is compared here."""
    tuner.run(tuner.step())
    step = tuner.step()
    change(step["Arguments"]["HyperParameterTuningJobConfig"])

    assert tuner.run(step).step("tune").reused_from is None


def warm(*names: Any) -> dict[str, Any]:
    """Return a warm start from tuning jobs."""
    parents = [{"HyperParameterTuningJobName": name} for name in names]
    return {
        "ParentHyperParameterTuningJobs": parents,
        "WarmStartType": "TransferLearning",
    }


def test_warm_start_learns_from_an_earlier_job(tuner: Any) -> None:
    """Trials of the job that is named count for the overall best, and for the search."""
    good = tuner.run(tuner.step(script="say(told.x + 10)", jobs=4)).step("tune")
    step = tuner.step("more", config={"Strategy": "Bayesian"}, jobs=2)
    step["Arguments"]["WarmStartConfig"] = warm(good.job_name)
    job = {"Get": "Steps.more.OverallBestTrainingJob.TrainingJobName"}
    after = tuner.project.processing(
        "look",
        "import os; print(os.environ['BEST'])",
        arguments={"Environment": {"BEST": job}},
    )

    run = tuner.run(step, after)

    assert good.best_trial is not None
    assert run.step("look").log.read_text().strip() == good.best_trial.job_name


def test_warm_start_from_a_step_of_the_same_run(tuner: Any) -> None:
    """A tuning step can start from one before it, whatever its job's name will be."""
    first = tuner.step("first")
    second = tuner.step("second", config={"Strategy": "Bayesian"})
    name = {"Get": "Steps.first.HyperParameterTuningJobName"}
    second["Arguments"]["WarmStartConfig"] = warm(name)

    run = tuner.run(first, second)
    again = tuner.run(first, {**second, "CacheConfig": {"Enabled": False}})

    assert run.status is Status.SUCCEEDED
    assert again.step("first").reused_from == run.id
    assert again.step("second").status is Status.SUCCEEDED


def test_unknown_parent_is_refused_before_anything_starts(tuner: Any) -> None:
    """A warm start from a job that was not run here names those that were."""
    known = tuner.run(tuner.step()).step("tune").job_name
    step = tuner.step("more")
    step["Arguments"]["WarmStartConfig"] = warm("at-the-service")

    with pytest.raises(InputError, match="no tuning job 'at-the-service'") as caught:
        tuner.run(step)

    assert known in str(caught.value)
    with History(tuner.project.home) as history:
        assert len(history.runs()) == 1
