"""Steps and pipelines on small frames: what they read, what they leave, what is told."""

from __future__ import annotations

import tarfile
from typing import TYPE_CHECKING, Any

import attrs
import pandas as pd
import pytest

from penguin_pipes import (
    CategoricalRange,
    ProcessingConfig,
    TrainingConfig,
    TuningConfig,
)
from penguin_pipes.config.step import StepConfig
from penguin_pipes.errors import ConfigError, HomeError, InputError, StepFailedError

if TYPE_CHECKING:
    from pathlib import Path

    from penguin_pipes.testing import RunPipeline, RunStep

FRAME = pd.DataFrame({"age": [22, 51], "left": [1, 0]}, index=[7, 8])
CSV = "age,left\n22,1\n51,0\n"
COPY = """
import pathlib, shutil
shutil.copytree("/opt/ml/processing/input/raw", "/opt/ml/processing/out", dirs_exist_ok=True)
"""
FIT = """
import os, pathlib
train = pathlib.Path(os.environ["SM_CHANNEL_TRAIN"])
pathlib.Path(os.environ["SM_MODEL_DIR"], "seen").write_text(" ".join(os.listdir(train)))
print("rows=%d" % len((train / "data.csv").read_text().split()))
"""


@pytest.fixture
def copying(tmp_path: Path) -> ProcessingConfig:
    """Return a step that hands on what it reads."""
    script = tmp_path / "copy_raw.py"
    # Paths in a script are its own business only where trees stand at /opt/ml.
    script.write_text(COPY)
    return ProcessingConfig(script=script, outputs=["out"])


def fit(folder: Path, script: str = FIT) -> TrainingConfig:
    """Return a training that counts the lines it reads."""
    path = folder / "fit.py"
    path.write_text(script)
    return TrainingConfig(
        source=path, metrics={"rows": "rows=([0-9]+)", "size": "size=([0-9]+)"}
    )


@pytest.mark.parametrize(
    ("data", "files"),
    [
        (FRAME, {"data.csv": CSV}),
        ({"a.csv": FRAME, "deep/b.json": "{}"}, {"a.csv": CSV, "deep/b.json": "{}"}),
        (
            {"data.csv": "age\n1\n", "x.bin": b"\x00"},
            {"data.csv": "age\n1\n", "x.bin": "\0"},
        ),
    ],
    ids=["frame", "several", "text"],
)
def test_an_input_is_what_one_gives(
    run_step: RunStep, copying: ProcessingConfig, data: Any, files: dict[str, str]
) -> None:
    """A frame without its index, or files by their names."""
    done = run_step(copying, inputs={"raw": data})

    out = done.artifacts["out"]
    found = {
        str(p.relative_to(out)): p.read_text() for p in out.rglob("*") if p.is_file()
    }
    assert found == files


def test_a_frame_is_parquet_where_its_name_says_so(
    run_step: RunStep, copying: ProcessingConfig
) -> None:
    """Without its index, too."""
    done = run_step(copying, inputs={"raw": {"a.parquet": FRAME}})

    found = pd.read_parquet(done.artifacts["out"] / "a.parquet")
    pd.testing.assert_frame_equal(found, FRAME.reset_index(drop=True))


def test_files_and_folders_are_read_under_their_own_names(
    run_step: RunStep, copying: ProcessingConfig, tmp_path: Path
) -> None:
    """As S3 would have them."""
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "mine.csv").write_text(CSV)

    for path in (folder, folder / "mine.csv"):
        done = run_step(copying, inputs={"raw": path})
        assert (done.artifacts["out"] / "mine.csv").read_text() == CSV


def test_a_training_leaves_metrics_and_a_model(
    run_step: RunStep, tmp_path: Path
) -> None:
    """A config needs no bucket and no role to run here; the second run is reused."""
    config = fit(tmp_path)

    done = run_step(config, inputs={"train": FRAME}, name="fit")

    assert done.metrics == {"rows": 3}
    with tarfile.open(done.artifacts["model"]) as packed:
        assert packed.getnames() == ["seen"]
    again = run_step(config, inputs={"train": FRAME.copy()}, name="fit", cache="only")
    assert again.reused_from is not None
    assert again.artifacts == done.artifacts


