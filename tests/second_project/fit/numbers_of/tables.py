"""Read customers."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

Rows = list[dict[str, float]]


def read(folder: Path) -> tuple[Rows, list[bool]]:
    """Return what is known of each customer, and whether they left."""
    with (folder / "rows.csv").open(newline="") as file:
        found = list(csv.DictReader(file))
    rows = [{name: float(row[name]) for name in ("months", "calls")} for row in found]
    return rows, [row["left"] == "1" for row in found]
