"""What is promised of the trials of a tuning step, run as real processes."""

from __future__ import annotations

import json
import tarfile
from typing import TYPE_CHECKING, Any

import pytest

from penguin_pipes.errors import StepFailedError
from penguin_pipes.local import (
    Event,
    History,
    Run,
    Status,
    TrialFinished,
    TrialLine,
    TrialMetric,
    TrialStarted,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SAVE = "(model / 'it').write_text(repr(told.x)); say(told.x)"


def top_model(step: str, index: int, *parts: str) -> dict[str, Any]:
    """Return what ``TuningStep.get_top_model_s3_uri`` of the SDK renders."""
    name = {"Get": f"Steps.{step}.TrainingJobSummaries[{index}].TrainingJobName"}
    values = ["s3:/", *parts, name, "output/model.tar.gz"]
    return {"Std:Join": {"On": "/", "Values": values}}


def test_best_trial_wins(tuner: Any) -> None:
    """All trials run within their range; the metrics and model are the winner's."""
    step = tuner.tune(script=SAVE)

    values = [float(trial.hyperparameters["x"]) for trial in step.trials]
    assert [trial.number for trial in step.trials] == [1, 2, 3]
    assert all(trial.status is Status.SUCCEEDED for trial in step.trials)
    assert all(0 <= value <= 1 for value in values)
    assert [trial.objective for trial in step.trials] == values
    assert step.best_trial.objective == max(values) == step.metrics["score"]
    assert step.artifacts == step.best_trial.artifacts
    with tarfile.open(step.artifacts["model"]) as archive:
        (member,) = archive.getmembers()
        file = archive.extractfile(member)
        assert file is not None
        assert float(file.read()) == max(values)


def test_least_can_be_best(tuner: Any) -> None:
    """With Minimize, the trial with the smallest objective wins."""
    objective = {"Type": "Minimize", "MetricName": "score"}

    step = tuner.tune(config={"HyperParameterTuningJobObjective": objective})

    assert step.best_trial.objective == min(t.objective for t in step.trials)


def test_models_are_where_the_sdk_looks_for_them(tuner: Any) -> None:
    """``get_top_model_s3_uri`` of the best three leads to the models in their order."""
    inputs = {f"m{k}": top_model("tune", k, "models", "here") for k in range(3)}
    look = """
    import pathlib, tarfile
    for k in range(3):
        path = pathlib.Path(f"/opt/ml/processing/input/m{k}/model.tar.gz")
        with tarfile.open(path) as archive:
            print("model", k, archive.extractfile("it").read().decode())
    """
    after = tuner.project.processing("look", look, inputs=inputs)

    run = tuner.run(tuner.step(script=SAVE), after)

    values = sorted((t.objective for t in run.step("tune").trials), reverse=True)
    lines = run.step("look").log.read_text().splitlines()
    assert lines == [f"model {k} {value!r}" for k, value in enumerate(values)]


def test_properties_are_those_of_describe(tuner: Any) -> None:
    """Steps downstream can ask for what Describe says of the tuning job."""
    asked = {
        "NAME": "BestTrainingJob.TrainingJobName",
        "METRIC": "BestTrainingJob.FinalHyperParameterTuningJobObjectiveMetric.MetricName",
        "VALUE": "BestTrainingJob.FinalHyperParameterTuningJobObjectiveMetric.Value",
        "X": "BestTrainingJob.TunedHyperParameters.x",
        "DONE": "TrainingJobStatusCounters.Completed",
        "JOB": "HyperParameterTuningJobName",
        "STATUS": "HyperParameterTuningJobStatus",
        "STRATEGY": "HyperParameterTuningJobConfig.Strategy",
    }
    environment = {
        key: {"Std:Join": {"On": "", "Values": ["", {"Get": f"Steps.tune.{path}"}]}}
        for key, path in asked.items()
    }
    after = tuner.project.processing(
        "look",
        "import json, os; print(json.dumps(dict(os.environ)))",
        arguments={"Environment": environment},
    )

    run = tuner.run(tuner.step(), after)

    step, told = run.step("tune"), json.loads(run.step("look").log.read_text())
    best = step.best_trial
    assert best is not None
    assert told["NAME"] == best.job_name
    assert (told["METRIC"], float(told["VALUE"])) == ("score", best.objective)
    assert told["X"] == best.hyperparameters["x"]
    assert (told["DONE"], told["STATUS"]) == ("3", "Completed")
    assert (told["JOB"], told["STRATEGY"]) == (step.job_name, "Random")
    assert len(step.job_name) <= 32
    assert best.job_name.startswith(f"{step.job_name}-00")


def test_place_beyond_the_last_trial_is_refused_before_the_start(tuner: Any) -> None:
    """A step that asks for the fourth of three models is refused; nothing is run."""
    data = {"m": top_model("tune", 3, "models", "here")}
    after = tuner.project.processing("look", inputs=data)

    with pytest.raises(Exception, match=r"no item \[3\]"):
        tuner.run(tuner.step(), after)

    assert not tuner.project.home.exists()


def test_trial_is_told_what_a_training_job_is_told(tuner: Any) -> None:
    """A trial finds fixed and tuned hyperparameters, but not the service's own."""
    script = """
print(json.dumps({"argv": sys.argv[1:], "hps": json.loads(os.environ["SM_HPS"]),
    "file": json.load(open("/opt/ml/input/config/hyperparameters.json")), "job": job}))
say(1)
"""
    step = tuner.tune(script=script, static={"kind": "b"}, jobs=1)

    (trial,) = step.trials
    told = json.loads(trial.log.read_text().splitlines()[0])
    x = trial.hyperparameters["x"]
    assert told["argv"] == [
        *("--kind", "b"),
        *("--model_dir", "/opt/ml/model"),
        "-x",
        x,
    ]
    assert told["hps"] == {"kind": "b", "model_dir": "/opt/ml/model", "x": float(x)}
    assert told["file"]["_tuning_objective_metric"] == "score"
    assert told["job"] == trial.job_name
    request = json.loads((trial.log.parent / "request.json").read_text())
    assert request["HyperParameters"]["x"] == x


def test_two_run_at_once(tuner: Any, ledger: Path) -> None:
    """Up to MaxParallelTrainingJobs trials run at the same time."""
    script = f"""
folder = pathlib.Path({str(ledger)!r})
(folder / str(number)).touch()
while number < 3 and len(list(folder.iterdir())) < 2:
    time.sleep(0.01)
say(1)
"""
    step = tuner.tune(script=script, jobs=2, parallel=2)

    assert [trial.status for trial in step.trials] == [Status.SUCCEEDED] * 2


def test_one_at_a_time_if_asked(tuner: Any, ledger: Path) -> None:
    """With MaxParallelTrainingJobs 1 a trial starts when the one before has ended."""
    script = f"""
folder = pathlib.Path({str(ledger)!r})
(folder / "busy").mkdir()
time.sleep(0.05)
(folder / "busy").rmdir()
say(1)
"""
    step = tuner.tune(script=script, jobs=4, parallel=1)

    assert all(trial.status is Status.SUCCEEDED for trial in step.trials)


def test_failed_trial_does_not_sink_the_step(tuner: Any) -> None:
    """The step succeeds if one trial does; the others keep their reasons."""
    script = "say(told.x)\nif number != 2: raise ValueError('bad luck')"

    step = tuner.tune(script=script)

    assert step.status is Status.SUCCEEDED
    assert [trial.status.value for trial in step.trials] == [
        "Failed",
        "Succeeded",
        "Failed",
    ]
    assert step.best_trial.number == 2
    assert "ValueError: bad luck" in step.trials[0].failure
    assert step.trials[0].exit_code == 1


def test_step_fails_if_all_trials_do(tuner: Any) -> None:
    """One sentence says why: each reason once, with the trials that it is of."""
    script = "say(told.x)\nif number > 1: sys.exit(3)\nraise ValueError('bad luck')"

    with pytest.raises(StepFailedError) as caught:
        tuner.tune(script=script)

    step = caught.value.run.step("tune")  # type: ignore[attr-defined]
    assert step.status is Status.FAILED
    assert step.failure.startswith("none of 3 trials has a model and an objective: ")
    assert "bad luck" in step.failure
    assert "trials 2, 3: AlgorithmError" in step.failure
    assert "bad luck" in str(caught.value)
    assert len(step.trials) == 3


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("print('nothing')", ["no objective metric", "'score'", "Regex"]),
        ("say('nan')", ["'score'", "nan"]),
        ("say(1); say('inf')", ["'score'", "inf"]),
    ],
    ids=["none", "not-a-number", "infinite"],
)
def test_trial_without_an_objective_has_failed(
    tuner: Any, script: str, words: list[str]
) -> None:
    """A job that ends well but has no objective that can be ranked is told so."""
    with pytest.raises(StepFailedError) as caught:
        tuner.tune(script=script, jobs=1)

    (trial,) = caught.value.run.step("tune").trials  # type: ignore[attr-defined]
    assert trial.status is Status.FAILED
    for word in words:
        assert word in trial.failure


