"""Beyond training: the penguins judged, packed, registered and served, or refused."""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import attrs
import pytest

from penguin_pipes import (
    IntegerRange,
    TuningConfig,
    build_pipeline,
    penguins_config,
    run_locally,
)
from penguin_pipes.errors import StepFailedError
from penguin_pipes.local import History, Run, Status
from penguin_pipes.penguins import shipped

pytestmark = pytest.mark.slow

SERVE = Path(__file__).parents[2] / "tools" / "serve_archive.py"


@attrs.frozen
class Bench:
    """A home in which the registered pipeline has run once."""

    home: Path
    run: Run

    def again(self, *, threshold: float = 0.7, **fields: Any) -> Run:
        """Run it once more, with another threshold or another config."""
        return run_registered(self.home, threshold=threshold, **fields)

    def versions(self) -> list[int]:
        """Return the versions in the registry, the newest first."""
        with History(self.home) as history:
            return [each.version for each in history.registry.versions("penguins")]


def run_registered(home: Path, *, threshold: float, **fields: Any) -> Run:
    """Run the penguins beyond their training."""
    config = penguins_config(**{"register": True, **fields})
    pipeline = build_pipeline(config)
    return run_locally(
        pipeline.definition(),
        files=pipeline.files,
        home=home,
        name="penguins",
        parameters={"accuracy_threshold": threshold},
    )


@pytest.fixture(scope="module")
def bench(default_home: Path, default_run: Run) -> Bench:
    """Return a home in which the model of the default run has been registered."""
    assert default_run.status is Status.SUCCEEDED
    return Bench(default_home, run_registered(default_home, threshold=0.7))


def statuses(run: Run) -> dict[str, Status]:
    """Return what became of each step."""
    return {step.name: step.status for step in run.steps}


def test_a_good_model_is_registered_with_its_metrics(bench: Bench) -> None:
    """What goes on from the training has run, and the version says how good it is.

    The training itself is that of the default run: registering changes nothing of it.
    """
    found = statuses(bench.run)
    assert found.pop("refuse-model") is Status.SKIPPED
    assert set(found.values()) == {Status.SUCCEEDED}
    reused = {step.name for step in bench.run.steps if step.reused_from is not None}
    assert reused == {"preprocess-data", "train-model"}
    package = bench.run.step("register-model").properties
    assert package["ModelApprovalStatus"] == "PendingManualApproval"
    assert package["CustomerMetadataProperties"] == {
        "pipeline": "penguins",
        "execution": bench.run.id,
    }
    statistics = package["ModelMetrics"]["ModelQuality"]["Statistics"]
    assert statistics["S3Uri"].endswith("/evaluate-model/evaluation/evaluation.json")


def test_evaluation_is_of_the_test_penguins(bench: Bench) -> None:
    """Rows, species and accuracy are those of the split that nobody trained on."""
    folder = bench.run.step("evaluate-model").artifacts["evaluation"]
    found = json.loads((folder / "evaluation.json").read_bytes())

    assert found["dataset"]["item_count"] == pytest.approx(344 * 0.15, abs=2)
    assert list(found["classes"]) == ["Adelie", "Chinstrap", "Gentoo"]
    metrics = found["multiclass_classification_metrics"]
    assert metrics["accuracy"]["value"] >= 0.7


