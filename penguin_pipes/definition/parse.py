"""Turn definition JSON into frozen types, once, at the border."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

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
    _refuse_twins(parameters, steps)
    return Definition(
        version=root.text_of("Version"),
        parameters=parameters,
        steps=steps,
        raw=root.value,
    )


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


def _step(node: Node) -> Step:
    """Return one step; its arguments stay as they are."""
    arguments = node.get("Arguments")
    return Step(
        name=node.need("Name").literal(),
        type=node.need("Type").literal(),
        arguments={} if arguments is None else _object(arguments),
        depends_on=tuple(_dependency(item) for item in node.all("DependsOn")),
        inner=() if arguments is None else tuple(_inner_names(arguments)),
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


def _inner_names(arguments: Node) -> Iterator[str]:
    """Yield the names of the steps in a condition's branches, however deep."""
    for branch in ("IfSteps", "ElseSteps"):
        for node in arguments.all(branch):
            yield node.need("Name").literal()
            nested = node.get("Arguments")
            if nested is not None:
                yield from _inner_names(nested)


def _refuse_twins(parameters: tuple[Parameter, ...], steps: tuple[Step, ...]) -> None:
    """Raise if two parameters, or two steps, share a name."""
    _refuse_repeats([(each.name, each.address) for each in parameters])
    _refuse_repeats(
        [(name, step.address) for step in steps for name in (step.name, *step.inner)]
    )


def _refuse_repeats(named: list[tuple[str, str]]) -> None:
    """Raise at the second place that uses a name."""
    first: dict[str, str] = {}
    for name, address in named:
        if name in first:
            msg = f"{name!r} is taken: {first[name]} has it; rename one of the two"
            raise DefinitionError(msg, address=f"{address}.Name")
        first[name] = address