def test_last_value_of_the_objective_counts(tuner: Any) -> None:
    """As at the service, it is the last value that a trial is ranked by."""
    step = tuner.tune(script="say(9); say(told.x)", jobs=2)

    assert [t.objective for t in step.trials] == [
        float(t.hyperparameters["x"]) for t in step.trials
    ]
    assert [len(t.series["score"]) for t in step.trials] == [2, 2]


def test_trials_are_kept(tuner: Any) -> None:
    """The record of the run in the home holds the trials, as the run returned them."""
    run = tuner.run(tuner.step())

    with History(tuner.project.home) as history:
        assert history.run(run.id) == run


def test_watcher_hears_of_trials(tuner: Any) -> None:
    """Each trial is told to start, to print, to have a metric, and to end."""
    events: list[Event] = []

    tuner.run(tuner.step(jobs=2), watch=events.append)

    for number in (1, 2):
        seen = [type(event) for event in events if _number(event) == number]
        assert seen == [TrialStarted, TrialMetric, TrialLine, TrialFinished]


def _number(event: Event) -> int | None:
    """Return the trial that an event is of."""
    match event:
        case TrialStarted(_, trial) | TrialFinished(_, trial):
            return trial.number
        case TrialLine(_, number, _) | TrialMetric(_, number, _, _):
            return number
        case _:
            return None


