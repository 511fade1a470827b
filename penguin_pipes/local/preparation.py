"""Read what is asked for, and see that it can run; nothing is written yet."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from penguin_pipes.definition import Problem, load, parse, refuse_errors
from penguin_pipes.local.cache import Cache, CacheMode, Results
from penguin_pipes.local.cache.surroundings import surroundings
from penguin_pipes.local.database import FILE, Database
from penguin_pipes.local.digests import Digests
from penguin_pipes.local.disk import home_errors
from penguin_pipes.local.jobs import StandIn
from penguin_pipes.local.parameters import Given, bind
from penguin_pipes.local.preflight import Plan, make_plan
from penguin_pipes.local.storage import Storage

if TYPE_CHECKING:
    from contextlib import ExitStack


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
        warnings: What `refuse_errors` said of this very definition, if it was asked.
    """

    definition: str | Mapping[str, Any] | Path
    files: Mapping[str, Path]
    parameters: Mapping[str, Given]
    name: str
    home: Path = attrs.field(converter=_absolute)
    stand_ins: Mapping[str, StandIn] = attrs.field(factory=dict)
    warnings: tuple[Problem, ...] | None = None


@attrs.frozen(kw_only=True)
class Prepared:
    """A run that was found to be possible.

    Attributes:
        plan: The run.
        warnings: What its definition has that costs or surprises.
        home: The folder that keeps it.
        storage: Where its inputs come from and its outputs go.
        memory: The home's database, if there is one already.
    """

    plan: Plan
    warnings: tuple[Problem, ...]
    home: Path
    storage: Storage
    memory: Database | None

    def database(self, stack: ExitStack) -> Database:
        """Return the home's database, made if it is missing."""
        return self.memory or stack.enter_context(Database(self.home))

    def cache(self, database: Database, mode: CacheMode = CacheMode.USE) -> Cache:
        """Return what knows the results of earlier runs."""
        return Cache(
            results=Results(database),
            digests=Digests(database),
            storage=self.storage,
            surroundings=surroundings(),
            mode=mode,
        )


@contextlib.contextmanager
def prepared(asked: Asked) -> Iterator[Prepared]:
    """Yield the run that is asked for.

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
        plan = make_plan(
            parsed,
            name=asked.name,
            parameters=bound.values,
            storage=storage,
            stand_ins=asked.stand_ins,
        )
        yield Prepared(
            plan=plan,
            warnings=warnings,
            home=asked.home,
            storage=storage,
            memory=memory,
        )
