"""What is promised of a whole run; commands are recorded, not run."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

import pytest

from penguin_pipes.errors import (
    HomeError,
    StepFailedError,
)
from penguin_pipes.local import (
    DefinitionWarned,
    Event,
    History,
    RunFinished,
    RunStarted,
    Status,
    StepFinished,
    StepStarted,
)

if TYPE_CHECKING:
    from pathlib import Path


def _names(recorder: Any) -> list[str]:
    """Return which steps' commands ran, in their order."""
    return [command.cwd.parent.name for command in recorder.commands]


class TestOrder:
    """What runs when."""

    def test_step_runs_after_what_it_reads(self, project: Any, recorder: Any) -> None:
        """Steps run in the order of their references, not of the definition."""

        def write(command: Any, _: Any) -> None:
            if command.cwd.parent.name == "first":
                (command.cwd / "processing" / "data" / "x").touch()

        recorder.act = write
        second = project.processing(
            "second", inputs={"d": project.output("first", "data")}
        )
        first = project.processing("first", outputs=("data",))

        run = project.run(second, first, backend=recorder)

        assert _names(recorder) == ["first", "second"]
        assert [step.name for step in run.steps] == ["first", "second"]

    def test_step_after_a_failure_is_not_started(
        self, project: Any, recorder: Any
    ) -> None:
        """The first failure ends the run; what had finished is kept."""
        recorder.exit_codes = [0, 3]
        steps = [project.processing(name) for name in ("a", "b", "c")]

        with pytest.raises(StepFailedError, match="step 'b' failed with exit code 3"):
            project.run(*steps, backend=recorder)

        with History(project.home) as history:
            (run,) = history.runs()
        assert run.status is Status.FAILED
        assert [step.status for step in run.steps] == [
            Status.SUCCEEDED,
            Status.FAILED,
            Status.NOT_STARTED,
        ]

    def test_error_holds_the_record(self, project: Any, recorder: Any) -> None:
        """The error of a failed step has the run as it ended."""
        recorder.exit_codes = [1]

        with pytest.raises(StepFailedError, match="'a' failed") as caught:
            project.run(project.processing("a"), backend=recorder)

        with History(project.home) as history:
            assert caught.value.run == history.runs()[0]
        assert caught.value.step == "a"


class TestRecord:
    """What is written down."""

    def test_run_is_kept_as_returned(self, project: Any, recorder: Any) -> None:
        """The record that is returned is the one in the history."""
        declared = [{"Name": "n", "Type": "Integer", "DefaultValue": 3}]

        run = project.run(
            project.processing("a"), declared=declared, name="churn", backend=recorder
        )

        with History(project.home) as history:
            assert history.run(run.id) == run
        assert (run.pipeline, run.status) == ("churn", Status.SUCCEEDED)
        assert run.parameters == {"n": 3}
        assert run.step("a").exit_code == 0

    def test_home_has_the_promised_layout(self, project: Any, recorder: Any) -> None:
        """A finished step leaves its log and its request, and no work tree."""
        run = project.run(project.processing("a"), backend=recorder)

        folder = project.home / "runs" / run.id / "a"
        assert sorted(path.name for path in folder.iterdir()) == [
            "log.txt",
            "request.json",
        ]
        assert run.step("a").log == folder / "log.txt"

    def test_request_is_kept_resolved(self, project: Any, recorder: Any) -> None:
        """The request on disk has values where the definition had references."""
        step = project.processing(
            "a",
            outputs=("x",),
            arguments={"Environment": {"N": {"Get": "Parameters.n"}}},
        )
        declared = [{"Name": "n", "Type": "Integer", "DefaultValue": 3}]

        run = project.run(step, declared=declared, backend=recorder)

        file = project.home / "runs" / run.id / "a" / "request.json"
        request = json.loads(file.read_text())
        (output,) = request["ProcessingOutputConfig"]["Outputs"]
        assert request["Environment"] == {"N": 3}
        assert output["S3Output"]["S3Uri"] == f"s3://out/{run.id}/a/x"

    def test_failed_step_keeps_its_work_tree(self, project: Any, recorder: Any) -> None:
        """After a failure one can look at what the job saw."""
        recorder.exit_codes = [1]

        with pytest.raises(StepFailedError, match="what the job saw is kept in"):
            project.run(project.processing("a", "print(1)"), backend=recorder)

        (code,) = project.home.glob("runs/*/a/ml/processing/input/code/a.py")
        assert code.read_text() == "print(1)"

    def test_job_names_are_as_the_services(self, project: Any, recorder: Any) -> None:
        """Each job's name holds the run's id and the step's name."""
        run = project.run(project.processing("a"), backend=recorder)

        assert run.step("a").job_name.startswith(f"pipelines-{run.id}-a-")

    def test_custom_job_prefix_is_used(self, project: Any, recorder: Any) -> None:
        """A request that names its job has that name as the prefix."""
        step = project.processing("a", arguments={"ProcessingJobName": "mine"})

        run = project.run(step, backend=recorder)

        assert run.step("a").job_name.startswith(f"mine-{run.id}-")


