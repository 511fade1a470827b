"""A run as one HTML page that needs nothing else.

One script is in the page, which sorts tables, and no other may run: the page's own
policy forbids it. Whatever comes from the run is escaped by the templates.
"""

from __future__ import annotations

import base64
import hashlib
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

import attrs
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from penguin_pipes.local.records import Run, now
from penguin_pipes.report.page.artifacts import artifact_table, artifacts
from penguin_pipes.report.page.curves import curves
from penguin_pipes.report.page.evaluation import evaluations
from penguin_pipes.report.page.facts import definition, parameters, versions
from penguin_pipes.report.page.graph import Graph, graph
from penguin_pipes.report.page.jobs import jobs
from penguin_pipes.report.page.plot import plot
from penguin_pipes.report.page.steps import REUSED, StepFacts, needs_of, step_facts
from penguin_pipes.report.page.timeline import timeline
from penguin_pipes.report.page.tuning import TAKEN, tunings
from penguin_pipes.report.words import MARKS, number, seconds

if TYPE_CHECKING:
    from collections.abc import Mapping

    from penguin_pipes.report.page.source import Source

PACKAGE: Final = "penguin_pipes.report.page"
ALL_MARKS: Final[dict[str, str]] = {
    **{str(status): mark for status, mark in MARKS.items()},
    REUSED: "↺",
    TAKEN: "↺",
    "Executing": "…",
}

NO_GRAPH: Final = (
    "The definition of this run was not kept: earlier versions did not do so. The "
    "steps stand here in the order in which they ran, without arrows."
)


@attrs.frozen(kw_only=True)
class Part:
    """A section of the page: its address, its heading, and the data it shows."""

    key: str
    title: str
    data: Any


def page(source: Source) -> str:
    """Return the page of a run: the same text for the same home."""
    style, script = _shipped("page.css"), _shipped("page.js")
    environment = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        loader=PackageLoader(PACKAGE, "templates"),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"number": number, "seconds": seconds, "plot": plot}
    return environment.get_template("page.html.jinja").render(
        run=source.run,
        lead=lead(source.run),
        parts=parts(source),
        marks=ALL_MARKS,
        # Ours, and their digests are in the policy.
        style=Markup(style),  # noqa: S704
        script=Markup(script),  # noqa: S704
        style_hash=_hash(style),
        script_hash=_hash(script),
    )


def lead(run: Run) -> str:
    """Return what a run was, in a sentence."""
    spent = (run.finished_at or now()) - run.started_at
    ending = str(run.status).lower()
    how_long = f"after {seconds(spent.total_seconds())}"
    if run.finished_at is None:
        ending, how_long = "has no end yet", "as far as its record goes"
    at = run.started_at.strftime("%Y-%m-%d %H:%M:%S %Z")
    return f"Run {run.id} {ending} {how_long}; it began at {at}."


def parts(source: Source) -> tuple[Part, ...]:
    """Return the sections that have something to show."""
    run, facts = source.run, step_facts(source)
    found: Mapping[str, tuple[str, Any]] = {
        "steps": ("Steps", _steps(source, facts)),
        "timeline": ("What ran when", timeline(run) if facts else None),
        "curves": ("Learning curves", curves(run)),
        "tuning": ("Tuning", tunings(run)),
        "evaluation": ("Evaluation", evaluations(source)),
        "artifacts": ("Artifacts", _artifacts(source)),
        "jobs": ("Logs and requests", jobs(source)),
        "parameters": ("Parameters", parameters(source)),
        "versions": ("Versions", versions(source)),
        "definition": ("Definition", _definition(source)),
    }
    return tuple(
        Part(key=key, title=title, data=data)
        for key, (title, data) in found.items()
        if data
    )


@attrs.frozen(kw_only=True)
class Steps:
    """The steps, and their graph for wide screens and for narrow ones."""

    facts: tuple[StepFacts, ...]
    wide: Graph
    narrow: Graph
    edges: str
    note: str


def _steps(source: Source, facts: tuple[StepFacts, ...]) -> Steps | None:
    if not facts:
        return None
    wide = graph(facts)
    told = "; ".join(f"{one} leads to {other}" for one, other in wide.edges)
    return Steps(
        facts=facts,
        wide=wide,
        narrow=graph(facts, is_upright=True),
        edges=told or "no step needs another",
        note=NO_GRAPH if needs_of(source) is None else "",
    )


def _artifacts(source: Source) -> Any:
    found = artifacts(source)
    return artifact_table(found) if found else None


def _definition(source: Source) -> Any:
    text, sha256 = definition(source)
    return {"text": text, "sha256": sha256} if text else None


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _shipped(name: str) -> str:
    return (files(PACKAGE) / "templates" / name).read_text("utf-8")
