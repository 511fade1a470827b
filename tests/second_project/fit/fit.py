"""Fit who leaves by months and calls; paths and settings as the container has them."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

from numbers_of import logistic, tables
from tabulate import tabulate


def main() -> None:
    """Train, say how good it is, keep the model."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--rate", type=float, default=0.5)
    parser.add_argument("--model_dir", default="/opt/ml/model")
    asked, _ = parser.parse_known_args()

    rows, left = tables.read(Path(os.environ["SM_CHANNEL_TRAIN"]))
    model = logistic.fit(rows, left, rounds=asked.rounds, rate=asked.rate)
    Path(asked.model_dir, "model.json").write_text(json.dumps(model))
    print(tabulate(model["weights"].items(), headers=["column", "weight"]))  # noqa: T201
    share = logistic.share_right(model, rows, left)
    print(f"rounds={asked.rounds} accuracy={share:.4f};")  # noqa: T201  # a job's log


if __name__ == "__main__":
    main()
