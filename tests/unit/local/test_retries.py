"""What is promised of steps that are tried again."""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penguin_pipes.definition import Node
from penguin_pipes.errors import DefinitionError, StepFailedError
from penguin_pipes.local import Event, History, Status, StepLine, StepWarned, TrialLine
from penguin_pipes.local.backends import Fault, Stop
from penguin_pipes.local.jobs import JobResult
from penguin_pipes.local.retries import Retrying, RetryPolicy

INTERNAL = "SageMaker.JOB_INTERNAL_ERROR"
LOST = JobResult(failure="lost", fault=Fault.LOST)
DONE = JobResult(failure=None)


@attrs.define
class Clock:
    """A clock that only waiting moves."""

    now: float = 0.0
    pauses: list[float] = attrs.field(factory=list)

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.pauses.append(seconds)
        self.now += seconds


@attrs.define
class Job:
    """A job that ends as it is told; the last end comes again and again."""

    ends: list[JobResult]
    runs: int = 0
    told: list[str] = attrs.field(factory=list)

    def run(self) -> JobResult:
        """End."""
        self.runs += 1
        return self.ends.pop(0) if len(self.ends) > 1 else self.ends[0]


def _policy(**members: Any) -> RetryPolicy:
    """Return the policy that a step writes so."""
    return RetryPolicy.read(Node({"ExceptionType": [INTERNAL], **members}))


def _run(job: Job, *policies: RetryPolicy, kind: str = "Training") -> Any:
    """Run a job with policies; return its result, and the pauses between."""
    clock = Clock()
    trying = Retrying(
        type=kind, policies=policies, wait=clock.wait, clock=lambda: clock.now
    )
    return trying.run(job.run, job.told.append), clock.pauses


class TestPolicy:
    """What a policy says."""

    def test_pauses_grow_by_the_rate(self) -> None:
        """Each pause is the one before, times the rate."""
        policy = _policy(IntervalSeconds=3, BackoffRate=2.0, MaxAttempts=3)

        result, pauses = _run(Job([LOST]), policy)

        assert pauses == [3.0, 6.0, 12.0]
        assert (result.failure, result.attempts) == ("lost", 4)

    def test_members_that_are_missing(self) -> None:
        """As at the service, five retries, after 1, 2, 4, 8 and 16 seconds."""
        _, pauses = _run(Job([LOST]), _policy())

        assert pauses == [1.0, 2.0, 4.0, 8.0, 16.0]

    def test_retries_expire(self) -> None:
        """With ExpireAfterMin there is any number of retries until then."""
        policy = _policy(IntervalSeconds=25, BackoffRate=1, ExpireAfterMin=2)

        _, pauses = _run(Job([LOST]), policy)

        assert pauses == [25.0] * 4

    @given(
        interval=st.integers(0, 100),
        rate=st.floats(0, 3),
        attempts=st.integers(1, 8),
    )
    @settings(deadline=None)
    def test_number_of_retries(self, interval: int, rate: float, attempts: int) -> None:
        """A job that is always lost is started once more than it is tried again."""
        policy = _policy(
            IntervalSeconds=interval, BackoffRate=rate, MaxAttempts=attempts
        )
        job = Job([LOST])

        result, pauses = _run(job, policy)

        assert job.runs == result.attempts == attempts + 1 == len(pauses) + 1
        assert pauses == [interval * rate**n for n in range(attempts)]

    @pytest.mark.parametrize(
        ("member", "value"),
        [
            ("IntervalSeconds", "1"),
            ("BackoffRate", -1),
            ("MaxAttempts", 1.5),
            ("ExceptionType", INTERNAL),
        ],
    )
    def test_policy_that_is_none_is_refused(
        self, project: Any, recorder: Any, member: str, value: Any
    ) -> None:
        """Before anything starts, with the place of what is wrong."""
        policy = {"ExceptionType": [INTERNAL], member: value}
        step = project.processing("a", RetryPolicies=[policy])

        with pytest.raises(
            DefinitionError, match=rf"\$\.Steps\[0\]\.RetryPolicies\[0\]\.{member}"
        ):
            project.run(step, backend=recorder)

        assert recorder.commands == []


