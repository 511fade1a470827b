"""Every step can start: it waits for no circle and for no branch that is not taken."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

import attrs

from penguin_pipes.definition.document import Site, items, member, text
from penguin_pipes.definition.problems import error, warning
from penguin_pipes.definition.rules.hints import nearest
from penguin_pipes.definition.rules.references import hidden_names
from penguin_pipes.definition.rules.walk import readings_of

if TYPE_CHECKING:
    from penguin_pipes.definition.document import Document
    from penguin_pipes.definition.problems import Problem
    from penguin_pipes.definition.rules.base import Rule


@attrs.frozen(kw_only=True)
class Wait:
    """One step that starts only after another.

    Attributes:
        site: The step that waits.
        target: The step that it waits for.
        address: Where the definition says so.
    """

    site: Site
    target: Site
    address: str

    @property
    def fork(self) -> tuple[str, str] | None:
        """The outermost branch around the target that is not around the step."""
        common = zip(self.site.within, self.target.within, strict=False)
        depth = 0
        for mine, its in common:
            if mine != its:
                break
            depth += 1
        return self.target.within[depth] if depth < len(self.target.within) else None

    @property
    def is_self(self) -> bool:
        """Whether the step waits for itself."""
        return self.site.node.address == self.target.node.address

    @property
    def is_own(self) -> bool:
        """Whether the step waits for itself, or for a step of its own branches."""
        fork = self.fork
        return self.is_self or (fork is not None and fork[0] == self.site.name)


def unknown_dependencies(document: Document) -> Iterator[Problem]:
    """Tell of every name under ``DependsOn`` that no step has."""
    # In their order, and found at once however many there are.
    known = {site.name: None for site in document.sites if site.name}
    hidden = {name for site in document.sites for name in hidden_names(site)}
    for site in document.sites:
        for address, name in _dependencies(site):
            if name not in known and name not in hidden:
                yield error(
                    address, f"no step is called {name!r}", nearest(name, known)
                )


def _dependencies(site: Site) -> Iterator[tuple[str, str]]:
    """Yield the steps under ``DependsOn``, each with its address."""
    for node in items(member(site.node, "DependsOn")):
        step = member(node, "Step") if isinstance(node.value, Mapping) else node
        if step is not None and text(step):
            yield step.address, text(step)


def waits(document: Document) -> Iterator[Wait]:
    """Yield what every step says it waits for, by ``DependsOn`` or by a `Get`."""
    owners: dict[str, Site] = {}
    for site in document.sites:
        for name in hidden_names(site):
            owners.setdefault(name, site)
    owners.update({site.name: site for site in reversed(document.sites)})
    for site in document.sites:
        hidden = hidden_names(site)
        for address, name in _named(site, document):
            if name in owners and name not in hidden:
                yield Wait(site=site, target=owners[name], address=address)


def _named(site: Site, document: Document) -> Iterator[tuple[str, str]]:
    """Yield the steps that *site* names, each with the address."""
    yield from _dependencies(site)
    for reading in readings_of(site, document):
        if reading.reference is not None and reading.reference.kind == "Steps":
            yield reading.node.address, reading.reference.name


def own_steps(document: Document) -> Iterator[Problem]:
    """Tell of steps that wait for themselves or for a step of their own branches."""
    for wait in waits(document):
        name, target = wait.site.name, wait.target.name
        if wait.is_self:
            problem = f"step {name!r} waits for itself, so that it never starts"
            yield error(wait.address, problem, "take this out, or name another step")
        elif wait.is_own:
            problem = (
                f"condition {name!r} waits for {target!r}, which starts only after it"
            )
            hint = f"decide on a step before {name!r}, or move {target!r} out of it"
            yield error(wait.address, problem, hint)


def branches(document: Document) -> Iterator[Problem]:
    """Tell of steps that wait for one that may, or must, have been left out."""
    needs = _needs(document)
    for wait in waits(document):
        if wait.fork is None or wait.is_own:
            continue
        condition, branch = wait.fork
        name, target = wait.site.name, wait.target.name
        if condition in {each for each, _ in wait.site.within}:
            problem = (
                f"step {name!r} waits for {target!r} in the other branch of "
                f"{condition!r}: only one of the two ever runs"
            )
            hint = f"read a step before {condition!r}, or one of the same branch"
            yield error(wait.address, problem, hint)
        elif name not in _reach(target, needs):  # if it is, that is a circle
            # The service takes such a pipeline: it waits for all, and skips the step.
            problem = (
                f"step {name!r} waits for {target!r}, which runs only if {condition!r} "
                f"takes {branch}; otherwise {name!r} never starts"
            )
            hint = f"move {name!r} into the same branch if that is not meant"
            yield warning(wait.address, problem, hint)


def circles(document: Document) -> Iterator[Problem]:
    """Tell of steps that wait for each other, each knot once."""
    needs = _needs(document)
    if not _has_circle(needs):
        return
    told: set[str] = set()
    for name in needs:
        way = [] if name in told else _way_back(name, needs)
        if way:
            told.update(_knot(name, needs))
            problem = f"the steps wait for each other: {' → '.join(way)}"
            hint = "take one of these references out"
            yield error(needs[name][way[1]], problem, hint)


def _has_circle(needs: Mapping[str, Iterable[str]]) -> bool:
    """Tell whether any step waits for itself, by whatever way."""
    try:
        TopologicalSorter(needs).prepare()
    except CycleError:
        return True
    return False


def _needs(document: Document) -> dict[str, dict[str, str]]:
    """Return, for every step, those it waits for, each with the first address."""
    needs: dict[str, dict[str, str]] = {site.name: {} for site in document.sites}
    for wait in waits(document):
        if not wait.is_own:
            needs[wait.site.name].setdefault(wait.target.name, wait.address)
    for site in document.sites:
        if site.within:
            condition = site.within[-1][0]
            if condition != site.name:
                needs[site.name].setdefault(condition, site.node.address)
    return needs


def _way_back(start: str, needs: Mapping[str, Mapping[str, str]]) -> list[str]:
    """Return the shortest way from *start* along its needs back to it, or nothing."""
    came: dict[str, str] = {}
    queue = deque([start])
    while queue:
        name = queue.popleft()
        for need in needs[name]:
            if need == start:
                return [*_trace(name, start, came), start]
            if need not in came:
                came[need] = name
                queue.append(need)
    return []


def _trace(name: str, start: str, came: Mapping[str, str]) -> list[str]:
    """Return the way from *start* to *name*."""
    way = [name]
    while way[-1] != start:
        way.append(came[way[-1]])
    return way[::-1]


def _knot(name: str, needs: Mapping[str, Mapping[str, str]]) -> set[str]:
    """Return the steps that wait for *name* and that it waits for."""
    back: dict[str, dict[str, str]] = {each: {} for each in needs}
    for each, its in needs.items():
        for need, address in its.items():
            back[need][each] = address
    return _reach(name, needs) & _reach(name, back)


def _reach(name: str, needs: Mapping[str, Mapping[str, str]]) -> set[str]:
    """Return everything that *name* waits for, itself included."""
    found = {name}
    queue = [name]
    while queue:
        for need in needs[queue.pop()]:
            if need not in found:
                found.add(need)
                queue.append(need)
    return found


RULES: tuple[Rule, ...] = (unknown_dependencies, own_steps, branches, circles)
