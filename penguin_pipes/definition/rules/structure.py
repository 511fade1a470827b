"""What every definition has: members, names, types, each once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from penguin_pipes.definition.document import member, text
from penguin_pipes.definition.node import Node, shown
from penguin_pipes.definition.parse import PARAMETER_TYPES
from penguin_pipes.definition.problems import error
from penguin_pipes.definition.references import expression
from penguin_pipes.definition.rules.hints import nearest
from penguin_pipes.service import (
    MAX_DISPLAY_NAME,
    MAX_PARAMETER_DEFAULT,
    MAX_STEP_DESCRIPTION,
    STEP_NAME,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from penguin_pipes.definition.document import Document
    from penguin_pipes.definition.problems import Problem
    from penguin_pipes.definition.rules.base import Rule

NAME_HINT: Final = "use 1 to 64 letters, digits, hyphens and underscores"
TYPES: Final[Mapping[str, type[Any] | tuple[type[Any], ...]]] = {
    "String": str,
    "Integer": int,
    "Float": (int, float),
    "Boolean": bool,
}


def outline(document: Document) -> Iterator[Problem]:
    """Tell what the document itself lacks."""
    root = document.root
    if not isinstance(root.value, Mapping):
        problem = f"expected an object, got {shown(root.value)}"
        yield error(root.address, problem, "a definition is {'Version': …, 'Steps': …}")
        return
    version = member(root, "Version")
    if version is None:
        hint = "add it: '2020-12-01'"
        yield error(root.address, "'Version' is missing", hint)
    elif not text(version):
        yield _expected(version, "a string", "write '2020-12-01'")
    steps = member(root, "Steps")
    if steps is None:
        yield error(root.address, "'Steps' is missing", "add a list of steps")
    yield from _list(steps, "of steps")
    if steps is not None and steps.value == []:
        yield error(steps.address, "there is no step", "add one")
    yield from _list(member(root, "Parameters"), "of parameters")


def steps(document: Document) -> Iterator[Problem]:
    """Tell what the steps lack that all of them have, whatever their type."""
    for site in document.sites:
        node = site.node
        if not isinstance(node.value, Mapping):
            yield _expected(node, "an object", "a step is {'Name': …, 'Type': …}")
            continue
        yield from _name(node, "step")
        yield from _required_text(node, "Type", "such as 'Processing' or 'Training'")
        arguments = member(node, "Arguments")
        if arguments is not None and not isinstance(arguments.value, Mapping):
            yield _expected(arguments, "an object", "write the request of the job")
        cache = member(node, "CacheConfig")
        if cache is not None and not isinstance(cache.value, Mapping):
            hint = "write {'Enabled': true, 'ExpireAfter': 'P15D'}"
            yield _expected(cache, "an object", hint)
        yield from _list(member(node, "DependsOn"), "of step names")
        yield from _at_most(member(node, "DisplayName"), MAX_DISPLAY_NAME)
        yield from _at_most(member(node, "Description"), MAX_STEP_DESCRIPTION)


def parameters(document: Document) -> Iterator[Problem]:
    """Tell what is wrong with the declarations of parameters."""
    for node in document.parameters:
        if not isinstance(node.value, Mapping):
            yield _expected(node, "an object", "write {'Name': …, 'Type': 'String'}")
            continue
        yield from _name(node, "parameter")
        kind = member(node, "Type")
        if kind is None:
            hint = f"add one of {', '.join(PARAMETER_TYPES)}"
            yield error(node.address, "'Type' is missing", hint)
        elif text(kind) not in PARAMETER_TYPES:
            problem = f"{shown(kind.value)} is no type of a parameter"
            yield error(kind.address, problem, nearest(text(kind), PARAMETER_TYPES))
        else:
            yield from _default(node, text(kind))


def _default(node: Node, kind: str) -> Iterator[Problem]:
    """Tell what is wrong with a default and with the values to choose from."""
    listed = member(node, "EnumValues")
    yield from _list(listed, "of values")
    choices = listed.value if listed and isinstance(listed.value, list) else None
    default = member(node, "DefaultValue")
    if default is None or expression(default.value) is not None:
        return
    value = default.value
    is_sound = isinstance(value, TYPES[kind]) and (
        kind == "Boolean" or not isinstance(value, bool)
    )
    if not is_sound:
        yield _expected(default, f"a value of type {kind}", "mend it, or the Type")
    elif choices and value not in choices:
        problem = f"{shown(value)} is not among the EnumValues"
        yield error(default.address, problem, nearest(str(value), map(str, choices)))
    elif isinstance(value, str):
        yield from _at_most(default, MAX_PARAMETER_DEFAULT)


def twins(document: Document) -> Iterator[Problem]:
    """Tell of every second use of a name."""
    yield from _twins("step", [site.node for site in document.sites])
    yield from _twins("parameter", list(document.parameters))


def _twins(what: str, nodes: list[Node]) -> Iterator[Problem]:
    first: dict[str, str] = {}
    for node in nodes:
        name = member(node, "Name")
        taken = text(name)
        if name is None or not taken:
            continue
        if taken in first:
            problem = f"{first[taken]} is a {what} called {taken!r} already"
            yield error(name.address, problem, "rename one of the two")
        first.setdefault(taken, node.address)


def _name(node: Node, what: str) -> Iterator[Problem]:
    """Tell what is wrong with the name of a step or a parameter."""
    name = member(node, "Name")
    if name is None:
        yield error(node.address, "'Name' is missing", NAME_HINT)
    elif not isinstance(name.value, str) or STEP_NAME.fullmatch(name.value) is None:
        problem = f"{shown(name.value)} is no name for a {what}"
        yield error(name.address, problem, NAME_HINT)


def _required_text(node: Node, key: str, example: str) -> Iterator[Problem]:
    found = member(node, key)
    if found is None:
        yield error(node.address, f"{key!r} is missing", f"add it, {example}")
    elif not text(found):
        yield _expected(found, "a string", f"write one, {example}")


def _list(node: Node | None, of: str) -> Iterator[Problem]:
    if node is not None and not isinstance(node.value, list):
        yield _expected(node, f"a list {of}", "put it into [ and ]")


def _at_most(node: Node | None, most: int) -> Iterator[Problem]:
    if node is not None and isinstance(node.value, str) and len(node.value) > most:
        problem = f"expected at most {most} characters, got {len(node.value)}"
        yield error(node.address, problem, "shorten it")


def _expected(node: Node, what: str, hint: str) -> Problem:
    return error(node.address, f"expected {what}, got {shown(node.value)}", hint)


RULES: tuple[Rule, ...] = (outline, steps, parameters, twins)
