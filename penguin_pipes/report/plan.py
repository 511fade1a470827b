"""A plan in the terminal: what a deploy changes, what runs again, and why."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from rich import box
from rich.table import Table
from rich.text import Text

from penguin_pipes.definition import expression
from penguin_pipes.definition.plan import Cache, Change, StepChange
from penguin_pipes.report.words import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console

    from penguin_pipes.definition.plan import Plan, StepPlan

STYLES: Final = {
    Cache.HIT: "green",
    Cache.MAY_HIT: "cyan",
    Cache.MISS: "yellow",
    Cache.NEVER: "yellow",
    Cache.OFF: "dim",
    Cache.NEW: "yellow",
    Cache.UNKNOWN: "cyan",
    Cache.REMOVED: "dim",
}
SENTENCES: Final = {
    Cache.OFF: "no caching: it runs in every execution",
    Cache.NEVER: "its cache key is another one in every execution",
    Cache.NEW: "there is no earlier run to reuse",
    Cache.UNKNOWN: "the cache key of this type is not documented",
    Cache.REMOVED: "is no longer part of the pipeline",
    Cache.MAY_HIT: "depends on what is known only in the run:",
}
MOST_REASONS: Final = 5
LONGEST_VALUE: Final = 60
ABSENT: Final = "(none)"
DIGEST: Final = re.compile(r"\b([0-9a-f]{8})[0-9a-f]{24,}\b")
DURATION: Final = re.compile(
    r"P?(?:(?P<year>\d+)Y)?(?:(?P<month>\d+)M)?(?:(?P<week>\d+)W)?(?:(?P<day>\d+)D)?"
    r"(?:T(?:(?P<hour>\d+)H)?(?:(?P<minute>\d+)M)?(?:(?P<second>\d+)S)?)?"
)
"""``ExpireAfter``, in any of the forms that the service takes."""

STEP: Final = re.compile(
    r"\$(?:\.Steps\[\d+\]|\.Arguments\.(?:If|Else)Steps\[\d+\])+\.(?:Arguments\.)?"
)
"""The part of an address that leads to a step, and its arguments."""


def show_plan(plan: Plan, console: Console) -> None:
    """Print a plan: the steps, what they take no notice of, and what else changes."""
    console.print(Text(_summary(plan)), soft_wrap=True)
    table = Table(box=box.ROUNDED, header_style="")
    table.add_column("step", overflow="fold")
    table.add_column("change", no_wrap=True)
    table.add_column("cache", no_wrap=True)
    table.add_column("why", overflow="fold")
    for step in plan.steps:
        why = "\n".join(_why(step))
        cache = Text(str(step.cache), STYLES[step.cache])
        table.add_row(Text(step.name), Text(str(step.change)), cache, Text(why))
    if plan.steps:
        console.print(table)
    ignored = [
        f"{step.name}: {change_text(each)}"
        for step in plan.steps
        for each in step.ignored
    ]
    _list(
        "Changes that are in no cache key and make nothing run again", ignored, console
    )
    _list(
        "Changes of the pipeline",
        [change_text(each) for each in plan.pipeline],
        console,
    )
    _list(
        "To be uploaded",
        [shortened(uri, console.width) for uri in plan.uploads],
        console,
    )


def _summary(plan: Plan) -> str:
    """Return the plan as one line."""
    if not plan.has_changes:
        return "A deploy would change nothing."
    kinds = Counter(step.change for step in plan.steps)
    counts = [f"{kinds[kind]} {kind}" for kind in StepChange if kinds[kind]]
    running = sum(step.cache.runs for step in plan.steps)
    steps = f"Steps: {', '.join(counts)}" if counts else "No steps"
    return f"{steps}. The next execution runs {running or 'none'} of them for sure."


def _why(step: StepPlan) -> Iterator[str]:
    """Yield the lines of a step's last column."""
    if step.cache is Cache.HIT:
        within = f" within {in_words(step.expires)}" if step.expires else ""
        yield f"can hit, if an earlier run succeeded{within}"
    if step.cache in SENTENCES:
        yield SENTENCES[step.cache]
    lines = list(dict.fromkeys(_reasons(step)))
    yield from lines[:MOST_REASONS]
    if len(lines) > MOST_REASONS:
        yield f"and {len(lines) - MOST_REASONS} more; --json has them all"
    for note in step.notes:
        yield f"note: {_near(note)}"


def _reasons(step: StepPlan) -> Iterator[str]:
    """Yield the reasons of a step; references to the same rerun are one."""
    reruns = Counter(each.step for each in step.reasons if each.step)
    perhaps = "may run" if step.cache is Cache.MAY_HIT else "runs"
    for each in step.reasons:
        if each.step is None:
            yield change_text(each)
        else:
            count = reruns[each.step]
            where = _near(each.address) if count == 1 else f"{count} references"
            yield f"{each.step} {perhaps} again ({where})"


def _list(title: str, lines: list[str], console: Console) -> None:
    if lines:
        console.print(Text(f"{title}:"), soft_wrap=True)
    for line in lines:
        console.print(Text(f"  {line}"), soft_wrap=True)


def change_text(change: Change) -> str:
    """Return a change as one line."""
    if change.old == change.new:
        return f"{_near(change.address)} {value_text(change.new)}"
    old, new = value_text(change.old), value_text(change.new)
    if old == new:
        old, new = (
            value_text(change.old, whole=True),
            value_text(change.new, whole=True),
        )
    return f"{_near(change.address)} {old} → {new}"


def _near(text: str) -> str:
    """Return an address, or a text with addresses, as seen from its step."""
    return STEP.sub("", text).removeprefix("$.")


def value_text(value: Any, *, whole: bool = False) -> str:
    """Return a value of a definition as people read it.

    References look as in a template: ``s3://bucket/${Execution.PipelineName}/model``.
    """
    if value is None:
        return ABSENT
    filled = _template(value)
    text = printable(filled if isinstance(filled, str) else _json(filled))
    shown = text if whole else shortened(text)
    return f'"{shown}"' if isinstance(filled, str) else shown


def in_words(duration: str) -> str:
    """Return a duration as people say it, ``15 days`` for ``P15D`` or ``15d``."""
    found = DURATION.fullmatch(duration.upper())
    if found is None:
        return duration
    parts = [
        f"{count} {unit}" if count == "1" else f"{count} {unit}s"
        for unit, count in found.groupdict().items()
        if count
    ]
    return " ".join(parts) or duration


def shortened(text: str, longest: int = LONGEST_VALUE) -> str:
    """Return *text* with digests, and then the middle, cut out as far as needed."""
    text = DIGEST.sub(r"\1…", text)
    if len(text) <= longest:
        return text
    tail = longest // 2
    return f"{text[: longest - tail - 1]}…{text[-tail:]}"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _template(value: Any) -> Any:
    """Return an expression as a template, other values as they are."""
    match expression(value):
        case "Get":
            return f"${{{value['Get']}}}"
        case "Std:Join" if isinstance(value["Std:Join"], Mapping):
            body = value["Std:Join"]
            values = body.get("Values")
            parts = [_template(p) for p in values] if isinstance(values, list) else []
            return str(body.get("On") or "").join(
                p if isinstance(p, str) else _json(p) for p in parts
            )
        case _:
            return value
