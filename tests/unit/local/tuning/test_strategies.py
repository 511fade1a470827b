"""What is promised of the strategies, of early stopping and of the end of a search."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from penguin_pipes.definition import Node
from penguin_pipes.local import Status, StepRun
from penguin_pipes.local.contract.tuning import TuningRequest
from penguin_pipes.local.tuning.searches import searches

if TYPE_CHECKING:
    from collections.abc import Callable

    from penguin_pipes.local.backends import ProcessBackend

FOREVER = """
for epoch in range(10_000):
    say(told.x)
    time.sleep(0.05)
"""


def tried(step: StepRun) -> list[dict[str, str]]:
    """Return what the trials were told."""
    return [dict(trial.hyperparameters) for trial in step.trials]


@pytest.mark.parametrize("strategy", ["Random", "Bayesian"])
def test_same_seed_tries_the_same(tuner: Any, strategy: str) -> None:
    """With one trial at a time, two runs try the same; with another seed, others."""

    def tune(seed: int) -> list[dict[str, str]]:
        config = {"Strategy": strategy, "RandomSeed": seed}
        return tried(tuner.tune(config=config, jobs=6, parallel=1, is_cached=False))

    first = tune(1)

    assert tune(1) == first
    assert tune(2) != first


def test_without_a_seed_a_definition_has_its_own(
    tuner: Any, floats: Callable[..., Any]
) -> None:
    """Who says nothing gets the same trials again, and other ranges others."""
    first = tried(tuner.tune(is_cached=False))

    assert tried(tuner.tune(is_cached=False)) == first
    assert tried(tuner.tune(is_cached=False, ranges=floats(x=(0, 2)))) != first


def test_random_does_not_depend_on_which_trial_ends_first(tuner: Any) -> None:
    """What is drawn by lot is the same for one at a time and for many at once."""
    slow = "time.sleep(0.1 * (number % 2)); say(told.x)"

    one = tuner.tune(jobs=4, parallel=1, is_cached=False)
    many = tuner.tune(script=slow, jobs=4, parallel=4, is_cached=False)

    assert tried(one) == tried(many)


def test_grid_tries_each_combination_once(
    tuner: Any, words: Callable[..., Any]
) -> None:
    """A grid without a number of jobs tries all there are."""
    ranges = words(x=["1", "2", "3"], kind=["a", "b"])

    step = tuner.tune(config={"Strategy": "Grid"}, ranges=ranges, jobs=None)

    found = {(told["x"], told["kind"]) for told in tried(step)}
    assert len(step.trials) == 6
    assert found == set(itertools.product("123", "ab"))


def test_grid_stops_at_the_number_of_jobs(
    tuner: Any, words: Callable[..., Any]
) -> None:
    """A number of jobs limits a grid."""
    step = tuner.tune(
        config={"Strategy": "Grid"}, ranges=words(x=["1", "2", "3"]), jobs=2
    )

    assert [told["x"] for told in tried(step)] == ["1", "2"]


def test_hyperband_stops_trials_by_the_metrics_in_their_logs(tuner: Any) -> None:
    """Trials that would never end are stopped: the bad ones early, all in the end."""
    config = {
        "Strategy": "Hyperband",
        "StrategyConfig": {
            "HyperbandStrategyConfig": {"MinResource": 1, "MaxResource": 9}
        },
    }
    script = f"(model / 'it').touch()\n{FOREVER}"

    step = tuner.tune(script=script, config=config, jobs=8, parallel=2)

    reasons = [trial.stopped_by for trial in step.trials]
    assert {trial.status for trial in step.trials} == {Status.STOPPED}
    assert any("not in the best third" in reason for reason in reasons)
    assert any("went past MaxResource, 9" in reason for reason in reasons)
    assert step.best_trial.objective == max(trial.objective for trial in step.trials)


def test_hyperband_takes_its_most_from_static_epochs(
    tuner: Any, impatient: ProcessBackend
) -> None:
    """Without MaxResource, the fixed number of epochs is what a job may give."""
    step = tuner.step(
        script=f"say(told.x)\nif number > 1:\n{FOREVER.replace(chr(10), chr(10) + ' ')}",
        static={"epochs": "2"},
        config={"Strategy": "Hyperband"},
        jobs=2,
        parallel=1,
    )

    trials = tuner.run(step, backend=impatient).step("tune").trials

    assert trials[0].status is Status.SUCCEEDED
    assert trials[1].stopped_by is not None


def test_early_stopping_stops_what_falls_behind(
    tuner: Any, words: Callable[..., Any]
) -> None:
    """A trial below the median of those before is stopped; one above it is not."""
    config = {"Strategy": "Grid", "TrainingJobEarlyStoppingType": "Auto"}
    script = f"""
