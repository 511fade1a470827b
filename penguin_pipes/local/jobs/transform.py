"""Know transform jobs before they run: what they need, what they will be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

import attrs

from penguin_pipes.local.contract import source
from penguin_pipes.local.contract.models import with_model
from penguin_pipes.local.contract.transform import TransformRequest
from penguin_pipes.local.jobs.kind import JobKind
from penguin_pipes.local.jobs.transform_job import TransformJob, described
from penguin_pipes.local.uris import S3Uri

if TYPE_CHECKING:
    from collections.abc import Mapping

    from penguin_pipes.definition import Node
    from penguin_pipes.local.backends import Script
    from penguin_pipes.local.contract.host import Host
    from penguin_pipes.local.contract.requests import DataInput
    from penguin_pipes.local.jobs.base import Job, JobResult
    from penguin_pipes.local.jobs.kind import Registered
    from penguin_pipes.local.resolve import Unknown
    from penguin_pipes.local.storage import Storage


@attrs.frozen
class TransformKind(JobKind):
    """Steps of type ``Transform``.

    Attributes:
        in_image: Whether they would run in the images that they name.
    """

    names_job = "TransformJobName"
    in_image: bool = False

    def completed(
        self,
        request: Node,
        steps: Mapping[str, Mapping[str, Any] | Unknown],
        registered: Registered,  # noqa: ARG002 - a Model step has looked it up
    ) -> Node:
        """Return *request* with the model that another step makes."""
        return with_model(request, steps)

    def check(self, request: Node, storage: Storage) -> None:
        """Raise a `RequestError` if the job cannot run on this computer."""
        asked, name = TransformRequest.read(request), request.need("ModelName")
        if self.in_image:
            request.cannot_run(
                "no container is asked over HTTP by the local run, so that a transform "
                "does not run in its image; run it without --backend docker"
            )
        if asked.model is None:
            if TransformKind._is_known(name):
                _refuse_stranger(name)
            return
        if asked.model.source is None and asked.model.data.is_known:
            for archive in storage.objects(S3Uri.parse(asked.model.data.uri)).values():
                if archive.name.endswith(".tar.gz"):
                    source.inspect(archive, None)

    @staticmethod
    def _is_known(name: Node) -> bool:
        """Return whether the name is more than what a step will tell."""
        return type(name.value) is str

    def inputs(self, request: Node) -> tuple[DataInput, ...]:
        """Return what must lie in S3 for the job to start."""
        asked = TransformRequest.read(request)
        if asked.model is None:
            return (asked.data,)
        own = () if asked.model.source is None else (asked.model.source,)
        return (asked.data, asked.model.data, *own)

    def outputs(self, request: Node, job_name: str) -> tuple[str, ...]:  # noqa: ARG002
        """Return the S3 names at or below which the job's results will lie."""
        return (TransformRequest.read(request).output,)

    def expected(self, request: Node, job_name: str) -> Mapping[str, Any]:
        """Return what Describe will say of the finished job, as far as is known."""
        return described(TransformRequest.read(request), job_name)

    def script(
        self,
        request: Node,  # noqa: ARG002 - what answers is known when the model is there
        storage: Storage,  # noqa: ARG002 - see above
        host: Host,  # noqa: ARG002 - see above
    ) -> Script | None:
        """Return the script that will be started: it is not known beforehand."""
        return None

    def run(self, request: Node, job: Job) -> JobResult:
        """Run the job to its end."""
        asked = TransformRequest.read(request)
        if asked.model is None:
            _refuse_stranger(request.need("ModelName"))
        return TransformJob(asked, asked.model, job).run()


def _refuse_stranger(name: Node) -> NoReturn:
    """Raise: no step says what a model is."""
    name.cannot_run(
        f"no Model step of this run makes {name.value!r}, and models at AWS are not "
        "here; add the step, and refer to its ModelName"
    )
