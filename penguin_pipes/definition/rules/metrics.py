"""Metric definitions: each reads one number, and no other metric's."""

from __future__ import annotations

import re
import warnings
from typing import TYPE_CHECKING, Final

import attrs

from penguin_pipes.definition.document import member
from penguin_pipes.definition.node import Node
from penguin_pipes.definition.problems import error, warning
from penguin_pipes.definition.rules.jobs import jobs, literal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from penguin_pipes.definition.document import Document
    from penguin_pipes.definition.problems import Problem
    from penguin_pipes.definition.rules.base import Rule
    from penguin_pipes.definition.rules.jobs import Job

SAMPLE: Final = "0.1234"

LONGEST_SAMPLE: Final = 80
"""A careless expression takes for ever to find nothing in a long line."""

ESCAPED: Final = re.compile(r"\\(.)")


@attrs.frozen(kw_only=True)
class Metric:
    """One metric definition.

    Attributes:
        name: As the definition calls it.
        node: Its expression, where it stands.
        pattern: The expression; None if Python cannot read it.
        problem: Why it cannot.
    """

    name: str
    node: Node
    pattern: re.Pattern[str] | None
    problem: str = ""

    def lines(self) -> Iterator[str]:
        """Yield lines of a log, as Keras writes them, that the metric is read from."""
        if self.pattern is None:
            return
        for start in (f"{self.name}: ", _plain_start(self.pattern.pattern)):
            line = f" - {start}{SAMPLE}"
            if start and len(line) <= LONGEST_SAMPLE and self.pattern.search(line):
                yield line


def _plain_start(expression: str) -> str:
    """Return the text before the first group, if it is nothing but text."""
    start, _, _ = expression.partition("(")
    plain = ESCAPED.sub(lambda found: "" if found[1].isalnum() else found[1], start)
    bare = ESCAPED.sub("", start)
    return "" if re.search(r"[][*+?{}^$|.\\]", bare) else plain


def unread(document: Document) -> Iterator[Problem]:
    """Tell of every expression that reads no number."""
    for job in jobs(document):
        for metric in _metrics(job):
            if metric.pattern is None:
                problem = (
                    f"the expression of metric {metric.name!r} is none for Python "
                    f"({metric.problem}); which engine the service has is not told"
                )
                hint = "use what Java, RE2 and Python read alike"
                yield warning(metric.node.address, problem, hint)
            elif not metric.pattern.groups:
                problem = (
                    f"the expression of metric {metric.name!r} has no group, so that "
                    "there is no number to take"
                )
                hint = "put the number into round brackets: 'loss: ([0-9.]+)'"
                yield error(metric.node.address, problem, hint)


def mixed_up(document: Document) -> Iterator[Problem]:
    """Tell of every expression that finds the line of another metric."""
    for job in jobs(document):
        metrics = list(_metrics(job))
        for one in metrics:
            for other in metrics:
                line = _line_for_both(one, other)
                if line:
                    problem = (
                        f"the expression of metric {one.name!r} also finds {line!r}, "
                        f"which is metric {other.name!r}: the two are mixed up"
                    )
                    hint = r"say what stands before it: '(?:^|\s- )loss: ([0-9.]+)'"
                    yield warning(one.node.address, problem, hint)


def _line_for_both(one: Metric, other: Metric) -> str:
    """Return a line of *other* that *one* is read from too, or nothing."""
    same = (
        one.pattern is None
        or other.pattern is None
        or one.pattern.pattern == other.pattern.pattern
    )
    if same or one.pattern is None:
        return ""
    mine = set(one.lines())
    for line in other.lines():
        if line not in mine and one.pattern.search(line):
            return line.removeprefix(" - ")
    return ""


def twice(document: Document) -> Iterator[Problem]:
    """Tell of every metric that is defined twice."""
    for job in jobs(document):
        seen: set[str] = set()
        for node in job.metrics:
            name = literal(member(node, "Name"))
            if name is not None and name in seen:
                problem = f"metric {name!r} is defined twice; which one counts is open"
                yield warning(f"{node.address}.Name", problem, "rename one of the two")
            if name is not None:
                seen.add(name)


def _metrics(job: Job) -> Iterator[Metric]:
    """Yield the metrics of a job whose names and expressions are known."""
    for node in job.metrics:
        name = literal(member(node, "Name"))
        regex = member(node, "Regex")
        expression = literal(regex)
        if name is None or regex is None or expression is None:
            continue
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                pattern = re.compile(expression)
        except (re.error, OverflowError, RecursionError) as failed:
            yield Metric(name=name, node=regex, pattern=None, problem=str(failed))
        else:
            yield Metric(name=name, node=regex, pattern=pattern)


RULES: tuple[Rule, ...] = (unread, mixed_up, twice)
