"""Assert which steps the next execution reuses, and which it runs again."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Final

from penguin_pipes.definition.plan import Cache, Plan, plan
from penguin_pipes.errors import InputError
from penguin_pipes.testing.sources import Source, definition_of
from penguin_pipes.testing.texts import plan_text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

NO_JOBS: Final = frozenset({"Condition", "Fail"})
"""Types whose steps decide or end, and have nothing to reuse."""

PERHAPS: Final = frozenset({Cache.MAY_HIT, Cache.UNKNOWN})


def assert_cache_hits(
    before: Source, after: Source, *, steps: Collection[str] | None = None
) -> None:
    """Assert that the step cache of the service hits after a deploy of *after*.

    That is what the definitions say; whether there is an earlier run to reuse, only
    the service knows.

    Args:
        before: What is deployed: a pipeline or definition.
        after: What will be.
        steps: The steps that have to hit; by default all that ask for caching.
    """
    __tracebackhide__ = True
    found = plan(definition_of(before), definition_of(after))
    cached = {each.name for each in found.steps if _is_cached(each.cache)}
    wanted = cached if steps is None else _known("assert_cache_hits", steps, found)
    if not wanted:
        msg = f"no step asks for caching, so that none can hit:\n{plan_text(found)}"
        raise AssertionError(msg)
    hits = {each.name for each in found.steps if each.cache is Cache.HIT}
    missed = _in_order(wanted - hits, found)
    if missed:
        msg = f"the step cache has to hit, but is missed by {missed}:\n" + plan_text(
            found
        )
        raise AssertionError(msg)


def assert_reruns(
    before: Source,
    after: Source,
    steps: Collection[str],
    *,
    perhaps: Collection[str] = (),
) -> None:
    """Assert that these steps run again after a deploy of *after*, and no others.

    Args:
        before: What is deployed: a pipeline or definition.
        after: What will be.
        steps: The steps that run for sure: changed, new, never cached, or reading what
            another of them makes.
        perhaps: The steps of which only the execution can tell.
    """
    __tracebackhide__ = True
    found = plan(definition_of(before), definition_of(after))
    jobs = [each for each in found.steps if each.type not in NO_JOBS]
    runs = {each.name for each in jobs if each.cache.runs}
    may_run = {each.name for each in jobs if each.cache in PERHAPS}
    wanted = _known("assert_reruns", steps, found)
    maybe = _known("assert_reruns", perhaps, found)
    told = [
        ("reruns, against expectation", runs - wanted),
        ("was expected to rerun, but does not", wanted - runs - may_run),
        ("was expected to rerun, but only may", (wanted - maybe) & may_run),
        ("may rerun, against expectation (perhaps={…})", may_run - maybe - wanted),
        ("was expected to rerun perhaps, but never does", maybe - may_run - runs),
    ]
    wrong = [f"{_in_order(names, found)} {what}" for what, names in told if names]
    if wrong:
        msg = "; ".join(wrong) + f":\n{plan_text(found)}"
        raise AssertionError(msg)


def _is_cached(cache: Cache) -> bool:
    return cache not in {Cache.OFF, Cache.REMOVED}


def _known(place: str, names: Collection[str], found: Plan) -> set[str]:
    """Return *names* as a set, if there are steps of these names.

    Raises:
        InputError: There are not, and an assertion about them would say nothing.
    """
    if isinstance(names, str):
        msg = f"{place}: expected a set of names; got {names!r}. Write {{{names!r}}}"
        raise InputError(msg)
    there = [each.name for each in found.steps]
    for name in sorted(set(names) - set(there)):
        near = difflib.get_close_matches(name, there, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"there are: {there}"
        msg = f"{place}: no step is called {name!r}; {hint}"
        raise InputError(msg)
    return set(names)


def _in_order(names: Iterable[str], found: Plan) -> str:
    """Return names as text, in the order of the pipeline."""
    wanted = set(names)
    return ", ".join(each.name for each in found.steps if each.name in wanted)
