"""What is promised of training jobs in containers with AWS's own toolkit."""

from __future__ import annotations

import json
import os
import tarfile
from typing import Any

import pytest

from penguin_pipes.errors import StepFailedError
from penguin_pipes.local import run_locally

PROBE = """
import json, os, sys
found = {"argv": sys.argv, "cwd": os.getcwd(), "files": sorted(os.listdir())}
found |= {k: v for k, v in os.environ.items() if k.startswith("SM_")}
json.dump(found, open("/opt/ml/model/found.json", "w"))
print("auc=0.75")
"""
VALUES = {
    "epochs": "3",
    "lr": "1e-5",
    "flag": "true",
    "layers": '["a","b"]',
    "none": "null",
    "a-b": '"x y"',
    "sagemaker_container_log_level": "20",
    "sagemaker_region": "us-east-1",
}
THIS_COMPUTER = {"SM_NUM_CPUS", "SM_NUM_GPUS", "SM_TRAINING_ENV", "SM_FRAMEWORK_MODULE"}
"""Variables that say what the job runs on, and how its toolkit was started."""


def member(run: Any, name: str, artifact: str = "model") -> str:
    """Return a file of an artifact of the training step."""
    with tarfile.open(run.step("fit").artifacts[artifact]) as tar:
        file = tar.extractfile(name)
        assert file is not None
        return file.read().decode()


def test_aws_toolkit_tells_the_script_what_a_process_is_told(project: Any) -> None:
    """Arguments and SM_* variables are the same with and without the image."""
    step = project.training({"train.py": PROBE, "helper.py": ""}, VALUES)

    contained = project.run(step)
    here = run_locally(
        project.definition(step), files=project.files, home=project.folder / "other"
    )

    ours, theirs = (json.loads(member(run, "found.json")) for run in (here, contained))
    for found in (ours, theirs):
        for name in THIS_COMPUTER:
            found.pop(name)
    assert ours == theirs
    assert theirs["SM_MODULE_DIR"] == "s3://code/fit/sourcedir.tar.gz"
    assert theirs["files"] == ["helper.py", "train.py"]


def test_metrics_model_and_checkpoints_are_kept(project: Any) -> None:
    """What the container leaves becomes what the service would make of it."""
    script = """
        import os
        print("auc=0.5")
        print("auc=0.75")
        os.makedirs("/opt/ml/output/data", exist_ok=True)
        open("/opt/ml/model/weights", "w").write("w")
        open("/opt/ml/output/data/report", "w").write("r")
        open("/opt/ml/checkpoints/1", "w").write("c")
    """
    step = project.training(
        {"train.py": script}, CheckpointConfig={"S3Uri": "s3://models/checkpoints"}
    )

    run = project.run(step)

    assert [point.value for point in run.step("fit").series["auc"]] == [0.5, 0.75]
    assert member(run, "weights") == "w"
    assert member(run, "report", "output") == "r"
    assert (run.step("fit").artifacts["checkpoints"] / "1").read_text() == "c"


def test_a_script_that_fails_is_told_in_the_toolkits_words(project: Any) -> None:
    """The toolkit exits with 1 and writes the reason; both are what is reported."""
    step = project.training({"train.py": "raise ValueError('boom 42')"})

    with pytest.raises(StepFailedError) as caught:
        project.run(step)

    (failed,) = caught.value.run.steps  # type: ignore[attr-defined]
    assert failed.exit_code == 1
    assert failed.failure.startswith("AlgorithmError: ExecuteUserScriptError:")
    assert '"/usr/bin/python3 -- train.py", exit code: 1' in failed.failure
    assert "ValueError: boom 42" in failed.log.read_text()


def test_requirements_are_the_images_business(project: Any) -> None:
    """Its toolkit installs them; here they are there already."""
    members = {"train.py": PROBE, "requirements.txt": "six\n"}

    run = project.run(project.training(members))

    assert run.step("fit").metrics == {"auc": 0.75}
    assert "Requirement already satisfied: six" in run.step("fit").log.read_text()


def test_a_script_in_the_image_is_not_hidden(project: Any) -> None:
    """An image with code and program of its own trains without any archive."""
    image = project.image(
        "COPY train.py /opt/ml/code/train.py",
        "ENV SAGEMAKER_PROGRAM=train.py",
        **{"train.py": PROBE},
    )

    run = project.run(project.training({}, {"epochs": "3"}), image=image)

    assert json.loads(member(run, "found.json"))["argv"] == [
        "train.py",
        "--epochs",
        "3",
    ]


def test_an_entrypoint_of_the_request_replaces_the_images(project: Any) -> None:
    """The service's part of the environment is there, the toolkit's is not."""
    script = (
        "import json, os; json.dump(dict(os.environ), open('/opt/ml/model/e', 'w'))"
    )
    step = project.training({}, Environment={"MINE": "yes"})
    step["Arguments"]["AlgorithmSpecification"] |= {
        "ContainerEntrypoint": ["python3", "-c"],
        "ContainerArguments": [script],
    }

    run = project.run(step)

    told = json.loads(member(run, "e"))
    assert told["MINE"] == "yes"
    assert told["TRAINING_JOB_NAME"] == run.step("fit").job_name
    assert told["AWS_REGION"] == "us-east-1"
    assert not [name for name in told if name.startswith("SM_")]


def test_what_a_job_writes_belongs_to_the_caller(project: Any) -> None:
    """Also where the image's own user is another."""
    image = project.image("USER 12345")
    owner = os.getuid()

    run = project.run(project.training({"train.py": PROBE}), image=image)

    assert run.step("fit").exit_code == 0
    assert {path.stat().st_uid for path in project.home.rglob("*")} == {owner}
