"""Tuning steps whose trials are small scripts: no TensorFlow, no seconds of imports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import pytest

from penguin_pipes.definition import Node
from penguin_pipes.local import History, Run, StepRun
from penguin_pipes.local.contract.host import this_host
from penguin_pipes.local.jobs.base import Job
from penguin_pipes.local.records import now
from penguin_pipes.local.slots import Slots
from penguin_pipes.local.storage import Storage
from penguin_pipes.local.tuning.book import TrialBook

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

SCRIPT = """
import argparse, json, os, pathlib, signal, sys, time
parser = argparse.ArgumentParser()
parser.add_argument("-x", type=float, default=0.0)
parser.add_argument("-n", type=int, default=0)
parser.add_argument("--kind", default="a")
told, _ = parser.parse_known_args()
job = os.environ["TRAINING_JOB_NAME"]
number = int(job.split("-")[-2])
model = pathlib.Path(os.environ["SM_MODEL_DIR"])
def say(value):
    print(f"epoch: score={value};", flush=True)
"""

SCORE = r"score=(.*?);"


@attrs.define
class Tuner:
    """Makes tuning steps, and runs them.

    Attributes:
        project: Makes the files.
    """

    project: Any

    def step(
        self,
        name: str = "tune",
        script: str = "say(told.x)",
        *,
        ranges: Mapping[str, Any] | None = None,
        static: Mapping[str, str] | None = None,
        config: Mapping[str, Any] | None = None,
        jobs: int | None = 3,
        parallel: int = 2,
        is_cached: bool = True,
        **members: Any,
    ) -> dict[str, Any]:
        """Return a tuning step whose trials run *script*."""
        definition = self.definition(name, script, static=static)
        limits = {"MaxParallelTrainingJobs": parallel}
        if jobs is not None:
            limits["MaxNumberOfTrainingJobs"] = jobs
        search = {
            "Strategy": "Random",
            "HyperParameterTuningJobObjective": {
                "Type": "Maximize",
                "MetricName": "score",
            },
            "ResourceLimits": limits,
            "ParameterRanges": ranges or floats(x=(0, 1)),
            "TrainingJobEarlyStoppingType": "Off",
            **(config or {}),
        }
        return {
            "Name": name,
            "Type": "Tuning",
            "Arguments": {
                "HyperParameterTuningJobConfig": search,
                "TrainingJobDefinition": definition,
            },
            **({"CacheConfig": {"Enabled": True}} if is_cached else {}),
            **members,
        }

    def definition(
        self,
        name: str,
        script: str,
        *,
        static: Mapping[str, str] | None = None,
        **members: Any,
    ) -> dict[str, Any]:
        """Return a training job definition whose jobs run *script*."""
        training = self.project.training(
            name,
            f"{SCRIPT}\n{script}",
            hyperparameters={"model_dir": "/opt/ml/model", **(static or {})},
            metrics={"score": SCORE},
        )
        found: dict[str, Any] = training["Arguments"]
        found["StaticHyperParameters"] = found.pop("HyperParameters")
        return {**found, **members}

    def run(self, *steps: Any, **options: Any) -> Run:
        """Run steps, with room for two trials at once."""
        run: Run = self.project.run(*steps, **{"jobs": 2, **options})
        return run

    def job(self, step: dict[str, Any], **fields: Any) -> tuple[Node, Job]:
        """Return the request and the job of a tuning step, for who runs it alone."""
        home = self.project.home
        folder = home / "runs" / "r" / "tune"
        folder.mkdir(parents=True)
        record = StepRun(
            name="tune", type="Tuning", job_name="job", log=folder / "log.txt"
        )
        with History(home) as history:
            history.save(Run(id="r", pipeline="p", started_at=now(), steps=(record,)))
        book = TrialBook(
            home=home,
            run="r",
            pipeline="p",
            step="tune",
            key=None,
            takes=False,
            is_fit=lambda *_: False,
        )
        job = Job(
            step="tune",
            name="job",
            folder=folder,
            storage=Storage(home / "s3", self.project.files),
            host=this_host(),
            announce=lambda _: None,
            **{"slots": Slots(2), "trials": book, **fields},
        )
        return Node(step["Arguments"], "$.Steps[0].Arguments"), job

    def tune(self, *arguments: Any, **options: Any) -> StepRun:
        """Run a tuning step, and return its record."""
        return self.run(self.step(*arguments, **options)).step("tune")


def floats(scaling: str = "Linear", **bounds: tuple[float, float]) -> dict[str, Any]:
    """Return ranges of real numbers."""
    return {"ContinuousParameterRanges": _ranges(scaling, bounds)}


def wholes(scaling: str = "Linear", **bounds: tuple[float, float]) -> dict[str, Any]:
    """Return ranges of whole numbers."""
    return {"IntegerParameterRanges": _ranges(scaling, bounds)}


def words(**values: list[str]) -> dict[str, Any]:
    """Return choices."""
    return {
        "CategoricalParameterRanges": [
            {"Name": name, "Values": choices} for name, choices in values.items()
        ]
    }


def _ranges(
    scaling: str, bounds: Mapping[str, tuple[float, float]]
) -> list[dict[str, str]]:
    return [
        {
            "Name": name,
            "MinValue": str(low),
            "MaxValue": str(high),
            "ScalingType": scaling,
        }
        for name, (low, high) in bounds.items()
    ]


@pytest.fixture
def tuner(project: Any) -> Tuner:
    """Return what makes tuning steps."""
    return Tuner(project)


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    """Return a folder in which trials leave traces."""
    folder = tmp_path / "ledger"
    folder.mkdir()
    return folder


@pytest.fixture(name="floats")
def floats_of() -> Callable[..., dict[str, Any]]:
    """Return what makes ranges of real numbers."""
    return floats


@pytest.fixture(name="wholes")
def wholes_of() -> Callable[..., dict[str, Any]]:
    """Return what makes ranges of whole numbers."""
    return wholes


@pytest.fixture(name="words")
def words_of() -> Callable[..., dict[str, Any]]:
    """Return what makes choices."""
    return words
