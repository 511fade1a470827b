"""Where a tuning step looks: ranges of whole numbers, of real numbers, choices."""

from __future__ import annotations

from typing import TypeAlias

from attrs import field, frozen

from penguin_pipes import service
from penguin_pipes.config import checks
from penguin_pipes.config.checks import Variable, is_variable, on, or_variable
from penguin_pipes.config.records import Hyperparameter, Number, choices
from penguin_pipes.errors import ConfigError

_SCALINGS = ("Auto", "Linear", "Logarithmic")


def _ordered(
    place: str, low: float | Variable, high: float | Variable, scaling: str
) -> None:
    """Refuse a range that is empty, or that its scaling cannot walk."""
    if is_variable(low) or is_variable(high):
        return
    if not low < high:
        msg = f"{place}: expected minimum below maximum; got {low!r} and {high!r}"
        raise ConfigError(msg)
    if scaling == "Logarithmic" and low <= 0:
        msg = f"{place}.minimum: Logarithmic scaling starts above 0; got {low!r}"
        raise ConfigError(msg)
    if scaling == "ReverseLogarithmic" and not 0 <= low < high < 1:
        msg = (
            f"{place}: ReverseLogarithmic scaling needs 0 <= minimum and maximum < 1; "
            f"got {low!r} and {high!r}"
        )
        raise ConfigError(msg)


@frozen
class IntegerRange:
    """Whole numbers from *minimum* to *maximum*, both included.

    Attributes:
        minimum: The smallest value to try.
        maximum: The largest value to try.
        scaling: How the range is walked: ``Auto``, ``Linear``, ``Logarithmic``.
    """

    minimum: Number = field(
        validator=on(or_variable(checks.between(-(2**31), 2**31 - 1, "")))
    )
    maximum: Number = field(
        validator=on(or_variable(checks.between(-(2**31), 2**31 - 1, "")))
    )
    scaling: str = field(
        default="Auto", kw_only=True, validator=on(checks.one_of(*_SCALINGS))
    )

    def __attrs_post_init__(self) -> None:
        """Refuse an empty range."""
        _ordered("IntegerRange", self.minimum, self.maximum, self.scaling)


@frozen
class ContinuousRange:
    """Real numbers from *minimum* to *maximum*.

    Attributes:
        minimum: The smallest value to try.
        maximum: The largest value to try.
        scaling: ``Auto``, ``Linear``, ``Logarithmic`` or ``ReverseLogarithmic``,
            the last for values below 1 that crowd towards it.
    """

    minimum: float | Variable = field(validator=on(or_variable(checks.finite)))
    maximum: float | Variable = field(validator=on(or_variable(checks.finite)))
    scaling: str = field(
        default="Auto",
        kw_only=True,
        validator=on(checks.one_of(*_SCALINGS, "ReverseLogarithmic")),
    )

    def __attrs_post_init__(self) -> None:
        """Refuse an empty range, and one that its scaling cannot walk."""
        _ordered("ContinuousRange", self.minimum, self.maximum, self.scaling)


@frozen
class CategoricalRange:
    """A choice of *values*.

    Attributes:
        values: 1 to 30 strings, numbers or bools, sent as strings.
    """

    values: tuple[Hyperparameter, ...] = field(
        converter=choices,
        validator=on(
            checks.each(
                or_variable(checks.hyperparameter),
                least=1,
                most=service.MAX_CATEGORIES,
            )
        ),
    )


Range: TypeAlias = IntegerRange | ContinuousRange | CategoricalRange
