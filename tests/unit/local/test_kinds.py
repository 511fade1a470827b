"""What is promised to whoever adds a type of step."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import penguin_pipes.local
from penguin_pipes.definition import Node, parse
from penguin_pipes.local.jobs import KINDS, JobResult, Still
from penguin_pipes.local.preflight import make_plan
from penguin_pipes.local.storage import Storage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from penguin_pipes.local.jobs import Job
    from penguin_pipes.local.jobs.kind import Registered
    from penguin_pipes.local.resolve import Unknown

LOCAL = Path(penguin_pipes.local.__file__).parent
NEW = {"jobs/transform.py", "jobs/transform_job.py", "contract/transform.py"}
"""The modules that came with Transform and are about nothing else."""


class _Labelling(Still):
    """A type of step that there is not."""

    names_job = "LabelingJobName"

    def completed(
        self,
        request: Node,
        steps: Mapping[str, Mapping[str, Any] | Unknown],  # noqa: ARG002
        registered: Registered,  # noqa: ARG002
    ) -> Node:
        """Say who labels."""
        return Node({**request.value, "Team": "ours"}, request.address)

    def expected(self, request: Node, job_name: str) -> Mapping[str, Any]:
        """Return the job's name, and who labels."""
        return {"LabelingJobName": job_name, "Team": request.text_of("Team")}

    def run(self, request: Node, job: Job) -> JobResult:
        """Come to nothing."""
        raise NotImplementedError


def test_a_type_is_planned_by_its_kind_alone(project: Any) -> None:
    """A kind from outside names its job, completes its request and is referred to."""
    label = {
        "Name": "label",
        "Type": "Labelling",
        "Arguments": {"LabelingJobName": "photos"},
    }
    team = {"Get": "Steps.label.Team"}
    after = project.processing("after", arguments={"Environment": {"TEAM": team}})
    kind = _Labelling()

    plan = make_plan(
        parse(project.definition(after, label)),
        name="p",
        parameters={},
        storage=Storage(project.home / "s3", project.files),
        known={**KINDS, "Labelling": kind},
    )

    first, second = plan.tasks
    assert first.job_name.startswith("photos")
    said = {"label": first.expected(plan.request(first, {}))}
    assert plan.request(second, said).value["Environment"] == {"TEAM": "ours"}


def test_the_last_type_that_was_added_is_named_in_two_modules() -> None:
    """Of what was there before Transform, registration and cache alone know of it."""
    naming = {
        str(path.relative_to(LOCAL))
        for path in LOCAL.rglob("*.py")
        if '"Transform"' in path.read_text() or "TransformKind" in path.read_text()
    }

    assert naming - NEW == {"jobs/__init__.py", "cache/key.py"}