class TestReferences:
    """What a step learns of the run and of other steps."""

    @pytest.mark.parametrize(
        ("variable", "expected"),
        [
            ("PipelineName", "churn"),
            ("PipelineExecutionId", "{id}"),
            ("ProcessingJobName", "{job}"),
            (
                "PipelineExecutionArn",
                "arn:aws:sagemaker:us-east-1:000000000000:pipeline/churn/execution/{id}",
            ),
        ],
    )
    def test_execution_variables(
        self, project: Any, recorder: Any, variable: str, expected: str
    ) -> None:
        """A step can refer to the run, the pipeline and its own job."""
        environment = {"IT": {"Get": f"Execution.{variable}"}}
        step = project.processing("a", arguments={"Environment": environment})

        run = project.run(step, name="churn", backend=recorder)

        (command,) = recorder.commands
        job = run.step("a").job_name
        assert command.environment["IT"] == expected.format(id=run.id, job=job)

    def test_last_words_of_a_step_reach_the_next(
        self, project: Any, recorder: Any
    ) -> None:
        """A value that only the run tells is there when the next step starts."""

        def speak(command: Any, _: Any) -> None:
            (command.cwd / "output" / "message").write_text("42 rows")

        recorder.act = speak
        environment = {"SAID": {"Get": "Steps.a.ExitMessage"}}
        steps = [
            project.processing("a"),
            project.processing("b", arguments={"Environment": environment}),
        ]

        project.run(*steps, backend=recorder)

        assert recorder.commands[1].environment["SAID"] == "42 rows"

    def test_value_that_never_came_fails_the_step(
        self, project: Any, recorder: Any
    ) -> None:
        """A reference to what the earlier job did not say fails its reader."""
        environment = {"SAID": {"Get": "Steps.a.ExitMessage"}}
        steps = [
            project.processing("a"),
            project.processing("b", arguments={"Environment": environment}),
        ]

        with pytest.raises(
            StepFailedError, match=r"'b' failed: .*ExitMessage leads now"
        ):
            project.run(*steps, backend=recorder)

        assert _names(recorder) == ["a"]

    def test_empty_output_fails_its_reader(self, project: Any, recorder: Any) -> None:
        """A step whose input nobody wrote fails with the name it looked for."""
        first = project.processing("a", outputs=("data",))
        second = project.processing("b", inputs={"d": project.output("a", "data")})

        with pytest.raises(
            StepFailedError, match=r"'b' failed: .*no object lies at .*/a/"
        ):
            project.run(first, second, backend=recorder)

    def test_path_parameter_is_staged(
        self, project: Any, recorder: Any, tmp_path: Path
    ) -> None:
        """A local file given for a parameter is what the job finds."""
        seen = []

        def look(command: Any, _: Any) -> None:
            seen.append((command.cwd / "processing/input/d/my.csv").read_text())

        recorder.act = look
        (tmp_path / "my.csv").write_text("1,2")
        step = project.processing("a", inputs={"d": {"Get": "Parameters.where"}})

        run = project.run(
            step,
            declared=[{"Name": "where", "Type": "String"}],
            parameters={"where": tmp_path / "my.csv"},
            backend=recorder,
        )

        assert seen == ["1,2"]
        assert str(run.parameters["where"]).startswith("s3://local/data/")


