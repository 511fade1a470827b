"""Split a file of numbers in two; count them for a condition."""

import argparse
import json
from pathlib import Path

parser = argparse.ArgumentParser()
parser.add_argument("--share", type=float)
share = parser.parse_args().share

base = Path("/opt/ml/processing")
rows = (base / "input" / "raw" / "numbers.csv").read_text().split()
cut = int(len(rows) * share)
(base / "train" / "train.csv").write_text("\n".join(rows[:cut]))
(base / "test" / "test.csv").write_text("\n".join(rows[cut:]))
report = {"rows": {"train": cut, "test": len(rows) - cut}}
(base / "report" / "report.json").write_text(json.dumps(report))
