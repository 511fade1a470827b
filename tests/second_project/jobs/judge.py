"""Say how often the model is right about customers whom it has not seen."""

from __future__ import annotations

import csv
import json
import tarfile
from pathlib import Path
from typing import Any

MODEL = Path("/opt/ml/processing/input/model")
ROWS = Path("/opt/ml/processing/input/test/rows.csv")
REPORT = Path("/opt/ml/processing/report/report.json")


def main() -> None:
    """Compare what the model says with what happened."""
    with tarfile.open(next(MODEL.glob("*.tar.gz"))) as packed:
        file = packed.extractfile("model.json")
        assert file is not None
        model: dict[str, Any] = json.load(file)
    with ROWS.open(newline="") as table:
        rows = list(csv.DictReader(table))
    right = sum(
        (
            sum(w * float(row[n]) for n, w in model["weights"].items()) + model["bias"]
            > 0
        )
        == (row["left"] == "1")
        for row in rows
    )
    REPORT.write_text(json.dumps({"accuracy": right / len(rows), "rows": len(rows)}))


main()
