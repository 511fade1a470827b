"""Know training jobs before they run: what they need, what they will be."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import attrs

from penguin_pipes.local.contract import source, training
from penguin_pipes.local.contract.requests import DataInput, refuse_cluster_in_images
from penguin_pipes.local.contract.script_mode import SOURCE, ScriptMode
from penguin_pipes.local.contract.training import TrainingRequest
from penguin_pipes.local.disk import remove
from penguin_pipes.local.events import StepWarned
from penguin_pipes.local.jobs.kind import JobKind
from penguin_pipes.local.jobs.scripts import training_script
from penguin_pipes.local.jobs.training_described import described
from penguin_pipes.local.jobs.training_job import TrainingJob
from penguin_pipes.local.metrics import check_metrics
from penguin_pipes.local.resolve import Unknown
from penguin_pipes.local.retries import own_policy, own_retries
from penguin_pipes.local.uris import S3Uri

if TYPE_CHECKING:
    from collections.abc import Mapping

    from penguin_pipes.definition import Node
    from penguin_pipes.local.backends import Script
    from penguin_pipes.local.contract.host import Host
    from penguin_pipes.local.jobs.base import Job, JobResult
    from penguin_pipes.local.storage import Storage


@attrs.frozen
class TrainingKind(JobKind):
    """Steps of type ``Training``.

    Attributes:
        in_image: Whether they run in the images that they name.
    """

    names_job = "TrainingJobName"
    in_image: bool = False

    def check(self, request: Node, storage: Storage) -> None:
        """Raise a `RequestError` if the job cannot run on this computer."""
        asked = TrainingRequest.read(request)
        check_metrics(request)
        own_policy(request)
        if self.in_image:
            refuse_cluster_in_images(request, asked.instances)
        else:
            training.refuse_without_image(request)
        code = self._code(asked, request)
        if code is not None and code.is_known:
            found = storage.objects(S3Uri.parse(code.uri)).values()
            # Code that a step of this run will write is looked at when it is there.
            for archive in found:
                source.inspect(archive, self._program(asked, request))

    def inputs(self, request: Node) -> tuple[DataInput, ...]:
        """Return what must lie in S3 for the job to start."""
        asked = TrainingRequest.read(request)
        code = self._code(asked, request)
        return asked.channels if code is None else (*asked.channels, code)

    def outputs(self, request: Node, job_name: str) -> tuple[str, ...]:
        """Return the S3 names at or below which the job's results will lie."""
        asked = TrainingRequest.read(request)
        checkpoints = () if asked.checkpoints is None else (asked.checkpoints.uri,)
        return (asked.artifact(job_name), *checkpoints)

    def expected(self, request: Node, job_name: str) -> Mapping[str, Any]:
        """Return what Describe will say of the finished job, as far as is known."""
        asked = TrainingRequest.read(request)
        metrics = {name: Unknown("a metric") for name, _ in asked.metrics}
        return described(asked, job_name, metrics=metrics)

    def script(self, request: Node, storage: Storage, host: Host) -> Script | None:
        """Return the script that the job will start, if it can be known of."""
        asked = TrainingRequest.read(request)
        code = self._code(asked, request)
        if code is None or not code.is_known or self.in_image:
            return None
        script = ScriptMode.read(asked, request)
        return training_script(asked, script, storage, host)

    def run(self, request: Node, job: Job) -> JobResult:
        """Run the job to its end."""
        asked = TrainingRequest.read(request)
        has_script = not (self.in_image or asked.entrypoint)
        script = ScriptMode.read(asked, request) if has_script else None
        return own_retries(
            request,
            act=lambda: TrainingJob(asked, job).run(script),
            again=partial(_begin_again, job),
            wait=lambda _: job.refuse_if_over(),
        )

    def _program(self, asked: TrainingRequest, request: Node) -> str | None:
        """Return the script, if it is not the image's business to find it."""
        return None if self.in_image else ScriptMode.read(asked, request).program

    def _code(self, asked: TrainingRequest, request: Node) -> DataInput | None:
        """Return the script's archive as an input, unless there is none to fetch."""
        if asked.entrypoint:
            return None
        if not self.in_image:
            # Whatever else is wrong with script mode is told here.
            ScriptMode.read(asked, request)
        uri = asked.code_uri
        if uri is None:
            return None
        return DataInput(
            name="code",
            uri=uri,
            path=training.CODE,
            address=f"{request.address}.HyperParameters.{SOURCE}",
        )


def _begin_again(job: Job, why: str) -> None:
    """Have a training job begin from the beginning; its log goes on."""
    job.announce(StepWarned(job.step, f"training job {job.name}: {why}"))
    remove(job.tree.root)
