"""The runs in a home, and what two of them differ in.

``python -m penguin_pipes.history`` lists them, ``… RUN OTHER`` compares two.
"""

from penguin_pipes.history.compare import (
    Comparison,
    Difference,
    MetricPair,
    compare,
)

__all__ = ["Comparison", "Difference", "MetricPair", "compare"]