class TestMatching:
    """After which errors a job is tried again."""

    def test_result_of_the_last_try_counts(self) -> None:
        """Nothing is tried again that has succeeded."""
        job = Job([LOST, LOST, DONE])

        result, pauses = _run(job, _policy())

        assert result == attrs.evolve(DONE, attempts=3)
        assert len(pauses) == 2
        assert job.told[0] == (
            "lost; it is tried again in 1 s, for its retry policy names "
            "SageMaker.JOB_INTERNAL_ERROR"
        )

    @pytest.mark.parametrize(
        ("fault", "exception"),
        [
            (Fault.LOST, INTERNAL),
            (Fault.NO_MEMORY, "SageMaker.CAPACITY_ERROR"),
            (Fault.NO_PROCESS, "SageMaker.RESOURCE_LIMIT"),
        ],
    )
    def test_each_fault_has_an_exception(self, fault: Fault, exception: str) -> None:
        """A policy for one error is none for the others."""
        failed = JobResult(failure="bad", fault=fault)
        own = _policy(ExceptionType=[exception], MaxAttempts=2)
        others = _policy(ExceptionType=["Step.SERVICE_FAULT", "Step.THROTTLING"])

        assert _run(Job([failed]), others, own)[0].attempts == 3
        assert _run(Job([failed]), others)[0].attempts == 1

    def test_failure_of_a_script_is_not_tried_again(self) -> None:
        """As at the service, what the script did wrong it would do wrong again."""
        failed = JobResult(failure="ValueError", exit_code=1)

        assert _run(Job([failed]), _policy())[0].attempts == 1

    def test_tuning_helps_itself(self) -> None:
        """Jobs of tuning steps see to their internal errors themselves."""
        assert _run(Job([LOST]), _policy(), kind="Tuning")[0].attempts == 1

    def test_each_policy_counts_its_own(self) -> None:
        """Retries by one policy do not use up those of another."""
        full = JobResult(failure="full", fault=Fault.NO_MEMORY)
        policies = (
            _policy(MaxAttempts=1),
            _policy(ExceptionType=["SageMaker.CAPACITY_ERROR"], MaxAttempts=1),
        )

        assert _run(Job([LOST, full, DONE]), *policies)[0].attempts == 3


def test_end_of_the_run_ends_the_waiting() -> None:
    """Whoever waits for a retry goes on as soon as the run is stopped."""

    class Over(Exception):  # noqa: N818 - it is no error
        """What ends the waiting."""

    with Stop() as stop:

        def run() -> JobResult:
            stop.ask(urgent=True)
            return LOST

        def wait(seconds: float) -> None:
            stop.wait(seconds)
            raise Over

        policies = (_policy(IntervalSeconds=3600),)
        trying = Retrying(type="Training", policies=policies, wait=wait)

        with pytest.raises(Over):
            trying.run(run, lambda _: None)


@pytest.mark.skipif(sys.platform != "linux", reason="nothing watches over jobs there")
@pytest.mark.parametrize("policies", [(), ({"ExceptionType": [INTERNAL], "IntervalSeconds": 0},)], ids=["without", "with"])  # fmt: skip
def test_job_that_was_lost_is_tried_again(project: Any, policies: Any) -> None:
    """A job whose watcher was killed begins again, in a fresh tree, with one log."""
    script = """
        import os, pathlib, time
        tried = pathlib.Path("/opt/ml/processing/tried")
        assert not tried.exists()
        tried.touch()
        note = pathlib.Path(os.environ["NOTE"])
        is_first = not note.exists()
        note.touch()
        print(os.getppid(), flush=True)
        if is_first:
            time.sleep(3600)
    """
    events: list[Event] = []

    def watch(event: Event) -> None:
        if isinstance(event, StepLine) and not any(
            isinstance(each, StepLine) for each in events
        ):
            os.kill(int(event.line), signal.SIGKILL)
        events.append(event)

    environment = {"NOTE": str(project.folder / "note")}
    step = project.processing(
        "a",
        script,
        arguments={"Environment": environment},
        RetryPolicies=list(policies),
    )
    if policies:
        run = project.run(step, watch=watch)
    else:
        with pytest.raises(StepFailedError, match="'a' failed"):
            project.run(step, watch=watch)
        with History(project.home) as history:
            run = history.runs()[0]

    found = run.step("a")
    expected = (Status.SUCCEEDED, 2) if policies else (Status.FAILED, 1)
    assert (found.status, found.attempts) == expected
    assert len(found.log.read_text().splitlines()) == found.attempts
    told = [each.text for each in events if isinstance(each, StepWarned)]
    assert sum(INTERNAL in text for text in told) == found.attempts - 1


