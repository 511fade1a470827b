"""What is promised of the container contract."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from penguin_pipes.definition import Node
from penguin_pipes.errors import DefinitionError, InputError, UnsupportedError
from penguin_pipes.local.contract import processing, source, training, variables
from penguin_pipes.local.contract.failure import ErrorLines, reason, script_failure
from penguin_pipes.local.contract.host import Host
from penguin_pipes.local.contract.names import execution_id, job_name
from penguin_pipes.local.contract.script_mode import ScriptMode
from penguin_pipes.local.contract.tree import WorkTree
from penguin_pipes.service import JOB_NAME

HOST = Host(
    python="/venv/bin/python",
    environment={"PATH": "/bin", "HOME": "/me", "AWS_SECRET_ACCESS_KEY": "x"},
    cpus=2,
)
TREE = WorkTree(Path("/work/ml"))


class TestPaths:
    """``/opt/ml`` becomes a folder here."""

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("/opt/ml", "/work/ml"),
            ("/opt/ml/model", "/work/ml/model"),
            ("--out=/opt/ml/model", "--out=/work/ml/model"),
            ("/opt/ml/a:/opt/ml/b", "/work/ml/a:/work/ml/b"),
            ("file:///opt/ml/model", "file:///work/ml/model"),
            ("['/opt/ml/a']", "['/work/ml/a']"),
            ("cd /opt/ml && ls", "cd /work/ml && ls"),
            ("/opt/mlflow", "/opt/mlflow"),
            ("/opt/ml-data", "/opt/ml-data"),
            ("/opt/ml.bak", "/opt/ml.bak"),
            ("/data/opt/ml", "/data/opt/ml"),
            ("./opt/ml", "./opt/ml"),
            ("s3://bucket/opt/ml/x", "s3://bucket/opt/ml/x"),
            ("nothing", "nothing"),
        ],
    )
    def test_only_the_tree_itself_is_mapped(self, text: str, expected: str) -> None:
        """A path is mapped where ``/opt/ml`` begins a path and ends a part."""
        assert TREE.localize(text) == expected

    def test_strings_at_any_depth_are_mapped(self) -> None:
        """Config files have their paths mapped, all else untouched."""
        value = {"/opt/ml": ["/opt/ml/a", 1, None, {"b": "/opt/ml"}]}

        found = TREE.localize_all(value)

        assert found == {"/opt/ml": ["/work/ml/a", 1, None, {"b": "/work/ml"}]}


class TestHost:
    """What this computer lends."""

    def test_nothing_but_the_list_is_lent(self) -> None:
        """A job sees the listed variables, Python's settings, and no credentials."""
        assert set(HOST.base_environment) == {
            "PATH",
            "HOME",
            "PYTHONDONTWRITEBYTECODE",
            "PYTHONIOENCODING",
            "PYTHONUNBUFFERED",
            "PYTHONUTF8",
        }

    def test_this_python_comes_first(self) -> None:
        """A script that calls ``python3`` gets the interpreter of the run."""
        assert HOST.base_environment["PATH"] == "/venv/bin:/bin"

    @pytest.mark.parametrize(
        ("name", "expected"),
        [
            ("python3", "/venv/bin/python"),
            ("python", "/venv/bin/python"),
            ("python3.12", "/venv/bin/python"),
            ("/opt/venv/bin/python3", "/venv/bin/python"),
            ("pythonic", "pythonic"),
            ("/bin/sh", "/bin/sh"),
        ],
    )
    def test_a_python_is_this_one(self, name: str, expected: str) -> None:
        """Whichever Python the image has, this one stands for it."""
        assert HOST.executable(name) == expected


class TestNames:
    """Names as the service makes them."""

    @pytest.mark.parametrize("prefix", ["", "my_job", "p" * 63])
    @pytest.mark.parametrize("step", ["a", "train_model", "s" * 64])
    def test_job_names_fit(self, step: str, prefix: str) -> None:
        """A job's name is one the service could give, and holds the run's id."""
        execution = execution_id()

        name = job_name(execution, step, prefix=prefix)

        assert JOB_NAME.fullmatch(name)
        assert execution in name

    def test_names_are_not_repeated(self) -> None:
        """Two jobs of the same step have different names."""
        assert job_name("x", "step") != job_name("x", "step")