def test_a_tuning_leaves_the_best_of_its_trials(
    run_step: RunStep, tmp_path: Path
) -> None:
    """Nothing of it needs a bucket or a role, its trials neither."""
    config = TuningConfig(
        training=fit(tmp_path, f"{FIT}\nimport sys\nprint('size=' + sys.argv[-1])"),
        objective="size",
        ranges={"size": CategoricalRange(["1", "3"])},
        strategy="Grid",
        max_jobs=None,
    )

    done = run_step(config, inputs={"train": FRAME}, name="tune")

    assert done.type == "Tuning"
    assert done.metrics["size"] == 3


def test_a_function_stands_in_for_what_cannot_run_here(run: RunPipeline) -> None:
    """It gets the step's arguments."""
    seen: list[Any] = []
    step = {
        "Name": "notify",
        "Type": "Lambda",
        "FunctionArn": "arn:aws:lambda:us-east-1:123456789012:function:notify",
        "Arguments": {"text": "hello"},
    }

    run({"Version": "2020-12-01", "Steps": [step]}, stand_ins={"notify": seen.append})

    assert seen == [{"text": "hello"}]


def test_a_step_of_the_factories_runs_alone(
    run_step: RunStep, copying: ProcessingConfig, tmp_path: Path
) -> None:
    """What it would read from other steps is given instead."""
    from penguin_pipes import Pipeline, output_uri, processing_step, training_step

    place: dict[str, Any] = {
        "bucket": "acme-ml",
        "region": "eu-west-1",
        "role": "arn:aws:iam::123456789012:role/ml",
    }
    first = processing_step(
        attrs.evolve(copying, **place), name="copy", inputs={"raw": "s3://acme-ml/x/"}
    )
    second = training_step(
        attrs.evolve(fit(tmp_path), **place),
        name="fit",
        channels={"train": output_uri(first, "out")},
    )

    alone = run_step(second, inputs={"train": FRAME})
    named = run_step(
        "fit",
        pipeline=Pipeline("churn", steps=[first, second]),
        inputs={"train": FRAME},
    )

    assert alone.name == named.name == "fit"
    assert alone.metrics == named.metrics == {"rows": 3}
    assert named.reused_from is not None


def processing(script: Path, uri: Any) -> dict[str, Any]:
    """Return a definition by hand, of a step that hands on what it reads."""
    inputs = {"raw": (uri, "raw"), "code": ("s3://code/copy_raw.py", "code")}
    return {
        "Version": "2020-12-01",
        "Parameters": [{"Name": "where", "Type": "String"}],
        "Steps": [
            {
                "Name": "copy",
                "Type": "Processing",
                "Arguments": {
                    "ProcessingResources": {
                        "ClusterConfig": {
                            "InstanceCount": 1,
                            "InstanceType": "ml.m5.xlarge",
                            "VolumeSizeInGB": 30,
                        }
                    },
                    "AppSpecification": {
                        "ImageUri": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/x:1",
                        "ContainerEntrypoint": [
                            "python3",
                            f"/opt/ml/processing/input/code/{script.name}",
                        ],
                    },
                    "RoleArn": "arn:aws:iam::123456789012:role/ml",
                    "ProcessingInputs": [
                        {
                            "InputName": name,
                            "AppManaged": False,
                            "S3Input": {
                                "S3Uri": where,
                                "LocalPath": f"/opt/ml/processing/input/{folder}",
                                "S3DataType": "S3Prefix",
                                "S3InputMode": "File",
                            },
                        }
                        for name, (where, folder) in inputs.items()
                    ],
                    "ProcessingOutputConfig": {
                        "Outputs": [
                            {
                                "OutputName": "out",
                                "AppManaged": False,
                                "S3Output": {
                                    "S3Uri": "s3://acme-ml/out",
                                    "LocalPath": "/opt/ml/processing/out",
                                    "S3UploadMode": "EndOfJob",
                                },
                            }
                        ]
                    },
                },
            }
        ],
    }


