"""What is promised of functions that stand in for steps that cannot run here."""

from __future__ import annotations

from typing import Any

import pytest

from penguin_pipes.errors import InputError, StepFailedError, UnsupportedError
from penguin_pipes.local import History, Status, explain_locally


def _notify(*outputs: tuple[str, str], **members: Any) -> dict[str, Any]:
    """Return a Lambda step with output parameters."""
    return {
        "Name": "notify",
        "Type": "Lambda",
        "FunctionArn": "arn:aws:lambda:us-east-1:123456789012:function:notify",
        "Arguments": {"text": "hello", "n": {"Get": "Parameters.n"}},
        "OutputParameters": [
            {"OutputName": name, "OutputType": kind} for name, kind in outputs
        ],
        **members,
    }


N = [{"Name": "n", "Type": "Integer", "DefaultValue": 3}]


def test_function_gets_the_arguments_as_the_lambda_would(
    project: Any, recorder: Any
) -> None:
    """A function is given the step's arguments, every reference resolved."""
    events: list[Any] = []

    run = project.run(
        _notify(), declared=N, stand_ins={"notify": events.append}, backend=recorder
    )

    assert events == [{"text": "hello", "n": 3}]
    assert run.step("notify").status is Status.SUCCEEDED


def test_outputs_reach_other_steps(project: Any, recorder: Any) -> None:
    """What a function returns is what the step's output parameters are."""
    reference = {"Get": "Steps.notify.OutputParameters['id']"}
    reader = project.processing("read", arguments={"Environment": {"ID": reference}})

    run = project.run(
        reader,
        _notify(("id", "String"), ("n", "Integer")),
        declared=N,
        stand_ins={"notify": lambda event: {"id": f"m-{event['n']}", "n": 1, "x": 2}},
        backend=recorder,
    )

    assert recorder.commands[0].environment["ID"] == "m-3"
    outputs = {"OutputParameters": {"id": "m-3", "n": 1}}
    assert run.step("notify").properties == outputs


def test_steps_without_output_parameters_return_properties(
    project: Any, recorder: Any
) -> None:
    """For any other type, what the function returns is what others can refer to."""
    cluster = {"Name": "spark", "Type": "EMR", "Arguments": {"StepConfig": {}}}
    reference = {"Get": "Steps.spark.ClusterId"}
    reader = project.processing("read", arguments={"Environment": {"ID": reference}})

    project.run(
        cluster,
        reader,
        stand_ins={"spark": lambda _: {"ClusterId": "j-1"}},
        backend=recorder,
    )

    assert recorder.commands[0].environment["ID"] == "j-1"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (None, r"no 'id', which the step declares; there is: nothing"),
        ({"x": 1}, r"no 'id', which the step declares; there is: x"),
        ({"id": 7}, r"7 for 'id', which is declared as String"),
        ([], r"\[\]; a mapping of names to values was expected"),
        ({"id": "a", "more": object()}, r"what cannot be kept as JSON"),
    ],
)
def test_wrong_answers_fail_the_step(
    project: Any, recorder: Any, answer: Any, said: str
) -> None:
    """A function has to return what the step declares."""
    with pytest.raises(
        StepFailedError, match=f"'notify' failed: its stand-in .*{said}"
    ):
        project.run(
            _notify(("id", "String")),
            declared=N,
            stand_ins={"notify": lambda _: answer},
            backend=recorder,
        )


def test_function_that_raises_fails_the_step(project: Any, recorder: Any) -> None:
    """The error is the reason, and its trace is in the step's log."""

    def broken(event: dict[str, Any]) -> None:
        raise LookupError(event["text"])

    with pytest.raises(StepFailedError, match=r"(?s)LookupError: hello.*in broken"):
        project.run(
            _notify(), declared=N, stand_ins={"notify": broken}, backend=recorder
        )

    with History(project.home) as history:
        assert history.runs()[0].step("notify").status is Status.FAILED


def test_without_a_function_nothing_starts(project: Any, recorder: Any) -> None:
    """The refusal says how a function can stand in."""
    with pytest.raises(
        UnsupportedError, match=r"'notify' \(Lambda\).*stand_ins=\{'notify': function\}"
    ):
        project.run(project.processing("a"), _notify(), declared=N, backend=recorder)

    assert recorder.commands == []


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("notfy", "no step 'notfy'; did you mean 'notify'"),
        ("a", "'a' is of type Processing and runs here by itself"),
    ],
)
def test_function_for_no_such_step_is_refused(
    project: Any, recorder: Any, name: str, said: str
) -> None:
    """Whoever stands in for nobody is told so."""
    stand_ins = {"notify": dict, name: dict}
    with pytest.raises(InputError, match=said):
        project.run(
            project.processing("a"),
            _notify(),
            declared=N,
            stand_ins=stand_ins,
            backend=recorder,
        )


def test_functions_run_where_only_earlier_results_may_be_taken(
    project: Any, recorder: Any
) -> None:
    """A function is no job that an earlier run could have spared."""
    run = project.run(
        _notify(),
        declared=N,
        stand_ins={"notify": lambda _: None},
        cache="only",
        backend=recorder,
    )

    assert run.status is Status.SUCCEEDED


def test_explanation_waits_for_a_function(project: Any, recorder: Any) -> None:
    """Nobody knows what a function will return before it was called."""
    reference = {"Get": "Steps.notify.OutputParameters['id']"}
    steps = [
        _notify(("id", "String")),
        project.processing("read", arguments={"Environment": {"ID": reference}}),
    ]
    known: dict[str, Any] = {"stand_ins": {"notify": lambda _: {"id": "a"}}}
    project.run(*steps, declared=N, **known, backend=recorder)

    found = explain_locally(
        project.definition(*steps, parameters=N),
        "read",
        files=project.files,
        home=project.home,
        **known,
    )

    assert found.waits_for == "notify"