class TestProcessing:
    """Processing containers."""

    def _read(self, step: dict[str, Any]) -> processing.ProcessingRequest:
        return processing.ProcessingRequest.read(Node(step["Arguments"], "$.Arguments"))

    def test_command_is_entrypoint_and_arguments(self, project: Any) -> None:
        """The command is in exec form, with this Python and mapped paths."""
        app = {"ContainerArguments": ["--out=/opt/ml/processing/x", "a b", "$HOME"]}
        asked = self._read(project.processing("p", arguments={"AppSpecification": app}))

        assert processing.argv(asked, TREE, HOST) == (
            "/venv/bin/python",
            "/work/ml/processing/input/code/p.py",
            "--out=/work/ml/processing/x",
            "a b",
            "$HOME",
        )

    def test_environment_is_the_requests(self, project: Any) -> None:
        """The request's variables come on top of the lent ones, paths mapped."""
        extra = {"DATA": "/opt/ml/processing/input", "PYTHONUTF8": "0"}
        asked = self._read(project.processing("p", arguments={"Environment": extra}))

        found = processing.environment(asked, TREE, HOST)

        assert found == {
            **HOST.base_environment,
            "DATA": "/work/ml/processing/input",
            "PYTHONUTF8": "0",
        }

    def test_config_files_repeat_the_request(self, project: Any) -> None:
        """The job finds its request and its only host."""
        asked = self._read(project.processing("p"))

        files = processing.config_files(asked, name="job", arn="arn:job")

        config = files["/opt/ml/config/processingjobconfig.json"]
        assert config["ProcessingJobName"] == "job"
        assert config["AppSpecification"] == asked.raw["AppSpecification"]
        assert files["/opt/ml/config/resourceconfig.json"] == {
            "current_host": "algo-1",
            "hosts": ["algo-1"],
        }

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (
                {"ProcessingResources": {"ClusterConfig": {"InstanceCount": 2}}},
                r"InstanceCount: 2 instances cannot run",
            ),
            (
                {"AppSpecification": {"ContainerEntrypoint": None}},
                r"AppSpecification: there is no ContainerEntrypoint",
            ),
            (
                {
                    "ProcessingInputs": [
                        {"InputName": "x", "S3Input": {"S3DataType": "ManifestFile"}}
                    ]
                },
                r"ProcessingInputs\[0\]\.S3Input\.S3DataType: 'ManifestFile'",
            ),
            (
                {
                    "ProcessingInputs": [
                        {"InputName": "x", "S3Input": {"S3InputMode": "Pipe"}}
                    ]
                },
                r"S3InputMode: 'Pipe' needs a pipe",
            ),
            (
                {
                    "ProcessingInputs": [
                        {"InputName": "x", "DatasetDefinition": {"a": 1}}
                    ]
                },
                "DatasetDefinition needs AWS",
            ),
            (
                {
                    "ProcessingOutputConfig": {
                        "Outputs": [{"OutputName": "x", "FeatureStoreOutput": {"a": 1}}]
                    }
                },
                "FeatureStoreOutput needs AWS",
            ),
        ],
    )
    def test_what_cannot_run_here_is_refused(
        self, project: Any, arguments: dict[str, Any], message: str
    ) -> None:
        """A sound request for what one computer has not is refused by name."""
        with pytest.raises(UnsupportedError, match=message):
            self._read(project.processing("p", arguments=arguments))

    @pytest.mark.parametrize(
        "path", ["/data", "/opt/ml/processing", "/opt/ml/processing/../x", "x"]
    )
    def test_paths_outside_the_tree_are_refused(self, project: Any, path: str) -> None:
        """Inputs and outputs lie below ``/opt/ml/processing``, as at the service."""
        s3 = {"S3Uri": "s3://b/x", "LocalPath": path}
        inputs = [{"InputName": "x", "S3Input": s3}]

        with pytest.raises(DefinitionError, match="a path below /opt/ml/processing"):
            self._read(project.processing("p", arguments={"ProcessingInputs": inputs}))

    def test_inputs_that_the_job_manages_are_left_to_it(self, project: Any) -> None:
        """An input or output marked AppManaged is neither staged nor published."""
        arguments = {
            "ProcessingInputs": [{"InputName": "x", "AppManaged": True}],
            "ProcessingOutputConfig": {
                "Outputs": [{"OutputName": "y", "AppManaged": True}]
            },
        }

        asked = self._read(project.processing("p", arguments=arguments))

        assert (asked.inputs, asked.outputs) == ((), ())


