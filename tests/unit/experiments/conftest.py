"""Runs as they are kept, and a real MLflow store to log them to."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import attrs
import pytest

from penguin_pipes.experiments import Store, opened
from penguin_pipes.local import History, MetricPoint, Run, Status, StepRun, Trial

AT = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)


def points(*values: float) -> tuple[MetricPoint, ...]:
    """Return values, one a second."""
    return tuple(
        MetricPoint(at=AT + timedelta(seconds=number), value=value)
        for number, value in enumerate(values)
    )


@attrs.frozen
class Home:
    """A home whose runs are written down and nothing else.

    Attributes:
        folder: Where it is.
    """

    folder: Path

    def job(self, name: str, request: dict[str, Any]) -> dict[str, Any]:
        """Return what a job that took two seconds left, with its files on the disk."""
        folder = self.folder / "jobs" / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "request.json").write_text(json.dumps(request))
        model = folder / "model.tar.gz"
        model.write_bytes(f"the model of {name}".encode())
        return {
            "job_name": name,
            "log": folder / "log.txt",
            "status": Status.SUCCEEDED,
            "started_at": AT,
            "finished_at": AT + timedelta(seconds=2),
            "artifacts": {"model": model},
        }

    def training(self, name: str = "fit", **fields: Any) -> StepRun:
        """Return a training step that ran."""
        request = fields.pop("request", {"HyperParameters": {"depth": "3"}})
        job = self.job(fields.pop("job_name", f"job-{name}"), request)
        return StepRun(name=name, type="Training", **{**job, **fields})

    def trial(self, number: int, objective: float, **fields: Any) -> Trial:
        """Return a trial that ran."""
        found = {"depth": str(number)}
        request = {"HyperParameters": {**found, "seed": "7"}}
        values = {
            **self.job(f"search-{number:03}", request),
            "number": number,
            "metric": "score",
            "objective": objective,
            "hyperparameters": found,
            "series": {"score": points(0, objective)},
        }
        return Trial(**{**values, **fields})

    def search(self, *trials: Trial, name: str = "search") -> StepRun:
        """Return a tuning step with these trials."""
        request = {"TrainingJobDefinition": {"StaticHyperParameters": {"seed": "7"}}}
        job = self.job(f"job-{name}", request)
        return StepRun(name=name, type="Tuning", trials=trials, **job)

    def run(self, *steps: StepRun, run_id: str = "abc123def456", **fields: Any) -> Run:
        """Write down a run of these steps."""
        values: dict[str, Any] = {
            "pipeline": "churn",
            "status": Status.SUCCEEDED,
            "started_at": AT,
            "finished_at": AT + timedelta(seconds=10),
            "steps": steps,
        }
        run = Run(id=run_id, **{**values, **fields})
        with History(self.folder) as history:
            history.save(run)
        return run


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Return a home without runs."""
    return Home(tmp_path / "home")


@pytest.fixture
def store(
    mlflow_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Store:
    """Return an experiment of this test's own, whose artifacts lie in its folder."""
    # MLflow puts the artifacts of a database into ./mlruns.
    monkeypatch.chdir(tmp_path)
    return opened(mlflow_database, tmp_path.name)
