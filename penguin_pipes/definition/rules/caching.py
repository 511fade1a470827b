"""Step caching: what can never hit, and what hits when it should not."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, TypeAlias

from penguin_pipes.definition.document import items, member, text
from penguin_pipes.definition.node import Node, shown
from penguin_pipes.definition.problems import error, warning
from penguin_pipes.definition.rules.known import EXECUTION_VARIABLES, STEP_TYPES
from penguin_pipes.definition.rules.walk import follow, is_open, readings_in, walk
from penguin_pipes.durations import iso_duration
from penguin_pipes.service import CACHE_KEYS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from penguin_pipes.definition.document import Document, Site
    from penguin_pipes.definition.problems import Problem
    from penguin_pipes.definition.rules.base import Rule

OutputKey: TypeAlias = tuple[str, str | int]
"""A step, and one of its outputs by its name or its number."""

MONTHS: Final = re.compile(r"P?(?P<count>\d+)M", re.IGNORECASE)
STAMPED: Final = re.compile(
    r"s3://.*-(\d{4}(-\d\d){5}(-\d+)?|20\d{12}|1\d{9})/(input|source|code)/.*"
)
"""Where the SDK uploads source code: v2's dashed time, v3's time and v3's epoch."""


def expiry(document: Document) -> Iterator[Problem]:
    """Tell of every ``ExpireAfter`` that is no duration, or hardly the one meant."""
    for site in document.sites:
        node = follow(site.node, "CacheConfig.ExpireAfter")
        if node is None or is_open(node.value) or not is_cached(site):
            continue
        months = MONTHS.fullmatch(text(node))
        if months is not None and int(months["count"]):
            problem = f"{node.value!r} means {months['count']} months"
            hint = f"write 'PT{months['count']}M' if minutes are meant"
            yield warning(node.address, problem, hint)
        elif not _is_duration(node):
            problem = f"{shown(node.value)} is no duration that the service can read"
            yield error(node.address, problem, "write one like 'P15D' or 'PT12H'")


def _is_duration(node: Node) -> bool:
    """Tell whether *node* is a duration."""
    try:
        iso_duration(node.value if isinstance(node.value, str) else "")
    except ValueError:
        return False
    return True


def is_cached(site: Site) -> bool:
    """Tell whether caching is switched on for *site*."""
    enabled = follow(site.node, "CacheConfig.Enabled")
    return enabled is not None and enabled.value is not False


def uncached_types(document: Document) -> Iterator[Problem]:
    """Tell of every step whose type the service does not cache."""
    for site in document.sites:
        if site.type in STEP_TYPES - CACHE_KEYS.keys() and is_cached(site):
            problem = (
                f"steps of type {site.type} are not among those that the service is "
                "documented to cache, so the step may run every time"
            )
            hint = "take CacheConfig out, or do not rely on it"
            yield warning(f"{site.node.address}.CacheConfig", problem, hint)


def never_hits(document: Document) -> Iterator[Problem]:
    """Tell of every variable of the execution inside a cache key."""
    for site in document.sites:
        for node in key_parts(site) if is_cached(site) else ():
            for reading in readings_in(node):
                reference = reading.reference
                if (
                    reference is not None
                    and reference.kind == "Execution"
                    and EXECUTION_VARIABLES.get(reference.name, False)
                ):
                    problem = (
                        f"Execution.{reference.name} is in the cache key of "
                        f"{site.name!r} and is new in every execution, so that the "
                        "step never finds an earlier result"
                    )
                    hint = "keep it to outputs and names, or switch caching off"
                    yield warning(reading.node.address, problem, hint)


def key_parts(site: Site) -> Iterator[Node]:
    """Yield what of *site* the service compares before it takes an earlier result."""
    for path in CACHE_KEYS.get(site.type, ()):
        node = follow(site.node, path)
        if node is not None:
            yield node


def stamped_code(document: Document) -> Iterator[Problem]:
    """Tell of every step whose code lies where only this very build put it."""
    for site in document.sites:
        for node in _stamped(site) if is_cached(site) else ():
            problem = (
                f"{shown(node.value)} looks like an upload of the SDK's source_code: "
                f"each build has its own, so that {site.name!r} finds no earlier "
                "result once the definition is rendered again"
            )
            hint = "upload the code under a name made from its content"
            yield warning(node.address, problem, hint)
            break  # one build, one upload: the others say nothing new


def _stamped(site: Site) -> Iterator[Node]:
    """Yield the addresses in the cache key that a build has made for itself."""
    for part in key_parts(site):
        for node in walk(part):
            if isinstance(node.value, str) and STAMPED.fullmatch(node.value):
                yield node


def stale_outputs(document: Document) -> Iterator[Problem]:
    """Tell of every output that keeps its name although its content changes."""
    readers = _cached_readers(document)
    for site in document.sites:
        listed = follow(site.request, "ProcessingOutputConfig.Outputs")
        for index, output in enumerate(items(listed)):
            uri = follow(output, "S3Output.S3Uri")
            name = text(member(output, "OutputName"))
            if site.type != "Processing" or uri is None or not _is_fixed(uri):
                continue
            found = [readers[key] for key in _keys(site, name, index) if key in readers]
            if found:
                reader = document.sites[min(found)]
                problem = (
                    f"output {name!r} of {site.name!r} has the same address in every "
                    f"execution and {reader.name!r}, which reads it, is cached by "
                    "address: it takes an old result although the data are new"
                )
                hint = "put Execution.PipelineExecutionId into the address"
                yield warning(uri.address, problem, hint)


def _is_fixed(uri: Node) -> bool:
    """Tell whether an address is the same in every execution of the pipeline."""
    read = [reading.reference for reading in readings_in(uri)]
    return all(
        reference is not None
        and reference.kind == "Execution"
        and not EXECUTION_VARIABLES.get(reference.name, True)
        for reference in read
    )


def _keys(site: Site, name: str, index: int) -> tuple[OutputKey, OutputKey]:
    """Return the two ways in which a path can pick one output."""
    return (site.name, name), (site.name, index)


def _cached_readers(document: Document) -> dict[OutputKey, int]:
    """Return, for outputs in cache keys, which cached step is the first to read it."""
    found: dict[OutputKey, int] = {}
    for number, site in enumerate(document.sites):
        for node in key_parts(site) if is_cached(site) else ():
            for reading in readings_in(node):
                reference = reading.reference
                if (
                    reference is not None
                    and reference.kind == "Steps"
                    and reference.path[:2] == ("ProcessingOutputConfig", "Outputs")
                    and len(reference.path) > 2  # noqa: PLR2004  # and which of them
                ):
                    found.setdefault((reference.name, reference.path[2]), number)
    return found


RULES: tuple[Rule, ...] = (
    expiry,
    uncached_types,
    never_hits,
    stamped_code,
    stale_outputs,
)
