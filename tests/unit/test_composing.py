"""Steps are put together in any way that the service allows, and run here."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from penguin_pipes import (
    Channel,
    Compute,
    ContinuousRange,
    Pipeline,
    ProcessingConfig,
    TrainingConfig,
    TuningConfig,
    best_model_uri,
    output_uri,
    processing_step,
    training_step,
    tuning_step,
)
from penguin_pipes.definition import Severity, validate
from penguin_pipes.factories import sdk
from penguin_pipes.local import run_locally
from penguin_pipes.local.backends import ProcessBackend

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from penguin_pipes.local import Run

REGION = "eu-west-1"
ROLE = "arn:aws:iam::123456789012:role/pipelines"
IMAGE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/churn:3"
PLACE: dict[str, Any] = {
    "role": ROLE,
    "region": REGION,
    "bucket": "acme-ml",
    "image": IMAGE,
}

WORK = """
import os, sys
from pathlib import Path
base = Path(__file__).parents[2]
read = sorted(p for p in (base / "input").rglob("*.txt"))
words = " ".join([*sys.argv[1:], *(p.read_text() for p in read)])
print(words, os.environ.get("MOOD", ""))
(base / "out" / "said.txt").write_text(f"({words})")
"""
FIT = """
import os, sys
from pathlib import Path
channels = sorted(n for n in os.environ if n.startswith("SM_CHANNEL_"))
read = [p.read_text() for n in channels for p in sorted(Path(os.environ[n]).rglob("*.txt"))]
print("score=%d" % len(read))
text = " ".join([*(w for w in sys.argv[1:] if "model" not in w), *read])
Path(os.environ["SM_MODEL_DIR"], "model.txt").write_text(text)
print(text, os.environ.get("MOOD", ""))
"""


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """Return a script that says what it is told and what it reads."""
    path = tmp_path / "work.py"
    path.write_text(WORK)
    return path


@pytest.fixture
def fit(tmp_path: Path) -> Path:
    """Return a training script that does the same."""
    path = tmp_path / "fit.py"
    path.write_text(FIT)
    return path


@pytest.fixture
def raw(tmp_path: Path) -> dict[str, Path]:
    """Return the objects that there are from the beginning."""
    path = tmp_path / "raw.txt"
    path.write_text("raw")
    return {"s3://acme-ml/raw/raw.txt": path}


@pytest.fixture
def run(tmp_path: Path, raw: dict[str, Path]) -> Iterator[Any]:
    """Return what checks a pipeline and runs it."""
    with ProcessBackend(warm=False) as backend:

        def start(
            steps: list[Any],
            declared: Sequence[Any] = (),
            *,
            warns: bool = False,
            **options: Any,
        ) -> Run:
            pipeline = Pipeline(
                "composed", steps=steps, parameters=declared, region=REGION
            )
            problems = validate(pipeline.definition())
            allowed = {Severity.WARNING} if warns else set()
            assert {each.severity for each in problems} <= allowed
            return run_locally(
                pipeline.definition(),
                files={**pipeline.files, **raw},
                home=tmp_path / "home",
                backend=backend,
                **options,
            )

        yield start


def process(work: Path, name: str, inputs: dict[str, Any], **fields: Any) -> Any:
    """Return a processing step that says its own name, unless told otherwise."""
    settings = {"arguments": [name], **PLACE, **fields}
    config = ProcessingConfig(script=work, outputs=["out"], **settings)
    return processing_step(config, name=name, inputs=inputs)


def said(run: Run, step: str) -> str:
    """Return what a processing step has written."""
    return (run.step(step).artifacts["out"] / "said.txt").read_text()


def model(run: Run, step: str) -> str:
    """Return what a training step has printed last."""
    return run.step(step).log.read_text().splitlines()[-1].strip()


def test_fan_out_and_fan_in(run: Any, work: Path, fit: Path) -> None:
    """One step's output goes to many, and what they all write to one."""
    source = process(work, "source", {"raw": "s3://acme-ml/raw"})
    branches = [
        process(work, f"branch-{n}", {"data": output_uri(source, "out")})
        for n in range(3)
    ]
    together = process(
        work,
        "together",
        {f"b{n}": output_uri(b, "out") for n, b in enumerate(branches)},
    )
    training = training_step(
        TrainingConfig(source=fit, **PLACE),
        name="fit",
        channels={
            "all": output_uri(together, "out"),
            "one": output_uri(branches[1], "out"),
        },
    )

    found = run([training, together, *branches, source], jobs=3)

    parts = [f"(branch-{n} (source raw))" for n in range(3)]
    assert said(found, "together") == f"(together {' '.join(parts)})"
    assert model(found, "fit") == f"(together {' '.join(parts)}) {parts[1]}"


