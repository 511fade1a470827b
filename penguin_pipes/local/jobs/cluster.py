"""Run a job on several computers: a process, a work tree and a log for each."""

from __future__ import annotations

import filecmp
import shutil
import threading
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING, Final, Self

import attrs

from penguin_pipes.local.backends import Outcome, Stop
from penguin_pipes.local.contract.cluster import Instance
from penguin_pipes.local.disk import link_or_copy
from penguin_pipes.local.events import Event, StepLine, StepWarned
from penguin_pipes.local.jobs.base import Job
from penguin_pipes.local.slots import Slots
from penguin_pipes.local.storage import files_below

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

LOOK_S: Final = 0.1
"""How often to see whether the whole job is asked to end."""


@attrs.frozen(kw_only=True)
class Ended:
    """How the part of a job that one computer has came to its end.

    Attributes:
        job: The job, as that computer has it.
        outcome: How its command ended.
        code: What its container would have exited with.
    """

    job: Job
    outcome: Outcome
    code: int

    @property
    def is_bad(self) -> bool:
        """Whether it failed, or took too long, and was not asked to end."""
        outcome = self.outcome
        return (bool(self.code) or outcome.timed_out) and not outcome.stopped


@attrs.frozen(kw_only=True)
class Together:
    """How all parts of a job ended.

    Attributes:
        parts: Each, in the order of their numbers.
        decisive: The one that tells how the job ended: the first that failed, or else
            the first that was stopped, or else the leader's.
    """

    parts: tuple[Ended, ...]
    decisive: Ended


def on_each(job: Job, count: int, act: Callable[[Job], Ended]) -> Together:
    """Run all parts of a job at once; if one fails, the others are stopped.

    Args:
        job: The job.
        count: On how many computers it runs.
        act: Runs the part of one.

    Raises:
        StoppedError: As `Job.run`.
    """
    if count == 1:
        only = act(job)
        return Together(parts=(only,), decisive=only)
    tell = _Telling(job.announce)
    parts = [
        _part(job, Instance(number=n + 1, count=count), tell) for n in range(count)
    ]
    order = parts
    try:
        # A place for all: parts that wait for each other must not wait for one.
        with job.slots, ThreadPoolExecutor(count) as pool:
            ended = _follow(job.stop, {pool.submit(act, part): part for part in parts})
        together = _together(ended)
        last = together.decisive.job
        order = [*(part for part in parts if part is not last), last]
    finally:
        for part in parts:
            _stop_of(part).close()
        _join_logs(job, order)
    return together


def gather(job: Job, parts: Sequence[Ended], paths: Iterable[str]) -> None:
    """Bring together in the job's own tree what all its parts wrote in some folders.

    Of files with the same name and not the same bytes, the leader's stays.
    """
    for path in paths if len(parts) > 1 else ():
        writers: dict[str, str] = {}
        for part in (each.job for each in parts):
            folder, target = part.tree.at(path), job.tree.at(path)
            for way in files_below(folder) if part.owns(folder) else ():
                place = target / way
                if not place.exists():
                    place.parent.mkdir(parents=True, exist_ok=True)
                    link_or_copy(folder / way, place)
                    writers[str(way)] = part.instance.name
                elif not filecmp.cmp(folder / way, place, shallow=False):
                    _warn(job, f"{path}/{way}", writers[str(way)], part.instance.name)


def _warn(job: Job, path: str, first: str, second: str) -> None:
    """Say that two computers wrote the same file."""
    text = (
        f"{first} and {second} both wrote {path}, and not the same; at the service it "
        f"is by chance which one is kept, here it is {first}'s; put the host's name "
        "into the file's"
    )
    job.announce(StepWarned(job.step, text))


def _part(job: Job, instance: Instance, tell: _Telling) -> Job:
    """Return a job as one of its computers has it.

    All is below the job's own tree, which goes when it is not needed any more.
    """
    folder = job.tree.root / instance.name
    folder.mkdir(parents=True, exist_ok=True)
    return attrs.evolve(
        job,
        folder=folder,
        own_log=job.folder / f"log-{instance.name}.txt",
        instance=instance,
        announce=lambda event: tell(event, instance.name),
        slots=Slots(instance.count),
        stop=Stop(),
    )


class _Telling:
    """Tells what the parts of a job announce, with the name of who says it."""

    def __init__(self, announce: Callable[[Event], None]) -> None:
        self._announce = announce
        self._warned: set[str] = set()
        self._lock = threading.Lock()

    def __call__(self, event: Event, host: str) -> None:
        """Tell an event of one host; a warning that all have, once."""
        with self._lock:
            if isinstance(event, StepWarned):
                if event.text in self._warned:
                    return
                self._warned.add(event.text)
            elif isinstance(event, StepLine):
                event = StepLine(event.step, f"{host}: {event.line}")
            self._announce(event)


def _follow(outer: Stop | None, running: dict[Future[Ended], Job]) -> list[Ended]:
    """Wait for all parts; return how they ended, in the order in which they did."""
    ended: list[Ended] = []
    error: BaseException | None = None
    told = _Wish()
    left: Collection[Future[Ended]] = running
    while left:
        done, left = wait(left, timeout=LOOK_S, return_when=FIRST_COMPLETED)
        for each in sorted(done, key=lambda one: running[one].instance.number):
            found = each.exception()
            if found is None:
                ended.append(each.result())
            error = error or found
        wish = _Wish.of(outer, ended, error)
        if wish != told:
            told = wish
            for each in left:
                stop = _stop_of(running[each])
                stop.ask(urgent=wish.is_urgent, forced=wish.is_forced)
    if error is not None:
        raise error
    return ended


@attrs.frozen(kw_only=True)
class _Wish:
    """Whether what still runs is to end, and how fast."""

    is_asked: bool = False
    is_urgent: bool = False
    is_forced: bool = False

    @classmethod
    def of(
        cls, outer: Stop | None, ended: Iterable[Ended], error: BaseException | None
    ) -> Self:
        """Return what is wished now that so much has happened."""
        if error is not None:
            return cls(is_asked=True, is_urgent=True)
        if outer is not None and outer.is_asked:
            return cls(
                is_asked=True, is_urgent=outer.is_urgent, is_forced=outer.is_forced
            )
        return cls(is_asked=any(each.is_bad for each in ended))


def _stop_of(part: Job) -> Stop:
    """Return by what a part is asked to end."""
    assert part.stop is not None  # noqa: S101  # it was given one
    return part.stop


def _together(ended: Sequence[Ended]) -> Together:
    """Return how a job ended whose parts ended so, in this order."""
    parts = sorted(ended, key=lambda each: each.job.instance.number)
    bad = (each for each in ended if each.is_bad)
    stopped = (each for each in ended if each.outcome.stopped)
    decisive = next(bad, None) or next(stopped, parts[0])
    return Together(parts=tuple(parts), decisive=decisive)


def _join_logs(job: Job, parts: Sequence[Job]) -> None:
    """Write the logs of all parts into the job's, one after the other.

    The last one is what a failure is told with.
    """
    with job.log.open("wb") as log:
        for part in parts:
            log.write(f"== {part.instance.name}: {part.log.name}\n".encode())
            if part.log.exists():
                with part.log.open("rb") as file:
                    shutil.copyfileobj(file, log)
