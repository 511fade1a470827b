"""Turn definition JSON into frozen types, once, at the border."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from penguin_pipes.definition.document import BRANCHES
from penguin_pipes.definition.model import Definition, Parameter, Scalar, Step
from penguin_pipes.definition.node import Node
from penguin_pipes.errors import DefinitionError

PARAMETER_TYPES: Final = ("String", "Integer", "Float", "Boolean")


def parse(source: str | Mapping[str, Any] | Path) -> Definition:
    """Return the definition in *source*.

    Args:
        source: The JSON as text, the document it holds, or the file it is in.

    Raises:
        DefinitionError: If it is not a definition; the message has the address.
    """
    root = Node(load(source))
    steps = tuple(_step(node) for node in root.need("Steps").items())
    parameters = tuple(_parameter(node) for node in root.all("Parameters"))
    found = Definition(
        version=root.text_of("Version"),
        parameters=parameters,
        steps=steps,
        raw=root.value,
    )
    _refuse_twins(parameters, found.every_step)
    return found


def load(source: str | Mapping[str, Any] | Path) -> Any:
    """Return the JSON document that *source* is, holds, or leads to."""
    if isinstance(source, Mapping):
        return source
    text = _read(source) if isinstance(source, Path) else source
    place = str(source) if isinstance(source, Path) else "the definition"
    try:
        return json.loads(text)
    except RecursionError:
        msg = f"{place} is nested too deeply to be a definition"
        raise DefinitionError(msg) from None
    except ValueError as error:
        msg = f"{place} is not JSON ({error}); to read a file, pass a pathlib.Path"
        raise DefinitionError(msg) from None


def _read(path: Path) -> str:
    """Return the text of the file at *path*."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        msg = f"{path} cannot be read: {error.strerror}"
        raise DefinitionError(msg) from None
    except UnicodeDecodeError as error:
        msg = f"{path} is not UTF-8 text ({error.reason} at byte {error.start})"
        raise DefinitionError(msg) from None


def _parameter(node: Node) -> Parameter:
    """Return one parameter."""
    kind = node.need("Type")
    if kind.literal() not in PARAMETER_TYPES:
        kind.expected(f"one of {', '.join(PARAMETER_TYPES)}")
    default = node.get("DefaultValue")
    return Parameter(
        name=node.need("Name").literal(),
        type=kind.literal(),
        default=None if default is None else _scalar(default),
        choices=tuple(_scalar(item) for item in node.all("EnumValues")),
        address=node.address,
    )


def _scalar(node: Node) -> Scalar:
    """Return a value that a parameter can hold."""
    if not isinstance(node.value, (str, int, float)):
        node.expected("a string, a number or a boolean")
    return node.value


def _step(node: Node, within: tuple[tuple[str, str], ...] = ()) -> Step:
    """Return one step; its arguments stay as they are."""
    found = node.get("Arguments")
    arguments = {} if found is None else _object(found)
    name, kind = node.need("Name").literal(), node.need("Type").literal()
    branches = {}
    if found is not None and kind == "Condition":
        branches = {
            branch: tuple(
                _step(each, (*within, (name, branch))) for each in found.all(branch)
            )
            for branch in BRANCHES
        }
    return Step(
        name=name,
        type=kind,
        arguments={k: v for k, v in arguments.items() if k not in branches},
        depends_on=tuple(_dependency(item) for item in node.all("DependsOn")),
        branches=branches,
        within=within,
        raw=_object(node),
        address=node.address,
    )


def _object(node: Node) -> Mapping[str, Any]:
    """Return an object as it is."""
    node.entries()
    value: Mapping[str, Any] = node.value
    return value


def _dependency(node: Node) -> str:
    """Return the step that one entry of ``DependsOn`` names."""
    if isinstance(node.value, Mapping):
        return node.need("Step").literal()
    return node.literal()


def _refuse_twins(parameters: tuple[Parameter, ...], steps: tuple[Step, ...]) -> None:
    """Raise if two parameters, or two steps, share a name."""
    _refuse_repeats([(each.name, each.address) for each in parameters])
    _refuse_repeats([(step.name, step.address) for step in steps])


def _refuse_repeats(named: list[tuple[str, str]]) -> None:
    """Raise at the second place that uses a name."""
    first: dict[str, str] = {}
    for name, address in named:
        if name in first:
            msg = f"{name!r} is taken: {first[name]} has it; rename one of the two"
            raise DefinitionError(msg, address=f"{address}.Name")
        first[name] = address
