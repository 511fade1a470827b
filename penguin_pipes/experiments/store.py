"""The one door to MLflow: loaded late, quiet, and given up on in seconds."""

from __future__ import annotations

import contextlib
import getpass
import importlib.util
import logging
import re
from typing import TYPE_CHECKING, Any, Final, TypeVar

import attrs

from penguin_pipes.errors import InputError
from penguin_pipes.experiments.asking import StoreError, asked
from penguin_pipes.experiments.jobs import PREFIX
from penguin_pipes.experiments.uris import (
    SERVERS,
    check_scheme,
    scheme_of,
    shown,
)
from penguin_pipes.local.records import Status

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from penguin_pipes.experiments.jobs import Job

T = TypeVar("T")

LIBRARY: Final = "mlflow"
MOST_METRICS: Final = 1000
MOST_PARAMETERS: Final = 100
"""What one request may hold."""

UNNAMED: Final = re.compile(r"[^\w.\-:/ ]", re.ASCII)
"""What no name of a metric or parameter may hold."""

ENDED: Final = {Status.SUCCEEDED: "FINISHED", Status.FAILED: "FAILED"}
KILLED: Final = "KILLED"
RUNNING: Final = "RUNNING"


@attrs.frozen(kw_only=True)
class Store:
    """One experiment of one MLflow store.

    Attributes:
        uri: The store's address.
        experiment: The experiment's name.
        id: The experiment's id.
        client: MLflow's own client.
    """

    uri: str
    experiment: str
    id: str
    client: Any = attrs.field(repr=False)

    @property
    def page(self) -> str | None:
        """Where a browser finds the experiment, if a server has it."""
        if scheme_of(self.uri) not in SERVERS:
            return None
        return f"{shown(self.uri).rstrip('/')}/#/experiments/{self.id}"

    def find(self, job: Job) -> str | None:
        """Return the MLflow run that a job is already, if it is there as a whole.

        What was left half-logged goes to MLflow's trash, children included.

        Args:
            job: The job, known by its name and its run.

        Raises:
            StoreError: MLflow could not tell.
        """
        with asked(self.uri):
            own = f"tags.`{PREFIX}job` = '{job.name}'"
            for found in self._search(f"{own} and tags.`{PREFIX}run` = '{job.run}'"):
                identity: str = found.info.run_id
                if found.info.status != RUNNING:
                    return identity
                self.discard(identity)
        return None

    def log(self, job: Job, parent: str | None = None) -> str:
        """Make a job an MLflow run, and return its id.

        Args:
            job: The job; its trials become runs of their own below it.
            parent: The id of the run of the tuning job, for a trial.

        Raises:
            StoreError: MLflow did not take it; nothing of it is left there, unless
                MLflow does not answer any more.
        """
        with asked(self.uri):
            made: str = self.client.create_run(
                self.id,
                run_name=job.name,
                start_time=_ms(job.started_at),
                tags=_tags(job, parent),
            ).info.run_id
            try:
                self._fill(made, job)
                for trial in job.trials:
                    self.log(trial, made)
                # The last word: a run without one is not whole.
                self.client.set_terminated(
                    made,
                    ENDED.get(job.status, KILLED),
                    _ms(job.finished_at or job.started_at),
                )
            except BaseException:
                with contextlib.suppress(Exception):
                    self.discard(made)
                raise
        return made

    def answers(self) -> bool:
        """Tell whether the store is still there."""
        try:
            with asked(self.uri):
                self.client.get_experiment(self.id)
        except StoreError:
            return False
        return True

    def discard(self, identity: str) -> None:
        """Put a run and its children into MLflow's trash.

        Args:
            identity: The id of the MLflow run.
        """
        for child in self._search(f"tags.`mlflow.parentRunId` = '{identity}'"):
            self.client.delete_run(child.info.run_id)
        self.client.delete_run(identity)

    def _fill(self, identity: str, job: Job) -> None:
        """Log what a job was trained with, what it measured, and what it left."""
        from mlflow.entities import Metric, Param

        params = [Param(_name(k), v) for k, v in job.parameters.items()]
        for some in _chunks(params, MOST_PARAMETERS):
            self.client.log_batch(identity, params=some)
        metrics = [
            Metric(_name(name), point.value, _ms(point.at), index)
            for name, points in job.series.items()
            for index, point in enumerate(points)
        ]
        for several in _chunks(metrics, MOST_METRICS):
            self.client.log_batch(identity, metrics=several)
        for name, path in job.artifacts.items():
            if path.is_dir():
                self.client.log_artifacts(identity, str(path), name)
            elif path.exists():
                self.client.log_artifact(identity, str(path))

    def _search(self, query: str) -> list[Any]:
        found: list[Any] = []
        token: str | None = None
        while True:
            page = self.client.search_runs([self.id], query, page_token=token)
            found += page
            token = page.token
            if not token:
                return found


def check_library(library: str = LIBRARY) -> None:
    """Refuse, before anything is run, what MLflow is missing for.

    Raises:
        InputError: There is no such library.
    """
    if importlib.util.find_spec(library) is None:
        msg = (
            f"MLflow: logging to it needs {library}, which this Python does not have; "
            "pip install 'penguin-pipes[mlflow]'"
        )
        raise InputError(msg)


def opened(uri: str, experiment: str) -> Store:
    """Return the experiment of this name, made if it is not there.

    Args:
        uri: The store's address, such as ``sqlite:///mlflow.db``, the address of a
            tracking server, or the ARN of SageMaker's managed MLflow.
        experiment: The experiment's name.

    Raises:
        InputError: There is no such store, or it does not take the experiment.
    """
    check_scheme(uri)
    check_library()
    try:
        with asked(uri):
            return _opened(uri, experiment)
    except StoreError as error:
        msg = f"MLflow: {shown(uri)} cannot be used: {error}"
        raise InputError(msg) from error


def _opened(uri: str, experiment: str) -> Store:
    from mlflow import MlflowClient

    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.ERROR)
    client = MlflowClient(tracking_uri=uri)
    found = client.get_experiment_by_name(experiment)
    if found is not None and found.lifecycle_stage == "deleted":
        msg = (
            f"the experiment {experiment!r} was deleted; restore it (mlflow "
            f"experiments restore --experiment-id {found.experiment_id}), or name "
            "another"
        )
        raise StoreError(msg)
    if found is None:
        identity = client.create_experiment(experiment)
    else:
        identity = found.experiment_id
    return Store(uri=uri, experiment=experiment, id=identity, client=client)


def _tags(job: Job, parent: str | None) -> Mapping[str, str]:
    """Return the tags of a job, and those by which MLflow shows where it is from."""
    tags = {
        **job.tags,
        "mlflow.source.name": job.tags.get(f"{PREFIX}pipeline", job.step),
        "mlflow.source.type": "JOB",
    }
    with contextlib.suppress(KeyError, OSError):  # a user without a name
        tags["mlflow.user"] = getpass.getuser()
    return tags if parent is None else {**tags, "mlflow.parentRunId": parent}


def _name(name: str) -> str:
    """Return a name that MLflow takes."""
    clean = UNNAMED.sub("_", name)
    is_path = "/" in clean and not re.fullmatch(r"\w[^/]*(/\w[^/]*)*", clean)
    return clean.replace("/", "_") if is_path else clean


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)


def _chunks(items: Sequence[T], most: int) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), most):
        yield items[start : start + most]
