"""What is promised of jobs whose backend has their images."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import pytest

from penguin_pipes.errors import InputError
from penguin_pipes.local import explain_locally

if TYPE_CHECKING:
    from collections.abc import Iterable

SKLEARN = "683313688378.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-scikit-learn:1.9-0"
TENSORFLOW = "763104351884.dkr.ecr.eu-west-1.amazonaws.com/tensorflow-training:2.21.0"
CACHED = {"CacheConfig": {"Enabled": True}}


@attrs.define
class Shelf:
    """Images by what they are; all can be brought but those that are None.

    Attributes:
        brought: What was asked for, in order.
    """

    identities: dict[str, str | None] = attrs.field(factory=dict)
    brought: list[str] = attrs.field(factory=list)

    def bring(self, uris: Iterable[str]) -> None:
        """Note them."""
        for uri in uris:
            if uri in self.identities and self.identities[uri] is None:
                msg = f"no {uri}"
                raise InputError(msg)
            self.brought.append(uri)

    def identity(self, uri: str) -> str:
        """Return what the image is."""
        return self.identities.get(uri) or "sha256:1"


@pytest.fixture
def contained(recorder: Any) -> Any:
    """Return a backend that has images, and records."""
    recorder.images = Shelf()
    return recorder


def test_a_training_image_is_told_to_train(project: Any, contained: Any) -> None:
    """It gets the service's part alone: arguments and SM_* are its toolkit's."""
    step = project.training(
        "t",
        "print('hello')",
        hyperparameters={"lr": "0.1"},
        arguments={"Environment": {"MINE": "1"}},
    )
    seen: list[str] = []
    contained.act = lambda command, _: seen.extend(
        str(path.relative_to(command.tree)) for path in sorted(command.tree.rglob("*"))
    )

    run = project.run(step, backend=contained)

    (command,) = contained.commands
    assert (command.image, command.argv) == (TENSORFLOW, ("train",))
    assert not command.replaces_entrypoint
    assert command.environment == {
        "TRAINING_JOB_NAME": run.step("t").job_name,
        "TRAINING_JOB_ARN": command.environment["TRAINING_JOB_ARN"],
        "AWS_REGION": "eu-west-1",
        "MINE": "1",
    }
    assert {"code/train.py", "input/config/hyperparameters.json"} <= set(seen)


def test_code_that_processes_cannot_have_goes_to_the_image(
    project: Any, contained: Any
) -> None:
    """A setup.py, requirements and a program that is not there are for its toolkit."""
    source = project.archive(
        "s3://code/x/sourcedir.tar.gz", {"setup.py": "", "requirements.txt": "numpy"}
    )
    values = {"sagemaker_submit_directory": source, "sagemaker_program": "lib.main"}
    step = project.training("t", hyperparameters=values)

    project.run(step, backend=contained)

    assert contained.commands[0].argv == ("train",)


def test_an_algorithm_of_the_image_needs_no_script(
    project: Any, contained: Any
) -> None:
    """Without script mode there is no code folder that would hide the image's."""
    step = project.training("t", arguments={"HyperParameters": None})
    folders: list[str] = []
    contained.act = lambda command, _: folders.extend(
        path.name for path in command.tree.iterdir()
    )

    project.run(step, backend=contained)

    assert sorted(folders) == ["input", "model", "output"]


def test_arguments_alone_follow_the_images_entrypoint(
    project: Any, contained: Any
) -> None:
    """As at the service, for both kinds of jobs."""
    app = {"ContainerEntrypoint": None, "ContainerArguments": ["--fast"]}
    clean = project.processing("p", arguments={"AppSpecification": app})
    fit = project.training("t", arguments={"AlgorithmSpecification": app})

    project.run(clean, fit, backend=contained)

    for command in contained.commands:
        assert command.argv == ("--fast",)
        assert not command.replaces_entrypoint


def test_all_images_are_there_before_anything_starts(
    project: Any, contained: Any
) -> None:
    """The last step's missing image is told at the start, not after hours."""
    contained.images.identities[TENSORFLOW] = None

    with pytest.raises(InputError, match=f"no {TENSORFLOW}"):
        project.run(project.processing("p"), project.training("t"), backend=contained)

    assert contained.images.brought == [SKLEARN]
    assert contained.commands == []


def test_another_image_makes_a_step_run_again(project: Any, contained: Any) -> None:
    """Its content counts, not its name; the reason says from what to what."""
    step = project.processing("p", **CACHED)
    first = project.run(step, backend=contained)
    second = project.run(step, backend=contained)
    contained.images.identities[SKLEARN] = "sha256:2"

    third = project.run(step, backend=contained)

    assert second.step("p").reused_from == first.id
    assert third.step("p").reasons == (f"image {SKLEARN} sha256:1 → sha256:2",)


def test_what_processes_made_is_not_taken(project: Any, contained: Any) -> None:
    """One reason says it: all packages of this computer are none of the image's."""
    step = project.processing("p", **CACHED)
    project.run(step)

    explained = explain_locally(
        project.definition(step),
        "p",
        files=project.files,
        home=project.home,
        images=contained.images,
    )

    assert explained.reused_from is None
    assert explained.reasons == ("backend process → docker",)
