"""What a pipeline definition says, as frozen records."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, TypeAlias

import attrs

from penguin_pipes.definition.node import Node

Scalar: TypeAlias = str | int | float | bool
"""What a pipeline parameter can hold."""


@attrs.frozen(kw_only=True)
class Parameter:
    """One parameter that an execution may set.

    Attributes:
        name: As `Get` calls it: ``Parameters.<name>``.
        type: ``String``, ``Integer``, ``Float`` or ``Boolean``.
        default: What holds when nothing is given; None if something must be.
        choices: The only values allowed, or nothing if all are.
        address: Where the definition declares it.
    """

    name: str
    type: str
    default: Scalar | None = None
    choices: tuple[Scalar, ...] = ()
    address: str = "$"


@attrs.frozen(kw_only=True)
class Step:
    """One step, whatever its type.

    Attributes:
        name: Unique in its definition.
        type: ``Processing``, ``Training`` or any other word; nothing is refused here.
        arguments: The request, references and all, without the steps in branches.
        depends_on: The steps it names under ``DependsOn``.
        branches: Of a condition: ``IfSteps`` and ``ElseSteps``.
        within: The branches around it, outermost first: condition step, branch.
        raw: The step as written, so that members unknown here survive.
        address: Where it stands in the definition.
    """

    name: str
    type: str
    arguments: Mapping[str, Any] = MappingProxyType({})
    depends_on: tuple[str, ...] = ()
    branches: Mapping[str, tuple[Step, ...]] = MappingProxyType({})
    within: tuple[tuple[str, str], ...] = ()
    raw: Mapping[str, Any] = attrs.field(factory=dict, repr=False)
    address: str = "$"

    @property
    def request(self) -> Node:
        """The arguments, together with the place they stand at."""
        return Node(self.arguments, f"{self.address}.Arguments")

    @property
    def own(self) -> Mapping[str, Any]:
        """The step as written, without the steps in its branches."""
        if not self.branches:
            return self.raw
        return {**self.raw, "Arguments": self.arguments}


@attrs.frozen(kw_only=True)
class Definition:
    """A whole pipeline.

    Attributes:
        version: The schema's version, as written.
        parameters: In the order of the definition.
        steps: In the order of the definition, which need not be that of a run.
        raw: The document as written.
    """

    version: str
    parameters: tuple[Parameter, ...] = ()
    steps: tuple[Step, ...] = ()
    raw: Mapping[str, Any] = attrs.field(factory=dict, repr=False)

    @property
    def every_step(self) -> tuple[Step, ...]:
        """The steps, each before those of its branches."""
        return tuple(_every(self.steps))


def _every(steps: tuple[Step, ...]) -> Iterator[Step]:
    """Yield steps, each before those of its branches."""
    for step in steps:
        yield step
        for branch in step.branches.values():
            yield from _every(branch)
