"""The pages and their blocks, in the order in which they are read."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import attrs
from sybil import Document, Example, Region, Sybil
from sybil.parsers.markdown.lexers import RawFencedCodeBlockLexer

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[3]
INFO = re.compile(r'(?P<language>\w+)(?: +title="(?P<title>[^"\n]+)")?[^\n]*\n')


@attrs.frozen(kw_only=True)
class Block:
    """One fenced block.

    Attributes:
        page: The page's path in the project.
        line: Where the block begins.
        language: What it is written in.
        title: The file that it is, if it says so.
        source: What it says.
    """

    page: str
    line: int
    language: str
    title: str | None
    source: str

    @property
    def first(self) -> str:
        """Return its first line, by which it is known."""
        return self.source.partition("\n")[0]

    def __str__(self) -> str:
        return f"{self.page}:{self.line}: {self.first}"


def pages() -> list[str]:
    """Return the paths of all pages with blocks that a user could follow."""
    found = sorted((ROOT / "docs").rglob("*.md"))
    return [
        "README.md",
        "CONTRIBUTING.md",
        *(page.relative_to(ROOT).as_posix() for page in found),
    ]


def blocks(page: str) -> list[Block]:
    """Return the blocks of a page, each with the language that it names."""
    reader = Sybil(parsers=[_parse], pattern="*.md")
    return [_block(page, each) for each in reader.parse(ROOT / page).examples()]


def _parse(document: Document) -> Iterator[Region]:
    """Yield every fenced block, whatever its language."""
    for region in RawFencedCodeBlockLexer(INFO)(document):
        yield Region(region.start, region.end, region.lexemes, _evaluate)


def _evaluate(_: Example) -> None:
    """Leave it to the page's reader: what a block means depends on those before it."""


def _block(page: str, example: Example) -> Block:
    found = example.region.parsed
    return Block(
        page=page,
        line=example.line,
        language=found["language"],
        title=found["title"],
        source=str(found["source"]),
    )