LOSES = """
    import os, pathlib, time
    note = pathlib.Path(os.environ["NOTE"])
    lost = len(note.read_text()) if note.exists() else 0
    note.write_text("x" * (lost + 1))
    print("watcher", os.getppid(), flush=True)
    if lost < int(os.environ["LOSSES"]):
        time.sleep(3600)
    (pathlib.Path(os.environ["SM_MODEL_DIR"]) / "m").touch()
    print("score=1;", flush=True)
"""


class TestRetryStrategy:
    """Training jobs that the service begins again by itself."""

    @pytest.mark.skipif(sys.platform != "linux", reason="nothing watches there")
    @pytest.mark.parametrize(
        ("losses", "status"), [(2, Status.SUCCEEDED), (3, Status.FAILED)]
    )
    def test_a_trial_that_is_lost_begins_again(
        self, project: Any, losses: int, status: Status
    ) -> None:
        """After an internal error, a trial begins again, as often as its own strategy says."""
        environment = {"NOTE": str(project.folder / "note"), "LOSSES": str(losses)}
        step = project.training("fit", LOSES, metrics={"score": "score=(.*?);"})
        definition = {
            **step["Arguments"],
            "Environment": environment,
            "RetryStrategy": {"MaximumRetryAttempts": 2},
        }
        definition["StaticHyperParameters"] = {
            **definition.pop("HyperParameters"),
            "sagemaker_job_name": "x",
        }
        tune = {
            "Name": "tune",
            "Type": "Tuning",
            "Arguments": {
                "HyperParameterTuningJobConfig": {
                    "Strategy": "Random",
                    "HyperParameterTuningJobObjective": {
                        "Type": "Maximize",
                        "MetricName": "score",
                    },
                    "ResourceLimits": {
                        "MaxParallelTrainingJobs": 1,
                        "MaxNumberOfTrainingJobs": 1,
                    },
                    "ParameterRanges": {
                        "ContinuousParameterRanges": [
                            {"Name": "x", "MinValue": "0", "MaxValue": "1"}
                        ]
                    },
                },
                "TrainingJobDefinition": definition,
            },
        }
        told: list[str] = []

        def watch(event: Event) -> None:
            if isinstance(event, TrialLine) and event.line.startswith("watcher"):
                note = (project.folder / "note").read_text()
                if len(note) <= losses:
                    os.kill(int(event.line.split()[1]), signal.SIGKILL)
            if isinstance(event, StepWarned):
                told.append(event.text)

        if status is Status.SUCCEEDED:
            project.run(tune, watch=watch)
        else:
            with pytest.raises(StepFailedError, match="'tune' failed"):
                project.run(tune, watch=watch)

        with History(project.home) as history:
            (trial,) = history.runs()[0].step("tune").trials
        assert trial.status is status
        assert trial.log.read_text().count("watcher") == 3
        assert any(
            "RetryStrategy names SageMaker.JOB_INTERNAL" in text for text in told
        )

    def test_a_script_that_fails_is_not_begun_again(self, project: Any) -> None:
        """The strategy is for errors of the service; the script's own end the job."""
        strategy = {"RetryStrategy": {"MaximumRetryAttempts": 5}}
        script = "import sys; print('tried'); sys.exit(3)"
        step = project.training("fit", script, arguments=strategy)

        with pytest.raises(StepFailedError) as caught:
            project.run(step)

        failed: Any = caught.value.run
        assert failed.step("fit").log.read_text().count("tried") == 1
        assert failed.step("fit").attempts == 1

    def test_a_training_job_knows_how_often_it_was_tried(self) -> None:
        """Retries of the job and of the step add up."""
        inner = JobResult(failure="lost", fault=Fault.LOST, attempts=2)
        job = Job([inner, JobResult(failure=None, attempts=3)])

        result, _ = _run(job, _policy(IntervalSeconds=0))

        assert result.attempts == 5

    @pytest.mark.parametrize("attempts", [0, 31, "many"])
    def test_a_strategy_that_is_none_is_refused(
        self, project: Any, attempts: Any
    ) -> None:
        """The service takes 1 to 30 retries; others are refused before the start."""
        strategy = {"RetryStrategy": {"MaximumRetryAttempts": attempts}}

        with pytest.raises(DefinitionError, match="MaximumRetryAttempts"):
            project.run(project.training("fit", arguments=strategy))
