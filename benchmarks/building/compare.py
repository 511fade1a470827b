"""Time both ways of building, and what is light beside bare Python."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Final

import attrs

from benchmarks.measure import Contender, Figures, alternate, python

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.measure import Step

TITLE: Final = "Building a definition of three steps, in a fresh process"
RENDER: Final = "benchmarks.building.render"
LITERAL, OURS = "literal", "ours"
ROOT: Final = Path(__file__).parents[2]
MOST_MS: Final = 60.0
"""What importing the package may take more than Python itself."""

SHOWN: Final = 10
IMPORTED: Final = re.compile(r"import time:\s+(\d+) \|\s+\d+ \|\s+([\w.]+)")
SDK: Final = (
    "import os; os.environ['AWS_DEFAULT_REGION'] = 'us-east-1'; "
    "import sagemaker.core.image_uris, sagemaker.mlops.workflow.pipeline, "
    "sagemaker.mlops.workflow.steps"
)


@attrs.frozen(kw_only=True)
class Building:
    """What building comes to.

    Attributes:
        built: Figures of the ways of building, the SDK's own first.
        calls: How many calls of AWS each of the two makes.
        light: Figures of what is light, bare Python first.
        shares: Where the imports of our way take their time: package → share.
    """

    built: tuple[Figures, ...]
    calls: dict[str, int]
    light: tuple[Figures, ...]
    shares: dict[str, float]

    @property
    def light_ms(self) -> dict[str, float]:
        """By how much each takes longer than bare Python, the median of the rounds."""
        bare = self.light[0].seconds
        return {
            each.name: 1000 * _middle(each.seconds, bare) for each in self.light[1:]
        }

    @property
    def is_within(self) -> bool:
        """Whether nothing is above its limit."""
        import_ms = next(iter(self.light_ms.values()))
        light = import_ms <= MOST_MS and self.calls[OURS] == 0
        return light and all(each.is_within for each in self.built)


def _middle(mine: tuple[float, ...], others: tuple[float, ...]) -> float:
    more = sorted(one - other for one, other in zip(mine, others, strict=True))
    return more[len(more) // 2]


def measure(*, rounds: int) -> Building:
    """Time everything."""
    return Building(
        built=tuple(alternate(_built(), rounds=rounds)),
        calls={way: calls(way) for way in (LITERAL, OURS)},
        light=tuple(alternate(_light(), rounds=rounds)),
        shares=shares(_import_log()),
    )


def _built() -> list[Contender]:
    return [
        Contender(
            name="the SDK's own way, its calls answered at once",
            run=_python("-m", RENDER, LITERAL),
        ),
        Contender(
            name="penguin_pipes",
            run=_python("-m", RENDER, OURS),
            limit=1.0,
        ),
        Contender(
            name="nothing but importing the SDK's steps and pipeline",
            run=_python("-c", SDK),
        ),
    ]


def _light() -> list[Contender]:
    return [
        Contender(name="python", run=_python("-c", "pass")),
        Contender(
            name="import penguin_pipes",
            run=_python("-c", "import penguin_pipes"),
        ),
        Contender(
            name="penguin-pipes --help",
            run=_python("-m", "penguin_pipes.deploy", "--help"),
        ),
    ]


def _python(*words: str) -> Step:
    """Return what runs Python with words, wherever."""
    return lambda _, __: python(*words, cwd=ROOT)


def calls(way: str) -> int:
    """Return how many calls of AWS one build makes."""
    done = subprocess.run(
        [sys.executable, "-m", RENDER, way],
        check=True,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    found: dict[str, int] = json.loads(done.stdout.splitlines()[-1])["calls"]
    return sum(found.values())


def _import_log() -> str:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", RENDER, OURS],
        check=True,
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    return done.stderr


def shares(log: str) -> dict[str, float]:
    """Return which packages the time of imports goes to, the largest share first.

    Args:
        log: What ``-X importtime`` wrote.
    """
    taken: Counter[str] = Counter()
    for microseconds, name in IMPORTED.findall(log):
        parts = name.split(".")
        # The SDK is a family of packages in one.
        package = ".".join(parts[:2]) if parts[0] == "sagemaker" else parts[0]
        taken[package] += int(microseconds)
    whole = taken.total()
    return {name: part / whole for name, part in taken.most_common()}


def table(found: Building) -> Iterator[str]:
    """Yield the lines of a table."""
    yield "| | seconds: median (least to most) | ratio | to stay below | calls of AWS |"
    yield "| --- | ---: | ---: | ---: | ---: |"
    counts = [str(found.calls[LITERAL]), str(found.calls[OURS]), ""]
    for each, count in zip(found.built, counts, strict=True):
        limit = "" if each.limit is None else f"{each.limit:.2f}"
        mark = "" if each.is_within else " **missed**"
        yield (
            f"| {each.name} | {each.shown} | {each.ratio:.3f} | {limit}{mark} "
            f"| {count} |"
        )
    yield ""
    yield "| | seconds: median (least to most) | ms over bare Python |"
    yield "| --- | ---: | ---: |"
    yield f"| {found.light[0].name} | {found.light[0].shown} | |"
    for number, each in enumerate(found.light[1:]):
        more = found.light_ms[each.name]
        target = f", to stay below {MOST_MS:.0f}" if number == 0 else ""
        mark = " **missed**" if number == 0 and more > MOST_MS else ""
        yield f"| {each.name} | {each.shown} | {more:.0f}{target}{mark} |"
    yield ""
    own = found.shares.get("penguin_pipes", 0.0)
    largest = [item for item in found.shares.items() if item[0] != "penguin_pipes"]
    told = ", ".join(f"{name} {part:.0%}" for name, part in largest[:SHOWN])
    yield (
        f"Of the time of our build's imports {own:.1%} are this package's own; most "
        f"of the rest: {told}."
    )
