"""Steps that make a model of artifacts, or register it as a version of a group."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from penguin_pipes.errors import InputError
from penguin_pipes.local.contract.models import (
    data_source,
    own_containers,
    with_packages,
)
from penguin_pipes.local.contract.names import account_of, arn, region_of
from penguin_pipes.local.contract.requests import DataInput
from penguin_pipes.local.jobs.base import JobResult, moment
from penguin_pipes.local.jobs.decisions import Still
from penguin_pipes.local.records import now
from penguin_pipes.local.resolve import Unknown
from penguin_pipes.local.uris import S3Uri

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime
    from pathlib import Path

    from penguin_pipes.definition import Node
    from penguin_pipes.local.jobs.base import Job
    from penguin_pipes.local.jobs.kind import Registered
    from penguin_pipes.local.storage import Storage


class ModelKind(Still):
    """Steps of type ``Model``: ``CreateModel``."""

    def completed(
        self,
        request: Node,
        steps: Mapping[str, Mapping[str, Any] | Unknown],
        registered: Registered,
    ) -> Node:
        """Return *request* with the containers of the versions that it names."""
        return with_packages(request, steps, registered)

    def check(self, request: Node, storage: Storage) -> None:  # noqa: ARG002
        """Raise a `RequestError` if there is nothing to make a model of."""
        if not any(True for _ in own_containers(request)):
            request.need("PrimaryContainer")

    def inputs(self, request: Node) -> tuple[DataInput, ...]:
        """Return the artifacts that the model is made of."""
        return tuple(_data(own_containers(request)))

    def expected(self, request: Node, job_name: str) -> Mapping[str, Any]:
        """Return what Describe will say of the model, as far as is known."""
        return _described(request, job_name, at=None)

    def run(self, request: Node, job: Job) -> JobResult:
        """See that the artifacts are there.

        Raises:
            InputError: One of them is not.
        """
        return JobResult(
            failure=None,
            properties=_described(request, job.name, at=now()),
            artifacts=_found(self.inputs(request), job.storage),
        )


class RegisterModelKind(Still):
    """Steps of type ``RegisterModel``: ``CreateModelPackage``."""

    def check(self, request: Node, storage: Storage) -> None:  # noqa: ARG002
        """Raise a `RequestError` if there is no group to register the model in."""
        name = request.get("ModelPackageName")
        if name is not None:
            name.cannot_run(
                "a model without versions cannot be registered by the local run; name "
                "a ModelPackageGroupName instead"
            )
        request.need("ModelPackageGroupName")

    def inputs(self, request: Node) -> tuple[DataInput, ...]:
        """Return the artifacts of the model."""
        return tuple(_data(_inference_containers(request)))

    def expected(self, request: Node, job_name: str) -> Mapping[str, Any]:  # noqa: ARG002
        """Return what Describe will say of the version, as far as is known."""
        unknown = ("ModelPackageArn", "ModelPackageVersion", "CreationTime")
        return {
            "ModelPackageStatus": "Completed",
            "ModelApprovalStatus": "PendingManualApproval",
            **request.value,
            **{name: Unknown(name) for name in unknown},
        }

    def run(self, request: Node, job: Job) -> JobResult:
        """See that the artifacts are there; the record of the step adds the version.

        Raises:
            InputError: One of them is not.
        """
        return JobResult(
            failure=None,
            properties=request.value,
            artifacts=_found(self.inputs(request), job.storage),
            model_group=request.need("ModelPackageGroupName").text(),
        )


def _inference_containers(request: Node) -> Iterator[Node]:
    """Yield the containers of a version, if it names any."""
    specification = request.get("InferenceSpecification")
    if specification is not None:
        yield from specification.all("Containers")


def _data(containers: Iterator[Node]) -> Iterator[DataInput]:
    """Yield what each container serves; the first is called ``model``."""
    for number, container in enumerate(containers, start=1):
        source = data_source(container)
        if source is not None:
            yield DataInput(
                name="model" if number == 1 else f"model {number}",
                uri=source.literal(),
                path="/opt/ml/model",
                address=source.address,
            )


def _found(inputs: tuple[DataInput, ...], storage: Storage) -> dict[str, Path]:
    """Return where each artifact lies on this computer.

    Raises:
        InputError: One lies nowhere.
    """
    found: dict[str, Path] = {}
    for data in inputs:
        objects = storage.objects(S3Uri.parse(data.uri))
        if not objects:
            msg = (
                f"ClientError: {data.name}: no object lies at or below {data.uri}; the "
                "step that should have written there wrote nothing"
            )
            raise InputError(msg)
        if len(objects) == 1:
            found[data.name] = next(iter(objects.values()))
        else:
            found[data.name] = storage.place(S3Uri.parse(data.uri))
    return found


def _described(request: Node, name: str, *, at: datetime | None) -> dict[str, Any]:
    """Return what the Describe call would say of a model."""
    image = next(
        (
            each.text_of("Image")
            for each in own_containers(request)
            if each.get("Image")
        ),
        "",
    )
    account = account_of(request.text_of("ExecutionRoleArn"))
    return {
        **request.value,
        "ModelName": name,
        "ModelArn": arn("model", name, region=region_of(image), account=account),
        "CreationTime": moment(at),
    }
