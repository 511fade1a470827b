"""What an expression is worth in an execution: a value, or why it is none yet."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, TypeAlias

import attrs

from penguin_pipes.definition.node import as_text
from penguin_pipes.definition.references import (
    Reference,
    expression,
    find_references,
    parse_reference,
)
from penguin_pipes.errors import DefinitionError

STEADY: Final = frozenset({"PipelineName", "PipelineArn"})
"""Execution variables that are the same in every execution of a pipeline."""


@attrs.frozen(kw_only=True)
class Cause:
    """A reference that stands in the way of a known value.

    Attributes:
        address: Where the reference stands.
        step: The step that it leads to.
    """

    address: str
    step: str


@attrs.frozen(kw_only=True)
class Worth:
    """What an expression is worth.

    Attributes:
        value: A plain value, or what is left of the expression once everything
            known is filled in; two of the same form are worth the same.
        fresh: References to what is another value after a rerun.
        unsure: References to what may be another value after a rerun.
        stale: References to places that stay the same while a rerun writes to them
            anew.
    """

    value: Any
    fresh: tuple[Cause, ...] = ()
    unsure: tuple[Cause, ...] = ()
    stale: tuple[Cause, ...] = ()

    def seen_from(self, address: str, step: str) -> Worth:
        """Return the same, its causes told as those of one reference to *step*."""
        here = (Cause(address=address, step=step),)
        return attrs.evolve(
            self,
            fresh=here if self.fresh else (),
            unsure=here if self.unsure else (),
            stale=here if self.stale else (),
        )


Follow: TypeAlias = Callable[[Reference], Worth]
"""Says what a reference is worth."""


def is_same(one: Any, other: Any) -> bool:
    """Return whether two JSON values are equal; a null member is none at all."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        keys = {*one, *other}
        return all(is_same(one.get(key), other.get(key)) for key in keys)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(is_same, one, other))
    if isinstance(one, bool) is not isinstance(other, bool):
        return False
    return bool(one == other)


def worth(value: Any, address: str, follow: Follow) -> Worth:
    """Return what *value* is worth; what is no expression is worth itself."""
    match expression(value):
        case "Get":
            return _reference(value, address, follow)
        case "Std:Join":
            return _join(value, address, follow)
        case None:
            return Worth(value=value)
        case _:
            return _unknown_until_run(value, address, follow)


def symbol(text: str) -> dict[str, str]:
    """Return what stands for a reference of which nothing more is known."""
    return {"Get": text}


def place_of(reference: Reference) -> str:
    """Return the address of the member that is the reference."""
    return reference.address.removesuffix(".Get")


def references(value: Any, address: str) -> tuple[Reference, ...]:
    """Return the references inside *value*, or none if one cannot be read."""
    try:
        return tuple(find_references(value, address))
    except DefinitionError:
        return ()


def _reference(value: Any, address: str, follow: Follow) -> Worth:
    try:
        reference = parse_reference(value["Get"], f"{address}.Get")
    except DefinitionError:
        # A kind of reference that came after this was written stays what it is.
        return Worth(value=value)
    return follow(reference)


def _join(value: Any, address: str, follow: Follow) -> Worth:
    """Return what a join is worth: one string, or the pieces that are known."""
    body = value["Std:Join"]
    if not isinstance(body, Mapping) or not isinstance(body.get("Values"), list):
        return Worth(value=value)
    inside = f"{address}.Std:Join.Values"
    parts = [
        worth(part, f"{inside}[{index}]", follow)
        for index, part in enumerate(body["Values"])
    ]
    glue = body.get("On")
    glue = glue if isinstance(glue, str) else ""
    pieces: list[Any] = []
    for index, part in enumerate(parts):
        pieces += [glue] if index else []
        pieces += _pieces(part.value)
    return _together(_merged(pieces), parts)


def _pieces(value: Any) -> list[Any]:
    """Return the pieces that a value adds to a join around it."""
    if expression(value) == "Std:Join" and isinstance(value["Std:Join"], Mapping):
        inner = value["Std:Join"].get("Values")
        return inner if isinstance(inner, list) else [value]
    return [as_text(value) if isinstance(value, (str, int, float)) else value]


def _merged(pieces: list[Any]) -> Any:
    """Return neighbouring strings as one; all of them if that is all there is."""
    merged: list[Any] = []
    for piece in pieces:
        if isinstance(piece, str) and merged and isinstance(merged[-1], str):
            merged[-1] += piece
        elif piece != "":
            merged.append(piece)
    if all(isinstance(piece, str) for piece in merged):
        return "".join(merged)
    return {"Std:Join": {"On": "", "Values": merged}}


def _together(value: Any, parts: Iterable[Worth]) -> Worth:
    """Return *value* with the causes of all its *parts*."""
    found = list(parts)
    return Worth(
        value=value,
        fresh=tuple(cause for part in found for cause in part.fresh),
        unsure=tuple(cause for part in found for cause in part.unsure),
        stale=tuple(cause for part in found for cause in part.stale),
    )


def _unknown_until_run(value: Any, address: str, follow: Follow) -> Worth:
    """Return the worth of a function that reads what a step wrote.

    Whatever it reads may hold the same as before, even if it was written anew.
    """
    parts = [follow(each) for each in references(value, address)]
    known = {json.dumps(part.value, sort_keys=True, default=str) for part in parts}
    found = _together({**value, "worth": sorted(known)}, parts)
    body = value.get("Std:JsonGet")
    # An object that no step is known to write may be another one in every execution.
    at_large = isinstance(body, Mapping) and "S3Uri" in body
    open_end = (Cause(address=address, step=""),) if at_large else ()
    unsure = (*found.fresh, *found.unsure, *found.stale, *open_end)
    return attrs.evolve(found, fresh=(), stale=(), unsure=unsure)
