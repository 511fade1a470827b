"""Fit a factor to nothing much: the mean of the numbers, times a hyperparameter."""

import argparse
import json
import os
import sys
from pathlib import Path

parser = argparse.ArgumentParser()
parser.add_argument("--factor", type=float, default=1.0)
arguments, _ = parser.parse_known_args()

text = (Path(os.environ["SM_CHANNEL_TRAIN"]) / "train.csv").read_text()
numbers = [float(each) for each in text.split()]
mean = arguments.factor * sum(numbers) / len(numbers)
sys.stdout.write(f"loss={abs(mean - 6):.3f};\n")
(Path(os.environ["SM_MODEL_DIR"]) / "weights.json").write_text(json.dumps(mean))
