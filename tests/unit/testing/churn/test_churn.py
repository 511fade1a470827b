"""The suite of another team: it knows the README, and nothing of how this is made."""

from __future__ import annotations

import json
import tarfile
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from churn import BUCKET, CUSTOMERS, REGION, build
from penguin_pipes.testing import (
    FakeAws,
    Render,
    RunPipeline,
    RunStep,
    Snapshot,
    assert_cache_hits,
    assert_deterministic,
    assert_reruns,
    assert_valid,
)

if TYPE_CHECKING:
    from penguin_pipes.local import Run

FRAME = pd.DataFrame({"age": [22, 25, 51, 60, 33], "left": [1, 1, 0, 0, None]})


@pytest.fixture(scope="session")
def trained(penguin_pipes_run: RunPipeline) -> Run:
    """Return the run that most tests look at."""
    return penguin_pipes_run(build(), files={CUSTOMERS: FRAME})


def test_the_definition(
    penguin_pipes_render: Render, penguin_pipes_snapshot: Snapshot
) -> None:
    """It is valid, needs no network and is the committed one."""
    assert_valid(build())
    assert json.loads(penguin_pipes_render(build))["Version"] == "2020-12-01"
    penguin_pipes_snapshot(build())


def test_it_is_the_same_everywhere() -> None:
    """Also with settings of its own; the README's test asks another process."""
    assert_deterministic(lambda: build(depth=3), fresh_process=False)


def test_the_whole_pipeline(trained: Run) -> None:
    """It learns that the young leave."""
    assert trained.step("fit").metrics["accuracy"] == 1


def test_the_model(trained: Run) -> None:
    """It is packed as SageMaker packs it."""
    with tarfile.open(trained.step("fit").artifacts["model"]) as packed:
        model = json.load(packed.extractfile("model.json"))  # type: ignore[arg-type]
    assert model == {"split": 51, "depth": 6}


def test_a_second_run_is_reused(penguin_pipes_run: RunPipeline, trained: Run) -> None:
    """The session keeps what it has trained."""
    again = penguin_pipes_run(build(), files={CUSTOMERS: FRAME}, cache="only")
    assert again.step("fit").artifacts == trained.step("fit").artifacts


def test_cleaning(penguin_pipes_run_step: RunStep) -> None:
    """Who is not known to have left or stayed is left out."""
    raw = pd.DataFrame({"left": [None, 0], "age": [31, 54]})
    cleaned = penguin_pipes_run_step("clean", pipeline=build(), inputs={"raw": raw})
    assert (cleaned.artifacts["rows"] / "rows.csv").read_text() == "age,left\n54,0.0\n"


def test_what_a_change_costs() -> None:
    """Another depth trains again, and does not clean again."""
    assert_cache_hits(build(), build())
    assert_reruns(build(depth=6), build(depth=7), {"fit"})


def test_it_deploys(penguin_pipes_aws: FakeAws) -> None:
    """Code and definition arrive."""
    penguin_pipes_aws.make_bucket(BUCKET, region=REGION)
    role = penguin_pipes_aws.make_role("ml")
    build().upsert(role_arn=role)
    sagemaker = penguin_pipes_aws.client("sagemaker", region=REGION)
    there = sagemaker.describe_pipeline(PipelineName="churn")
    assert there["RoleArn"] == role
    assert there["PipelineDefinition"] == build().definition()
