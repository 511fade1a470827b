"""The history on the command line: a list of runs, and what two differ in."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from penguin_pipes.history import compare
from penguin_pipes.history.command import main
from penguin_pipes.local import History, MetricPoint, Run, Status, StepRun
from penguin_pipes.local.kept import Kept, keep

if TYPE_CHECKING:
    from collections.abc import Callable

AT = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)


class Said(NamedTuple):
    """What the command line said."""

    code: int
    out: str
    err: str


def a_run(identity: str, *, epochs: int = 50, **metrics: float) -> Run:
    """Return a run of one step with metrics."""
    step = StepRun(
        name="fit",
        type="Training",
        job_name="job",
        log=Path("/gone/log.txt"),
        status=Status.SUCCEEDED,
        series={
            name: (MetricPoint(at=AT, value=value),) for name, value in metrics.items()
        },
    )
    return Run(
        id=identity,
        pipeline="churn",
        status=Status.SUCCEEDED,
        started_at=AT,
        finished_at=AT + timedelta(seconds=3),
        parameters={"epochs": epochs},
        steps=(step,),
    )


def a_definition(epochs: str) -> dict[str, Any]:
    """Return a definition whose only step trains for some epochs."""
    step = {
        "Name": "fit",
        "Type": "Training",
        "Arguments": {"HyperParameters": {"epochs": epochs}},
    }
    return {"Version": "2020-12-01", "Steps": [step]}


@pytest.fixture
def call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Said]:
    """Return what runs the command line in a folder whose home has two runs."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    home = tmp_path / ".penguin_pipes"
    with History(home) as history:
        for identity, epochs, loss in (("old1", 50, 0.5), ("new1", 60, math.inf)):
            history.save(a_run(identity, epochs=epochs, loss=loss, accuracy=0.75))
            folder = home / "runs" / identity
            folder.mkdir(parents=True)
            keep(folder, a_definition(str(epochs)), {"package numpy": f"2.{epochs}"})

    def run(*argv: str) -> Said:
        code = main(argv)
        return Said(code, *capsys.readouterr())

    return run


def test_runs_are_listed_the_newest_first(call: Callable[..., Said]) -> None:
    """Each with how it ended and what it came to."""
    said = call()

    assert said.code == 0
    assert said.out.index("new1") < said.out.index("old1")
    assert "Succeeded" in said.out
    assert "loss 0.5" in said.out


def test_two_runs_are_compared(call: Callable[..., Said]) -> None:
    """Parameters, metrics, the definition's own values and versions that differ."""
    said = call("old1", "latest")

    assert said.code == 0
    assert "epochs 50 → 60" in said.out
    assert 'fit: HyperParameters.epochs "50" → "60"' in said.out
    assert "package numpy 2.50 → 2.60" in said.out
    assert "accuracy" in said.out


def test_machines_get_the_same_as_json(call: Callable[..., Said]) -> None:
    """Strict JSON, with a version: what is no finite number is null."""

    def refuse(constant: str) -> None:
        pytest.fail(f"{constant} is no JSON")

    found = json.loads(call("old1", "new1", "--json").out, parse_constant=refuse)
    every = json.loads(call("--json").out, parse_constant=refuse)

    assert found["version"] == every["version"] == 1
    assert [run["id"] for run in found["runs"]] == ["old1", "new1"]
    assert [run["id"] for run in every["runs"]] == ["new1", "old1"]
    assert found["parameters"] == [{"name": "epochs", "old": 50, "new": 60}]
    assert found["metrics"][0] == {
        "step": "fit",
        "name": "loss",
        "old": 0.5,
        "new": None,
        "change": None,
    }
    assert found["metrics"][1]["change"] == 0
    (step,) = found["definitions"]["steps"]
    assert step["change"] == "changed"
    assert found["versions"][0]["new"] == "2.60"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["old1"], "name two runs to compare"),
        (["old1", "old2"], "did you mean 'old1'?"),
        (["old1", "xxxx"], "there are: new1, old1"),
        (["--home", "nowhere"], "there are no runs in nowhere"),
    ],
)
def test_a_wrong_request_is_one_sentence(
    call: Callable[..., Said], arguments: list[str], told: str
) -> None:
    """Exit code 2 and the way out; no home is made."""
    said = call(*arguments)

    assert said.code == 2
    assert told in said.err
    assert said.err.count("\n") == 1
    assert not Path("nowhere").exists()


def test_a_run_is_as_itself() -> None:
    """Nothing differs, and every metric has grown by nothing."""
    run = a_run("one", loss=0.5)
    kept = Kept(definition=a_definition("50"), surroundings={"python": "3"})

    found = compare(run, run, old_kept=kept, new_kept=kept)

    assert found.parameters == found.versions == ()
    assert found.definitions is not None
    assert not found.definitions.has_changes
    assert [pair.change for pair in found.metrics] == [0]


def test_numbers_of_other_types_differ() -> None:
    """1, 1.0 and true are three values of a parameter."""
    runs = [a_run("one", epochs=value) for value in (1, True)]

    assert [each.new for each in compare(*runs).parameters] == [True]


def test_without_definitions_nothing_is_said_of_them() -> None:
    """Runs of earlier versions kept none, which is another thing than no change."""
    found = compare(a_run("one"), a_run("two"))

    assert found.definitions is None
    assert found.versions is None
