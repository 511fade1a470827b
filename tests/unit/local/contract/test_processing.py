"""What is promised of processing containers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from penguin_pipes.definition import Node
from penguin_pipes.errors import DefinitionError, UnsupportedError
from penguin_pipes.local.contract import processing
from penguin_pipes.local.contract.host import Host
from penguin_pipes.local.contract.tree import WorkTree
from penguin_pipes.local.jobs import KINDS
from penguin_pipes.local.storage import Storage

HOST = Host(
    python="/venv/bin/python",
    environment={"PATH": "/bin", "HOME": "/me", "AWS_SECRET_ACCESS_KEY": "x"},
    cpus=2,
)
TREE = WorkTree(Path("/srv/ml"))


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
            "/srv/ml/processing/input/code/p.py",
            "--out=/srv/ml/processing/x",
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
            "DATA": "/srv/ml/processing/input",
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
        step = project.processing("p", arguments=arguments)
        request = Node(step["Arguments"], "$.Arguments")

        with pytest.raises(UnsupportedError, match=message):
            KINDS["Processing"].check(request, Storage(project.home, project.files))

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

    @pytest.mark.parametrize(
        ("limit", "message"),
        [
            (0, "MaxRuntimeInSeconds: expected at least one second, got 0"),
            ("soon", "expected a whole number, got 'soon'"),
            (1.5, "expected a whole number, got 1.5"),
        ],
    )
    def test_wrong_limit_is_refused(
        self, project: Any, limit: object, message: str
    ) -> None:
        """A job's limit is a whole number of seconds, at least one."""
        stopping = {"StoppingCondition": {"MaxRuntimeInSeconds": limit}}

        with pytest.raises(DefinitionError, match=message):
            self._read(project.processing("p", arguments=stopping))

    def test_variable_that_is_no_text_is_refused(self, project: Any) -> None:
        """An environment holds strings, not lists."""
        step = project.processing("p", arguments={"Environment": {"A": ["x"]}})

        with pytest.raises(DefinitionError, match=r"Environment\.A: expected a string"):
            self._read(step)