def test_a_tuned_model_goes_on(run: Any, work: Path, fit: Path) -> None:
    """What a tuning step finds is an input like any other."""
    source = process(work, "source", {"raw": "s3://acme-ml/raw"})
    search = TuningConfig(
        training=TrainingConfig(
            source=fit, metrics={"score": "score=([0-9]+)"}, **PLACE
        ),
        objective="score",
        ranges={"rate": ContinuousRange(0.1, 1.0)},
        max_jobs=2,
        max_parallel_jobs=1,
        **{key: value for key, value in PLACE.items() if key != "image"},
    )
    tune = tuning_step(search, name="tune", channels={"x": output_uri(source, "out")})
    after = process(work, "after", {"model": best_model_uri(tune, search)})

    found = run([source, tune, after])

    assert len(found.step("tune").trials) == 2
    assert said(found, "after") == "(after)"


@pytest.mark.filterwarnings("ignore")
def test_steps_of_the_sdk_are_mixed_with_ours(
    run: Any, work: Path, raw: dict[str, Path], edge: Any, monkeypatch: Any
) -> None:
    """A processor, a Lambda function and a condition of the SDK's own take part."""
    from sagemaker.core.lambda_helper import Lambda
    from sagemaker.core.processing import ScriptProcessor
    from sagemaker.core.shapes import (
        ProcessingInput,
        ProcessingOutput,
        ProcessingS3Input,
        ProcessingS3Output,
    )
    from sagemaker.core.workflow.conditions import ConditionEquals
    from sagemaker.core.workflow.pipeline_context import PipelineSession
    from sagemaker.mlops.workflow.condition_step import ConditionStep
    from sagemaker.mlops.workflow.lambda_step import (
        LambdaOutput,
        LambdaOutputTypeEnum,
        LambdaStep,
    )
    from sagemaker.mlops.workflow.steps import ProcessingStep

    assert edge
    monkeypatch.setenv("SAGEMAKER_VALIDATE_ROLE", "false")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    session = PipelineSession(
        boto_session=boto3.Session(region_name=REGION), default_bucket="acme-ml"
    )
    raw["s3://acme-ml/code/work.py"] = work
    ours = process(work, "ours", {"raw": "s3://acme-ml/raw"})
    processor = ScriptProcessor(
        image_uri=IMAGE,
        command=["python3"],
        instance_type="ml.m5.xlarge",
        instance_count=1,
        role=ROLE,
        sagemaker_session=session,
    )
    data = ProcessingS3Input(
        s3_uri=output_uri(ours, "out"),
        local_path="/opt/ml/processing/input/data",
        s3_data_type="S3Prefix",
        s3_input_mode="File",
    )
    out = ProcessingS3Output(
        s3_uri="s3://acme-ml/theirs",
        local_path="/opt/ml/processing/out",
        s3_upload_mode="EndOfJob",
    )
    theirs = ProcessingStep(
        name="theirs",
        step_args=processor.run(
            code="s3://acme-ml/code/work.py",
            inputs=[ProcessingInput(input_name="data", s3_input=data)],
            outputs=[ProcessingOutput(output_name="out", s3_output=out)],
            arguments=["theirs"],
        ),
    )
    function = "arn:aws:lambda:eu-west-1:123456789012:function:ask"
    ask = LambdaStep(
        name="ask",
        lambda_func=Lambda(function_arn=function, session=session),
        inputs={"place": output_uri(theirs, "out")},
        outputs=[LambdaOutput("answer", LambdaOutputTypeEnum.String)],
    )
    answer = ask.properties.Outputs["answer"]
    last = process(
        work,
        "last",
        {"theirs": output_uri(theirs, "out")},
        environment={"MOOD": answer},
    )
    check = ConditionStep(
        name="check",
        conditions=[ConditionEquals(left=answer, right="good")],
        if_steps=[last],
        else_steps=[],
    )

    found = run(
        [ours, theirs, ask, check],
        warns=True,  # the SDK's own processor says not how long it may run
        stand_ins={"ask": lambda _: {"answer": "good"}},
    )

    assert said(found, "last") == "(last (theirs (ours raw)))"
    assert found.step("last").log.read_text().endswith("good\n")


