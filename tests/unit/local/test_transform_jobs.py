"""What is promised of steps that transform data by a model."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from penguin_pipes.definition import Node
from penguin_pipes.errors import (
    DefinitionError,
    InputError,
    StepFailedError,
    UnsupportedError,
)
from penguin_pipes.local import Status, explain_locally
from penguin_pipes.local.jobs.transform import TransformKind
from penguin_pipes.local.storage import Storage

IMAGE = "683313688378.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-scikit-learn:1.9-0"
ROLE = "arn:aws:iam::123456789012:role/pipelines"

DOUBLE = """
    import json, os

    def model_fn(folder):
        return json.load(open(f"{folder}/weights.json"))["factor"]

    def input_fn(text, content_type):
        assert content_type == "text/csv", content_type
        print("request of", len(text.splitlines()), "lines")
        return [float(line) for line in text.splitlines()]

    def predict_fn(rows, factor):
        return [row * factor for row in rows]

    def output_fn(answers, accept):
        return "\\n".join(map(str, answers))
"""

ECHO = """
    import json

    def model_fn(folder):
        return None

    def transform_fn(model, text, content_type, accept):
        return json.dumps({"got": json.loads(text)}), accept
"""


def create(name: str = "make", data: Any = "s3://m/model.tar.gz", **more: Any) -> Any:
    """Return a step that makes a model, as the SDK writes it."""
    container = {"Image": IMAGE, "ModelDataUrl": data, "Environment": {}, **more}
    arguments = {"ExecutionRoleArn": ROLE, "PrimaryContainer": container}
    return {"Name": name, "Type": "Model", "Arguments": arguments}


def transform(data: Any = "s3://data/in", **changes: Any) -> Any:
    """Return a step that transforms CSV, line by line, as the SDK writes it."""
    source = {"S3DataType": "S3Prefix", "S3Uri": data}
    members = {"source": {}, "target": {}, "step": {}, **changes}
    return {
        "Name": "guess",
        "Type": "Transform",
        "Arguments": {
            "ModelName": {"Get": "Steps.make.ModelName"},
            "TransformInput": {
                "ContentType": "text/csv",
                "SplitType": "Line",
                "DataSource": {"S3DataSource": source},
                **members.pop("source"),
            },
            "TransformOutput": {
                "S3OutputPath": "s3://out/guesses",
                "AssembleWith": "Line",
                "Accept": "text/csv",
                **members.pop("target"),
            },
            "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
            **{key: members[key] for key in members if key != "step"},
        },
        **members["step"],
    }


@pytest.fixture
def model(project: Any) -> Any:
    """Return a project with a model that doubles, and two files of numbers."""
    members = {"weights.json": '{"factor": 2}', "code/inference.py": DOUBLE}
    project.archive("s3://m/model.tar.gz", members)
    project.file("s3://data/in/a.csv", "1\n2\n3\n")
    project.file("s3://data/in/more/b.csv", "4\n")
    return project


def result(project: Any, way: str) -> str:
    """Return what was written for one object."""
    path = project.home / "s3/out/guesses" / f"{way}.out"
    return str(path.read_text())


def test_every_object_gets_an_answer_of_its_own(model: Any) -> None:
    """Each object's answers lie below the output path, under its name and ``.out``."""
    run = model.run(create(), transform())

    assert run.status is Status.SUCCEEDED
    assert result(model, "a.csv") == "2.0\n4.0\n6.0\n"
    assert result(model, "more/b.csv") == "8.0\n"
    assert "request of 3 lines" in run.step("guess").log.read_text()


def test_properties_are_those_of_a_transform_job(model: Any) -> None:
    """Later steps can read what was written, by the property that SDKs refer to."""
    output = {"Get": "Steps.guess.TransformOutput.S3OutputPath"}
    script = """
        from pathlib import Path

        print(sorted(each.name for each in Path("/opt/ml/processing/input/g").rglob("*")
                     if each.is_file()))
    """
    run = model.run(
        create(), transform(), model.processing("read", script, inputs={"g": output})
    )

    said = run.step("guess").properties
    assert said["TransformJobStatus"] == "Completed"
    assert said["TransformJobName"] == run.step("guess").job_name
    assert said["ModelName"] == run.step("make").job_name
    assert "Model" not in said
    assert "['a.csv.out', 'b.csv.out']" in run.step("read").log.read_text()


