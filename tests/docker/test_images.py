"""What is promised of images that are not on this computer."""

from __future__ import annotations

import re
from typing import Any

import pytest

from penguin_pipes.errors import InputError
from penguin_pipes.local import explain_locally, run_locally
from penguin_pipes.local.backends import DockerBackend

NOWHERE = "127.0.0.1:1/team/image:1"
"""A registry that nobody listens as."""


def run(project: Any, backend: DockerBackend) -> None:
    """Run a step whose image is `NOWHERE`'s."""
    step = project.processing()
    step["Arguments"]["AppSpecification"]["ImageUri"] = NOWHERE
    with backend:
        run_locally(
            project.definition(step),
            files=project.files,
            home=project.home,
            backend=backend,
        )


def test_an_image_that_cannot_be_pulled_is_refused_before_anything_starts(
    project: Any,
) -> None:
    """With the daemon's reason and both ways out; the home is not even made."""
    told: list[str] = []
    words = (
        rf"image {NOWHERE} is not on this computer and cannot be pulled "
        r"\(.*connection refused\); sign in with 'docker login 127.0.0.1:1', or name "
        rf"an image of this computer in its place: --image {NOWHERE}=LOCAL-TAG"
    )

    with pytest.raises(InputError, match=words):
        run(project, DockerBackend(tell=told.append))

    assert told == [f"pulling {NOWHERE}: it is not on this computer yet"]
    assert not project.home.exists()


def test_a_substitute_that_is_not_there_is_refused(project: Any) -> None:
    """It is never pulled: it was said to be here."""
    backend = DockerBackend(substitutes={NOWHERE: "no-such-image:9"})

    with pytest.raises(InputError, match="there is no image 'no-such-image:9' on this"):
        run(project, backend)


def test_a_substitute_that_nobody_asks_for_is_refused(project: Any) -> None:
    """A typo in a URI would otherwise have the wrong image pulled."""
    backend = DockerBackend(substitutes={"acme/typo:1": "penguin-pipes/stand-in:raw"})
    words = f"no step asks for this image; the images asked for are: {NOWHERE}"

    with pytest.raises(InputError, match=re.escape(words)):
        run(project, backend)


def test_explaining_pulls_nothing(project: Any) -> None:
    """An image that is not here yet is no reason to wait, or to fail."""
    step = project.processing("", CacheConfig={"Enabled": True})
    project.run(step)
    step["Arguments"]["AppSpecification"]["ImageUri"] = NOWHERE

    with DockerBackend() as backend:
        explained = explain_locally(
            project.definition(step),
            "clean",
            files=project.files,
            home=project.home,
            images=backend.images,
        )

    assert explained.reused_from is None
    assert explained.parts[f"image {NOWHERE}"] == "not on this computer"
