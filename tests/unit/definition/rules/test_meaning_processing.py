"""Local paths of processing jobs, and jobs without a network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from penguin_pipes.definition.document import read
from penguin_pipes.definition.rules.isolation import isolation_problems

if TYPE_CHECKING:
    from collections.abc import Callable

SPOILED: list[Any] = [
    pytest.param(
        "train",
        {
            "$.Steps[0].Arguments.ProcessingInputs[0].S3Input.LocalPath": "/opt/ml/input/data"
        },
        "$.Steps[0].Arguments.ProcessingInputs[0].S3Input.LocalPath",
        "error",
        "input 'data' has the local path '/opt/ml/input/data'; put it below /opt/ml/processing/, the only place that the service takes",
        id="outside",
    ),
    pytest.param(
        "train",
        {"$.Steps[0].Arguments.ProcessingInputs[0].S3Input.LocalPath": "input"},
        "$.Steps[0].Arguments.ProcessingInputs[0].S3Input.LocalPath",
        "error",
        "input 'data' has the local path 'input'; put it below /opt/ml/processing/, the only place that the service takes",
        id="relative",
    ),
    pytest.param(
        "train",
        {
            "$.Steps[0].Arguments.ProcessingInputs[0].S3Input.LocalPath": "/opt/ml/processing/../model"
        },
        "$.Steps[0].Arguments.ProcessingInputs[0].S3Input.LocalPath",
        "error",
        "input 'data' has the local path '/opt/ml/processing/../model'; put it below /opt/ml/processing/, the only place that the service takes",
        id="climbs-out",
    ),
    pytest.param(
        "train",
        {
            "$.Steps[0].Arguments.ProcessingOutputConfig.Outputs[0].S3Output.LocalPath": "/opt/ml/processing"
        },
        "$.Steps[0].Arguments.ProcessingOutputConfig.Outputs[0].S3Output.LocalPath",
        "error",
        "output 'train' has the local path '/opt/ml/processing'; put it below /opt/ml/processing/, the only place that the service takes",
        id="root",
    ),
    pytest.param(
        "train",
        {
            "$.Steps[0].Arguments.ProcessingInputs[0].S3Input.LocalPath": "/opt/ml/processing/input/code/"
        },
        "$.Steps[0].Arguments.ProcessingInputs[1].S3Input.LocalPath",
        "error",
        "input 'code' and input 'data' have the same local path '/opt/ml/processing/input/code'; give each a folder of its own",
        id="same",
    ),
    pytest.param(
        "train",
        {
            "$.Steps[0].Arguments.ProcessingInputs[0].S3Input.LocalPath": "/opt/ml/processing/input"
        },
        "$.Steps[0].Arguments.ProcessingInputs[1].S3Input.LocalPath",
        "warning",
        "input 'code' at '/opt/ml/processing/input/code' lies inside input 'data' at '/opt/ml/processing/input', so that whoever lists the outer one finds both; put them side by side",
        id="nested-inputs",
    ),
    pytest.param(
        "train",
        {
            "$.Steps[0].Arguments.ProcessingInputs[0].S3Input.LocalPath": "/opt/ml/processing/train/data"
        },
        "$.Steps[0].Arguments.ProcessingInputs[0].S3Input.LocalPath",
        "warning",
        "input 'data' at '/opt/ml/processing/train/data' lies inside output 'train' at '/opt/ml/processing/train', so that whoever lists the outer one finds both; put them side by side",
        id="input-in-output",
    ),
    pytest.param(
        "train",
        {
            "$.Steps[0].Arguments.ProcessingOutputConfig.Outputs[0].S3Output.LocalPath": "/opt/ml/processing/input/data/out"
        },
        "$.Steps[0].Arguments.ProcessingOutputConfig.Outputs[0].S3Output.LocalPath",
        "warning",
        "output 'train' at '/opt/ml/processing/input/data/out' lies inside input 'data' at '/opt/ml/processing/input/data', so that whoever lists the outer one finds both; put them side by side",
        id="output-in-input",
    ),
    pytest.param(
        "train",
        {
            "$.Steps[0].Arguments.ProcessingOutputConfig.Outputs[0].S3Output.LocalPath": "/opt/ml/processing/input/data"
        },
        "$.Steps[0].Arguments.ProcessingOutputConfig.Outputs[0].S3Output.LocalPath",
        "warning",
        "output 'train' and input 'data' have the same local path '/opt/ml/processing/input/data', so that what came in is uploaded again; give each a folder of its own",
        id="output-is-input",
    ),
]

GOOD: list[Any] = [
    pytest.param(
        "train",
        {
            "$.Steps[0].Arguments.ProcessingInputs[0].S3Input.LocalPath": "/opt/ml/processing/input/code2"
        },
        id="side-by-side",
    ),
    pytest.param(
        "train",
        {
            "$.Steps[0].Arguments.ProcessingInputs[0].S3Input.LocalPath": "/opt/ml/processing/data/"
        },
        id="trailing-slash",
    ),
    pytest.param(
        "train",
        {
            "$.Steps[0].Arguments.ProcessingInputs[0].S3Input.LocalPath": {
                "Get": "Parameters.dataset_location"
            }
        },
        id="open-path",
    ),
    pytest.param(
        "train",
        {
            "$.Steps[0].Arguments.ProcessingOutputConfig.Outputs[0].S3Output.LocalPath": "/opt/ml/processing/validation/train"
        },
        id="outputs-nested",
    ),
    pytest.param(
        "train",
        {"$.Steps[0].Arguments.ProcessingInputs[0].S3Input.LocalPath": None},
        id="no-path",
    ),
]


@pytest.mark.parametrize(
    ("which", "changes", "address", "severity", "sentence"), SPOILED
)
def test_one_wrong_folder_is_one_problem(
    spoiled: Callable[..., Any],
    told: Callable[[Any], list[tuple[str, str, str]]],
    which: str,
    changes: dict[str, Any],
    address: str,
    severity: str,
    sentence: str,
) -> None:
    """A folder that is taken, or out of bounds, gets one problem at its path."""
    problems = told(spoiled(which, changes))

    assert problems == [(address, severity, sentence)]


@pytest.mark.parametrize(("which", "changes"), GOOD)
def test_folders_of_their_own_raise_nothing(
    spoiled: Callable[..., Any],
    told: Callable[[Any], list[tuple[str, str, str]]],
    which: str,
    changes: dict[str, Any],
) -> None:
    """Folders side by side below /opt/ml/processing are no problem."""
    problems = told(spoiled(which, changes))

    assert problems == []


ISOLATED = "$.Steps[1].Arguments.EnableNetworkIsolation"
CODE = "$.Steps[1].Arguments.HyperParameters.sagemaker_submit_directory"
PROGRAM = "$.Steps[1].Arguments.HyperParameters.sagemaker_program"


@pytest.mark.parametrize(
    ("which", "address"),
    [
        ("train", ISOLATED),
        ("tune", "$.Steps[1].Arguments.TrainingJobDefinition.EnableNetworkIsolation"),
    ],
)
def test_requirements_without_a_network_are_an_error(
    spoiled: Callable[..., Any], which: str, address: str
) -> None:
    """An isolated job whose code has a requirements.txt gets one error."""
    asked: list[str] = []

    def has_requirements(code: str) -> bool:
        asked.append(code)
        return True

    document = read(spoiled(which, {address: True}))
    problems = list(isolation_problems(document, has_requirements))

    assert len(asked) == 1
    assert asked[0].endswith("/sourcedir.tar.gz")
    sentence = (
        f"{address}: {asked[0]!r} has a requirements.txt and {which + '-model'!r} has no "
        "network to install it from, so that the job fails before the script; put the "
        "packages into the image, or switch the isolation off"
    )
    assert [str(problem) for problem in problems] == [sentence]


@pytest.mark.parametrize(
    ("changes", "has_requirements"),
    [
        pytest.param({ISOLATED: True}, False, id="no-requirements"),
        pytest.param({ISOLATED: False}, True, id="with-network"),
        pytest.param({ISOLATED: {"Get": "Parameters.x"}}, True, id="open"),
        pytest.param({ISOLATED: True, PROGRAM: "train.sh"}, True, id="shell-script"),
        pytest.param({ISOLATED: True, PROGRAM: None}, True, id="no-script-mode"),
        pytest.param({ISOLATED: True, CODE: None}, True, id="code-in-the-image"),
    ],
)
def test_isolation_without_requirements_raises_nothing(
    spoiled: Callable[..., Any],
    changes: dict[str, Any],
    has_requirements: bool,
) -> None:
    """Isolation alone is no problem, and neither is code that installs nothing."""
    document = read(spoiled("train", changes))

    assert not list(isolation_problems(document, lambda _: has_requirements))


def test_code_is_looked_up_as_the_toolkit_reads_it(spoiled: Callable[..., Any]) -> None:
    """SDK v2 puts JSON quotes around the address; they are no part of it."""
    asked: list[str] = []
    changes = {ISOLATED: True, CODE: '"s3://b/sourcedir.tar.gz"'}

    def has_requirements(code: str) -> bool:
        asked.append(code)
        return False

    list(isolation_problems(read(spoiled("train", changes)), has_requirements))

    assert asked == ["s3://b/sourcedir.tar.gz"]
