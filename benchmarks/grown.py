"""Penguins by the million: rows like those that ship, made in little memory.

    python -m benchmarks.grown 10000000 rows.csv

Each row is a penguin of the file with its measures a little off. Of what is difficult
about the file there is more: missing cells in each of its ways, and rare categories.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from penguin_pipes.penguins import shipped

if TYPE_CHECKING:
    from numpy.typing import NDArray

TARGET: Final = "species"
NUMERIC: Final = (
    "culmen_length_mm",
    "culmen_depth_mm",
    "flipper_length_mm",
    "body_mass_g",
)
CATEGORICAL: Final = ("island", "sex")
MISSING: Final = ("NA", ".", "")
"""How the file says that a cell is missing, and the way of most other files."""

RARE: Final = {"island": ("Anvers", "Booth", "Petermann"), "sex": ("UNKNOWN",)}
MISSING_SHARE: Final = 0.02
RARE_SHARE: Final = 0.001
AT_ONCE: Final = 100_000


def grow(path: Path, rows: int, *, seed: int = 0) -> None:
    """Write so many rows to *path*, the same ones for the same seed."""
    source = pd.read_csv(shipped("data/penguins.csv"), dtype=str, na_values=["."])
    whole = source.dropna().reset_index(drop=True)
    chance = np.random.default_rng(seed)
    with path.open("w", encoding="utf-8", newline="") as stream:
        stream.write(f"{','.join(source.columns)}\n")
        for first in range(0, rows, AT_ONCE):
            some = _some(whole, min(AT_ONCE, rows - first), chance)
            stream.writelines(
                f"{','.join(row)}\n"
                for row in zip(*(some[name] for name in source.columns), strict=True)
            )


def _some(
    whole: pd.DataFrame, rows: int, chance: np.random.Generator
) -> dict[str, list[str]]:
    """Return the cells of so many rows, by column."""
    chosen = whole.iloc[chance.integers(len(whole), size=rows)]
    cells: dict[str, NDArray[Any]] = {TARGET: chosen[TARGET].to_numpy(dtype=object)}
    for name in NUMERIC:
        values = chosen[name].astype(float).to_numpy()
        values = values * chance.normal(1, 0.02, rows)
        cells[name] = np.char.mod("%.1f", values).astype(object)
    for name in CATEGORICAL:
        cells[name] = chosen[name].to_numpy(dtype=object)
        is_rare = chance.random(rows) < RARE_SHARE
        cells[name][is_rare] = chance.choice(RARE[name], is_rare.sum())
    for name in (*NUMERIC, *CATEGORICAL):
        is_missing = chance.random(rows) < MISSING_SHARE
        cells[name][is_missing] = chance.choice(MISSING, is_missing.sum())
    return {name: column.tolist() for name, column in cells.items()}


if __name__ == "__main__":
    grow(Path(sys.argv[2]), int(sys.argv[1]))
