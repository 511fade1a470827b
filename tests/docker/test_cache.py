"""What is promised of earlier results where jobs run in containers."""

from __future__ import annotations

from typing import Any

from penguin_pipes.local import Status, explain_locally, run_locally

SCRIPT = "open('/opt/ml/processing/rows/x', 'w').write('1')"
CACHED = {"CacheConfig": {"Enabled": True}}


def test_results_are_taken_while_the_image_is_the_same(project: Any) -> None:
    """A tag that came to mean another image makes the step run again, and says so."""
    tag = project.image("ENV VERSION=1", tag="penguin-pipes/test:moving")
    step = project.processing(SCRIPT, **CACHED)
    first = project.run(step, image=tag)

    second = project.run(step, image=tag)
    project.image("ENV VERSION=2", tag=tag)
    third = project.run(step, image=tag)

    assert second.step("clean").reused_from == first.id
    assert third.step("clean").reused_from is None
    (reason,) = third.step("clean").reasons
    assert reason.startswith("image 683313688378.dkr.ecr.us-east-1.amazonaws.com/")
    assert "sha256:" in reason


def test_processes_and_containers_take_nothing_of_each_other(project: Any) -> None:
    """The same step came of other libraries there."""
    step = project.processing(SCRIPT, **CACHED)
    definition = project.definition(step)
    here = {"files": project.files, "home": project.home}
    run_locally(definition, **here)

    contained = project.run(step)
    with project.backend() as backend:
        explained = explain_locally(definition, "clean", images=backend.images, **here)
    again = run_locally(definition, **here)

    assert contained.step("clean").reasons == ("backend process → docker",)
    assert explained.reused_from == contained.id
    assert again.step("clean").status is Status.SUCCEEDED
    assert again.step("clean").reused_from is not None
    assert again.step("clean").reused_from != contained.id
