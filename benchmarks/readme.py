"""The figures that stand in the README: those of the page of results, in short."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

BEGIN: Final = "<!-- written by python -m benchmarks from RESULTS.md -->"
END: Final = "<!-- end of what it wrote -->"
BETWEEN: Final = re.compile(f"(?<={re.escape(BEGIN)}).*(?={re.escape(END)})", re.DOTALL)

AGAIN: Final = ("cold", "unchanged", "new learning rate")
LARGEST: Final = "10,000,000"
MILLION: Final = "1,000,000"


def update(readme: Path, sections: Mapping[str, str]) -> None:
    """Write the figures into the README, in place of those that stand there."""
    text = readme.read_text(encoding="utf-8")
    new = BETWEEN.sub(lambda _: f"\n{figures(sections)}\n", text)
    if new != text:
        readme.write_text(new, encoding="utf-8")


def figures(sections: Mapping[str, str]) -> str:
    """Return what the README says of the *sections* that have been measured."""
    parts = (_pipeline, _tuning, _building, _preprocessing, _training, _peers)
    return "\n".join(line for part in parts for line in part(sections))


def _rows(sections: Mapping[str, str], name: str) -> list[list[str]]:
    """Return the cells of the tables of one section, heads left out."""
    lines = sections.get(name, "").splitlines()
    rows = [line.strip("| ").split(" | ") for line in lines if line.startswith("| ")]
    return [[cell.strip() for cell in row] for row in rows if "---" not in row[0]]


def _ratio(rows: list[list[str]], *labels: str, at: int = 2) -> str:
    """Return a ratio of the row that begins with *labels*."""
    (row,) = [row for row in rows if tuple(row[: len(labels)]) == labels]
    return f"{float(row[at]):.2f}"


def _pipeline(sections: Mapping[str, str]) -> Iterator[str]:
    """Yield the two tables of the whole pipeline, as one."""
    ways = {
        "engine": ("run_locally", "`run_locally()` on a definition"),
        "command": (
            "deploy --local",
            "`python -m penguin_pipes.deploy --local` from an empty home",
        ),
    }
    yield "| | cold | nothing changed | another learning rate |"
    yield "| --- | ---: | ---: | ---: |"
    yield "| the two scripts by hand, one after the other | 1.00 | 1.00 | 1.00 |"
    for name, (begins, label) in ways.items():
        rows = _rows(sections, name)
        if rows:
            found = [_ratio(rows, f"{begins}, {what}") for what in AGAIN]
            yield f"| {label} | {' | '.join(found)} |"
    yield ""


def _tuning(sections: Mapping[str, str]) -> Iterator[str]:
    rows = _rows(sections, "tuning")
    if rows:
        ratio = _ratio(rows, "a tuning step of three trials, two at once")
        yield f"- Three trials, two at once: {ratio} of three trainings by hand."


def _building(sections: Mapping[str, str]) -> Iterator[str]:
    rows = _rows(sections, "building")
    if rows:
        (other,) = [row for row in rows if row[0].startswith("the SDK's own way")]
        yield (
            f"- Building a definition: {_ratio(rows, 'penguin_pipes')} of the same in "
            f"the SDK's own words, whose {other[-1]} calls of AWS are answered at "
            "once; ours makes none."
        )


def _preprocessing(sections: Mapping[str, str]) -> Iterator[str]:
    rows = [row for row in _rows(sections, "preprocessing") if row[0] == LARGEST]
    for row in rows:
        if row[1] == "preprocessor.py":
            times = 1 / float(row[4])
            yield (
                f"- Preprocessing ten million rows: {times:.1f} times as fast as the "
                f"obvious program of pandas and scikit-learn, in {row[5]} MB."
            )


def _training(sections: Mapping[str, str]) -> Iterator[str]:
    rows = [row for row in _rows(sections, "training") if row[0] == MILLION]
    ours = [f"{float(row[3]):.2f}" for row in rows if row[1].startswith("train.py")]
    if ours:
        yield (
            f"- Training on a million rows: {ours[0]} of `model.fit` on arrays, "
            f"{ours[-1]} where they are streamed."
        )


def _peers(sections: Mapping[str, str]) -> Iterator[str]:
    """Yield the table of the peers, with nothing but the ratios."""
    table = [line for line in sections.get("peers", "").splitlines() if "|" in line]
    for number, line in enumerate(table):
        if not number:
            yield ""
            yield (
                "The same beside others, each with "
                "[the project of its own tutorial](benchmarks/peers/README.md):"
            )
            yield ""
        yield re.sub(
            r"(?<=\| )([\d.]+), [^|]*(?= \|)",
            lambda found: f"{float(found[1]):.2f}",
            line,
        )
