"""What is promised of training jobs, with real processes."""

from __future__ import annotations

import tarfile
from typing import TYPE_CHECKING, Any

import pytest

from penguin_pipes.errors import InvalidDefinitionError, StepFailedError
from penguin_pipes.local import Event, MetricSeen, Status, StepWarned

if TYPE_CHECKING:
    from pathlib import Path

TRAIN = """
import os, sys
from pathlib import Path

rows = sorted(Path(os.environ["SM_CHANNEL_TRAIN"]).rglob("*.csv"))
for epoch in (1, 2):
    print(f"loss: {1 / epoch} - val_loss: {2 / epoch}")
model = Path(os.environ["SM_MODEL_DIR"]) / "001" / "model.txt"
model.parent.mkdir()
model.write_text(" ".join([*sys.argv[1:], *(path.name for path in rows)]))
"""
LOSS = r"(?:^|\s)loss: ([0-9.]+)"


def _members(archive: Path) -> dict[str, str]:
    """Return the files of an archive."""
    with tarfile.open(archive, "r:gz") as tar:
        found = {member.name: tar.extractfile(member) for member in tar}
        return {name: file.read().decode() for name, file in found.items() if file}


def _failure(project: Any, step: Any, **options: Any) -> Any:
    """Return the record of a step that fails."""
    with pytest.raises(StepFailedError, match=step["Name"]) as caught:
        project.run(step, **options)
    run: Any = caught.value.run
    return run.step(step["Name"])


def test_script_becomes_a_model(project: Any) -> None:
    """A script gets its arguments and channels, and leaves a model and metrics."""
    project.file("s3://data/train/a.csv", "1")
    project.file("s3://data/train/deep/b.csv", "2")
    events: list[Event] = []
    step = project.training(
        "fit",
        TRAIN,
        channels={"train": "s3://data/train"},
        hyperparameters={"epochs": "2", "n": "1"},
        metrics={"loss": LOSS, "val_loss": "val_loss: (.*)", "never": "x=(.*)"},
    )

    run = project.run(step, watch=events.append)

    fit = run.step("fit")
    assert _members(fit.artifacts["model"]) == {
        "001/model.txt": "--epochs 2 -n 1 a.csv b.csv"
    }
    assert fit.metrics == {"loss": 0.5, "val_loss": 1.0}
    assert [point.value for point in fit.series["loss"]] == [1.0, 0.5]
    seen = [event.name for event in events if isinstance(event, MetricSeen)]
    assert seen == ["loss", "val_loss", "loss", "val_loss"]
    folder = project.home / "s3/models/here" / fit.job_name / "output"
    assert fit.artifacts["model"] == folder / "model.tar.gz"


def test_model_reaches_the_next_step(project: Any) -> None:
    """Another step can read a model by where the job says it lies."""
    fit = project.training(
        "fit", TRAIN, channels={"train": project.file("s3://data/x.csv", "")}
    )
    model = {"Get": "Steps.fit.ModelArtifacts.S3ModelArtifacts"}
    check = project.processing(
        "check",
        "from pathlib import Path; print(*Path(__file__).parents[1].rglob('*.gz'))",
        inputs={"model": model},
    )

    run = project.run(check, fit)

    assert run.step("check").log.read_text().endswith("input/model/model.tar.gz\n")


def test_metric_reaches_the_next_step(project: Any) -> None:
    """Another step can read the last value of a metric."""
    fit = project.training("fit", "print('auc=0.5'); print('auc=0.75')")
    fit["Arguments"]["AlgorithmSpecification"]["MetricDefinitions"] = [
        {"Name": "auc", "Regex": "auc=([0-9.]+)"}
    ]
    value = {"Get": "Steps.fit.FinalMetricDataList['auc'].Value"}
    show = project.processing(
        "show",
        "import os; print(os.environ['AUC'])",
        arguments={"Environment": {"AUC": value}},
    )

    run = project.run(fit, show)

    assert run.step("show").log.read_text() == "0.75\n"


def test_same_run_twice_gives_the_same_model(project: Any) -> None:
    """The archive of a model depends on the model alone."""
    step = project.training(
        "fit", TRAIN, channels={"train": project.file("s3://data/x.csv", "")}
    )

    models = [project.run(step).step("fit").artifacts["model"] for _ in range(2)]

    assert models[0] != models[1]
    assert models[0].read_bytes() == models[1].read_bytes()


