"""Make penguin_pipes/data/penguins.csv from the raw Palmer penguins.

    python tools/make_penguins_csv.py                       # fetches them with pip
    python tools/make_penguins_csv.py path/to/penguins-raw.csv

What changes on the way is written down in ``penguin_pipes/data/README.md``.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import io
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

PACKAGE = "palmerpenguins==0.1.6"
MEMBER = "palmerpenguins/data/penguins-raw.csv"
RAW_SHA256 = "144f623143c9360fd77322a4f86acb06dc198814dbd2669724c63e6457b907bd"
TARGET = Path(__file__).resolve().parents[1] / "penguin_pipes" / "data" / "penguins.csv"

# Our column and the raw one that it comes from, in the order of the well-known edition.
COLUMNS = {
    "species": "Species",
    "island": "Island",
    "culmen_length_mm": "Culmen Length (mm)",
    "culmen_depth_mm": "Culmen Depth (mm)",
    "flipper_length_mm": "Flipper Length (mm)",
    "body_mass_g": "Body Mass (g)",
    "sex": "Sex",
}
# The one penguin whose sex the well-known edition gives as a dot instead of NA.
DOTTED = ("Gentoo", "Biscoe", "44.5", "15.7", "217", "4875")


def convert(rows: Iterable[Mapping[str, str]]) -> list[tuple[str, ...]]:
    """Return the *rows* of penguins-raw.csv as those of penguins.csv.

    Args:
        rows: One mapping per penguin, from raw column name to the text of the cell.

    Returns:
        One tuple per penguin, its cells in the order of `COLUMNS`, sorted by species;
        penguins of one species keep their order.
    """
    penguins = (_penguin(row) for row in rows)
    return sorted(penguins, key=lambda penguin: penguin[0])


def _penguin(raw: Mapping[str, str]) -> tuple[str, ...]:
    species, *rest, sex = (raw[column] for column in COLUMNS.values())
    measured = (species.split()[0], *rest)
    return (*measured, "." if measured == DOTTED and sex == "NA" else sex)


def render(penguins: Iterable[tuple[str, ...]]) -> str:
    """Return the *penguins* as CSV text under the header of penguins.csv."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(penguins)
    return text.getvalue()


def fetch() -> bytes:
    """Return penguins-raw.csv out of the wheel that pip downloads."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        command += ["--only-binary=:all:", "--dest", folder, PACKAGE]
        subprocess.run(command, check=True)
        (wheel,) = Path(folder).glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            return archive.read(MEMBER)


def main(argv: Sequence[str] | None = None) -> int:
    """Write penguins.csv; return 1 where the raw file is not the one we know."""
    parser = argparse.ArgumentParser(description="Make penguins.csv from the raw data.")
    parser.add_argument("raw", nargs="?", type=Path, help=f"{MEMBER} of {PACKAGE}")
    parser.add_argument("--output", type=Path, default=TARGET)
    options = parser.parse_args(argv)
    data = options.raw.read_bytes() if options.raw else fetch()
    digest = hashlib.sha256(data).hexdigest()
    if digest != RAW_SHA256:
        sys.stderr.write(
            f"{options.raw or PACKAGE}: expected a penguins-raw.csv with SHA-256 "
            f"{RAW_SHA256}, got {digest}; take the file from {PACKAGE}.\n"
        )
        return 1
    rows = csv.DictReader(io.StringIO(data.decode("utf-8"), newline=""))
    options.output.write_bytes(render(convert(rows)).encode("utf-8"))
    sys.stdout.write(f"{options.output}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
