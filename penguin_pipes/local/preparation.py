"""Read what is asked for, and see that it can run; nothing is written yet."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from penguin_pipes.definition import Problem, load, parse, refuse_errors
from penguin_pipes.errors import InputError
from penguin_pipes.local.backends import Images
from penguin_pipes.local.cache import Cache, CacheMode, Results
from penguin_pipes.local.cache.surroundings import (
    BACKEND,
    DOCKER,
    in_images,
    surroundings,
)
from penguin_pipes.local.contract.host import this_host
from penguin_pipes.local.database import FILE, Database
from penguin_pipes.local.digests import Digests
from penguin_pipes.local.disk import home_errors
from penguin_pipes.local.environments import Choice as PythonChoice
from penguin_pipes.local.environments import (
    Environments,
    Interpreter,
    Parity,
    Pythons,
    find,
)
from penguin_pipes.local.history import History
from penguin_pipes.local.jobs import StandIn, kinds
from penguin_pipes.local.jobs.scripts import environments_of
from penguin_pipes.local.parameters import Given, bind
from penguin_pipes.local.plan import Plan
from penguin_pipes.local.preflight import Fetch, make_plan
from penguin_pipes.local.recovery import RUNS
from penguin_pipes.local.registry import Registry
from penguin_pipes.local.resuming import Resumed, to_resume
from penguin_pipes.local.selection import Choice, Selection, select
from penguin_pipes.local.storage import Storage
from penguin_pipes.local.tuning.parents import refuse_unknown_parents

if TYPE_CHECKING:
    from contextlib import ExitStack

    from penguin_pipes.definition import Definition, Node, Step
    from penguin_pipes.local.records import Run


LOGGER = logging.getLogger(__name__)


def _absolute(path: Path) -> Path:
    """Return a path that stays the same wherever one goes."""
    return path.absolute()


@attrs.frozen(kw_only=True)
class Asked:
    """What a caller asks to be run.

    Attributes:
        definition: The definition JSON as text, the document, or the file it is in.
        files: Which local file or folder an S3 name, or prefix of names, stands for.
        parameters: Values for the pipeline's parameters.
        name: The pipeline's name.
        home: The folder that keeps the runs and what they wrote.
        stand_ins: Functions for steps that cannot run here.
        choice: Which steps are to be run.
        resume: Whether to go on from the last run.
        warnings: What `refuse_errors` said of this very definition, if it was asked.
        python: The interpreter that jobs run with, or those of steps by name.
        parity: Whether each step has the Python and the packages of its image.
        tell: Told what takes long before the run begins.
        fetch: Brings inputs that are not on this computer: an S3 name → the objects at
            or below it, by their names. None to refuse the run.
    """

    definition: str | Mapping[str, Any] | Path
    files: Mapping[str, Path]
    parameters: Mapping[str, Given]
    name: str
    home: Path = attrs.field(converter=_absolute)
    stand_ins: Mapping[str, StandIn] = attrs.field(factory=dict)
    choice: Choice = attrs.field(factory=Choice)
    resume: bool = False
    warnings: tuple[Problem, ...] | None = None
    python: PythonChoice | None = None
    parity: bool = False
    tell: Callable[[str], object] = LOGGER.info
    fetch: Fetch | None = None


@attrs.frozen(kw_only=True)
class Prepared:
    """A run that was found to be possible.

    Attributes:
        plan: The run.
        warnings: What its definition has that costs or surprises.
        home: The folder that keeps it.
        storage: Where its inputs come from and its outputs go.
        memory: The home's database, if there is one already.
        resumed: The run that is gone on from, if one is.
        images: What its jobs run in; None if this computer stands in for them.
        pythons: What its jobs start with, if they run in no images.
    """

    plan: Plan
    warnings: tuple[Problem, ...]
    home: Path
    storage: Storage
    memory: Database | None
    resumed: Resumed | None = None
    images: Images | None = None
    pythons: Pythons = attrs.field(factory=Pythons)
    _seen: dict[Interpreter, dict[str, str]] = attrs.field(
        factory=dict, init=False, repr=False, eq=False
    )

    def database(self, stack: ExitStack) -> Database:
        """Return the home's database, made if it is missing."""
        return self.memory or stack.enter_context(Database(self.home))

    def cache(self, database: Database, mode: CacheMode = CacheMode.USE) -> Cache:
        """Return what knows the results of earlier runs."""
        return Cache(
            results=Results(database),
            digests=Digests(database),
            storage=self.storage,
            surroundings=self._surroundings(),
            mode=mode,
            resumed=None if self.resumed is None else self.resumed.results,
        )

    def environment(self) -> Mapping[str, str]:
        """Return what jobs run in: their images, or Python with its packages.

        A step that has a Python of its own is named with it; its packages are in its
        key alone.
        """
        images = self.images
        if images is None:
            own = self.pythons.by_step
            return self._around(self.pythons.default) | {
                f"python of {step}": f"{python.name}, {python.executable}"
                for step, python in own.items()
            }
        named = {f"image {uri}": images.identity(uri) for uri in self.plan.images}
        return {BACKEND: DOCKER, **named}

    def _surroundings(self) -> Callable[[Step, Node], Mapping[str, str]]:
        """Return what tells what a job runs in."""
        images = self.images
        if images is not None:
            return lambda _, request: in_images(request, images)
        return lambda step, request: (
            self._around(self.pythons.of(step.name))
            | environments_of(request, self.storage)
        )

    def _around(self, python: Interpreter) -> dict[str, str]:
        """Return an interpreter and its packages; looked at once."""
        if python not in self._seen:
            self._seen[python] = surroundings(python.path, python=python.name)
        return self._seen[python]