@pytest.mark.parametrize(
    ("changes", "requests"),
    [
        pytest.param({"BatchStrategy": "SingleRecord"}, ["1"] * 4, id="single"),
        pytest.param({"BatchStrategy": "MultiRecord"}, ["3", "1"], id="multi"),
        pytest.param({"source": {"SplitType": "None"}}, ["3", "1"], id="whole"),
    ],
)
def test_requests_hold_what_the_strategy_says(
    model: Any, changes: Any, requests: list[str]
) -> None:
    """One record each, as many as go into one, or the whole object."""
    run = model.run(create(), transform(**changes))

    lines = run.step("guess").log.read_text().splitlines()
    found = [line.split()[2] for line in lines if line.startswith("request of")]
    assert found == requests
    assert result(model, "a.csv") == "2.0\n4.0\n6.0\n"


def test_compressed_objects_are_unpacked(model: Any) -> None:
    """What is said to be compressed by gzip is unpacked before it is cut."""
    model.file("s3://zipped/a.csv.gz", gzip.compress(b"5\n"))

    model.run(create(), transform("s3://zipped", source={"CompressionType": "Gzip"}))

    assert result(model, "a.csv.gz") == "10.0\n"


def test_answers_are_joined_and_filtered(model: Any) -> None:
    """The model gets a part of each row; the result is another part, with its answer."""
    model.file("s3://rows/a.csv", 'x,1,red\ny,2,"b,lue"\n')
    processing = {"InputFilter": "$[1]", "OutputFilter": "$[0,2,-1]"}

    model.run(
        create(),
        transform("s3://rows", DataProcessing={**processing, "JoinSource": "Input"}),
    )

    assert result(model, "a.csv") == 'x,red,2.0\ny,"b,lue",4.0\n'


def test_json_lines_are_joined_under_the_names_of_the_service(project: Any) -> None:
    """An object keeps its members and gets SageMakerOutput; others are SageMakerInput."""
    project.archive("s3://m/model.tar.gz", {"code/inference.py": ECHO})
    project.file("s3://rows/a.jsonl", '{"id": 1, "x": [1, 2]}\n{"id": 2, "x": [3]}\n')
    kind = "application/jsonlines"
    step = transform(
        "s3://rows",
        source={"ContentType": kind},
        target={"Accept": kind},
        BatchStrategy="SingleRecord",
        DataProcessing={
            "InputFilter": "$.x",
            "JoinSource": "Input",
            "OutputFilter": "$['id','SageMakerOutput']",
        },
    )

    project.run(create(), step)

    assert [json.loads(line) for line in result(project, "a.jsonl").splitlines()] == [
        {"id": 1, "SageMakerOutput": {"got": [1, 2]}},
        {"id": 2, "SageMakerOutput": {"got": [3]}},
    ]


def test_the_model_and_the_request_set_variables(project: Any) -> None:
    """The request's environment wins over the model's; both know of the batch."""
    script = """
        import os

        def model_fn(folder):
            return None

        def transform_fn(model, data, content_type, accept):
            names = ("A", "B", "SAGEMAKER_BATCH", "SAGEMAKER_MAX_PAYLOAD_IN_MB")
            return " ".join(os.environ[name] for name in names)
    """
    project.archive("s3://m/model.tar.gz", {"code/serve.py": script})
    project.file("s3://data/in/a.csv", "1\n")
    settings = {"A": "model", "B": "model", "SAGEMAKER_PROGRAM": "serve.py"}

    project.run(
        create(Environment=settings),
        transform(Environment={"B": "request"}, MaxPayloadInMB=3),
    )

    assert result(project, "a.csv") == "model request true 3\n"


def test_the_script_may_lie_beside_the_model(project: Any) -> None:
    """A script that the model's SAGEMAKER_SUBMIT_DIRECTORY names is taken from there."""
    project.archive("s3://m/model.tar.gz", {"weights.json": '{"factor": 3}'})
    project.archive("s3://c/sourcedir.tar.gz", {"inference.py": DOUBLE})
    project.file("s3://data/in/a.csv", "1\n")
    settings = {"SAGEMAKER_SUBMIT_DIRECTORY": "s3://c/sourcedir.tar.gz"}

    project.run(create(Environment=settings), transform())

    assert result(project, "a.csv") == "3.0\n"


def test_a_registered_version_can_be_the_model(model: Any) -> None:
    """A Model step of the version that the same run registers has that one's data."""
    register = {
        "Name": "keep",
        "Type": "RegisterModel",
        "Arguments": {
            "ModelPackageGroupName": "doubles",
            "InferenceSpecification": {
                "Containers": [{"Image": IMAGE, "ModelDataUrl": "s3://m/model.tar.gz"}]
            },
        },
    }
    container = {"ModelPackageName": {"Get": "Steps.keep.ModelPackageArn"}}
    made = create()
    made["Arguments"]["PrimaryContainer"] = container

    model.run(register, made, transform())

    assert result(model, "more/b.csv") == "8.0\n"


