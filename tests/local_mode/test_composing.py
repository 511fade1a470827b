"""The penguins, composed in another way: two networks, and a judgement of both."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import attrs

from penguin_pipes import (
    Pipeline,
    ProcessingConfig,
    output_uri,
    penguins_config,
    processing_step,
    training_step,
)
from penguin_pipes.local import run_locally

CHOOSE = """
import json, tarfile
from pathlib import Path
base = Path("/opt/ml/processing/input")
sizes = {}
for name in ("short", "long"):
    with tarfile.open(next((base / name).glob("*.tar.gz"))) as model:
        sizes[name] = len(model.getnames())
test = len((base / "test").joinpath("test.csv").read_text().splitlines())
Path("/opt/ml/processing/choice/choice.json").write_text(json.dumps([sizes, test]))
"""


def test_two_networks_of_the_same_penguins(tmp_path: Path) -> None:
    """One preprocessing feeds two trainings that run at once, and one step reads all."""
    script = tmp_path / "choose.py"
    script.write_text(CHOOSE)
    config = penguins_config()
    place: dict[str, Any] = {
        "bucket": config.bucket,
        "role": config.role,
        "region": config.region,
    }
    prepare = processing_step(
        attrs.evolve(config.processing, **place),
        name="prepare",
        inputs={"data": "s3://raw/penguins.csv"},
    )
    channels = {key: output_uri(prepare, key) for key in ("train", "validation")}
    fits = {
        name: training_step(
            attrs.evolve(
                config.training,
                hyperparameters={**config.training.hyperparameters, "epochs": epochs},
                **place,
            ),
            name=f"fit-{name}",
            channels=channels,
        )
        for name, epochs in {"short": 1, "long": 4}.items()
    }
    models = {
        name: fit.properties.ModelArtifacts.S3ModelArtifacts
        for name, fit in fits.items()
    }
    choose = processing_step(
        ProcessingConfig(script=script, outputs=["choice"], **place),
        name="choose",
        inputs={**models, "test": output_uri(prepare, "test")},
    )
    pipeline = Pipeline(
        "two", steps=[choose, *fits.values(), prepare], region=config.region
    )

    run = run_locally(
        pipeline.definition(),
        files={**pipeline.files, "s3://raw/penguins.csv": Path(config.dataset)},
        home=tmp_path / "home",
        jobs=2,
    )

    epochs = {name: len(run.step(f"fit-{name}").series["val_loss"]) for name in fits}
    assert epochs == {"short": 1, "long": 4}
    choice = run.step("choose").artifacts["choice"] / "choice.json"
    sizes, rows = json.loads(choice.read_text())
    assert sizes["short"] == sizes["long"] > 0
    assert rows > 50