def test_what_is_registered_serves(bench: Bench) -> None:
    """Raw penguins go in, species come out, of nothing but the archive."""
    archive = bench.run.step("package-model").artifacts["package"] / "model.tar.gz"
    with tarfile.open(archive) as packed:
        names = packed.getnames()

    done = subprocess.run(
        [sys.executable, str(SERVE), str(archive), str(shipped("data/penguins.csv"))],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["rows"] == 344
    assert answer["accuracy"] >= 0.7
    assert {"001/saved_model.pb", "code/inference.py", "code/transformer.json"} <= {
        *names
    }
    assert names == sorted(names)


def test_a_model_that_is_not_good_enough_ends_the_run_with_a_sentence(
    bench: Bench,
) -> None:
    """It names the threshold, the report and the way out; nothing is registered."""
    before = bench.versions()

    with pytest.raises(
        StepFailedError,
        match=r"below the threshold of 1\.01, so it was not registered\. .*"
        r"evaluation\.json\. Train it longer .* parameter accuracy_threshold",
    ) as caught:
        bench.again(threshold=1.01)

    run: Any = caught.value.run
    found = statuses(run)
    assert found["refuse-model"] is Status.FAILED
    assert found["package-model"] is found["register-model"] is Status.SKIPPED
    assert bench.versions() == before


def test_a_second_run_registers_what_it_did_not_have_to_make_again(
    bench: Bench,
) -> None:
    """Every job is reused, the package too: the same input has the same bytes."""
    before = bench.versions()

    run = bench.again()

    jobs = ("preprocess-data", "train-model", "evaluate-model", "package-model")
    assert all(run.step(name).reused_from is not None for name in jobs)
    assert run.step("package-model").reused_from == bench.run.id
    assert bench.versions() == [before[0] + 1, *before]


def test_the_best_trial_is_what_is_judged_and_registered(bench: Bench) -> None:
    """With tuning in the place of training the rest of the pipeline is the same."""
    before = bench.versions()
    tuning = TuningConfig(
        ranges={"epochs": IntegerRange(4, 8)}, max_jobs=2, max_parallel_jobs=2
    )

    run = bench.again(threshold=0.0, use_tuning=True, tuning=tuning)

    assert statuses(run)["register-model"] is Status.SUCCEEDED
    assert bench.versions() == [before[0] + 1, *before]
    best = run.step("tune-model").properties["BestTrainingJob"]["TrainingJobName"]
    log = json.loads(
        (bench.home / "runs" / run.id / "evaluate-model" / "request.json").read_text()
    )
    (model, *_) = log["ProcessingInputs"]
    assert model["S3Input"]["S3Uri"].endswith(f"/{best}/output/model.tar.gz")


def batch(bench: Bench, data: Path, model: str, **source: str) -> Run:
    """Run a batch transform by a model that lies in the home."""
    image = "763104351884.dkr.ecr.us-east-1.amazonaws.com/tensorflow-inference:2.20.0"
    container = {"Image": image, "ModelDataUrl": model}
    steps = [
        {
            "Name": "make",
            "Type": "Model",
            "Arguments": {"PrimaryContainer": container},
        },
        {
            "Name": "guess",
            "Type": "Transform",
            "Arguments": {
                "ModelName": {"Get": "Steps.make.ModelName"},
                "TransformInput": {
                    "DataSource": {
                        "S3DataSource": {
                            "S3DataType": "S3Prefix",
                            "S3Uri": f"s3://raw/{data.name}",
                        }
                    },
                    **source,
                },
                "TransformOutput": {
                    "S3OutputPath": "s3://guesses",
                    "Accept": source["ContentType"],
                },
                "TransformResources": {
                    "InstanceType": "ml.m5.large",
                    "InstanceCount": 1,
                },
            },
        },
    ]
    return run_locally(
        {"Version": "2020-12-01", "Steps": steps},
        files={f"s3://raw/{data.name}": data},
        home=bench.home,
        name="batch",
    )


def model_data(bench: Bench) -> str:
    """Return where the data of the newest version lie."""
    with History(bench.home) as history:
        (version, *_) = history.registry.versions("penguins")
    (container,) = version.properties["InferenceSpecification"]["Containers"]
    return str(container["ModelDataUrl"])


def test_the_registered_model_guesses_in_batches(bench: Bench) -> None:
    """A transform asks the model through its own script: raw rows in, labels out."""
    run = batch(
        bench, shipped("data/penguins.csv"), model_data(bench), ContentType="text/csv"
    )

    text = (run.step("guess").artifacts["transformed"] / "penguins.csv.out").read_text()
    rows = shipped("data/penguins.csv").read_text().splitlines()[1:]
    guesses = [line.split(",")[0] for line in text.splitlines()]
    right = sum(
        guess == row.split(",")[0] for guess, row in zip(guesses, rows, strict=True)
    )
    assert right > 0.8 * len(rows)


def test_a_saved_model_guesses_without_a_script(bench: Bench, tmp_path: Path) -> None:
    """Without a script, requests are TensorFlow Serving's, and its answers the result."""
    packed = bench.home / "s3" / model_data(bench).removeprefix("s3://")
    bare = bench.home / "s3" / "bare" / "model.tar.gz"
    bare.parent.mkdir(exist_ok=True)
    with tarfile.open(packed) as full, tarfile.open(bare, "w:gz") as fresh:
        for member in full:
            if member.isfile() and not member.name.startswith("code/"):
                fresh.addfile(member, full.extractfile(member))
            if member.name == "code/transformer.json":
                file = full.extractfile(member)
                assert file is not None
                fitted = json.load(file)
    width = len(fitted["numeric"]) + sum(
        len(part["categories"]) for part in fitted["categorical"]
    )
    data = tmp_path / "rows.json"
    data.write_text(json.dumps({"instances": [[0.0] * width] * 2}))

    run = batch(bench, data, "s3://bare/model.tar.gz", ContentType="application/json")

    folder = run.step("guess").artifacts["transformed"]
    answer = json.loads((folder / "rows.json.out").read_text())
    one, other = answer["predictions"]
    assert one == other
    assert sum(one) == pytest.approx(1, abs=1e-5)
