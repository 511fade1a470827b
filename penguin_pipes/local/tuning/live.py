"""One trial while it runs, in a thread of its own."""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import attrs

from penguin_pipes.errors import RequestError
from penguin_pipes.local.backends import Stop
from penguin_pipes.local.disk import remove, write_json
from penguin_pipes.local.events import Event
from penguin_pipes.local.jobs.base import JobResult

if TYPE_CHECKING:
    from collections.abc import Callable

    from penguin_pipes.definition import Node
    from penguin_pipes.local.contract.tuning import Algorithm
    from penguin_pipes.local.jobs.base import Job
    from penguin_pipes.local.records import Trial
    from penguin_pipes.local.tuning.search import Proposal

WAITING: Final = 1000
"""How many events may wait for the thread that takes them: a job that prints faster
than that has to wait, too."""


@attrs.frozen(kw_only=True)
class Heard:
    """Something that a trial's job has announced."""

    number: int
    event: Event


@attrs.frozen(kw_only=True)
class Ended:
    """How a trial's job ended.

    Attributes:
        number: The trial's.
        result: What the job returned.
        error: What it raised, in the place of a result.
    """

    number: int
    result: JobResult | None = None
    error: BaseException | None = None


Message: TypeAlias = Heard | Ended
RunJob: TypeAlias = "Callable[[Node, Job], JobResult]"


def mailbox() -> queue.Queue[Message]:
    """Return where trials leave their messages."""
    return queue.Queue(WAITING)


@attrs.define(kw_only=True, eq=False)
class LiveTrial:
    """A trial that runs.

    Attributes:
        trial: Its record.
        algorithm: What it is made of.
        proposal: What the search knows of it.
        job: Its job.
        began: When it began, by a clock that cannot be set.
        stop: By which its job is asked to end.
        series: The values of the objective so far.
        failure: Why it came to no end, if something else went wrong.
    """

    trial: Trial
    algorithm: Algorithm
    proposal: Proposal
    job: Job
    began: float = attrs.field(factory=time.perf_counter)
    stop: Stop = attrs.field(factory=Stop)
    series: list[float] = attrs.field(factory=list)
    failure: str | None = None
    _thread: threading.Thread | None = attrs.field(default=None, init=False)

    @property
    def is_running(self) -> bool:
        """Whether its job may still be at work."""
        return self._thread is not None and self._thread.is_alive()

    def start(self, run: RunJob, box: queue.Queue[Message]) -> None:
        """Run the job in a thread that leaves what happens in the *box*."""
        number = self.trial.number
        request = self.algorithm.training(self.trial.hyperparameters, self.job.name)
        job: Any = attrs.evolve(
            self.job,
            announce=lambda event: box.put(Heard(number=number, event=event)),
            stop=self.stop,
        )

        def work() -> None:
            try:
                ended = Ended(number=number, result=_run(run, request, job))
            except BaseException as error:  # noqa: BLE001 - raised where it is taken
                ended = Ended(number=number, error=error)
            box.put(ended)

        self._thread = threading.Thread(target=work, name=job.name, daemon=True)
        self._thread.start()


def _run(run: RunJob, request: Node, job: Job) -> JobResult:
    """Run one training job in a folder of its own."""
    job.folder.mkdir(parents=True, exist_ok=True)
    write_json(job.folder / "request.json", request.value)
    try:
        result = run(request, job)
    except RequestError as error:
        return JobResult(failure=str(error), exit_code=None)
    if result.failure is None:
        # As of a step: what a job saw is of interest after a failure only.
        with contextlib.suppress(OSError):
            remove(job.tree.root)
    return result