def test_uncompressed_model_is_a_folder(project: Any) -> None:
    """With CompressionType NONE the model's files lie as they are."""
    step = project.training(
        "fit",
        TRAIN,
        channels={"train": project.file("s3://data/x.csv", "")},
        arguments={"OutputDataConfig": {"CompressionType": "NONE"}},
    )

    model = project.run(step).step("fit").artifacts["model"]

    assert model.name == "model"
    assert (model / "001" / "model.txt").is_file()


def test_script_that_writes_nothing_has_an_empty_model(project: Any) -> None:
    """As at SageMaker, a job without a model succeeds with an empty archive."""
    run = project.run(project.training("fit", "pass"))

    assert _members(run.step("fit").artifacts["model"]) == {}


def test_other_output_is_packed_beside_the_model(project: Any) -> None:
    """What lies under the output folder becomes an archive of its own."""
    script = """
    import os
    from pathlib import Path
    (Path(os.environ["SM_OUTPUT_DATA_DIR"]) / "plot.txt").write_text("plot")
    """

    run = project.run(project.training("fit", script))

    assert _members(run.step("fit").artifacts["output"]) == {"plot.txt": "plot"}


def test_failing_script_exits_with_one(project: Any) -> None:
    """Whatever a script exits with, its container exits with 1 and quotes it."""
    script = "import sys; print('ValueError: boom 42', file=sys.stderr); sys.exit(3)"

    failed = _failure(project, project.training("fit", script))

    assert failed.exit_code == 1
    assert failed.failure.startswith(
        'AlgorithmError: ExecuteUserScriptError:\nExitCode 3\nErrorMessage "ValueError: '
        'boom 42"\nCommand "'
    )
    assert "model" not in failed.artifacts
    assert "ExitCode 3" in _members(failed.artifacts["output"])["failure"]


def test_own_failure_file_wins(project: Any) -> None:
    """A script's own failure file is not overwritten."""
    script = """
    import os, sys
    from pathlib import Path
    (Path(os.environ["SM_OUTPUT_DIR"]) / "failure").write_text("too few rows")
    sys.exit(1)
    """

    failed = _failure(project, project.training("fit", script))

    assert failed.failure == "AlgorithmError: too few rows, exit code: 1"


def test_garbage_never_breaks_the_job(project: Any) -> None:
    """Binary noise, endless lines and values that are no numbers do no harm."""
    script = """
    import os
    os.write(1, bytes(range(256)) * 1000 + b"\\n")
    os.write(1, b"loss: ... " + b"x" * 500_000 + b"\\n")
    os.write(1, b"loss: 1.2.3\\nloss: 0.25\\n")
    """
    step = project.training("fit", script, metrics={"loss": r"loss: ([0-9.]+)"})

    run = project.run(step)

    assert run.step("fit").metrics == {"loss": 0.25}


def test_shell_script_is_an_entry_point(project: Any) -> None:
    """A ``.sh`` entry point runs from the code folder with its arguments."""
    step = project.training(
        "fit", hyperparameters={"sagemaker_program": "run.sh", "name": "x"}
    )
    members = {"run.sh": '#!/bin/sh\necho "$1|$2"; ls\n', "requirements.txt": "torch"}
    project.archive("s3://code/fit/sourcedir.tar.gz", members)

    run = project.run(step)

    lines = run.step("fit").log.read_text().splitlines()
    assert lines == ["--name|x", "requirements.txt", "run.sh"]


def test_own_entrypoint_runs_without_the_toolkit(project: Any) -> None:
    """A job with a command of its own gets files, no ``SM_`` variables."""
    script = """
    import os, sys
    print(sorted(k for k in os.environ if k.startswith("SM_")), len(sys.argv))
    print(os.environ["TRAINING_JOB_NAME"], os.environ["AWS_REGION"])
    """
    project.file("s3://code/own/own.py", "\n".join(map(str.strip, script.split("\n"))))
    command = ["python3", "/opt/ml/input/data/code/own.py", "x"]
    step = project.training(
        "fit",
        channels={"code": "s3://code/own"},
        arguments={
            "AlgorithmSpecification": {"ContainerEntrypoint": command},
            "HyperParameters": None,
        },
    )

    run = project.run(step)

    first, second = run.step("fit").log.read_text().splitlines()
    assert first == "[] 2"
    assert second == f"{run.step('fit').job_name} eu-west-1"


def test_own_entrypoint_keeps_its_exit_code(project: Any) -> None:
    """Without the toolkit, the command's exit code is the container's."""
    algorithm = {"ContainerEntrypoint": ["/bin/sh", "-c", "exit 4"]}
    step = project.training("fit", arguments={"AlgorithmSpecification": algorithm})

    assert _failure(project, step).exit_code == 4


