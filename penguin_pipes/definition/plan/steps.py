"""What becomes of each step: what its cache key is, and what moves it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import attrs

from penguin_pipes.definition.document import BRANCHES, Site, items, member, text
from penguin_pipes.definition.node import Node
from penguin_pipes.definition.plan.compare import (
    Difference,
    Eyes,
    Kind,
    changes,
    differences,
)
from penguin_pipes.definition.plan.records import (
    Cache,
    Change,
    StepChange,
    StepPlan,
    uncovered,
)
from penguin_pipes.definition.plan.scope import Next, World, is_volatile
from penguin_pipes.definition.plan.worth import place_of, references
from penguin_pipes.service import CACHE_KEYS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from penguin_pipes.definition.references import Reference

NO_KEY_IN_FORCE: Final = frozenset({Cache.OFF, Cache.UNKNOWN})


@attrs.define
class Steps:
    """The steps of a plan, each worked out when it is first asked for.

    Attributes:
        old: The deployed definition.
        new: The wanted one.
    """

    old: World
    new: World
    _plans: dict[str, StepPlan] = attrs.field(factory=dict, init=False)
    _open: set[str] = attrs.field(factory=set, init=False)

    def judge(self, name: str) -> Cache:
        """Return what the cache makes of a step of the new definition."""
        # Steps that wait for each other are refused elsewhere; here they must end.
        return Cache.UNKNOWN if name in self._open else self.plan(name).cache

    def plan(self, name: str) -> StepPlan:
        """Return what becomes of a step of the new definition."""
        if name not in self._plans:
            self._open.add(name)
            before, site = self.old.sites.get(name), self.new.sites[name]
            self._plans[name] = self._worked_out(before, site)
            self._open.discard(name)
        return self._plans[name]

    def removed(self) -> Iterator[StepPlan]:
        """Yield the steps that are gone."""
        for name, site in self.old.sites.items():
            if name not in self.new.sites:
                yield StepPlan(
                    name=name,
                    type=site.type,
                    change=StepChange.REMOVED,
                    cache=Cache.REMOVED,
                )

    def _worked_out(self, before: Site | None, site: Site) -> StepPlan:
        said = self._said(before, site)
        in_key = self._in_key(before, site)
        cache = _cache(before, site, in_key)
        reasons = _reasons(cache, before, site, said, in_key)
        is_alike = before is not None and before.type == site.type
        free = () if cache in NO_KEY_IN_FORCE or not is_alike else said
        return StepPlan(
            name=site.name,
            type=site.type,
            change=_change(before, said),
            cache=cache,
            reasons=reasons,
            ignored=uncovered(free, reasons),
            notes=tuple(self._notes(site, cache, in_key)),
            expires=_config(site).get("ExpireAfter") if is_cached(site) else None,
        )

    def _said(self, before: Site | None, site: Site) -> tuple[Change, ...]:
        """Return what the definition itself says differently of a step.

        First with the parameters filled in, then what is merely written differently.
        """
        if before is None:
            return ()
        old, new, place = _own(before), _own(site), site.node.address
        filled = Eyes(old=self.old.by_default, new=self.new.by_default)
        literal = Eyes(old=self.old.literally, new=self.new.literally)
        found = changes(old, new, place, filled)
        return (*found, *uncovered(changes(old, new, place, literal), found))

    def _in_key(self, before: Site | None, site: Site) -> tuple[Difference, ...]:
        """Return what differs in the cache key, execution by execution."""
        if before is None or before.type != site.type:
            return ()
        coming = Next(old=self.old, new=self.new, judge=self.judge)
        eyes = Eyes(old=self.old.as_run, new=coming.follow)
        return tuple(
            difference
            for (place, new), (_, old) in zip(_key(site), _key(before), strict=True)
            for difference in differences(old, new, place, eyes)
        )

    def _notes(
        self, site: Site, cache: Cache, in_key: Iterable[Difference]
    ) -> Iterator[str]:
        """Yield what else one should know of a step."""
        for condition, branch in site.within:
            yield f"it runs only when {condition} takes its {branch}"
        if cache in {Cache.HIT, Cache.MAY_HIT}:
            yield from _stale(in_key)
            for name in self._waits_for(site):
                yield f"it follows {name}, which runs; that alone reruns nothing"
        for name in dict.fromkeys(_rerun(in_key)):
            if self.judge(name) in {Cache.OFF, Cache.NEVER}:
                yield f"{name} runs in every execution, and so does this step"

    def _waits_for(self, site: Site) -> Iterator[str]:
        """Yield the running steps that a step follows, though not by its cache key."""
        own = _own(site)
        named = [
            text(member(each, "Step")) or text(each)
            for each in items(Node(own.get("DependsOn")))
        ]
        named += [
            each.name
            for each in references(own, site.node.address)
            if each.kind == "Steps"
        ]
        keyed = {each.name for each in _references_in_key(site)}
        for name in dict.fromkeys(named):
            if name in self.new.sites and name not in keyed and self.judge(name).runs:
                yield name


def is_cached(site: Site) -> bool:
    """Return whether a step asks for caching."""
    return _config(site).get("Enabled") in (True, "true", "True")


def _config(site: Site) -> Mapping[str, Any]:
    found = _own(site).get("CacheConfig")
    return found if isinstance(found, Mapping) else {}


def _own(site: Site) -> dict[str, Any]:
    """Return a step without the steps of its branches, which are steps themselves."""
    found = dict(site.node.value) if isinstance(site.node.value, Mapping) else {}
    arguments = found.get("Arguments")
    if isinstance(arguments, Mapping):
        found["Arguments"] = {k: v for k, v in arguments.items() if k not in BRANCHES}
    return found


def _key(site: Site) -> Iterator[tuple[str, Any]]:
    """Yield the parts of a step that the service compares, each with its address."""
    own = _own(site)
    for path in CACHE_KEYS.get(site.type, ()):
        value: Any = own
        for part in path.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
        yield f"{site.node.address}.{path}", value


def _references_in_key(site: Site) -> Iterator[Reference]:
    for place, value in _key(site):
        yield from references(value, place)


def _volatile(before: Site | None, site: Site) -> tuple[Change, ...]:
    """Return the execution variables in a cache key."""
    earlier = {} if before is None else dict(_volatile_places(before))
    return tuple(
        Change(address=place, old=earlier.get(place), new=value)
        for place, value in _volatile_places(site)
    )


def _volatile_places(site: Site) -> Iterator[tuple[str, Any]]:
    for each in _references_in_key(site):
        if is_volatile(each):
            yield place_of(each), {"Get": each.text}


def _cache(before: Site | None, site: Site, in_key: Iterable[Difference]) -> Cache:
    """Return what the cache makes of a step."""
    kinds = {each.kind for each in in_key}
    standing = _standing(site)
    if standing is not None:
        return standing
    if before is None:
        return Cache.NEW
    if before.type != site.type or not is_cached(before):
        return Cache.MISS
    if kinds & {Kind.CHANGED, Kind.FRESH}:
        return Cache.MISS
    return Cache.MAY_HIT if Kind.UNSURE in kinds else Cache.HIT


def _standing(site: Site) -> Cache | None:
    """Return what the cache makes of a step in every execution alike, if anything."""
    if not is_cached(site):
        return Cache.OFF
    if site.type not in CACHE_KEYS:
        return Cache.UNKNOWN
    return Cache.NEVER if _volatile(None, site) else None


def _reasons(
    cache: Cache,
    before: Site | None,
    site: Site,
    said: tuple[Change, ...],
    in_key: Iterable[Difference],
) -> tuple[Change, ...]:
    """Return why a step cannot be sure of a hit."""
    if before is None or cache in NO_KEY_IN_FORCE:
        return (*_volatile(before, site), *said) if cache is Cache.NEVER else said
    place = site.node.address
    kind = Change(address=f"{place}.Type", old=before.type, new=site.type)
    if before.type != site.type:
        return (kind,)
    on = Change(address=f"{place}.CacheConfig.Enabled", old=False, new=True)
    counted = {Kind.UNSURE} if cache is Cache.MAY_HIT else {Kind.CHANGED, Kind.FRESH}
    return (
        *(_volatile(before, site) if cache is Cache.NEVER else ()),
        *(() if is_cached(before) else (on,)),
        *(each.change for each in in_key if each.kind in counted),
    )


def _change(before: Site | None, said: tuple[Change, ...]) -> StepChange:
    if before is None:
        return StepChange.NEW
    return StepChange.CHANGED if said else StepChange.UNCHANGED


def _rerun(in_key: Iterable[Difference]) -> Iterator[str]:
    """Yield the steps whose reruns move a cache key."""
    for each in in_key:
        if each.kind is Kind.FRESH and each.change.step is not None:
            yield each.change.step


def _stale(in_key: Iterable[Difference]) -> Iterator[str]:
    """Yield a warning for each step that writes anew to places of the same name."""
    found: dict[str, list[str]] = {}
    for each in in_key:
        if each.kind is Kind.STALE and each.change.step is not None:
            found.setdefault(each.change.step, []).append(each.change.address)
    for name, places in found.items():
        more = f" and {len(places) - 1} more" if len(places) > 1 else ""
        yield (
            f"it can hit on stale data: {name} runs and writes anew to the same place "
            f"({places[0]}{more})"
        )
