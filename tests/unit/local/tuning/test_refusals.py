"""What is promised of tuning jobs that cannot run here: they are refused by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from penguin_pipes.definition import Node
from penguin_pipes.errors import RequestError
from penguin_pipes.local.contract.tuning import TuningRequest
from penguin_pipes.local.jobs.tuning import TuningKind
from penguin_pipes.local.records import Status
from penguin_pipes.local.resolve import Unknown

if TYPE_CHECKING:
    from collections.abc import Callable

    from penguin_pipes.local.backends import ProcessBackend


def config(step: dict[str, Any]) -> Any:
    """Return the search of a tuning step."""
    return step["Arguments"]["HyperParameterTuningJobConfig"]


def definition(step: dict[str, Any]) -> Any:
    """Return the training job definition of a tuning step."""
    return step["Arguments"]["TrainingJobDefinition"]


def numbers(**changes: str) -> dict[str, Any]:
    """Return one range, changed."""
    bounds = {"Name": "x", "MinValue": "0", "MaxValue": "1", **changes}
    return {"ContinuousParameterRanges": [bounds]}


def many(step: dict[str, Any]) -> dict[str, Any]:
    """Make the definition one of many; return the step."""
    single = step["Arguments"].pop("TrainingJobDefinition")
    single["TuningObjective"] = config(step).pop("HyperParameterTuningJobObjective")
    single["HyperParameterRanges"] = config(step).pop("ParameterRanges")
    other = {**single, "DefinitionName": "other"}
    step["Arguments"]["TrainingJobDefinitions"] = [
        {**single, "DefinitionName": "one"},
        other,
    ]
    return step


REFUSED: list[tuple[str, Callable[[dict[str, Any]], object], list[str]]] = [
    (
        "autotune",
        lambda step: step["Arguments"].update(Autotune={"Mode": "Enabled"}),
        ["Autotune", "known to the service only", "write the ranges down"],
    ),
    (
        "auto-parameters",
        lambda step: config(step)["ParameterRanges"].update(
            AutoParameters=[{"Name": "y", "ValueHint": "1"}]
        ),
        ["AutoParameters", "write the ranges down"],
    ),
    (
        "convergence",
        lambda step: config(step).update(
            TuningJobCompletionCriteria={
                "ConvergenceDetected": {"CompleteOnConvergence": "Enabled"}
            }
        ),
        ["ConvergenceDetected", "use BestObjectiveNotImproving"],
    ),
    (
        "endless",
        lambda step: config(step)["ResourceLimits"].pop("MaxNumberOfTrainingJobs"),
        ["ResourceLimits", "add MaxNumberOfTrainingJobs"],
    ),
    (
        "strategy",
        lambda step: config(step).update(Strategy="Magic"),
        ["Strategy", "there are: Bayesian, Random", "'Magic'"],
    ),
    (
        "grid-of-numbers",
        lambda step: config(step).update(Strategy="Grid"),
        ["Grid", "'x'", "CategoricalParameterRanges"],
    ),
    (
        "hyperband-and-early-stopping",
        lambda step: config(step).update(
            Strategy="Hyperband",
            TrainingJobEarlyStoppingType="Auto",
            StrategyConfig={"HyperbandStrategyConfig": {"MaxResource": 3}},
        ),
        ["TrainingJobEarlyStoppingType", "Off"],
    ),
    (
        "hyperband-without-resources",
        lambda step: config(step).update(Strategy="Hyperband"),
        ["MaxResource", "epochs"],
    ),
    (
        "backwards",
        lambda step: config(step).update(ParameterRanges=numbers(MinValue="2")),
        ["ParameterRanges", "from 2 down to 1", "swap"],
    ),
    (
        "logarithm-of-nothing",
        lambda step: config(step).update(
            ParameterRanges=numbers(ScalingType="Logarithmic")
        ),
        ["above 0"],
    ),
    (
        "reverse-to-one",
        lambda step: config(step).update(
            ParameterRanges=numbers(ScalingType="ReverseLogarithmic")
        ),
        ["0 <= value < 1"],
    ),
    (
        "fixed-and-searched",
        lambda step: definition(step)["StaticHyperParameters"].update(x="1"),
        ["StaticHyperParameters.x", "fixed value and a range"],
    ),
    (
        "program",
        lambda step: definition(step)["StaticHyperParameters"].pop("sagemaker_program"),
        ["TrainingJobDefinition.StaticHyperParameters", "sagemaker_program"],
    ),
    (
        "no-data",
        lambda step: definition(step)["StaticHyperParameters"].update(
            sagemaker_submit_directory="s3://nowhere/sourcedir.tar.gz"
        ),
        [
            "StaticHyperParameters.sagemaker_submit_directory",
            "s3://nowhere/sourcedir.tar.gz",
            "--file",
        ],
    ),
    (
        "expression",
        lambda step: definition(step)["AlgorithmSpecification"][
            "MetricDefinitions"
        ].append({"Name": "bad", "Regex": "("}),
        ["MetricDefinitions[1]", "regular expression"],
    ),
    (
        "many-and-early-stopping",
        lambda step: (
            many(step),
            config(step).update(TrainingJobEarlyStoppingType="Auto"),
        ),
        ["early stopping is for a single training job definition"],
    ),
    (
        "many-and-warm",
        lambda step: (
            many(step),
            step["Arguments"].update(
                WarmStartConfig={
                    "ParentHyperParameterTuningJobs": [
                        {"HyperParameterTuningJobName": "a"}
                    ],
                    "WarmStartType": "TransferLearning",
                }
            ),
        ),
        ["a warm start is for a single training job definition"],
    ),
    (
        "many-that-differ",
        lambda step: (
            many(step),
            step["Arguments"]["TrainingJobDefinitions"][1].update(
                TuningObjective={"Type": "Minimize", "MetricName": "score"}
            ),
        ),
        ["TrainingJobDefinitions", "same Type"],
    ),
]


@pytest.mark.parametrize(
    ("change", "words"),
    [case[1:] for case in REFUSED],
    ids=[case[0] for case in REFUSED],
)
def test_what_cannot_run_is_refused_before_anything_starts(
    tuner: Any, change: Callable[[dict[str, Any]], object], words: list[str]
) -> None:
    """The place, the problem and the way out, and no home was made."""
    step = tuner.step()
    change(step)

    with pytest.raises(RequestError) as caught:
        tuner.run(step)

    for word in words:
        assert word in str(caught.value)
    assert not tuner.project.home.exists()


OF_TRAINING = {"no-data", "program", "expression", "two-computers"}
"""Refusals that come from reading the training jobs."""


@pytest.mark.parametrize(
    "change",
    [change for name, change, _ in REFUSED if name not in OF_TRAINING],
    ids=[name for name, _, _ in REFUSED if name not in OF_TRAINING],
)
def test_requests_are_read_as_strictly_without_the_rules(
    tuner: Any, change: Callable[[dict[str, Any]], object]
) -> None:
    """What only the run resolves is refused in its turn, by the reading itself."""
    step = tuner.step()
    change(step)

    with pytest.raises(RequestError):
        TuningRequest.read(Node(step["Arguments"], "$.Steps[0].Arguments"))


def test_what_only_the_run_knows_is_let_pass(tuner: Any) -> None:
    """Bounds and numbers that an earlier step will tell cannot be refused before."""
    step = tuner.step()
    config(step)["ParameterRanges"] = numbers(MaxValue=Unknown("Steps.a.b"))
    config(step)["ResourceLimits"]["MaxNumberOfTrainingJobs"] = Unknown("Steps.a.c")

    asked = TuningRequest.read(Node(step["Arguments"], "$"))

    assert asked.max_jobs == 1


def test_computers_of_the_tuning_job_are_those_of_its_trainings(tuner: Any) -> None:
    """``HyperParameterTuningResourceConfig`` stands in for ``ResourceConfig``."""
    step = tuner.step()
    del definition(step)["ResourceConfig"]
    several = {"InstanceType": "ml.c5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 9}
    definition(step)["HyperParameterTuningResourceConfig"] = {
        "InstanceConfigs": [several, {**several, "InstanceType": "ml.m5.xlarge"}]
    }

    (algorithm,) = TuningRequest.read(Node(step["Arguments"], "$")).algorithms

    training = algorithm.training({"x": "1"}, "job").value
    assert training["ResourceConfig"] == several
    assert "HyperParameterTuningResourceConfig" not in training


def test_time_of_the_whole_search_is_honoured(
    tuner: Any, impatient: ProcessBackend
) -> None:
    """After MaxRuntimeInSeconds what runs is stopped, and nothing more starts."""
    script = "say(told.x)\nif number == 1: sys.exit()\nwhile True: time.sleep(0.05)"
    step = tuner.step(script=script, jobs=50)
    config(step)["ResourceLimits"]["MaxRuntimeInSeconds"] = 3
    request, job = tuner.job(step, backend=impatient)

    result = TuningKind().run(request, job)

    assert result.failure is None
    assert result.trials[0].status is Status.SUCCEEDED
    assert {trial.stopped_by for trial in result.trials[1:]} == {
        "MaxRuntimeInSeconds, 3 s, was over"
    }
    assert len(result.trials) < 50
