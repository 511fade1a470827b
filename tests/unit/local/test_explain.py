"""What is told of a step without running it; commands are recorded, not run."""

from __future__ import annotations

from typing import Any

import pytest

from penguin_pipes.errors import InputError
from penguin_pipes.local import explain_locally

POLICY = {"Enabled": True, "ExpireAfter": "P15D"}


def _steps(project: Any, recorder: Any, *, script: str = "", epochs: str = "50") -> Any:
    """Return a definition of two cached steps, one after the other."""

    def act(command: Any, _: Any) -> None:
        folder = command.cwd / "processing" / "data"
        if folder.is_dir():
            (folder / "x").write_text("1")

    recorder.act = act
    first = project.processing("a", script, outputs=("data",), CacheConfig=POLICY)
    second = project.training(
        "t",
        channels={"d": project.output("a", "data")},
        hyperparameters={"epochs": epochs},
        CacheConfig=POLICY,
    )
    return first, second


def _explain(project: Any, steps: Any, name: str) -> Any:
    """Return what is told of a step of the definition of *steps*."""
    definition = project.definition(*steps)
    return explain_locally(definition, name, files=project.files, home=project.home)


def test_step_that_would_be_reused(project: Any, recorder: Any) -> None:
    """It names the run, and that nothing of the key differs."""
    steps = _steps(project, recorder)
    run = project.run(*steps, backend=recorder)

    found = _explain(project, steps, "t")

    assert found.reused_from == found.compared_to == run.id
    assert found.reasons == ()
    assert dict(found.parts) == dict(found.before)
    assert found.parts["hyperparameter epochs"] == "50"


def test_step_that_would_run(project: Any, recorder: Any) -> None:
    """It says why, beside which run; and nothing is run or written down."""
    run = project.run(*_steps(project, recorder), backend=recorder)
    before = len(recorder.commands)

    found = _explain(project, _steps(project, recorder, epochs="60"), "t")

    assert found.reused_from is None
    assert found.reasons == ("hyperparameter epochs 50 → 60",)
    assert found.compared_to == run.id
    assert len(recorder.commands) == before
    assert [path.name for path in (project.home / "runs").iterdir()] == [run.id]


def test_step_after_one_that_would_run(project: Any, recorder: Any) -> None:
    """Nobody knows yet: the same output would spare it."""
    project.run(*_steps(project, recorder), backend=recorder)

    found = _explain(project, _steps(project, recorder, script="print()"), "t")

    assert (found.reused_from, found.waits_for) == (None, "a")
    assert found.reasons == ("code a.py changed",)


def test_step_in_a_home_without_runs(project: Any, recorder: Any) -> None:
    """It would run, and the home is not made for the asking."""
    found = _explain(project, _steps(project, recorder), "t")

    assert found.reasons == ("it has not succeeded here before",)
    assert not project.home.exists()


def test_step_that_is_none(project: Any) -> None:
    """The nearest name is offered."""
    steps = (project.processing("prepare"), project.processing("other"))

    with pytest.raises(InputError, match="no step 'prepar'; did you mean 'prepare'"):
        _explain(project, steps, "prepar")


def _branches(project: Any, *, n: int) -> Any:
    """Return a condition with a cached step in either branch."""
    return {
        "Name": "choose",
        "Type": "Condition",
        "Arguments": {
            "Conditions": [{"Type": "Equals", "LeftValue": n, "RightValue": 1}],
            "IfSteps": [project.processing("yes", CacheConfig=POLICY)],
            "ElseSteps": [project.processing("no", CacheConfig=POLICY)],
        },
    }


def test_step_of_a_branch(project: Any, recorder: Any) -> None:
    """A condition is decided, and of its branches one is explained as ever."""
    run = project.run(_branches(project, n=1), backend=recorder)
    steps = [_branches(project, n=1)]

    assert _explain(project, steps, "yes").reused_from == run.id
    skipped = _explain(project, steps, "no")
    assert skipped.is_skipped
    assert skipped.reasons == ("condition choose is true",)
    assert _explain(project, steps, "choose").reasons == (
        "it takes no job, and is done again in every run",
    )
