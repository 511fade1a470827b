"""Ranges of hyperparameters: read from a request, walked by Optuna, told as strings."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, TypeAlias

import attrs

from penguin_pipes.local.resolve import Unknown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from optuna.distributions import BaseDistribution

    from penguin_pipes.definition import Node

SCALINGS: Final = ("Auto", "Linear", "Logarithmic", "ReverseLogarithmic")
WIDE: Final = 1000
"""How many times its minimum the maximum must be for ``Auto`` to walk a range by
logarithms. What the service does of its own accord is not documented."""

Value: TypeAlias = "str | int | float"
"""Where Optuna stands in a range."""


@attrs.frozen(kw_only=True)
class Numbers:
    """Whole or real numbers, both ends included.

    Attributes:
        name: The hyperparameter.
        low: The smallest.
        high: The largest.
        is_whole: Whether there are only whole ones.
        scaling: How the range is walked, as the request says it.
    """

    name: str
    low: float
    high: float
    is_whole: bool
    scaling: str = "Auto"

    @property
    def is_logarithmic(self) -> bool:
        """Whether each order of magnitude is as likely as another."""
        if self.scaling == "Auto":
            return 0 < self.low * WIDE <= self.high
        return self.scaling == "Logarithmic"

    @property
    def is_reversed(self) -> bool:
        """Whether it is the distance to one that is walked by logarithms."""
        return self.scaling == "ReverseLogarithmic" and not self.is_whole

    def distribution(self) -> BaseDistribution:
        """Return the range as Optuna walks it."""
        from optuna.distributions import FloatDistribution, IntDistribution

        if self.is_whole:
            low, high = int(self.low), int(self.high)
            return IntDistribution(low, high, log=self.is_logarithmic)
        if self.is_reversed:
            return FloatDistribution(1 - self.high, 1 - self.low, log=True)
        return FloatDistribution(self.low, self.high, log=self.is_logarithmic)

    def text(self, value: Value) -> str:
        """Return what a job is told where Optuna stands at *value*."""
        if self.is_whole:
            return str(int(value))
        number = 1 - float(value) if self.is_reversed else float(value)
        # The logarithm and back may have gone astray by the last bit.
        return repr(min(max(number, self.low), self.high))

    def value(self, text: str) -> Value | None:
        """Return where Optuna stands if a job is told *text*; None if outside."""
        try:
            number = float(text)
        except ValueError:
            return None
        if not self.low <= number <= self.high or (self.is_whole and number % 1):
            return None
        if self.is_whole:
            return int(number)
        if not self.is_reversed:
            return number
        return min(max(1 - number, 1 - self.high), 1 - self.low)


@attrs.frozen(kw_only=True)
class Choices:
    """Words to choose from.

    Attributes:
        name: The hyperparameter.
        values: The words, each once.
    """

    name: str
    values: tuple[str, ...]

    def distribution(self) -> BaseDistribution:
        """Return the choice as Optuna makes it."""
        from optuna.distributions import CategoricalDistribution

        return CategoricalDistribution(self.values)

    def text(self, value: Value) -> str:
        """Return what a job is told."""
        return str(value)

    def value(self, text: str) -> Value | None:
        """Return the choice, or None if it is none."""
        return text if text in self.values else None


Range: TypeAlias = Numbers | Choices


def read_ranges(node: Node | None) -> tuple[Range, ...]:
    """Return the ranges of a ``ParameterRanges``, each hyperparameter once.

    Raises:
        DefinitionError: If one of them cannot be searched; an `UnsupportedError` if
            only the service can.
    """
    if node is None:
        return ()
    if node.all("AutoParameters"):
        node.need("AutoParameters").cannot_run(
            "which ranges AWS's autotune would choose is known to the service only; "
            "write the ranges down"
        )
    found: dict[str, Range] = {}
    for each, where in _ranges(node):
        if each.name in found:
            where.refuse(f"{each.name!r} has two ranges; take one of them out")
        found[each.name] = each
    return tuple(found.values())


def _ranges(node: Node) -> Iterator[tuple[Range, Node]]:
    """Yield every range, and where it stands."""
    for each in node.all("IntegerParameterRanges"):
        yield _numbers(each, is_whole=True), each
    for each in node.all("ContinuousParameterRanges"):
        yield _numbers(each, is_whole=False), each
    for each in node.all("CategoricalParameterRanges"):
        values = dict.fromkeys(item.text() for item in each.need("Values").items())
        if not values:
            each.need("Values").expected("something to choose from")
        yield Choices(name=each.need("Name").text(), values=tuple(values)), each


def _numbers(node: Node, *, is_whole: bool) -> Numbers:
    """Return one range of numbers."""
    scaling = node.text_of("ScalingType", "Auto")
    if scaling not in SCALINGS:
        node.need("ScalingType").expected(f"one of {', '.join(SCALINGS)}")
    low, high = (
        _number(node.need(key), is_whole=is_whole) for key in ("MinValue", "MaxValue")
    )
    if low > high:
        node.refuse(f"it runs from {low:g} down to {high:g}; swap the two")
    if scaling == "Logarithmic" and low <= 0:
        node.refuse("a logarithmic range starts above 0; take another ScalingType")
    if scaling == "ReverseLogarithmic" and not 0 <= low <= high < 1:
        node.refuse("a reverse logarithmic range needs 0 <= value < 1")
    return Numbers(
        name=node.need("Name").text(),
        low=low,
        high=high,
        is_whole=is_whole,
        scaling=scaling,
    )


def _number(node: Node, *, is_whole: bool) -> float:
    """Return one end of a range; before the run, one that nobody knows is 0.5."""
    if isinstance(node.value, Unknown):
        return 1 if is_whole else 0.5
    if is_whole:
        return node.whole()
    try:
        number = float(node.text())
    except ValueError:
        node.expected("a number")
    if not math.isfinite(number):
        node.expected("a finite number")
    return number
