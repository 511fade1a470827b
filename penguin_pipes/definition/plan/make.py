"""Make a plan of two definitions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from penguin_pipes.definition.document import Document, Site, read
from penguin_pipes.definition.model import Definition
from penguin_pipes.definition.parse import load
from penguin_pipes.definition.plan.compare import Eyes, changes
from penguin_pipes.definition.plan.records import Change, Plan
from penguin_pipes.definition.plan.scope import World
from penguin_pipes.definition.plan.steps import Steps

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def plan(
    old: str | Mapping[str, Any] | Path | Definition | None,
    new: str | Mapping[str, Any] | Path | Definition,
) -> Plan:
    """Return what bringing *new* to where *old* is would change.

    What an execution does with its cache is told for the default values of the
    parameters, and for earlier runs that were made with the default values of *old*.

    Args:
        old: The deployed definition: the JSON as text, the document it holds, the
            file it is in, or parsed; None where nothing is deployed.
        new: The wanted definition, in any of these forms.

    Raises:
        DefinitionError: One of the two is not JSON, or its file cannot be read.
    """
    before = _read({} if old is None else old)
    after = _read(new)
    steps = Steps(old=World.of(before), new=World.of(after))
    return Plan(
        steps=(*(steps.plan(name) for name in steps.new.sites), *steps.removed()),
        pipeline=() if old is None else tuple(_beside_steps(before, after)),
    )


def _read(source: str | Mapping[str, Any] | Path | Definition) -> Document:
    return read(source.raw if isinstance(source, Definition) else load(source))


def _beside_steps(old: Document, new: Document) -> Iterator[Change]:
    """Yield what differs outside the steps, and how the steps are arranged anew."""
    before, after = World.of(old), World.of(new)
    literal = Eyes(old=before.literally, new=after.literally)
    yield from changes(_without_steps(old), _without_steps(new), "$", literal)
    for name, site in after.sites.items():
        was = before.sites.get(name)
        if was is not None and was.within != site.within:
            address = site.node.address
            yield Change(address=address, old=_home(was), new=_home(site))
    lasting = [name for name in before.sites if name in after.sites]
    order = [name for name in after.sites if name in before.sites]
    if lasting != order:
        yield Change(address="$.Steps", old=lasting, new=order)


def _without_steps(found: Document) -> dict[str, Any]:
    value = found.root.value
    members = value.items() if isinstance(value, Mapping) else ()
    return {key: member for key, member in members if key != "Steps"}


def _home(site: Site) -> str:
    """Return the list that a step stands in."""
    if not site.within:
        return "Steps"
    condition, branch = site.within[-1]
    return f"{branch} of {condition}"
