"""Metric definitions: regular expressions that each read one metric in a training log.

The service applies them to a job's log, with an engine that it does not name: they
use no more than what Java, RE2 and Python read alike, so no look-behind.
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from penguin_pipes.service import MAX_METRIC_NAME, MAX_METRIC_REGEX

if TYPE_CHECKING:
    from collections.abc import Mapping

NUMBER: Final = r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?"
"""A finite number. Keras' ``nan`` and ``inf`` are none: they rank no job."""

_KERAS_NAME: Final = re.compile(r"[A-Za-z0-9_]+(?:[-./@][A-Za-z0-9_]+)*")


def keras_metric(name: str) -> str:
    r"""Return the expression that reads the metric *name* from Keras' epoch lines.

    Keras separates with `` - ``, so the expression asks for that or the start of a
    line. A mere ``\s`` before the name would let ``accuracy: `` match in
    ``Validation accuracy: 0.98``, nothing at all let ``loss: `` match in
    ``val_loss: 0.1``.

    Args:
        name: The metric as Keras prints it, such as ``val_loss``.

    Returns:
        An expression with one group, the number.

    Raises:
        ValueError: *name* is none that Keras prints, or longer than SageMaker takes.
    """
    if not _KERAS_NAME.fullmatch(name):
        msg = (
            f"metric {name!r}: Keras prints no such name; give it letters, digits and "
            "underscores, such as 'val_loss'."
        )
        raise ValueError(msg)
    expression = rf"(?:^|\s- ){re.escape(name)}: ({NUMBER})"
    if len(name) > MAX_METRIC_NAME or len(expression) > MAX_METRIC_REGEX:
        msg = (
            f"metric {name!r}: too long; SageMaker takes {MAX_METRIC_NAME} characters "
            f"for the name, {MAX_METRIC_REGEX} for the expression; rename it in "
            "model.compile()."
        )
        raise ValueError(msg)
    return expression


KERAS_METRICS: Final[Mapping[str, str]] = MappingProxyType(
    {
        name: keras_metric(name)
        for name in ("loss", "accuracy", "val_loss", "val_accuracy")
    }
)
"""What ``scripts/train.py`` prints after every epoch: metric to expression."""
