"""What the team promises of its pipeline."""

from __future__ import annotations

import importlib.util
import json
import re
import tarfile
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from penguin_pipes.errors import StepFailedError
from penguin_pipes.testing import (
    FakeAws,
    Render,
    RunPipeline,
    RunStep,
    assert_cache_hits,
    assert_deterministic,
    assert_reruns,
    assert_valid,
)
from retention import CUSTOMERS, build

if TYPE_CHECKING:
    from penguin_pipes.local import Run

CALLS = list(range(24))
FRAME = pd.DataFrame(
    {
        "months": [40 - n for n in CALLS],
        "calls": CALLS,
        "left": [str(int(n >= 12)) for n in CALLS],
    }
)


@pytest.fixture(scope="session")
def trained(penguin_pipes_run: RunPipeline) -> Run:
    """Return the run that most tests look at."""
    return penguin_pipes_run(build(), files={CUSTOMERS: FRAME})


def test_the_definition(penguin_pipes_render: Render) -> None:
    """It is valid, and needs no network."""
    assert_valid(build())
    assert len(json.loads(penguin_pipes_render(build))["Steps"]) == 4


def test_it_is_the_same_everywhere() -> None:
    """Here, and in another process, time zone and region."""
    assert_deterministic(build)


def test_a_script_with_fixed_paths(penguin_pipes_run_step: RunStep) -> None:
    """Who is not known to have left or stayed is left out."""
    raw = pd.DataFrame({"months": [1, 2], "calls": [3, 4], "left": [None, "0"]})
    cleaned = penguin_pipes_run_step("clean", pipeline=build(), inputs={"raw": raw})
    assert (
        cleaned.artifacts["test"] / "rows.csv"
    ).read_text() == "months,calls,left\n2,4,0\n"


def test_a_package_with_helpers(trained: Run) -> None:
    """It learns that those who call leave, and the model says so."""
    fit = trained.step("fit")
    assert fit.metrics["accuracy"] >= 0.9
    with tarfile.open(fit.artifacts["model"]) as packed:
        file = packed.extractfile("model.json")
        assert file is not None
        model = json.load(file)
    assert model["weights"]["calls"] > 0


def test_a_script_with_requirements(trained: Run) -> None:
    """What the folder asks for is there for the job, and for nobody else."""
    log = trained.step("fit").log.read_text()
    assert re.search(r"^column +weight$", log, re.MULTILINE)
    assert importlib.util.find_spec("tabulate") is None


def test_the_judgement_decides(trained: Run, penguin_pipes_run: RunPipeline) -> None:
    """A good model passes; where none is good enough, the run ends with a sentence."""
    assert trained.step("check").properties["Outcome"] == "True"
    with pytest.raises(StepFailedError, match="right in less than 101%"):
        penguin_pipes_run(build(least=1.01), files={CUSTOMERS: FRAME})


def test_tuning(penguin_pipes_run: RunPipeline) -> None:
    """The better of two rates goes on to the judgement."""
    run = penguin_pipes_run(build(tune=True), files={CUSTOMERS: FRAME})
    assert len(run.step("search").trials) == 2
    assert run.step("check").properties["Outcome"] == "True"


def test_what_a_change_costs() -> None:
    """Other rounds train and judge again, and do not clean again."""
    assert_cache_hits(build(), build())
    assert_reruns(build(), build(rounds=201), {"fit", "judge"})


def test_it_deploys(penguin_pipes_aws: FakeAws) -> None:
    """Code and definition arrive."""
    penguin_pipes_aws.make_bucket("acme-ml", region="eu-west-1")
    build().upsert(role_arn=penguin_pipes_aws.make_role("ml"))
    sagemaker = penguin_pipes_aws.client("sagemaker", region="eu-west-1")
    there = sagemaker.describe_pipeline(PipelineName="retention")
    assert there["PipelineDefinition"] == build().definition()