class TestScriptMode:
    """Training containers, as AWS's toolkit 5.1.4 starts scripts in them."""

    def _script(
        self, project: Any, hyperparameters: dict[str, str], **more: Any
    ) -> Any:
        step = project.training("t", hyperparameters=hyperparameters, **more)
        node = Node(step["Arguments"], "$.Arguments")
        asked = training.TrainingRequest.read(node)
        return asked, ScriptMode.read(asked, node)

    def test_arguments_are_what_the_toolkit_makes(self, project: Any) -> None:
        """Values become arguments as observed with the toolkit itself."""
        values = {
            "lr": "1e-5",
            "epochs": "3",
            "layers": "[64, 32]",
            "names": '["a","b"]',
            "none": "null",
            "flag": "true",
            "d": '{"k":1,"a":"x"}',
            "n": "7",
            "pad": " 7 ",
            "oct": "0123",
            "nan": "NaN",
            "sp": "x y",
            "q": "it's",
            "empty": "",
            "quoted": '"abc"',
            "a-b": "1",
        }

        _, script = self._script(project, values)

        assert list(script.arguments) == [
            *("--a-b", "1", "-d", "a=x,k=1", "--empty", "", "--epochs", "3"),
            *("--flag", "True", "--layers", "[64, 32]", "--lr", "1e-05", "-n", "7"),
            *("--names", "['a', 'b']", "--nan", "nan", "--none", "", "--oct", "0123"),
            *("--pad", "7", "-q", "it's", "--quoted", "abc", "--sp", "x y"),
        ]

    def test_reserved_names_never_reach_the_script(self, project: Any) -> None:
        """The toolkit's own hyperparameters become no arguments."""
        values = {
            "sagemaker_region": "eu-west-1",
            "sagemaker_container_log_level": "30",
            "sagemaker_job_name": '"j"',
            "sagemaker_other": "1",
            "_tuning_objective_metric": "auc",
            "model_dir": "/opt/ml/model",
        }

        _, script = self._script(project, values)

        assert script.arguments == ("--model_dir", "/opt/ml/model")
        assert script.framework == {"sagemaker_other": 1}
        assert (script.region, script.log_level) == ("eu-west-1", 30)

    def test_quoted_program_is_the_same(self, project: Any) -> None:
        """A program in JSON quotes, as the SDK v2 writes it, works too."""
        _, script = self._script(project, {"sagemaker_program": '"train.py"'})

        assert script.command("python") == ("python", "--", "train.py")

    def test_shell_script_is_started_by_a_shell(self, project: Any) -> None:
        """A ``.sh`` entry point gets its arguments quoted for one shell."""
        values = {"sagemaker_program": "run.sh", "q": "it's; rm"}

        _, script = self._script(project, values)

        assert script.command("python") == (
            "/bin/sh",
            "-c",
            "./run.sh -q 'it'\"'\"'s; rm'",
        )

    def test_variables_are_what_the_toolkit_sets(self, project: Any) -> None:
        """The ``SM_`` variables have the toolkit's names and forms."""
        values = {"flag": "true", "names": '["a", "b"]', "none": "null", "a-b": "x"}
        asked, script = self._script(
            project, values, channels={"train": "s3://b/train", "Val": "s3://b/val"}
        )

        found = variables.environment(script, asked, job_name="job", host=HOST)

        assert (
            found["SM_HPS"] == '{"a-b":"x","flag":true,"names":["a","b"],"none":null}'
        )
        assert found["SM_HP_FLAG"] == "true"
        assert found["SM_HP_NAMES"] == '["a","b"]'
        assert found["SM_HP_NONE"] == ""
        assert found["SM_HP_A-B"] == "x"
        assert found["SM_CHANNELS"] == '["Val","train"]'
        assert found["SM_CHANNEL_VAL"] == "/opt/ml/input/data/Val"
        assert found["SM_MODEL_DIR"] == "/opt/ml/model"
        assert found["SM_MODULE_NAME"] == "train"
        assert found["SM_USER_ENTRY_POINT"] == "train.py"
        assert json.loads(found["SM_USER_ARGS"]) == list(script.arguments)
        assert found["SM_NUM_CPUS"] == "2"
        assert found["SM_CURRENT_INSTANCE_TYPE"] == "ml.m5.xlarge"
        assert found["PYTHONPATH"] == "/opt/ml/code"
        assert found["SAGEMAKER_REGION"] == "eu-west-1"
        assert (
            found["SM_FRAMEWORK_MODULE"]
            == "sagemaker_tensorflow_container.training:main"
        )
        everything = json.loads(found["SM_TRAINING_ENV"])
        assert everything["job_name"] == "job"
        assert everything["hyperparameters"] == json.loads(found["SM_HPS"])

    def test_request_decides_how_much_tensorflow_says(self, project: Any) -> None:
        """TensorFlow's log level is the images' unless the request sets one."""
        loud = {"arguments": {"Environment": {"TF_CPP_MIN_LOG_LEVEL": "0"}}}
        levels = []
        for more in ({}, loud):
            asked, script = self._script(project, {}, **more)
            told = variables.environment(script, asked, job_name="job", host=HOST)
            levels.append(told["TF_CPP_MIN_LOG_LEVEL"])

        assert levels == ["1", "0"]

    def test_config_files_are_the_services(self, project: Any) -> None:
        """A job finds its hyperparameters, channels and host in three files."""
        asked, _ = self._script(project, {"a": "1"}, channels={"train": "s3://b/x"})

        files = training.config_files(asked)

        folder = "/opt/ml/input/config"
        assert files[f"{folder}/hyperparameters.json"]["a"] == "1"
        assert files[f"{folder}/inputdataconfig.json"] == {
            "train": {
                "ContentType": "text/csv",
                "TrainingInputMode": "File",
                "S3DistributionType": "FullyReplicated",
                "RecordWrapperType": "None",
            }
        }
        assert files[f"{folder}/resourceconfig.json"]["hosts"] == ["algo-1"]

    @pytest.mark.parametrize(
        ("values", "message"),
        [
            (
                {"sagemaker_program": "../x.py"},
                r"\.sagemaker_program: expected a script",
            ),
            ({"sagemaker_program": "-c"}, "expected a script's path"),
            ({"sagemaker_program": "a/./b.py"}, "expected a script's path"),
            (
                {"sagemaker_submit_directory": "/etc"},
                "expected an s3:// name or a folder",
            ),
            ({"sagemaker_container_log_level": "INFO"}, "expected a number such as 20"),
            ({"sagemaker_mpi_enabled": "true"}, "sagemaker_mpi_enabled: distributed"),
        ],
    )
    def test_wrong_hyperparameters_are_refused(
        self, project: Any, values: dict[str, str], message: str
    ) -> None:
        """What would kill the container is refused before it starts."""
        with pytest.raises(DefinitionError, match=message):
            self._script(project, values)

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ({"ResourceConfig": {"InstanceCount": 3}}, "3 instances cannot run"),
            (
                {"AlgorithmSpecification": {"TrainingInputMode": "Pipe"}},
                r"InputDataConfig\[0\]: 'Pipe' needs a pipe",
            ),
            (
                {"AlgorithmSpecification": {"ContainerArguments": ["x"]}},
                "ContainerArguments for an entrypoint that only the image knows",
            ),
            (
                {"AlgorithmSpecification": {"AlgorithmName": "xgboost"}},
                "the service's own algorithms",
            ),
            ({"HyperParameters": None}, "neither sagemaker_program nor"),
            (
                {
                    "InputDataConfig": [
                        {
                            "ChannelName": "sm_drivers",
                            "DataSource": {"S3DataSource": {}},
                        }
                    ]
                },
                "the SDK's own driver",
            ),
            (
                {
                    "InputDataConfig": [
                        {"ChannelName": "x", "DataSource": {"FileSystemDataSource": {}}}
                    ]
                },
                "only an S3DataSource",
            ),
            (
                {"ResourceConfig": {"InstanceGroups": [{}]}},
                "instance groups cannot run",
            ),
        ],
    )
    def test_what_cannot_run_here_is_refused(
        self, project: Any, arguments: dict[str, Any], message: str
    ) -> None:
        """A sound request for what one computer has not is refused by name."""
        with pytest.raises(UnsupportedError, match=message):
            self._script(project, {}, channels={"c": "s3://b/x"}, arguments=arguments)


