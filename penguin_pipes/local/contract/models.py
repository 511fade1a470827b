"""Which model a request means, and what serves it: pure look-ups among steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, Self

import attrs

from penguin_pipes.definition import Node
from penguin_pipes.local.contract.requests import DataInput, has_network
from penguin_pipes.local.resolve import Unknown

if TYPE_CHECKING:
    from collections.abc import Iterator

    Steps = Mapping[str, Mapping[str, Any] | Unknown]
    Registered = Callable[[str], Mapping[str, Any] | None]

MODEL: Final = "Model"
"""The member of a transform's request that tells what its ModelName stands for."""

PACKAGE: Final = "ModelPackageName"
FOLDER: Final = "/opt/ml/model"
CODE: Final = "/opt/ml/code"
PROGRAM, SOURCE = "SAGEMAKER_PROGRAM", "SAGEMAKER_SUBMIT_DIRECTORY"
DEFAULT_PROGRAM: Final = "inference.py"


@attrs.frozen(kw_only=True)
class Served:
    """A model with the container that serves it.

    Attributes:
        image: The container's image.
        data: Its artifacts.
        source: The archive of its script, if that is not among the artifacts.
        program: The script's name.
        environment: What the model sets.
        network: Whether it may have one.
    """

    image: str
    data: DataInput
    source: DataInput | None
    program: str
    environment: Mapping[str, str]
    network: bool

    @classmethod
    def read(cls, model: Node) -> Self:
        """Return what serves a model.

        Raises:
            UnsupportedError: Nothing on this computer can.
        """
        containers = model.all("Containers")
        if len(containers) != 1:
            model.cannot_run(
                f"a model of {len(containers)} containers has each answer the one "
                "before it, which is not done here; make it of one"
            )
        (container,) = containers
        source = data_source(container)
        if source is None:
            container.cannot_run(
                "the model has no ModelDataUrl, and no ModelPackageName that is "
                "registered here, so that nothing can answer; give it one"
            )
        settings = container.get("Environment")
        environment = {} if settings is None else settings.texts()
        place = environment.get(SOURCE, "")
        return cls(
            image=container.text_of("Image"),
            data=DataInput(
                name="model",
                uri=source.literal(),
                path=FOLDER,
                address=source.address,
            ),
            source=DataInput(
                name="code",
                uri=place,
                path=CODE,
                address=f"{container.address}.Environment.{SOURCE}",
            )
            if place.startswith("s3://")
            else None,
            program=environment.get(PROGRAM) or DEFAULT_PROGRAM,
            environment=environment,
            network=has_network(model),
        )


def own_containers(request: Node) -> Iterator[Node]:
    """Yield the containers of a model."""
    primary = request.get("PrimaryContainer")
    if primary is not None:
        yield primary
    yield from request.all("Containers")


def data_source(container: Node) -> Node | None:
    """Return where a container's artifacts are, if it has any."""
    source = container.get("ModelDataUrl")
    if source is not None:
        return source
    found = container.get("ModelDataSource")
    s3 = None if found is None else found.get("S3DataSource")
    return None if s3 is None else s3.get("S3Uri")


def with_model(request: Node, steps: Steps) -> Node:
    """Return a transform's request together with the model that it names.

    At the service, a model is a name. Here, it is what a step has said of it.
    """
    name = request.get("ModelName")
    if name is None or isinstance(name.value, Unknown):
        return request
    for said in steps.values():
        if isinstance(said, Unknown) or "ModelArn" not in said:
            continue
        if name.value in (said.get("ModelName"), said.get("ModelArn")):
            told = Node(said, f"{request.address}.{MODEL}")
            model = {
                "Containers": [each.value for each in own_containers(told)],
                **_isolation(said),
            }
            return Node({**request.value, MODEL: model}, request.address)
    return request


def _isolation(said: Mapping[str, Any]) -> dict[str, Any]:
    """Return whether a model is kept from the network, if it says so."""
    key = "EnableNetworkIsolation"
    return {key: said[key]} if key in said else {}


def with_packages(request: Node, steps: Steps, registered: Registered) -> Node:
    """Return a model's request, with what is in the versions that it is made of.

    Args:
        request: Its containers may name versions.
        steps: What the steps of the run say, also of versions that they register.
        registered: Returns what is said of a version that an earlier run registered.
    """
    primary = request.get("PrimaryContainer")
    several = request.all("Containers")
    value = dict(request.value)
    if primary is not None:
        value["PrimaryContainer"] = _unpacked(primary, steps, registered)
    if several:
        value["Containers"] = [_unpacked(each, steps, registered) for each in several]
    return Node(value, request.address)


def _unpacked(container: Node, steps: Steps, registered: Registered) -> Any:
    """Return a container with the image and the data of its version, if it has one."""
    name = container.get(PACKAGE)
    if name is None:
        return container.value
    versions = [
        said
        for said in steps.values()
        if not isinstance(said, Unknown) and said.get("ModelPackageArn") == name.value
    ]
    earlier = None if versions else registered(name.text())
    if earlier is not None:
        versions = [earlier]
    found = [
        containers[0]
        for said in versions
        if (containers := said.get("InferenceSpecification", {}).get("Containers"))
    ]
    # Before the run, no version has its number yet: one alone is the one that is meant.
    return {**found[0], **container.value} if len(found) == 1 else container.value
