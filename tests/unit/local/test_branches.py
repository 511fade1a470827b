"""What is promised of conditions, fails, and what hangs on them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from penguin_pipes.errors import StepFailedError, UnsupportedError
from penguin_pipes.local import Event, History, Status, StepFinished, StepStarted

if TYPE_CHECKING:
    from collections.abc import Callable

RAN, SKIPPED = Status.SUCCEEDED, Status.SKIPPED


def compare(kind: str, left: Any, right: Any) -> dict[str, Any]:
    """Return a condition that compares, as the SDK writes it."""
    return {"Type": kind, "LeftValue": left, "RightValue": right}


def condition(name: str, *conditions: Any, then: Any = (), other: Any = ()) -> Any:
    """Return a condition step."""
    return {
        "Name": name,
        "Type": "Condition",
        "Arguments": {
            "Conditions": list(conditions),
            "IfSteps": list(then),
            "ElseSteps": list(other),
        },
    }


def fail(name: str, message: Any, **members: Any) -> dict[str, Any]:
    """Return a fail step."""
    arguments = {"ErrorMessage": message}
    return {"Name": name, "Type": "Fail", "Arguments": arguments, **members}


def json_get(step: str, file: str, path: str) -> dict[str, Any]:
    """Return the call that reads a property file."""
    source = {"Get": f"Steps.{step}.PropertyFiles.{file}"}
    return {"Std:JsonGet": {"PropertyFile": source, "Path": path}}


def statuses(run: Any) -> dict[str, Status]:
    """Return how each step of a run stands."""
    return {step.name: step.status for step in run.steps}


def last(project: Any) -> Any:
    """Return the record of the newest run."""
    with History(project.home) as history:
        return history.runs()[0]


TRUE, FALSE = compare("Equals", 1, 1), compare("Equals", 1, 2)


@pytest.fixture
def evaluate(project: Any, recorder: Any) -> Callable[[Any], dict[str, Any]]:
    """Return what makes a step that writes a property file ``report``."""

    def make(content: Any, file: str = "report.json") -> dict[str, Any]:
        text = content if isinstance(content, str) else json.dumps(content)

        def act(command: Any, _: Any) -> None:
            if command.cwd.parent.name == "evaluate":
                (command.cwd / "processing" / "metrics" / file).write_text(text)

        recorder.act = act
        declared = {
            "PropertyFileName": "report",
            "OutputName": "metrics",
            "FilePath": "report.json",
        }
        step: dict[str, Any] = project.processing(
            "evaluate", outputs=("metrics",), PropertyFiles=[declared]
        )
        return step

    return make


class TestBranches:
    """Which steps run."""

    @pytest.mark.parametrize(("holds", "ran"), [(TRUE, "yes"), (FALSE, "no")])
    def test_only_the_branch_that_is_taken_runs(
        self, project: Any, recorder: Any, holds: Any, ran: str
    ) -> None:
        """The other branch is skipped, and its steps say of which condition."""
        branches = {name: [project.processing(name)] for name in ("yes", "no")}
        step = condition("choose", holds, then=branches["yes"], other=branches["no"])

        run = project.run(step, backend=recorder)

        left_out = "no" if ran == "yes" else "yes"
        assert statuses(run) == {"choose": RAN, ran: RAN, left_out: SKIPPED}
        outcome = "True" if ran == "yes" else "False"
        assert run.step("choose").properties == {"Outcome": outcome}
        reason = f"condition choose is {outcome.lower()}"
        assert run.step(left_out).reasons == (reason,)
        assert last(project) == run
        assert last(project).step("choose").properties == {"Outcome": outcome}

    def test_all_conditions_must_hold(self, project: Any, recorder: Any) -> None:
        """The conditions of a step are joined by and."""
        step = condition("c", TRUE, FALSE, then=[project.processing("a")])

        assert statuses(project.run(step, backend=recorder))["a"] is SKIPPED

    def test_what_depends_on_a_skipped_step_is_skipped(
        self, project: Any, recorder: Any
    ) -> None:
        """Neither a step outside that waits for it runs, nor one that waits for that."""
        steps = [
            condition("c", FALSE, then=[project.processing("a", outputs=("x",))]),
            project.processing("b", inputs={"x": project.output("a", "x")}),
            project.processing("d", DependsOn=["b"]),
            project.processing("free", DependsOn=["c"]),
        ]

        run = project.run(*steps, backend=recorder)

        assert statuses(run) == {
            "c": RAN,
            "a": SKIPPED,
            "b": SKIPPED,
            "d": SKIPPED,
            "free": RAN,
        }
        assert run.step("d").reasons == ("b was skipped",)
        assert run.status is Status.SUCCEEDED

    def test_conditions_within_conditions(self, project: Any, recorder: Any) -> None:
        """A condition in a branch is decided if the branch is taken, or else skipped."""
        inner = condition("in", FALSE, other=[project.processing("a")])
        never = condition("never", TRUE, then=[project.processing("b")])
        step = condition("out", TRUE, then=[inner], other=[never])

        run = project.run(step, backend=recorder)

        assert statuses(run) == {
            "out": RAN,
            "in": RAN,
            "a": RAN,
            "never": SKIPPED,
            "b": SKIPPED,
        }
        assert run.step("b").reasons == ("never was skipped",)

    def test_outcome_can_be_referred_to(self, project: Any, recorder: Any) -> None:
        """Other steps read what a condition came to."""
        outcome = {"Get": "Steps.c.Outcome"}
        steps = [
            condition("c", FALSE),
            project.processing("a", arguments={"Environment": {"IT": outcome}}),
        ]

        project.run(*steps, backend=recorder)

        assert recorder.commands[0].environment["IT"] == "False"

    def test_operands_are_values_of_the_run(self, project: Any, recorder: Any) -> None:
        """Parameters and what earlier steps said are compared like constants."""

        def speak(command: Any, _: Any) -> None:
            (command.cwd / "output" / "message").write_text("good")

        recorder.act = speak
        step = condition(
            "c",
            compare("GreaterThan", {"Get": "Parameters.n"}, 2),
            compare("Equals", {"Get": "Steps.a.ExitMessage"}, "good"),
            then=[project.processing("b")],
        )
        declared = [{"Name": "n", "Type": "Integer", "DefaultValue": 3}]

        run = project.run(
            project.processing("a"), step, declared=declared, backend=recorder
        )

        assert statuses(run)["b"] is RAN

    def test_values_of_two_types_fail_the_condition(
        self, project: Any, recorder: Any
    ) -> None:
        """Text is not compared with numbers; the step says what it was given."""
        step = condition("c", compare("Equals", 1, "1"), then=[project.processing("a")])

        with pytest.raises(
            StepFailedError, match=r"'c' failed: .*a number, 1, with a string, '1'"
        ):
            project.run(step, backend=recorder)

        assert statuses(last(project)) == {
            "c": Status.FAILED,
            "a": Status.NOT_STARTED,
        }

    def test_decision_takes_no_job(self, project: Any, recorder: Any) -> None:
        """A condition ends without having started a job, also where none may run."""
        events: list[Event] = []

        run = project.run(
            condition("c", TRUE), cache="only", watch=events.append, backend=recorder
        )

        assert run.step("c").status is RAN
        assert recorder.scripts == recorder.commands == []
        assert [type(event) for event in events[1:-1]] == [StepFinished]

    def test_type_that_cannot_run_is_refused_in_a_branch(
        self, project: Any, recorder: Any
    ) -> None:
        """Nothing starts if a step of a branch could not run here."""
        notify = {
            "Name": "notify",
            "Type": "Lambda",
            "FunctionArn": "x",
            "Arguments": {},
        }
        step = condition("c", FALSE, then=[notify])

        with pytest.raises(UnsupportedError, match=r"cannot run 'notify' \(Lambda"):
            project.run(step, project.processing("a"), backend=recorder)

        assert recorder.commands == []


class TestFail:
    """Steps that end a run."""

    def test_fail_ends_the_run_with_its_message(
        self, project: Any, recorder: Any
    ) -> None:
        """A fail step fails the run, and says what it was told to say."""
        message = {"Std:Join": {"On": " ", "Values": ["bad:", {"Get": "Parameters.n"}]}}
        step = condition("c", TRUE, then=[fail("stop", message)])
        declared = [{"Name": "n", "Type": "Integer", "DefaultValue": 3}]

        with pytest.raises(StepFailedError, match="step 'stop' failed: bad: 3"):
            project.run(
                step, project.processing("z"), declared=declared, backend=recorder
            )

        assert last(project).status is Status.FAILED
        assert last(project).step("z").status is Status.NOT_STARTED

    def test_fail_that_is_not_reached_does_nothing(
        self, project: Any, recorder: Any
    ) -> None:
        """In a branch that is not taken, a fail step is skipped."""
        run = project.run(
            condition("c", TRUE, other=[fail("stop", "bad")]), backend=recorder
        )

        assert statuses(run) == {"c": RAN, "stop": SKIPPED}


class TestPropertyFiles:
    """What conditions read from files."""

    def test_value_from_a_file_decides(
        self, project: Any, recorder: Any, evaluate: Any
    ) -> None:
        """Std:JsonGet reads what the step wrote, by names and numbers."""
        read = json_get("evaluate", "report", "metrics['a-b'][1].mse")
        step = condition(
            "c", compare("LessThan", read, 0.5), then=[project.processing("b")]
        )
        content = {"metrics": {"a-b": [{"mse": 1}, {"mse": 0.25}]}}

        run = project.run(evaluate(content), step, backend=recorder)

        assert statuses(run)["b"] is RAN

    def test_value_reaches_other_steps(
        self, project: Any, recorder: Any, evaluate: Any
    ) -> None:
        """Any step can have such a value in its request."""
        value = json_get("evaluate", "report", "epochs")
        step = project.processing("b", arguments={"Environment": {"N": value}})

        project.run(evaluate({"epochs": 7}), step, backend=recorder)

        assert recorder.commands[1].environment["N"] == "7"

    def test_file_of_a_reused_step_is_read(
        self, project: Any, recorder: Any, evaluate: Any
    ) -> None:
        """A condition finds the file of a step whose result was taken."""
        first = evaluate({"mse": 1})
        first["CacheConfig"] = {"Enabled": True}
        read = json_get("evaluate", "report", "mse")
        step = condition("c", compare("Equals", read, 1), then=[])
        project.run(first, step, backend=recorder)

        run = project.run(first, step, backend=recorder)

        assert run.step("evaluate").reused_from is not None
        assert run.step("c").properties == {"Outcome": "True"}

    @pytest.mark.parametrize(
        ("content", "path", "said"),
        [
            ({"a": {"mae": 1}}, "a.mse", r"a.mse in s3://.*/report.json leads nowhere: there is no 'mse'; .*mae"),
            ({"a": []}, "a[0]", r"there is no item \[0\]"),
            ({"a": 1}, "a.b", r"there is no 'b' in 1"),
            ("no json", "a", r"/report.json is not JSON"),
        ],
    )  # fmt: skip
    def test_value_that_is_not_there_fails_the_condition(
        self,
        project: Any,
        recorder: Any,
        evaluate: Any,
        content: Any,
        path: str,
        said: str,
    ) -> None:
        """The message names the file, the path and what is there."""
        read = json_get("evaluate", "report", path)
        step = condition("c", compare("Equals", read, 1))

        with pytest.raises(StepFailedError, match=f"'c' failed: .*{said}"):
            project.run(evaluate(content), step, backend=recorder)

    def test_file_that_was_not_written_fails_the_condition(
        self, project: Any, recorder: Any, evaluate: Any
    ) -> None:
        """The message says what the step wrote in its place."""
        read = json_get("evaluate", "report", "a")
        step = condition("c", compare("Equals", read, 1))

        with pytest.raises(
            StepFailedError, match=r"no file s3://.*/report.json; .* there: other.json"
        ):
            project.run(evaluate({}, "other.json"), step, backend=recorder)

    def test_file_at_any_place_can_be_read(self, project: Any, recorder: Any) -> None:
        """Std:JsonGet with an S3Uri reads a file that no step declares."""
        where = project.file("s3://b/given.json", '{"n": 4}')
        uri = {"Std:Join": {"On": "/", "Values": ["s3://b", "given.json"]}}
        read = {"Std:JsonGet": {"S3Uri": uri, "Path": "n"}}
        step = condition("c", compare("Equals", read, 4))

        run = project.run(step, backend=recorder)

        assert where in project.files
        assert run.step("c").properties == {"Outcome": "True"}


def test_events_tell_of_skipped_steps(project: Any, recorder: Any) -> None:
    """A watcher hears of every step once, whether it ran or not."""
    events: list[Event] = []
    step = condition("c", FALSE, then=[project.processing("a")])

    project.run(step, project.processing("b"), backend=recorder, watch=events.append)

    ended = [each.step.name for each in events if isinstance(each, StepFinished)]
    started = [each.step.name for each in events if isinstance(each, StepStarted)]
    assert (ended, started) == (["c", "a", "b"], ["b"])
