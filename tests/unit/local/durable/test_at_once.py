"""What is promised of runs that are at work in one home at the same time."""

from __future__ import annotations

import copy
import time
from pathlib import Path
from typing import Any, Final

import pytest

from penguin_pipes.errors import HomeError
from penguin_pipes.local import Status, prune, run_locally
from penguin_pipes.local.database import Database

AT_ONCE: Final = 4
MANY: Final = 8
ROUNDS: Final = [1, pytest.param(4, marks=pytest.mark.durability)]
SHARED: Final = "s3://shared/out"


def _shared(step: dict[str, Any]) -> dict[str, Any]:
    """Let the one output of a step be written to a prefix that all runs share."""
    (output,) = step["Arguments"]["ProcessingOutputConfig"]["Outputs"]
    output["S3Output"]["S3Uri"] = SHARED
    return step


def _another(pipeline: Any, name: str, script: str) -> Any:
    """Return a pipeline of its own, of one step that writes to the shared prefix."""
    found = type(pipeline)(pipeline.project, name)
    _shared(found.step(name, script, outputs=("out",)))
    return found


@pytest.mark.parametrize("rounds", ROUNDS)
def test_runs_of_one_definition(
    engine: Any, pipeline: Any, look: Any, tmp_path: Path, rounds: int
) -> None:
    """Runs of one pipeline, begun at once in an empty home, are all right."""
    for number in range(rounds):
        home = tmp_path / f"home-{number}"

        answers = engine.do(*[pipeline.deed(home)] * AT_ONCE)

        assert all("run" in answer for answer in answers), answers
        runs = look.runs(home)
        assert {run.id for run in runs} == {answer["run"] for answer in answers}
        assert {run.status for run in runs} == {Status.SUCCEEDED}
        steps = [step for run in runs for step in run.steps]
        assert {step.status for step in steps} == {Status.SUCCEEDED}
        first, *others = map(look.outputs, runs)
        assert len(first) == 5
        assert others == [first] * (AT_ONCE - 1)
        assert look.soundness(home) == "ok"


def test_homes_made_by_many_at_once(engine: Any, tmp_path: Path) -> None:
    """Nobody is refused a home because somebody else is making it."""
    start = time.time() + 0.5
    homes = [(start + 0.05 * n, str(tmp_path / f"home-{n}")) for n in range(40)]

    answers = engine.do(*[{"do": "open", "homes": homes}] * MANY)

    assert [answer.get("message") for answer in answers] == [None] * MANY
    for _, home in homes:
        with Database(Path(home)) as database:
            assert len(database.rows("SELECT * FROM digests")) == MANY


@pytest.mark.parametrize("rounds", ROUNDS)
def test_runs_of_different_definitions_lose_no_file_of_a_shared_prefix(
    engine: Any, pipeline: Any, look: Any, tmp_path: Path, rounds: int
) -> None:
    """Whoever publishes last at a prefix keeps what the others have published there."""
    home, place = tmp_path / "home", tmp_path / "home/s3/shared/out"
    for number in range(rounds):
        names = [f"step-{number}-{index}" for index in range(AT_ONCE)]
        script = "i=0; while [ $i -lt 40 ]; do echo {0} > out/{0}-$i; i=$((i+1)); done"
        written = [_another(pipeline, name, script.format(name)) for name in names]

        answers = engine.do(*[each.deed(home) for each in written])

        assert all("run" in answer for answer in answers), answers
    found = {path.name: path.read_text() for path in place.iterdir()}
    steps = [f"step-{n}-{index}" for n in range(rounds) for index in range(AT_ONCE)]
    assert found == {f"{step}-{i}": f"{step}\n" for step in steps for i in range(40)}
    assert {run.status for run in look.runs(home)} == {Status.SUCCEEDED}


def test_step_is_not_credited_with_what_another_run_wrote_over_it(
    engine: Any, pipeline: Any, look: Any, tmp_path: Path
) -> None:
    """If two runs write to one name, neither is taken for the other later on."""
    home = tmp_path / "home"
    step = _shared(pipeline.step("write", "echo $WORD > out/it", outputs=("out",)))
    one, two = (_saying(pipeline, step, word) for word in ("one", "two"))
    published = "return posix.fsync < disk.sync_file < disk.sync_folder < storage."
    (observed,) = engine.do(one.deed(tmp_path / "observed", sites=True))
    (site,) = (site for site in observed["sites"] if site.startswith(published))

    # Run two from its beginning to its end when one has just published.
    engine.do(one.deed(home, site=site, then=[two.deed(home)]))
    engine.do(one.deed(home))

    newest = look.runs(home)[0]
    assert newest.step("write").reused_from is None
    assert look.outputs(newest) == {"write/out/it": b"one\n"}


def _saying(pipeline: Any, step: dict[str, Any], word: str) -> Any:
    """Return a pipeline of one step that has a word in its environment."""
    changed = copy.deepcopy(step)
    changed["Arguments"]["Environment"] = {"WORD": word}
    return type(pipeline)(pipeline.project, word, [changed])


def test_pruning_waits_for_nobody_and_disturbs_nobody(
    pipeline: Any, tmp_path: Path
) -> None:
    """While a run is at work in a home, nothing is taken out of it."""
    home, refused = tmp_path / "home", []

    def watch(_: object) -> None:
        try:
            prune(home, max_bytes=0)
        except HomeError as error:
            refused.append(str(error))

    files = pipeline.project.files
    run = run_locally(pipeline.definition, files=files, home=home, watch=watch)

    assert run.status is Status.SUCCEEDED
    assert {text.partition(": ")[2] for text in refused} == {
        "a run is at work in this home; prune it afterwards"
    }