def test_a_version_of_an_earlier_run_can_be_the_model(model: Any) -> None:
    """A Model step that names the ARN of a version in the home has that one's data."""
    register = {
        "Name": "keep",
        "Type": "RegisterModel",
        "Arguments": {
            "ModelPackageGroupName": "doubles",
            "InferenceSpecification": {
                "Containers": [{"Image": IMAGE, "ModelDataUrl": "s3://m/model.tar.gz"}]
            },
        },
    }
    version = model.run(register).step("keep").properties["ModelPackageArn"]
    made = create()
    made["Arguments"]["PrimaryContainer"] = {"ModelPackageName": version}

    model.run(made, transform())

    assert result(model, "more/b.csv") == "8.0\n"


def test_a_version_that_is_not_here_is_refused(model: Any, recorder: Any) -> None:
    """A version that nobody has registered in this home has no data to answer with."""
    made = create()
    version = "arn:aws:sagemaker:us-east-1:000000000000:model-package/doubles/7"
    made["Arguments"]["PrimaryContainer"] = {"ModelPackageName": version}

    with pytest.raises(
        UnsupportedError, match=r"no ModelPackageName that is registered"
    ):
        model.run(made, transform(), backend=recorder)


class TestCache:
    """Which results are taken again."""

    CACHED = {"CacheConfig": {"Enabled": True}}  # noqa: RUF012

    def test_the_same_model_and_data_are_not_asked_again(self, model: Any) -> None:
        """A model is known by what it holds, though each run gives it a new name."""
        first = model.run(create(), transform(step=self.CACHED))
        second = model.run(create(), transform(step=self.CACHED))

        assert second.step("guess").reused_from == first.id
        assert second.step("make").job_name != first.step("make").job_name

    @pytest.mark.parametrize(
        ("change", "reason"),
        [
            pytest.param("model", "input model", id="model"),
            pytest.param("data", "input data", id="data"),
            pytest.param("filter", "DataProcessing", id="filter"),
            pytest.param("assembly", "AssembleWith", id="assembly"),
            pytest.param("variable", "Environment", id="variable"),
        ],
    )
    def test_whatever_changes_the_answers_is_asked_again(
        self, model: Any, change: str, reason: str
    ) -> None:
        """Another model, its settings, other data, another shape: the step runs."""
        model.run(create(), transform(step=self.CACHED))
        options: dict[str, Any] = {}
        settings: dict[str, str] = {}
        if change == "model":
            members = {"weights.json": '{"factor": 5}', "code/inference.py": DOUBLE}
            model.archive("s3://m/model.tar.gz", members)
        elif change == "data":
            model.file("s3://data/in/a.csv", "7\n")
        elif change == "filter":
            options["DataProcessing"] = {"InputFilter": "$[0]"}
        elif change == "assembly":
            options["target"] = {"AssembleWith": "None"}
        else:
            settings = {"A": "1"}

        with pytest.raises(StepFailedError, match=f"no earlier result .*{reason}"):
            model.run(
                create(Environment=settings),
                transform(step=self.CACHED, **options),
                cache="only",
            )

    def test_what_would_rerun_it_can_be_asked_before(self, model: Any) -> None:
        """Explaining runs nothing, and names what was compared."""
        step = transform(step=self.CACHED)
        model.run(create(), step)
        model.file("s3://data/in/a.csv", "7\n")

        found = explain_locally(
            model.definition(create(), step),
            "guess",
            files=model.files,
            home=model.home,
        )

        assert found.reasons == ("input data changed",)
        assert found.waits_for is None

    def test_it_can_be_run_alone(self, model: Any) -> None:
        """Selected alone, it takes the model that the last run has made."""
        first = model.run(create(), transform())
        second = model.run(create(), transform(), only=["guess"])

        assert second.step("guess").status is Status.SUCCEEDED
        said = second.step("guess").properties
        assert said["ModelName"] == first.step("make").job_name


