"""What is promised of training containers and their toolkit."""

from __future__ import annotations

import json
from typing import Any

import pytest

from penguin_pipes.definition import Node
from penguin_pipes.errors import DefinitionError, UnsupportedError
from penguin_pipes.local.contract import training, variables
from penguin_pipes.local.contract.host import Host
from penguin_pipes.local.contract.script_mode import ScriptMode
from penguin_pipes.local.jobs import KINDS
from penguin_pipes.local.storage import Storage

HOST = Host(
    python="/venv/bin/python",
    environment={"PATH": "/bin", "HOME": "/me", "AWS_SECRET_ACCESS_KEY": "x"},
    cpus=2,
)


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

    def test_region_is_what_the_toolkit_finds(self, project: Any) -> None:
        """The request names the region, or boto3's variable; the image does not."""
        variable = {"arguments": {"Environment": {"AWS_DEFAULT_REGION": "ap-south-1"}}}
        regions = []
        for values, more in (
            ({}, {}),
            ({}, variable),
            ({"sagemaker_region": "us-west-2"}, variable),
            ({"sagemaker_region": "null"}, {}),
        ):
            asked, script = self._script(project, values, **more)
            told = variables.environment(script, asked, job_name="job", host=HOST)
            regions.append((told["SAGEMAKER_REGION"], told["S3_REGION"]))

        named = ["", "ap-south-1", "us-west-2", ""]
        assert regions == [(name, name) for name in named]

    @pytest.mark.parametrize(
        ("values", "folder"),
        [
            ({}, "None/job/model"),
            ({"model_dir": "null"}, "None/job/model"),
            ({"model_dir": "s3://b/m"}, "s3://b/m/job/model"),
            ({"model_dir": "/opt/ml/model"}, "/opt/ml/model"),
        ],
    )
    def test_trial_gets_a_folder_for_its_model(
        self, project: Any, values: dict[str, str], folder: str
    ) -> None:
        """TensorFlow's toolkit tells each trial of a tuning where its model goes."""
        tuned = {**values, "_tuning_objective_metric": "auc"}

        _, script = self._script(project, tuned)

        assert script.named("job").arguments == ("--model_dir", folder)

    def test_only_tensorflow_gives_trials_a_folder(self, project: Any) -> None:
        """Other images, and jobs that are no trials, get what they asked for."""
        own = {"AlgorithmSpecification": {"TrainingImage": "me/own:1"}}
        tuned = {"_tuning_objective_metric": "auc"}

        _, trial = self._script(project, tuned, arguments=own)
        _, single = self._script(project, {"model_dir": "s3://b/m"})

        assert trial.named("job").arguments == ()
        assert single.named("job").arguments == ("--model_dir", "s3://b/m")

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
        own = {"sagemaker_region": "eu-west-1"}
        asked, script = self._script(
            project,
            values | own,
            channels={"train": "s3://b/train", "Val": "s3://b/val"},
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
            ({"sagemaker_region": "5"}, r"\.sagemaker_region: expected a name"),
            ({"sagemaker_job_name": "null"}, r"\.sagemaker_job_name: expected a name"),
            ({"a=b": "1"}, r"\.a=b: expected a name without '='"),
            ({"a": '"\\u0000"'}, r"\.a: expected a name .* without a null character"),
            ({"a": '"\\ud800"'}, r"\.a: expected text without half a surrogate"),
            ({"a": "[" * 9999}, r"\.a: expected JSON that is not nested so deeply"),
        ],
    )
    def test_wrong_hyperparameters_are_refused(
        self, project: Any, values: dict[str, str], message: str
    ) -> None:
        """What would kill the container is refused before it starts."""
        with pytest.raises(DefinitionError, match=message):
            self._script(project, values)

    def test_log_level_of_the_environment_is_a_number(self, project: Any) -> None:
        """The toolkit reads its variable too, and dies of what is no number."""
        name = "SAGEMAKER_CONTAINER_LOG_LEVEL"
        self._script(project, {}, arguments={"Environment": {name: " 40 "}})

        with pytest.raises(DefinitionError, match=f"dies of {name}='INFO'"):
            self._script(project, {}, arguments={"Environment": {name: "INFO"}})

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
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
                            "DataSource": {"S3DataSource": {"S3Uri": "s3://b/x"}},
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
        channels = {"c": "s3://b/x"}
        step = project.training("t", channels=channels, arguments=arguments)
        request = Node(step["Arguments"], "$.Arguments")

        with pytest.raises(UnsupportedError, match=message):
            KINDS["Training"].check(request, Storage(project.home, project.files))

    def test_code_in_the_image_is_refused(self, project: Any) -> None:
        """Without a submit directory the script is not on this computer."""
        step = project.training("t")
        del step["Arguments"]["HyperParameters"]["sagemaker_submit_directory"]
        node = Node(step["Arguments"], "$.Arguments")

        with pytest.raises(UnsupportedError, match="the script is inside the image"):
            ScriptMode.read(training.TrainingRequest.read(node), node)

    def test_image_of_nobody_sets_nothing_of_tensorflow(self, project: Any) -> None:
        """Only the TensorFlow images' toolkit sets TensorFlow's variables."""
        image = {"AlgorithmSpecification": {"TrainingImage": "me/own:1"}}
        asked, script = self._script(project, {}, arguments=image)

        found = variables.environment(script, asked, job_name="job", host=HOST)

        assert "TF_CPP_MIN_LOG_LEVEL" not in found
        assert found["SM_FRAMEWORK_MODULE"] == ""
