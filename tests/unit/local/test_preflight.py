"""What a run refuses before anything starts or is written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from penguin_pipes.errors import RequestError
from penguin_pipes.local import Status


def refused(project: Any, recorder: Any, *steps: Any, **options: Any) -> str:
    """Return why a run was refused, having seen that it left nothing behind."""
    with pytest.raises(RequestError, match=r"\w") as caught:
        project.run(*steps, backend=recorder, **options)
    assert recorder.commands == []
    assert not project.home.exists()
    return f"{type(caught.value).__name__}: {caught.value}"


def test_all_unsupported_steps_are_named(project: Any, recorder: Any) -> None:
    """Every step that cannot run here is named with its type."""
    steps = [
        project.processing("a"),
        {
            "Name": "ask",
            "Type": "Callback",
            "SqsQueueUrl": "https://sqs.eu-west-1.amazonaws.com/123456789012/ask",
            "Arguments": {},
        },
        {
            "Name": "call",
            "Type": "Lambda",
            "FunctionArn": "arn:aws:lambda:eu-west-1:123456789012:function:call",
            "Arguments": {},
        },
    ]

    message = refused(project, recorder, *steps)

    assert message.startswith("UnsupportedError: ")
    assert "'ask' (Callback), 'call' (Lambda)" in message


def test_unmapped_input_is_named(project: Any, recorder: Any) -> None:
    """An input that nothing on this computer stands for is refused."""
    step = project.processing("a", inputs={"d": "s3://far/away.csv"})

    message = refused(project, recorder, step)

    assert message.startswith("InputError: ")
    assert "'a' reads s3://far/away.csv, and nothing on this computer" in message
    assert "$.Steps[0].Arguments.ProcessingInputs[0].S3Input.S3Uri" in message


def test_input_that_another_step_writes_needs_a_dependency(
    project: Any, recorder: Any
) -> None:
    """Reading another step's output without depending on it is a race."""
    first = project.processing("a", outputs=("data",))
    out = first["Arguments"]["ProcessingOutputConfig"]["Outputs"][0]["S3Output"]
    out["S3Uri"] = "s3://fixed/out"
    second = project.processing("b", inputs={"d": "s3://fixed/out/x.csv"})

    message = refused(project, recorder, first, second)

    assert "which 'a' writes, but does not depend on that step" in message


def test_fixed_output_of_an_earlier_step_is_an_input(
    project: Any, recorder: Any
) -> None:
    """With DependsOn, an output named by hand may be read."""
    recorder.act = lambda command, _: (
        (command.cwd / "processing/data/x.csv").touch()
        if command.cwd.parent.name == "a"
        else None
    )
    first = project.processing("a", outputs=("data",))
    out = first["Arguments"]["ProcessingOutputConfig"]["Outputs"][0]["S3Output"]
    out["S3Uri"] = "s3://fixed/out"
    second = project.processing(
        "b", inputs={"d": "s3://fixed/out/x.csv"}, DependsOn=["a"]
    )

    run = project.run(first, second, backend=recorder)

    assert run.status is Status.SUCCEEDED


def test_dangling_reference_is_refused(project: Any, recorder: Any) -> None:
    """A reference to an output that the other step has not is refused."""
    first = project.processing("a", outputs=("data",))
    second = project.processing("b", inputs={"d": project.output("a", "date")})

    message = refused(project, recorder, first, second)

    assert message.startswith("InvalidDefinitionError: ")
    assert "Outputs has no item 'date'; did you mean 'data'?" in message


def test_metric_that_is_never_measured_is_refused(project: Any, recorder: Any) -> None:
    """A reference to a metric without a definition is refused."""
    environment = {"X": {"Get": "Steps.t.FinalMetricDataList['auc'].Value"}}
    steps = [
        project.training("t", metrics={"loss": "l=(.*)"}),
        project.processing("b", arguments={"Environment": environment}),
    ]

    message = refused(project, recorder, *steps)

    assert "t.FinalMetricDataList has no item 'auc'; there are: loss" in message


def test_missing_parameter_is_refused(project: Any, recorder: Any) -> None:
    """A parameter without a value is refused by name."""
    declared = [{"Name": "n", "Type": "Integer"}]

    message = refused(project, recorder, project.processing("a"), declared=declared)

    assert "parameter 'n' has no default" in message


def test_output_name_that_escapes_is_refused(project: Any, recorder: Any) -> None:
    """No output is written outside the home."""
    step = project.processing("a", outputs=("data",))
    out = step["Arguments"]["ProcessingOutputConfig"]["Outputs"][0]["S3Output"]
    out["S3Uri"] = "s3://b/../../../etc"

    message = refused(project, recorder, step)

    assert "cannot be kept in a folder" in message


def test_file_that_is_not_there_is_refused(project: Any, recorder: Any) -> None:
    """A mapped path without a file is refused."""
    files = {"s3://b/x": Path("gone.csv")}

    message = refused(project, recorder, project.processing("a"), files=files)

    assert "s3://b/x should be read from gone.csv" in message


@pytest.mark.parametrize("name", ["../../etc", "a/b", "a b", "x" * 65])
def test_step_name_that_is_no_folder_is_refused(
    project: Any, recorder: Any, name: str
) -> None:
    """A step's name is a folder's here, and cannot lead elsewhere."""
    step = {**project.processing("a"), "Name": name}

    message = refused(project, recorder, step)

    assert "$.Steps[0].Name: " in message
    assert "use 1 to 64 letters, digits, hyphens and underscores" in message


def test_channel_name_that_leads_elsewhere_is_refused(
    project: Any, recorder: Any
) -> None:
    """A channel's name is a folder's, and cannot lead elsewhere."""
    step = project.training("t", channels={"..": project.file("s3://b/x", "")})

    message = refused(project, recorder, step)

    assert "ChannelName: expected letters, digits" in message


def test_input_that_only_the_run_will_name_is_not_refused(
    project: Any, recorder: Any
) -> None:
    """An input whose name comes from an earlier job is looked for when it is known."""

    def name_it(command: Any, _: Any) -> None:
        (command.cwd / "output" / "message").write_text("s3://raw/data.csv")

    recorder.act = name_it
    project.file("s3://raw/data.csv", "1")
    first = project.processing("a")
    second = project.processing("b", inputs={"d": {"Get": "Steps.a.ExitMessage"}})

    run = project.run(first, second, backend=recorder)

    assert run.status is Status.SUCCEEDED
