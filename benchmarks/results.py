"""The page of figures: a section for each benchmark, written by nobody else."""

from __future__ import annotations

import datetime as dt
import os
import platform
import re
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Final

import attrs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from benchmarks.measure import Figures

HEAD: Final = """\
# What things take

Written by `nox -s bench` (`python -m benchmarks`), which times each row
once a round, in turn; do not edit.
A ratio is the median over the rounds of what the row took by what the first
row took in the same round.
"""
SHOWN: Final = (
    "penguin-pipes",
    "sagemaker",
    "tensorflow",
    "keras",
    "scikit-learn",
    "pandas",
    "numpy",
)


@attrs.frozen
class Results:
    """The page.

    Attributes:
        path: Where it is.
    """

    path: Path

    def put(self, name: str, title: str, figures: Sequence[Figures]) -> str:
        """Write a benchmark's section in place of its last one, and return it."""
        return self.put_table(name, title, _table(figures))

    def put_table(self, name: str, title: str, table: Iterable[str]) -> str:
        """Do so with the lines of a table of its own."""
        sections = self.sections()
        sections[name] = "\n".join([f"## {title}", "", *table, "", facts()])
        text = HEAD
        for key, section in sections.items():
            text += f"\n<!-- {key} -->\n\n{section}\n"
        self.path.write_text(text, encoding="utf-8")
        return sections[name]

    def sections(self) -> dict[str, str]:
        """Return the sections that the page has, by the names of the benchmarks."""
        if not self.path.is_file():
            return {}
        parts = re.split(r"<!-- (\S+) -->", self.path.read_text(encoding="utf-8"))[1:]
        return {key: body.strip() for key, body in zip(*[iter(parts)] * 2, strict=True)}


def _table(figures: Sequence[Figures]) -> Iterator[str]:
    """Yield the lines of a table."""
    yield "| | seconds: median (least to most) | ratio | to stay below |"
    yield "| --- | ---: | ---: | ---: |"
    for each in figures:
        limit = "" if each.limit is None else f"{each.limit:.2f}"
        mark = "" if each.is_within else " **missed**"
        yield (f"| {each.name} | {each.shown} | {each.ratio:.3f} | {limit}{mark} |")


def facts() -> str:
    """Return when, on what, and with which versions."""
    today = dt.datetime.now(tz=dt.UTC).date()
    versions = ", ".join(f"{name} {_version(name)}" for name in SHOWN)
    return (
        f"{today}, {os.cpu_count()} processors ({_processor()}), {platform.system()}, "
        f"Python {platform.python_version()}; {versions}."
    )


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def _processor() -> str:
    """Return the model of the processor, as the system calls it."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        found = re.search(r"model name\s*: (.*)", cpuinfo.read_text(encoding="utf-8"))
        if found:
            return found[1]
    return platform.processor() or platform.machine()
