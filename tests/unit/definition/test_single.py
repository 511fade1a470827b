"""One step, taken out of a definition."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from penguin_pipes.definition import find_references, validate
from penguin_pipes.definition.single import single_step, writes_to_fixed_places
from penguin_pipes.errors import DefinitionError, InputError

SNAPSHOTS = Path(__file__).parents[1] / "snapshots"
TRAIN = SNAPSHOTS / "penguins-train.json"
CHANNELS = {"train": "s3://here/train/", "validation": "s3://here/validation/"}


def definition(**changes: Any) -> dict[str, Any]:
    """Return the penguins' definition, its training step changed."""
    found: dict[str, Any] = json.loads(TRAIN.read_text())
    found["Steps"][1].update(changes)
    return found


@pytest.mark.parametrize("kind", ["train", "tune"])
def test_channels_are_replaced_and_nothing_else(kind: str) -> None:
    """Of a training step, and of the jobs that a tuning step starts."""
    whole = json.loads((SNAPSHOTS / f"penguins-{kind}.json").read_text())

    alone = single_step(whole, f"{kind}-model", inputs=CHANNELS)

    text = json.dumps(whole["Steps"][1])
    for channel, uri in CHANNELS.items():
        path = f"ProcessingOutputConfig.Outputs['{channel}'].S3Output.S3Uri"
        asked = json.dumps({"Get": f"Steps.preprocess-data.{path}"})
        assert asked in text
        text = text.replace(asked, json.dumps(uri))
    assert alone["Steps"] == [json.loads(text)]
    assert validate(alone) == ()


def test_a_processing_input_is_replaced_and_its_parameter_goes() -> None:
    """What only the replaced input asked for need not be given."""
    alone = single_step(TRAIN, "preprocess-data", inputs={"data": "s3://here/x.csv"})

    assert alone["Parameters"] == []
    assert [each.kind for each in find_references(alone["Steps"])] == ["Execution"] * 8


def test_parameters_that_are_read_come_along() -> None:
    """With their defaults."""
    alone = single_step(TRAIN, "preprocess-data", inputs={})

    assert alone["Parameters"] == json.loads(TRAIN.read_text())["Parameters"]


def test_what_it_would_wait_for_does_not_come_along() -> None:
    """A step that runs alone waits for nobody."""
    whole = definition(DependsOn=["preprocess-data"])

    alone = single_step(whole, "train-model", inputs=CHANNELS)

    assert "DependsOn" not in alone["Steps"][0]
    assert whole == definition(DependsOn=["preprocess-data"])


def test_a_step_in_a_branch_is_found() -> None:
    """However deep it stands."""
    inner = definition()["Steps"][1]
    condition = {"Conditions": [], "IfSteps": [inner], "ElseSteps": []}
    whole = {"Steps": [{"Name": "if", "Type": "Condition", "Arguments": condition}]}

    alone = single_step(whole, "train-model", inputs=CHANNELS)

    assert alone["Steps"][0]["Name"] == "train-model"


@pytest.mark.parametrize(
    ("name", "inputs", "match"),
    [
        ("train-modl", {}, "is called 'train-modl'; did you mean 'train-model'?"),
        ("deploy", {}, "is called 'deploy'; there are: preprocess-data, train-model"),
        (
            "train-model",
            {"test": "s3://x/y"},
            "step 'train-model' has no input or channel 'test'; it has: 'train', 'valid",
        ),
    ],
)
def test_what_is_not_there_is_told(
    name: str, inputs: dict[str, str], match: str
) -> None:
    """With what there is."""
    with pytest.raises(InputError, match=match):
        single_step(TRAIN, name, inputs=inputs)


def test_an_input_that_nobody_gives_is_told_by_name() -> None:
    """It would come from a step that does not run."""
    match = r"runs alone; give it as inputs=\{'validation': …\}"
    with pytest.raises(DefinitionError, match=match) as refused:
        single_step(TRAIN, "train-model", inputs={"train": "s3://here/"})

    place = "$.Steps[1].Arguments.InputDataConfig[1].DataSource.S3DataSource.S3Uri"
    assert refused.value.address == place


def test_another_reference_needs_the_whole_pipeline() -> None:
    """No input could stand for it."""
    whole = definition()
    get = {"Get": "Steps.preprocess-data.ExitMessage"}
    whole["Steps"][1]["Arguments"]["HyperParameters"]["epochs"] = get

    with pytest.raises(DefinitionError, match="run the whole pipeline instead"):
        single_step(whole, "train-model", inputs=CHANNELS)


def test_places_that_two_executions_share_are_known() -> None:
    """Outputs of processing steps that do not name the execution, and checkpoints."""
    kept, fixed = definition(), definition()
    kept["Steps"][1]["Arguments"]["CheckpointConfig"] = {"S3Uri": "s3://x/checkpoints"}
    output = fixed["Steps"][0]["Arguments"]["ProcessingOutputConfig"]["Outputs"][0]
    output["S3Output"]["S3Uri"] = {"Get": "Parameters.dataset_location"}

    assert writes_to_fixed_places(fixed)
    assert writes_to_fixed_places(kept)
    assert not writes_to_fixed_places(TRAIN)
