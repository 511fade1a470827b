"""Run a pipeline definition on this computer, from its JSON and the files it names."""

from __future__ import annotations

import contextlib
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Never, Self

import attrs

from penguin_pipes.errors import InputError
from penguin_pipes.local.backends import Backend, ProcessBackend
from penguin_pipes.local.cache import CacheMode
from penguin_pipes.local.contract.host import NoHost, this_host
from penguin_pipes.local.events import Announcer, Watcher
from penguin_pipes.local.execution import Execution
from penguin_pipes.local.history import History
from penguin_pipes.local.locks import at_work
from penguin_pipes.local.preparation import Asked, prepared
from penguin_pipes.local.pruning import shrink
from penguin_pipes.local.recovery import recover
from penguin_pipes.local.selection import Choice
from penguin_pipes.local.slots import Slots

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from penguin_pipes.flags import LocalFlags
    from penguin_pipes.local.environments import Choice as PythonChoice
    from penguin_pipes.local.jobs import StandIn
    from penguin_pipes.local.parameters import Given
    from penguin_pipes.local.records import Run

HOME: Final = Path(".penguin_pipes")
NONE: Final[Mapping[str, Never]] = MappingProxyType({})


def run_locally(  # noqa: PLR0913  # each is an option of its own
    definition: str | Mapping[str, Any] | Path,
    *,
    files: Mapping[str, Path] = NONE,
    parameters: Mapping[str, Given] = NONE,
    name: str = "pipeline",
    home: Path = HOME,
    stand_ins: Mapping[str, StandIn] = NONE,
    cache: CacheMode | str = CacheMode.USE,
    size_limit: int | None = None,
    jobs: int | None = None,
    keep_going: bool = False,
    from_step: str | None = None,
    only: Sequence[str] = (),
    resume: bool = False,
    python: PythonChoice | None = None,
    parity: bool = False,
    watch: Watcher | None = None,
    backend: Backend | None = None,
) -> Run:
    """Run a pipeline here and return the record of it.

    Steps that do not need each other run at once. The first failure ends the run:
    nothing new starts, and what runs comes to its end.

    A step with a ``CacheConfig`` takes the result of an earlier run in the same home,
    if it would come to the same; see `penguin_pipes.local.cache`.

    Args:
        definition: The definition JSON as text, the document, or the file it is in.
        files: Which local file or folder an S3 name, or prefix of names, stands for.
        parameters: Values for the pipeline's parameters. A `Path` becomes an input
            that is named by its content.
        name: What ``Execution.PipelineName`` is; definitions do not say.
        home: The folder that keeps the runs and what they wrote.
        stand_ins: Functions, by the names of steps that cannot run here. Each is given
            its step's arguments and returns what others can refer to: the output
            parameters of a Lambda or Callback step, the properties of any other.
        cache: Whether earlier results are taken: ``use``, ``refresh`` (run every step
            again) or ``only`` (fail at a step that would have to run).
        size_limit: How many bytes all runs in the home may take. When this one is
            over, the oldest are taken out; see `prune`.
        jobs: How many jobs run at once; as many as there are cores if None.
        keep_going: Whether a failure keeps only those steps from running that need
            the one that failed.
        from_step: A step to run together with all that come after it. What they read
            of other steps is taken from the newest run that has it.
        only: Steps to run, and no others; as above.
        resume: Whether to go on from the last run, which failed or was killed: what
            had succeeded in it and would come to the same is not run again, whether
            the steps are cached or not. If steps were selected for that run, the
            same are for this one, unless others are named.
        python: The interpreter that jobs run with, in the place of this one; or those
            of some steps, by their names.
        parity: Whether each step's job runs with the Python and the packages that its
            image has, in environments that are made once and kept in the home; what
            is made is told to the log. See `penguin_pipes.local.environments.images`.
        watch: Told what happens, one thing at a time, in the thread it happens in.
        backend: Where commands run; as processes unless said otherwise.

    Raises:
        RequestError: If the pipeline cannot run; nothing was started or written.
        StepFailedError: If a job failed; the error has the record of the run so far.
        HomeError: If the home cannot be used.
    """
    asked = Asked(
        definition=definition,
        files=files,
        parameters=parameters,
        name=name,
        home=home,
        stand_ins=stand_ins,
        choice=Choice(start=from_step, only=tuple(only)),
        resume=resume,
        python=python,
        parity=parity,
    )
    how = How(
        mode=_mode(cache), size_limit=size_limit, jobs=jobs, keep_going=keep_going
    )
    return run(asked, how, watch=watch, backend=backend)


@attrs.frozen(kw_only=True)
class How:
    """How a run goes about it; see `run_locally`."""

    mode: CacheMode = CacheMode.USE
    size_limit: int | None = None
    jobs: int | None = None
    keep_going: bool = False

    @classmethod
    def of(cls, flags: LocalFlags) -> Self:
        """Return what a command line says of it."""
        return cls(
            mode=CacheMode(flags.cache),
            size_limit=flags.size_limit,
            jobs=flags.jobs,
            keep_going=flags.keep_going,
        )


def run(
    asked: Asked,
    how: How,
    *,
    watch: Watcher | None = None,
    backend: Backend | None = None,
) -> Run:
    """Run what is asked for; see `run_locally`."""
    host = this_host()
    slots = Slots(host.cpus if how.jobs is None else how.jobs)
    with contextlib.ExitStack() as stack:
        # Helpers of a backend that nobody else knows end with the run.
        backend = backend or stack.enter_context(ProcessBackend())
        found = stack.enter_context(prepared(asked, images=backend.images))
        if backend.images is not None:
            backend.images.bring(found.plan.images)
            host = NoHost(cpus=host.cpus, gpus=host.gpus)
        if how.size_limit is not None:
            stack.callback(shrink, found.home, how.size_limit)
        database = found.database(stack)
        history = History(database)
        recover(found.home, history, found.storage)
        stack.enter_context(at_work(found.home))
        return Execution(
            plan=found.plan,
            warnings=found.warnings,
            home=found.home,
            history=history,
            storage=found.storage,
            announce=Announcer(watch),
            backend=backend,
            host=host,
            cache=found.cache(database, how.mode),
            slots=slots,
            surroundings=found.environment(),
            keep_going=how.keep_going,
            resumed=found.resumed,
            pythons=found.pythons,
        ).run()


def _mode(cache: CacheMode | str) -> CacheMode:
    """Return what is to be done with earlier results."""
    if cache in set(CacheMode):
        return CacheMode(cache)
    words = ", ".join(map(repr, map(str, CacheMode)))
    msg = f"cache: expected one of {words}; got {cache!r}"
    raise InputError(msg)