def test_pipelines_share_what_they_bring(work: Path, fit: Path, edge: Any) -> None:
    """What one pipeline has uploaded, a second one with the same code does not."""

    def build(name: str) -> Pipeline:
        step = process(work, "clean", {"raw": "s3://acme-ml/raw"})
        training = training_step(
            TrainingConfig(source=fit, **PLACE),
            name="fit",
            channels={"rows": output_uri(step, "out")},
        )
        return Pipeline(name, steps=[step, training], region=REGION)

    def uploads() -> int:
        return sum(count for call, count in edge.writes.items() if "Put" in call)

    build("first").upsert(role_arn=ROLE)
    before = uploads()
    build("second").upsert(role_arn=ROLE)

    assert before == 2
    assert uploads() == before


def test_parameters_stand_anywhere(run: Any, work: Path, fit: Path) -> None:
    """A parameter may be an image, a machine, a number, a word, a part of a name."""
    kinds = sdk.load().parameters
    texts = {
        "image": IMAGE,
        "machine": "ml.m5.xlarge",
        "word": "hello",
        "mood": "calm",
        "place": "s3://acme-ml/nowhere",
        "kind": "text/plain",
    }
    numbers = {"count": 1, "disk": 10, "most": 100, "epochs": 3}
    parameters = {
        **{k: kinds.ParameterString(k, default_value=v) for k, v in texts.items()},
        **{k: kinds.ParameterInteger(k, default_value=v) for k, v in numbers.items()},
    }
    compute = Compute(
        instance_type=parameters["machine"],
        instance_count=parameters["count"],
        volume_size_gb=parameters["disk"],
        max_runtime_s=parameters["most"],
    )
    varied = {
        "image": parameters["image"],
        "compute": compute,
        "environment": {"MOOD": parameters["mood"]},
    }
    first = process(
        work,
        "first",
        {"raw": parameters["place"]},
        arguments=[parameters["word"]],
        **varied,
    )
    training = training_step(
        TrainingConfig(
            source=fit,
            hyperparameters={"epochs": parameters["epochs"]},
            **{**PLACE, **varied},
        ),
        name="fit",
        channels={
            "x": Channel(uri=output_uri(first, "out"), content_type=parameters["kind"])
        },
    )

    found = run(
        [first, training],
        [*parameters.values()],
        parameters={
            "place": "s3://acme-ml/raw",
            "word": "bonjour",
            "mood": "wild",
            "epochs": 7,
        },
    )

    assert found.step("first").log.read_text() == "bonjour raw wild\n"
    assert model(found, "fit") == "--epochs 7 (bonjour raw) wild"
    request = json.loads((found.step("fit").log.parent / "request.json").read_text())
    assert request["ResourceConfig"] == {
        "InstanceType": "ml.m5.xlarge",
        "InstanceCount": 1,
        "VolumeSizeInGB": 10,
    }
    assert request["InputDataConfig"][0]["ContentType"] == "text/plain"


def test_inputs_are_joined(run: Any, work: Path, fit: Path) -> None:
    """A name that is put together of a parameter and an output's place is read."""
    from sagemaker.core.workflow.functions import Join

    month = sdk.load().parameters.ParameterString("month", default_value="january")
    raw = Join(on="/", values=["s3:/", "acme-ml", month])
    first = process(work, "first", {"raw": raw})
    file = Join(on="/", values=[output_uri(first, "out"), "said.txt"])
    second = process(work, "second", {"said": file})
    training = training_step(
        TrainingConfig(source=fit, **PLACE), name="fit", channels={"x": file}
    )

    found = run([first, second, training], [month], parameters={"month": "raw"})

    assert said(found, "second") == "(second (first raw))"
    assert model(found, "fit") == "(first raw)"


def test_sharded_inputs_come_from_steps(run: Any, work: Path, fit: Path) -> None:
    """What several instances of one step wrote is shared by those of the next."""
    script = work.with_name("many.py")
    script.write_text(
        "import json\nfrom pathlib import Path\nbase = Path(__file__).parents[3]\n"
        "config = json.loads((base / 'config/resourceconfig.json').read_text())\n"
        "me = config['current_host']\n"
        "(base / f'processing/out/{me}.txt').write_text(me)\n"
    )
    compute = Compute(instance_count=2)
    many = process(script, "many", {}, compute=compute)
    training = training_step(
        TrainingConfig(source=fit, compute=compute, **PLACE),
        name="fit",
        channels={
            "x": Channel(uri=output_uri(many, "out"), distribution="ShardedByS3Key")
        },
    )

    found = run([many, training])

    folder = found.step("fit").log.parent
    for host in ("algo-1", "algo-2"):
        log = (folder / f"log-{host}.txt").read_text()
        assert log.splitlines()[-1].strip() == host
