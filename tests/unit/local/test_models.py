"""What is promised of models that a run makes and registers."""

from __future__ import annotations

from typing import Any

import pytest

from penguin_pipes.errors import InputError, StepFailedError, UnsupportedError
from penguin_pipes.local import History, Status, prune

IMAGE = "763104351884.dkr.ecr.eu-west-1.amazonaws.com/tensorflow-inference:2.20.0-cpu"
ROLE = "arn:aws:iam::123456789012:role/pipelines"
MODEL = {"Get": "Steps.fit.ModelArtifacts.S3ModelArtifacts"}


def create(name: str, data: Any = MODEL) -> dict[str, Any]:
    """Return a step that makes a model, as the SDK writes it."""
    container = {"Image": IMAGE, "ModelDataUrl": data, "Environment": {}}
    arguments = {"ExecutionRoleArn": ROLE, "PrimaryContainer": container}
    return {"Name": name, "Type": "Model", "Arguments": arguments}


def register(name: str, data: Any = MODEL, **arguments: Any) -> dict[str, Any]:
    """Return a step that registers a model, as the SDK writes it."""
    return {
        "Name": name,
        "Type": "RegisterModel",
        "Arguments": {
            "ModelPackageGroupName": "penguins",
            "InferenceSpecification": {
                "Containers": [{"Image": IMAGE, "ModelDataUrl": data}],
                "SupportedContentTypes": ["text/csv"],
                "SupportedResponseMIMETypes": ["text/csv"],
            },
            **arguments,
        },
    }


@pytest.fixture
def fit(project: Any, recorder: Any) -> Any:
    """Return a training step that leaves a model."""

    def act(command: Any, _: Any) -> None:
        if (command.tree / "model").is_dir():
            (command.tree / "model" / "weights").write_text("1")

    recorder.act = act
    return project.training("fit", CacheConfig={"Enabled": True})


def _versions(project: Any) -> Any:
    """Return the versions of the penguins, the newest first."""
    with History(project.home) as history:
        return history.registry.versions("penguins")


class TestModel:
    """Steps that make a model."""

    def test_properties_are_those_of_a_model(
        self, project: Any, recorder: Any, fit: Any
    ) -> None:
        """Others can refer to its name and its artifacts; no job is started for it."""
        environment = {"M": {"Get": "Steps.make.ModelName"}}
        reader = project.processing("read", arguments={"Environment": environment})

        run = project.run(fit, create("make"), reader, backend=recorder)

        made, trained = run.step("make"), run.step("fit")
        assert len(recorder.commands) == 2
        assert recorder.commands[1].environment["M"] == made.job_name
        assert made.properties["ModelName"] == made.job_name
        assert made.properties["ModelArn"] == (
            f"arn:aws:sagemaker:eu-west-1:123456789012:model/{made.job_name}"
        )
        assert (
            made.properties["PrimaryContainer"]["ModelDataUrl"]
            == (trained.properties["ModelArtifacts"]["S3ModelArtifacts"])
        )
        assert made.artifacts == {"model": trained.artifacts["model"]}

    def test_data_that_nobody_has_is_refused(self, project: Any, recorder: Any) -> None:
        """A model of artifacts that lie nowhere is refused before anything starts."""
        with pytest.raises(
            InputError, match=r"'make' reads s3://b/model.tar.gz, and not"
        ):
            project.run(
                project.processing("a"),
                create("make", "s3://b/model.tar.gz"),
                backend=recorder,
            )

        assert recorder.commands == []

    def test_data_that_was_not_written_fails_the_step(
        self, project: Any, recorder: Any
    ) -> None:
        """A model of what a step did not write is none."""
        step = project.processing("a", outputs=("model",))

        with pytest.raises(
            StepFailedError, match=r"'make' failed: .*no object lies at"
        ):
            project.run(
                step, create("make", project.output("a", "model")), backend=recorder
            )


class TestRegistry:
    """Steps that register a model."""

    def test_each_run_adds_a_version(
        self, project: Any, recorder: Any, fit: Any
    ) -> None:
        """Versions count from one, and know their run, their data and their approval."""
        approved = register("keep", ModelApprovalStatus="Approved")
        first = project.run(fit, register("keep"), backend=recorder)
        second = project.run(fit, approved, backend=recorder)

        two, one = _versions(project)
        assert (one.version, one.run, one.approval) == (
            1,
            first.id,
            "PendingManualApproval",
        )
        assert (two.version, two.run, two.approval) == (2, second.id, "Approved")
        assert one.arn.endswith(":model-package/penguins/1")
        assert one.properties == first.step("keep").properties
        assert second.step("keep").artifacts["model"].is_file()
        with History(project.home) as history:
            assert history.registry.groups() == ("penguins",)
            assert history.registry.versions("others") == ()

    def test_version_can_be_referred_to(
        self, project: Any, recorder: Any, fit: Any
    ) -> None:
        """Steps after it read the ARN and the version that it was given."""
        environment = {
            "ARN": {"Get": "Steps.keep.ModelPackageArn"},
            "N": {"Get": "Steps.keep.ModelPackageVersion"},
        }
        reader = project.processing("read", arguments={"Environment": environment})

        project.run(fit, register("keep"), reader, backend=recorder)

        (package,) = _versions(project)
        told = recorder.commands[-1].environment
        assert (told["ARN"], told["N"]) == (package.arn, "1")

    def test_failed_run_registers_what_it_had_registered_once(
        self, project: Any, recorder: Any, fit: Any
    ) -> None:
        """Who goes on from a failure does not register the same again."""
        recorder.fails = {"after"}
        steps = [
            fit,
            register("keep"),
            project.processing("after", DependsOn=["keep"]),
        ]
        with pytest.raises(StepFailedError, match="'after'"):
            project.run(*steps, backend=recorder)
        recorder.fails = set()

        run = project.run(*steps, resume=True, backend=recorder)

        (package,) = _versions(project)
        assert run.step("keep").status is Status.SUCCEEDED
        assert run.step("keep").properties == package.properties

    def test_numbers_do_not_come_again(
        self, project: Any, recorder: Any, fit: Any
    ) -> None:
        """A pruned run takes its versions along, and their numbers too."""
        project.run(fit, register("keep"), cache="refresh", backend=recorder)
        project.run(fit, cache="refresh", backend=recorder)
        assert len(prune(project.home, max_bytes=0).runs) == 1
        assert _versions(project) == ()

        project.run(fit, register("keep"), backend=recorder)

        assert [each.version for each in _versions(project)] == [2]

    def test_model_without_versions_is_refused(
        self, project: Any, recorder: Any, fit: Any
    ) -> None:
        """What the local registry does not have is said before anything starts."""
        step = register("keep")
        del step["Arguments"]["ModelPackageGroupName"]
        step["Arguments"]["ModelPackageName"] = "single"

        with pytest.raises(UnsupportedError, match="name a ModelPackageGroupName inst"):
            project.run(fit, step, backend=recorder)

        assert recorder.commands == []

    def test_model_behind_a_condition(
        self, project: Any, recorder: Any, fit: Any
    ) -> None:
        """A model that is not good enough is not registered."""
        condition = {
            "Name": "good",
            "Type": "Condition",
            "Arguments": {
                "Conditions": [{"Type": "LessThan", "LeftValue": 1, "RightValue": 0}],
                "IfSteps": [register("keep")],
                "ElseSteps": [],
            },
        }

        run = project.run(fit, condition, backend=recorder)

        assert run.step("keep").status is Status.SKIPPED
        assert _versions(project) == ()