class TestSource:
    """The archive of a script."""

    def test_archive_is_unpacked(self, project: Any, tmp_path: Path) -> None:
        """Every file of the archive lies in the code folder afterwards."""
        members = {
            "train.py": "x",
            "lib/__init__.py": "y",
            "requirements.txt": "# no\n",
        }
        project.archive("s3://c/a.tar.gz", members)

        source.unpack(project.files["s3://c/a.tar.gz"], tmp_path / "code", "train.py")

        found = {p.relative_to(tmp_path / "code") for p in tmp_path.glob("code/**/*.*")}
        assert {str(path) for path in found} == set(members)

    @pytest.mark.parametrize(
        ("members", "program", "message"),
        [
            ({"other.py": ""}, "train.py", "no train.py in the archive; it holds: oth"),
            ({"../x": "", "train.py": ""}, "train.py", "'../x' would leave the code"),
            ({"/x": "", "train.py": ""}, "train.py", "'/x' would leave the code"),
            (
                {"train.py": "", "requirements.txt": "pandas\n"},
                "train.py",
                "would install requirements.txt, which the local run does not do yet",
            ),
            ({"train.py": "", "setup.py": ""}, "train.py", "setup.py at the root"),
        ],
    )
    def test_archive_that_cannot_be_used_is_refused(
        self,
        project: Any,
        tmp_path: Path,
        members: dict[str, str],
        program: str,
        message: str,
    ) -> None:
        """An archive is refused as a whole, with nothing written."""
        project.archive("s3://c/a.tar.gz", members)

        with pytest.raises(InputError, match=message):
            source.unpack(project.files["s3://c/a.tar.gz"], tmp_path / "code", program)

        assert not (tmp_path / "code").exists()

    @pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\x1f\x8b\x08\x00broken"])
    def test_file_that_is_no_archive_is_refused(
        self, tmp_path: Path, content: bytes
    ) -> None:
        """A file of another kind is named."""
        (tmp_path / "a.tar.gz").write_bytes(content)

        with pytest.raises(InputError, match=r"a\.tar\.gz is no gzipped tar archive"):
            source.inspect(tmp_path / "a.tar.gz", "train.py")


class TestFailure:
    """How a failure reads."""

    def test_text_is_the_toolkits(self) -> None:
        """The failure file reads as observed with the toolkit itself."""
        errors = ErrorLines()
        log = [
            "hello",
            "Traceback (most recent call last):",
            '  File "boom.py", line 5, in <module>',
            "    f()",
            '    raise ValueError("boom 42")',
            "ValueError: boom 42",
        ]
        for line in log:
            errors.feed(line)

        text = script_failure(1, errors.text, ("python", "--", "boom.py"))

        assert text == (
            "ExecuteUserScriptError:\nExitCode 1\n"
            'ErrorMessage "raise ValueError("boom 42")\n ValueError: boom 42"\n'
            'Command "python -- boom.py"'
        )

    def test_reason_is_cut_as_at_the_service(self) -> None:
        """Of a long failure the first 1024 characters are kept."""
        text = reason("x" * 5000, 1)

        assert text == f"AlgorithmError: {'x' * 1024}, exit code: 1"