@pytest.mark.parametrize(
    ("uri", "options", "name"),
    [
        ({"Get": "Parameters.where"}, {"parameters": {"where": FRAME}}, "data.csv"),
        ("s3://acme-ml/raw/", {"files": {"s3://acme-ml/raw/": FRAME}}, "data.csv"),
        ("s3://acme-ml/raw", {"files": {"s3://acme-ml/raw": FRAME}}, "data.csv"),
        ("s3://acme-ml/x.csv", {"files": {"s3://acme-ml/x.csv": FRAME}}, "x.csv"),
        ("s3://acme-ml/v1.2", {"files": {"s3://acme-ml/v1.2": FRAME}}, "data.csv"),
    ],
)
def test_a_pipeline_reads_frames_by_parameter_or_address(
    run: RunPipeline,
    copying: ProcessingConfig,
    uri: Any,
    options: dict[str, Any],
    name: str,
) -> None:
    """A definition of any maker; code that it names is a file as well."""
    definition = processing(copying.script, uri)
    if "parameters" not in options:
        definition["Parameters"] = []
    options.setdefault("files", {})["s3://code/copy_raw.py"] = copying.script

    done = run(definition, **options)

    out = done.step("copy").artifacts["out"]
    assert [path.name for path in out.iterdir()] == [name]
    assert (out / name).read_text() == CSV


@pytest.mark.parametrize(
    ("data", "match"),
    [
        ("a,b\n1,2\n", r"inputs\['raw'\]: expected a pandas DataFrame, .*got 'a,b"),
        (7, r"inputs\['raw'\]: expected a pandas DataFrame"),
        ({"x.csv": 7}, r"inputs\['raw'\]\['x.csv'\]: expected a pandas DataFrame"),
        (
            {"x.feather": FRAME},
            r"written as .csv or .parquet; got '.feather'. Give the",
        ),
        ({"../x.csv": FRAME}, r"expected the name of a file .*; got '../x.csv'"),
        ({"": "x"}, r"expected the name of a file .*; got ''"),
    ],
)
def test_data_that_no_step_could_read_is_refused(
    run_step: RunStep, copying: ProcessingConfig, data: Any, match: str
) -> None:
    """With the place and what would do."""
    with pytest.raises(InputError, match=match):
        run_step(copying, inputs={"raw": data})


def test_a_path_that_leads_nowhere_is_refused(
    run_step: RunStep, copying: ProcessingConfig, tmp_path: Path
) -> None:
    """With the folder that it counts from."""
    with pytest.raises(InputError, match=r"there is nothing at .*; paths count from /"):
        run_step(copying, inputs={"raw": tmp_path / "none.csv"})


@pytest.mark.parametrize(
    ("step", "error", "match"),
    [
        ("fit", InputError, "'fit' is a name, of a step of which pipeline"),
        (7, InputError, r"expected a config of a processing, .* step's name; got 7"),
        (StepConfig(), InputError, r"expected a config of .*; got StepConfig\("),
        (
            TuningConfig(),
            ConfigError,
            r"TuningConfig\.training: a tuning step of its own",
        ),
    ],
)
def test_what_is_no_step_is_refused(
    run_step: RunStep, step: Any, error: type[Exception], match: str
) -> None:
    """With what would be one."""
    with pytest.raises(error, match=match):
        run_step(step)


def test_a_training_without_channels_is_refused(
    run_step: RunStep, tmp_path: Path
) -> None:
    """As the factories refuse it."""
    with pytest.raises(ConfigError, match="channels"):
        run_step(fit(tmp_path))


def test_a_job_that_fails_says_why(run_step: RunStep, tmp_path: Path) -> None:
    """The end of its log is in the error that the test shows."""
    config = fit(tmp_path, "raise SystemExit('no rows at all')")

    with pytest.raises(StepFailedError, match="no rows at all"):
        run_step(config, inputs={"train": FRAME})


def test_a_home_that_cannot_be_written_is_told(
    run: RunPipeline, copying: ProcessingConfig, tmp_path: Path
) -> None:
    """As for any other local run."""
    (tmp_path / "file").touch()
    elsewhere = attrs.evolve(run, home=tmp_path / "file" / "home")

    with pytest.raises(HomeError, match="choose another folder"):
        elsewhere(processing(copying.script, "s3://x/y"), files={"s3://x/y": FRAME})