@contextlib.contextmanager
def prepared(
    asked: Asked, *, images: Images | None = None, may_install: bool = True
) -> Iterator[Prepared]:
    """Yield the run that is asked for.

    Args:
        asked: What is asked for.
        images: What its jobs run in; None if this computer stands in for them.
        may_install: Whether environments may be made, if parity asks for them.

    Raises:
        RequestError: If it cannot be; nothing has been started or written.
        HomeError: If the home cannot be used.
    """
    raw = load(asked.definition)
    warnings = asked.warnings
    if warnings is None:
        # All that is wrong is told at once, and parsing stops at the first.
        warnings = refuse_errors(raw, files=asked.files)
    parsed = parse(raw)
    with home_errors(asked.home), contextlib.ExitStack() as stack:
        # Nothing is written before it is known that the pipeline can run, so there is
        # a memory of digests only where there was a run before.
        known = (asked.home / FILE).is_file()
        memory = stack.enter_context(Database(asked.home)) if known else None
        bound = bind(parsed, asked.parameters, Digests(memory))
        storage = Storage(asked.home / "s3", {**asked.files, **bound.files})
        resumed = _resumed(asked, memory)
        plan = make_plan(
            parsed,
            name=asked.name,
            parameters=bound.values,
            storage=storage,
            stand_ins=asked.stand_ins,
            selection=_selection(_choice(asked, resumed), asked.name, parsed, memory),
            known=kinds(in_images=images is not None),
            fetch=asked.fetch,
            registered=partial(_registered, memory),
        )
        refuse_unknown_parents(plan, memory)
        yield Prepared(
            plan=plan,
            warnings=warnings,
            home=asked.home,
            storage=storage,
            memory=memory,
            resumed=resumed,
            images=images,
            pythons=_pythons(asked, plan, images, may_install=may_install),
        )


def _choice(asked: Asked, resumed: Resumed | None) -> Choice:
    """Return what is chosen: now, or when the run began that is gone on from."""
    if asked.choice.is_made or resumed is None:
        return asked.choice
    return Choice(only=resumed.run.selected or ())


def _pythons(
    asked: Asked, plan: Plan, images: Images | None, *, may_install: bool
) -> Pythons:
    """Return what jobs start with."""
    if images is not None:
        for name, is_given in ("python", asked.python), ("parity", asked.parity):
            if is_given:
                msg = (
                    f"{name}: jobs run in their images, which have their own Python; "
                    "leave it out"
                )
                raise InputError(msg)
    host = this_host()
    if not asked.parity:
        steps = [task.step.name for task in plan.tasks]
        return find(asked.python, steps, host.base_environment)
    if asked.python is not None:
        msg = "parity: it gives every step the Python of its image; leave out python"
        raise InputError(msg)
    maker = Parity(
        environments=Environments(home=asked.home, run=plan.id, lent=host.environment),
        variables=host.base_environment,
        tell=asked.tell,
        may_install=may_install,
    )
    jobs = [task.step.name for task in plan.tasks if task.is_selected and task.is_job]
    return maker.pythons({step: plan.images_of[step] for step in jobs})


def _selection(
    choice: Choice, pipeline: str, definition: Definition, memory: Database | None
) -> Selection | None:
    """Return which steps run, or None if all do."""
    if not choice.is_made:
        return None
    return select(choice, definition, runs=_runs(memory), pipeline=pipeline)


def _resumed(asked: Asked, memory: Database | None) -> Resumed | None:
    """Return the run that is gone on from, or None if none is."""
    if not asked.resume:
        return None
    folder = asked.home / RUNS
    return to_resume(_runs(memory), folder=folder, pipeline=asked.name)


def _registered(memory: Database | None, name: str) -> Mapping[str, Any] | None:
    """Return what is said of the version of a model, if it is registered here."""
    found = None if memory is None else Registry(memory).of_arn(name)
    return None if found is None else found.properties


def _runs(memory: Database | None) -> Iterator[Run]:
    """Return the records of all runs, the newest first."""
    return iter(()) if memory is None else History(memory).newest()