def test_checkpoints_are_each_trials_own(tuner: Any) -> None:
    """Two trials do not find, nor overwrite, each other's checkpoints."""
    script = """
folder = pathlib.Path("/opt/ml/checkpoints")
assert not list(folder.iterdir())
(folder / "it").write_text(str(number))
say(1)
"""
    step = tuner.step(script=script, jobs=2)
    definition = step["Arguments"]["TrainingJobDefinition"]
    definition["CheckpointConfig"] = {"S3Uri": "s3://points/here"}

    found = tuner.run(step).step("tune")

    for trial in found.trials:
        place = tuner.project.home / "s3" / "points" / "here" / trial.job_name
        assert trial.artifacts["checkpoints"] == place
        assert (place / "it").read_text() == str(trial.number)


def test_several_definitions_take_turns(tuner: Any, floats: Callable[..., Any]) -> None:
    """With several algorithms, trials are made of each in turn; one of all wins."""
    objective = {"Type": "Maximize", "MetricName": "score"}
    step = tuner.step(jobs=4)
    config = step["Arguments"]["HyperParameterTuningJobConfig"]
    del config["ParameterRanges"], config["HyperParameterTuningJobObjective"]
    del step["Arguments"]["TrainingJobDefinition"]
    step["Arguments"]["TrainingJobDefinitions"] = [
        tuner.definition(
            name,
            f"say(told.x + {bonus})",
            DefinitionName=name,
            TuningObjective=objective,
            HyperParameterRanges=floats(x=bounds),
        )
        for name, bonus, bounds in (("low", 0, (0, 1)), ("high", 5, (2, 3)))
    ]

    run: Run = tuner.run(step)

    found = run.step("tune")
    assert [t.definition for t in found.trials] == ["low", "high", "low", "high"]
    assert found.best_trial is not None
    assert found.best_trial.definition == "high"
    assert all(7 <= (t.objective or 0) <= 8 for t in found.trials[1::2])


def test_trials_can_have_several_instances(tuner: Any) -> None:
    """Each trial runs on as many instances as its definition asks for."""
    script = """
(model / os.environ["SM_CURRENT_HOST"]).write_text(str(told.x))
say(told.x)
"""
    step = tuner.step(script=script, jobs=2)
    resources = step["Arguments"]["TrainingJobDefinition"]["ResourceConfig"]
    resources["InstanceCount"] = 2

    found = tuner.run(step).step("tune")

    for trial in found.trials:
        assert trial.status is Status.SUCCEEDED
        with tarfile.open(trial.artifacts["model"]) as archive:
            assert sorted(archive.getnames()) == ["algo-1", "algo-2"]
