"""Train the penguins and pack the model, by the scripts alone, without the engine.

    python tools/pack_penguins.py FOLDER

Writes FOLDER/model.tar.gz, as the step package-model of the registered pipeline does.
"""

from __future__ import annotations

import shutil
import sys
import tarfile
from pathlib import Path

from penguin_pipes.config import RegistrationConfig
from penguin_pipes.penguins import penguins_config, shipped
from penguin_pipes.scripts import package, preprocessor, train


def pack(folder: Path) -> Path:
    """Return the archive."""
    root, config = folder / "ml", penguins_config()
    inputs = root / "processing" / "input"
    (inputs / "data").mkdir(parents=True)
    shutil.copy(shipped("data/penguins.csv"), inputs / "data")
    _run(preprocessor.main, [str(each) for each in config.processing.arguments], root)
    code = train.main(
        ["--epochs", "40"],
        {
            "SM_CHANNEL_TRAIN": str(root / "processing" / "train"),
            "SM_CHANNEL_VALIDATION": str(root / "processing" / "validation"),
            "SM_MODEL_DIR": str(root / "model"),
        },
    )
    if code:
        sys.exit(code)
    (inputs / "model").mkdir()
    with tarfile.open(inputs / "model" / "model.tar.gz", "w:gz") as archive:
        archive.add(root / "model" / "001", "001")
    (root / "processing" / "transformers").rename(inputs / "transformers")
    (inputs / "inference").mkdir()
    packaging = RegistrationConfig().packaging
    shutil.copy(packaging.files["inference"], inputs / "inference")
    _run(package.main, [str(each) for each in packaging.arguments], root)
    return (root / "processing" / "package" / "model.tar.gz").rename(
        folder / "model.tar.gz"
    )


def _run(main: object, arguments: list[str], root: Path) -> None:
    """Run a script that would run in a container, with *root* for its /opt/ml."""
    assert callable(main)  # noqa: S101
    code = main([each.replace("/opt/ml", str(root)) for each in arguments])
    if code:
        sys.exit(code)


if __name__ == "__main__":
    print(pack(Path(sys.argv[1])))
