"""Run tuning jobs: a request in, the best of its training jobs out."""

from __future__ import annotations

import contextlib
import importlib.util
from typing import TYPE_CHECKING, Any

import attrs

from penguin_pipes.errors import DefinitionError
from penguin_pipes.local.contract.search import STATIC
from penguin_pipes.local.contract.tuning import TuningRequest
from penguin_pipes.local.jobs.base import JobResult
from penguin_pipes.local.jobs.kind import JobKind
from penguin_pipes.local.jobs.training import TrainingKind
from penguin_pipes.local.records import now, ranked
from penguin_pipes.local.tuning.described import described, expected
from penguin_pipes.local.tuning.ending import why_none
from penguin_pipes.local.tuning.parents import unknown_parent

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from penguin_pipes.definition import Node
    from penguin_pipes.local.backends import Script
    from penguin_pipes.local.contract.host import Host
    from penguin_pipes.local.contract.requests import DataInput
    from penguin_pipes.local.jobs.base import Job
    from penguin_pipes.local.records import Trial
    from penguin_pipes.local.storage import Storage
    from penguin_pipes.local.tuning.book import OpenBook

TRIAL: str = "any-trial"
"""Stands for the name of a training job before there is one."""


@attrs.frozen
class TuningKind(JobKind):
    """Steps of type ``Tuning``.

    Attributes:
        training: What runs their training jobs.
    """

    names_job = "HyperParameterTuningJobName"
    training: JobKind = attrs.field(factory=TrainingKind)

    def check(self, request: Node, storage: Storage) -> None:
        """Raise a `RequestError` if the job cannot run on this computer."""
        TuningRequest.read(request)
        if importlib.util.find_spec("optuna") is None:
            request.cannot_run(
                "tuning needs Optuna, which this Python does not have; "
                "pip install 'penguin-pipes[local]'"
            )
        for example in _examples(request):
            with _as_written():
                self.training.check(example, storage)

    def inputs(self, request: Node) -> tuple[DataInput, ...]:
        """Return what must lie in S3 for the job to start."""
        with _as_written():
            return tuple(
                attrs.evolve(data, address=_as_asked(data.address))
                for example in _examples(request)
                for data in self.training.inputs(example)
            )

    def outputs(
        self,
        request: Node,
        job_name: str,  # noqa: ARG002 - the training jobs have names of their own
    ) -> tuple[str, ...]:
        """Return the S3 names at or below which the job's results will lie."""
        return tuple(
            algorithm.definition.need("OutputDataConfig").need("S3OutputPath").value
            for algorithm in TuningRequest.read(request).algorithms
        )

    def expected(self, request: Node, job_name: str) -> Mapping[str, Any]:
        """Return what Describe will say of the finished job, as far as is known."""
        return expected(TuningRequest.read(request), job_name)

    def script(self, request: Node, storage: Storage, host: Host) -> Script | None:
        """Return the script that the job will start, if it can be known of."""
        # Of several, the first: a server for another starts when that one does.
        example = next(_examples(request))
        return self.training.script(example, storage, host)

    def run(self, request: Node, job: Job) -> JobResult:
        """Run the job to its end."""
        from penguin_pipes.local.tuning.conduct import Conductor

        asked = TuningRequest.read(request)
        assert job.trials is not None  # noqa: S101  # the engine gives it to all
        with job.trials.opened() as book:
            started = now()
            parents = _parents(asked, request, book)
            conductor = Conductor(
                asked, job, book, run=self.training.run, parents=parents
            )
            trials = conductor.conduct()
        best = ranked(trials)
        in_order = tuple(sorted(trials, key=lambda each: each.number))
        if not best:
            return JobResult(failure=why_none(trials), exit_code=None, trials=in_order)
        return JobResult(
            failure=None,
            exit_code=None,
            properties=described(
                asked, job.name, trials, parents=parents, started=started, ended=now()
            ),
            artifacts=best[0].artifacts,
            series=best[0].series,
            trials=in_order,
        )


def _examples(request: Node) -> Iterator[Node]:
    """Yield a training job of every definition."""
    for algorithm in TuningRequest.read(request).algorithms:
        yield algorithm.training(algorithm.example, TRIAL)


def _parents(asked: TuningRequest, request: Node, book: OpenBook) -> tuple[Trial, ...]:
    """Return the trials of the tuning jobs that are learnt from."""
    found: list[Trial] = []
    for name in asked.parents:
        trials = book.of_job(name)
        if trials is None:
            address = f"{request.address}.WarmStartConfig"
            raise unknown_parent(name, book.jobs(), address=address)
        found += trials
    return tuple(found)


def _as_asked(address: str) -> str:
    """Return where a hyperparameter of a training job stands in the definition."""
    return address.replace(".HyperParameters", f".{STATIC}")


@contextlib.contextmanager
def _as_written() -> Iterator[None]:
    """Let errors name the places of the definition, not of a training job."""
    try:
        yield
    except DefinitionError as error:
        address = _as_asked(error.address)
        raise type(error)(error.problem, address=address) from None