class TestWatching:
    """Who looks on."""

    def test_events_tell_the_run_in_order(self, project: Any, recorder: Any) -> None:
        """A watcher hears of each start and end, and of the run's end last."""
        events: list[Event] = []
        recorder.exit_codes = [0, 1]
        steps = [project.processing("a"), project.processing("b")]

        with pytest.raises(StepFailedError, match="'b'"):
            project.run(*steps, backend=recorder, watch=events.append)

        assert [type(event) for event in events] == [
            RunStarted,
            StepStarted,
            StepFinished,
            StepStarted,
            StepFinished,
            RunFinished,
        ]
        last = events[-1]
        assert isinstance(last, RunFinished)
        assert last.run.status is Status.FAILED

    def test_warnings_of_the_definition_are_told_first(
        self, project: Any, recorder: Any
    ) -> None:
        """What would cost more than it seems is said before the first step starts."""
        events: list[Event] = []
        step = project.processing("a")
        del step["Arguments"]["StoppingCondition"]

        project.run(step, backend=recorder, watch=events.append)

        assert [type(event) for event in events[:3]] == [
            RunStarted,
            DefinitionWarned,
            StepStarted,
        ]
        warned = events[1]
        assert isinstance(warned, DefinitionWarned)
        assert warned.problem.address == "$.Steps[0].Arguments"
        assert "StoppingCondition" in warned.problem.problem

    def test_failing_watcher_does_no_harm(
        self, project: Any, recorder: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        """A watcher that raises is logged, told no more, and the run goes on."""
        told: list[Event] = []

        def watch(event: Event) -> None:
            told.append(event)
            msg = "watcher broke"
            raise ValueError(msg)

        with caplog.at_level(logging.ERROR):
            run = project.run(project.processing("a"), backend=recorder, watch=watch)

        assert run.status is Status.SUCCEEDED
        assert len(told) == 1
        assert "watcher broke" in caplog.text


class TestTrouble:
    """What happens when the ground shakes."""

    def test_interrupt_is_written_down(self, project: Any, recorder: Any) -> None:
        """Ctrl-C marks the step and the run as stopped, and is passed on."""

        def interrupt(*_: Any) -> None:
            raise KeyboardInterrupt

        recorder.act = interrupt

        with pytest.raises(KeyboardInterrupt):
            project.run(
                project.processing("a"), project.processing("b"), backend=recorder
            )

        with History(project.home) as history:
            (run,) = history.runs()
        assert run.status is Status.STOPPED
        assert [step.status for step in run.steps] == [
            Status.STOPPED,
            Status.NOT_STARTED,
        ]

    def test_full_disk_is_a_home_error(self, project: Any, recorder: Any) -> None:
        """What the disk refuses ends the run with the place and the way out."""

        def fill(*_: Any) -> None:
            raise OSError(28, "No space left on device", "log.txt")

        recorder.act = fill

        with pytest.raises(HomeError, match=r"log\.txt: No space left.*--home"):
            project.run(project.processing("a"), backend=recorder)

        with History(project.home) as history:
            (run,) = history.runs()
        assert (run.status, run.step("a").status) == (Status.FAILED, Status.FAILED)

    def test_home_that_cannot_be_used_is_refused(
        self, project: Any, recorder: Any
    ) -> None:
        """A home that is a file is refused before any job starts."""
        project.home.touch()

        with pytest.raises(HomeError, match="choose another folder"):
            project.run(project.processing("a"), backend=recorder)

        assert recorder.commands == []