class TestFailures:
    """What goes wrong, and when it is told."""

    def test_a_script_that_raises_fails_the_step(self, model: Any) -> None:
        """The failure names the request, the error, and its text; nothing is written."""
        model.file("s3://data/in/more/b.csv", "four\n")

        with pytest.raises(
            StepFailedError,
            match=r"request 1 of more/b.csv: ValueError: could not convert .*'four'",
        ):
            model.run(create(), transform())

        assert not (model.home / "s3/out").exists()

    def test_a_record_that_is_too_large_fails_the_step(self, model: Any) -> None:
        """A record larger than MaxPayloadInMB is named."""
        model.file("s3://data/in/a.csv", "1\n" + "2" * 1024 * 1024 + "2\n")

        with pytest.raises(StepFailedError, match=r"record 2 of a.csv has 1048577 byt"):
            model.run(create(), transform(MaxPayloadInMB=1))

    def test_an_unknown_model_is_refused(self, model: Any, recorder: Any) -> None:
        """A name that no step makes is refused before anything starts."""
        with pytest.raises(UnsupportedError, match=r"no Model step .* makes 'there'"):
            model.run(
                model.processing("a"),
                transform(ModelName="there"),
                backend=recorder,
            )

        assert recorder.commands == []

    def test_a_model_that_nothing_here_can_ask_is_told(self, project: Any) -> None:
        """Neither script nor SavedModel: the message says what to pack."""
        project.archive("s3://m/model.tar.gz", {"xgboost-model": "1"})
        project.file("s3://data/in/a.csv", "1\n")

        with pytest.raises(
            StepFailedError, match=r"holds neither code/inference.py nor a SavedModel"
        ):
            project.run(create(), transform())

    @pytest.mark.parametrize(
        ("changes", "error", "match"),
        [
            pytest.param(
                {"source": {"SplitType": "RecordIO"}},
                UnsupportedError,
                r"SplitType: 'RecordIO' is a format",
                id="recordio",
            ),
            pytest.param(
                {"source": {"SplitType": "TFRecord"}},
                UnsupportedError,
                r"'TFRecord' is a format",
                id="tfrecord",
            ),
            pytest.param(
                {"DataProcessing": {"InputFilter": "$..a"}},
                UnsupportedError,
                r"InputFilter: '\$\.\.a' has \.\. or \?",
                id="recursion",
            ),
            pytest.param(
                {"DataProcessing": {"OutputFilter": "$["}},
                DefinitionError,
                r"OutputFilter: '\$\[' is no JSONPath",
                id="no-path",
            ),
            pytest.param(
                {
                    "source": {"ContentType": "image/png"},
                    "DataProcessing": {"JoinSource": "Input"},
                },
                UnsupportedError,
                r"records of 'image/png'.* cannot be filtered",
                id="kind",
            ),
            pytest.param(
                {
                    "source": {"SplitType": "None"},
                    "DataProcessing": {"JoinSource": "Input"},
                },
                DefinitionError,
                r"set SplitType to 'Line'",
                id="split",
            ),
            pytest.param(
                {"BatchStrategy": "Some"},
                DefinitionError,
                r"'Some' is no BatchStrategy",
                id="strategy",
            ),
            pytest.param(
                {"MaxPayloadInMB": 101}, DefinitionError, r"at most 100", id="payload"
            ),
            pytest.param(
                {"DataCaptureConfig": {"DestinationS3Uri": "s3://c"}},
                UnsupportedError,
                r"DataCaptureConfig: data are captured by the service",
                id="capture",
            ),
        ],
    )
    def test_what_cannot_run_is_refused(
        self, model: Any, recorder: Any, changes: Any, error: Any, match: str
    ) -> None:
        """It is named before anything starts, with its place."""
        with pytest.raises(error, match=match):
            model.run(create(), transform(**changes), backend=recorder)

        assert recorder.commands == []

    def test_its_image_is_not_started(self, model: Any) -> None:
        """Where jobs run in their images, a transform is refused by name."""
        step = transform(ModelName="any")

        with pytest.raises(UnsupportedError, match="does not run in its image"):
            TransformKind(in_image=True).check(
                Node(step["Arguments"]), Storage(model.home / "s3", model.files)
            )

    def test_requirements_are_not_installed(self, model: Any) -> None:
        """What the container would install fails the step, with the way out."""
        members = {"code/inference.py": DOUBLE, "code/requirements.txt": "left-pad\n"}
        model.archive("s3://m/model.tar.gz", members)

        with pytest.raises(StepFailedError, match=r"would install code/requirements"):
            model.run(create(), transform())

    def test_a_model_of_two_containers_is_refused(
        self, model: Any, recorder: Any
    ) -> None:
        """One that answers after another is named before anything starts."""
        made = create()
        arguments = made["Arguments"]
        arguments["Containers"] = [arguments.pop("PrimaryContainer")] * 2

        with pytest.raises(UnsupportedError, match="a model of 2 containers"):
            model.run(made, transform(), backend=recorder)

    def test_data_that_nobody_has_is_refused(self, model: Any, recorder: Any) -> None:
        """Data that lie nowhere are refused before anything starts."""
        with pytest.raises(InputError, match=r"'guess' reads s3://none, and nothing"):
            model.run(create(), transform("s3://none"), backend=recorder)