def test_code_may_come_by_a_channel(project: Any) -> None:
    """A submit directory below ``/opt/ml`` is read from the work tree."""
    project.file("s3://code/folder/train.py", "import helper")
    project.file("s3://code/folder/helper.py", "print('helped')")
    step = project.training(
        "fit",
        channels={"code": "s3://code/folder"},
        hyperparameters={"sagemaker_submit_directory": "/opt/ml/input/data/code"},
    )

    run = project.run(step)

    assert run.step("fit").log.read_text() == "helped\n"


def test_code_may_come_from_a_step(project: Any) -> None:
    """An archive that an earlier step wrote is unpacked when its turn comes."""
    pack = project.processing(
        "pack",
        """
        import io, tarfile
        from pathlib import Path
        out = Path(__file__).parents[2] / "code" / "sourcedir.tar.gz"
        with tarfile.open(out, "w:gz") as tar:
            member = tarfile.TarInfo("train.py")
            text = b"print('packed')"
            member.size = len(text)
            tar.addfile(member, io.BytesIO(text))
        """,
        outputs=("code",),
    )
    fit = project.training(
        "fit",
        hyperparameters={"sagemaker_submit_directory": project.output("pack", "code")},
    )

    run = project.run(fit, pack)

    assert run.step("fit").log.read_text() == "packed\n"


def test_checkpoints_outlive_a_failure(project: Any) -> None:
    """What a failed job left as checkpoints is there for the next one."""
    script = """
    import sys
    from pathlib import Path
    kept = Path(sys.argv[2]) / "epoch"
    if kept.exists():
        print("resumed from", kept.read_text())
    else:
        kept.write_text("7")
        sys.exit(1)
    """
    step = project.training(
        "fit",
        script,
        hyperparameters={"checkpoints": "/opt/ml/checkpoints"},
        arguments={"CheckpointConfig": {"S3Uri": "s3://models/checkpoints"}},
    )
    _failure(project, step)

    run = project.run(step)

    assert run.step("fit").log.read_text() == "resumed from 7\n"
    assert run.step("fit").artifacts["checkpoints"].name == "checkpoints"


def test_status_and_time_reach_the_next_step(project: Any) -> None:
    """A step can refer to what Describe says of a finished job."""
    environment = {
        "STATUS": {"Get": "Steps.fit.TrainingJobStatus"},
        "NAME": {"Get": "Steps.fit.TrainingJobName"},
        "SECONDS": {"Get": "Steps.fit.TrainingTimeInSeconds"},
        "IMAGE": {"Get": "Steps.fit.HyperParameters['sagemaker_program']"},
    }
    show = project.processing(
        "show",
        "import os; print(*(os.environ[n] for n in ('STATUS','NAME','SECONDS','IMAGE')))",
        arguments={"Environment": environment},
    )

    run = project.run(project.training("fit"), show)

    status, name, seconds, program = run.step("show").log.read_text().split()
    assert (status, name) == ("Completed", run.step("fit").job_name)
    assert seconds.isdigit()
    assert program == "train.py"
    assert run.status is Status.SUCCEEDED


def test_argument_that_images_would_break_is_warned_of(project: Any) -> None:
    """A start parameter that runs here but not in today's images is said."""
    events: list[Event] = []
    step = project.training(
        "fit",
        "import sys; print(sys.argv)",
        hyperparameters={"layers": {"Get": "Parameters.Layers"}, "fine": "1e-3"},
    )
    declared = [{"Name": "Layers", "Type": "String", "DefaultValue": "64"}]
    asked = {"Layers": "[64, 32]"}

    run = project.run(step, declared=declared, parameters=asked, watch=events.append)

    (warning,) = [event for event in events if isinstance(event, StepWarned)]
    assert warning.step == "fit"
    assert "'layers'" in warning.text
    assert "'[64, 32]'" in run.step("fit").log.read_text()


def test_argument_that_an_image_breaks_in_any_case_is_refused(project: Any) -> None:
    """What is certain to fail in the image named is not run here either."""
    step = project.training("fit", hyperparameters={"layers": "[64, 32]"})

    with pytest.raises(InvalidDefinitionError, match="without quotes") as caught:
        project.run(step)

    assert len(caught.value.problems) == 1
    assert caught.value.address == "$.Steps[0].Arguments.HyperParameters.layers"
    assert not project.home.exists()