if told.x in (2, 3):
    say(told.x), say(told.x), say(told.x)
    sys.exit()
{FOREVER}
"""
    step = tuner.tune(
        script=script,
        config=config,
        ranges=words(x=["2", "3", "1"]),
        jobs=3,
        parallel=1,
    )

    one, two, three = step.trials
    assert (one.status, two.status) == (Status.SUCCEEDED, Status.SUCCEEDED)
    assert three.status is Status.STOPPED
    assert three.stopped_by == (
        "early stopping: 1 at epoch 1 is below the median 2.5 of those before"
    )
    assert three.objective == 1
    assert step.best_trial == two


def test_stopped_trial_may_save_its_model(
    tuner: Any, words: Callable[..., Any]
) -> None:
    """A job that is stopped has the time to leave a model, which is kept."""
    config = {"Strategy": "Grid", "TrainingJobEarlyStoppingType": "Auto"}
    script = f"""
def save(*_):
    (model / "saved").touch()
    sys.exit()
signal.signal(signal.SIGTERM, save)
if told.x == 1:
{FOREVER.replace(chr(10), chr(10) + " ")}
say(told.x)
"""
    step = tuner.tune(
        script=script, config=config, ranges=words(x=["2", "1"]), jobs=2, parallel=1
    )

    assert step.trials[1].status is Status.STOPPED
    assert step.trials[1].artifacts["model"].is_file()
    assert step.best_trial.number == 1


@pytest.mark.parametrize(
    ("criteria", "count", "word"),
    [
        ({"TargetObjectiveMetricValue": 2.0}, 2, "target 2"),
        (
            {"BestObjectiveNotImproving": {"MaxNumberOfTrainingJobsNotImproving": 3}},
            6,
            "3",
        ),
        ({"ConvergenceDetected": {"CompleteOnConvergence": "Disabled"}}, 8, None),
    ],
    ids=["target", "not-improving", "convergence-disabled"],
)
def test_search_is_over_when_its_criteria_say(
    tuner: Any,
    words: Callable[..., Any],
    criteria: dict[str, Any],
    count: int,
    word: str | None,
) -> None:
    """Completion criteria end the search before its last trial, and say so."""
    lines: list[str] = []
    step = tuner.step(
        config={"Strategy": "Grid", "TuningJobCompletionCriteria": criteria},
        ranges=words(x=["1", "2", "3", "0", "0.5", "0.7", "0.8", "0.9"]),
        jobs=8,
        parallel=1,
    )

    run = tuner.run(step, watch=lambda event: lines.append(str(event)))

    assert len(run.step("tune").trials) == count
    assert run.step("tune").status is Status.SUCCEEDED
    said = [
        line for line in lines if "StepLine" in line and "the search is over" in line
    ]
    assert len(said) == (0 if word is None else 1)
    assert word is None or word in said[0]


def test_target_stops_the_others(tuner: Any, words: Callable[..., Any]) -> None:
    """When one trial has reached the target, those that still run are stopped."""
    script = f"if told.x == 9:\n time.sleep(0.2); say(9); sys.exit()\n{FOREVER}"
    config = {
        "Strategy": "Grid",
        "TuningJobCompletionCriteria": {"TargetObjectiveMetricValue": 9.0},
    }

    step = tuner.tune(script=script, config=config, ranges=words(x=["9", "1"]), jobs=2)

    assert [trial.status.value for trial in step.trials] == ["Succeeded", "Stopped"]
    assert step.trials[1].stopped_by == "the target 9 was reached"


def test_parents_are_learnt_from(tuner: Any) -> None:
    """A search that is told of trials elsewhere draws what is best there at once."""
    step = tuner.step(config={"Strategy": "Bayesian"}, jobs=12)
    asked = TuningRequest.read(Node(step["Arguments"], "$.Steps[0].Arguments"))
    trials = tuner.tune(script="say(-abs(told.x - 0.9))", jobs=12).trials
    near = [
        attrs.evolve(t, objective=-abs(float(t.hyperparameters["x"]) - 0.9))
        for t in trials
    ]

    (fresh,), (warm,) = searches(asked, ()), searches(asked, near)

    first = [float(search.ask().values["x"]) for search in (fresh, warm)]
    assert abs(first[1] - 0.9) < abs(first[0] - 0.9)
