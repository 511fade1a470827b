"""What the cache would do about a step, in the terminal."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rich.text import Text

from penguin_pipes.report.words import printable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Console

    from penguin_pipes.local import Explanation


def show_explanation(found: Explanation, console: Console) -> None:
    """Print what the cache would do about a step, and all that it compared."""
    reasons = "".join(f"\n  {printable(each)}" for each in found.reasons)
    if found.reused_from is not None:
        verdict = f"{found.step} would be reused from run {found.reused_from}"
    elif found.waits_for is not None:
        verdict = (
            f"{found.step} depends on what {found.waits_for} writes, which would run:"
            f"{reasons}"
        )
    elif found.is_skipped:
        verdict = f"{found.step} would be skipped:{reasons}"
    else:
        verdict = f"{found.step} would run:{reasons}"
    console.print(Text(verdict), soft_wrap=True)
    if not found.parts:
        return
    same = [name for name in found.parts if _is_same(found, name)]
    title = f"the same as in run {found.compared_to}:" if same else "what counts:"
    console.print(Text(title, "dim"))
    for head, tails in _groups(same or found.parts).items():
        console.print(Text(f"  {head} {', '.join(tails)}".rstrip(), "dim"))


def _is_same(found: Explanation, name: str) -> bool:
    """Return whether a part is what it was before."""
    return name in found.before and found.before[name] == found.parts[name]


def _groups(names: Iterable[str]) -> dict[str, list[str]]:
    """Return names by what they begin with; packages are counted, not named."""
    found: dict[str, list[str]] = {}
    for name in names:
        head, _, tail = name.rpartition(" ")
        if not head:
            head, tail = re.split(r"[.\[]", tail)[0], ""
        tails = found.setdefault(head, [])
        if tail:
            tails.append(printable(tail))
    packages = found.pop("package", [])
    return found | ({f"{len(packages)} packages": []} if packages else {})
