"""What a pipeline definition says, as frozen records."""

from __future__ import annotations

from collections.abc import Mapping
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
        arguments: The request, references and all.
        depends_on: The steps it names under ``DependsOn``.
        inner: The names of steps that live inside this one (a condition's branches).
        raw: The step as written, so that members unknown here survive.
        address: Where it stands in the definition.
    """

    name: str
    type: str
    arguments: Mapping[str, Any] = MappingProxyType({})
    depends_on: tuple[str, ...] = ()
    inner: tuple[str, ...] = ()
    raw: Mapping[str, Any] = attrs.field(factory=dict, repr=False)
    address: str = "$"

    @property
    def request(self) -> Node:
        """The arguments, together with the place they stand at."""
        return Node(self.arguments, f"{self.address}.Arguments")


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
