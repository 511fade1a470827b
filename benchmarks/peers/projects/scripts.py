"""How the two scripts are called, by projects that are written in Python."""

import os
import subprocess
import sys
from pathlib import Path

NUMERIC = ["culmen_length_mm", "culmen_depth_mm", "flipper_length_mm", "body_mass_g"]
ARGUMENTS = ["--target", "species", "--numeric", *NUMERIC, "--categorical", "island"]
ARGUMENTS += ["sex", "--missing", ".", "--seed", "0"]


def preprocess(data: str, out: str) -> str:
    """Split and transform what is in the folder *data* into *out*."""
    places = ["--input", data, "--output", out, "--message", f"{out}-message"]
    command = [sys.executable, "preprocessor.py", *places, *ARGUMENTS]
    subprocess.run(command, check=True)
    return out


def train(prepared: str, model: str, learning_rate: float, epochs: int) -> str:
    """Train on what is *prepared*, and save into *model*."""
    channels = {
        f"SM_CHANNEL_{name.upper()}": str(Path(prepared, name).absolute())
        for name in ("train", "validation", "transformers")
    }
    command = [sys.executable, "train.py", "--epochs", str(epochs)]
    command += ["--learning_rate", str(learning_rate)]
    environ = {**os.environ, **channels, "SM_MODEL_DIR": str(Path(model).absolute())}
    subprocess.run(command, check=True, env=environ)
    return model
