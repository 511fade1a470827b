"""Decide for one step whether an earlier result is taken, and say why not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Final

import attrs

from penguin_pipes.definition import Node, Step
from penguin_pipes.durations import after
from penguin_pipes.local.cache.contents import contents, files_of
from penguin_pipes.local.cache.key import Key, has_key, parts_of
from penguin_pipes.local.cache.reasons import differences, expired
from penguin_pipes.local.cache.results import Output, Result, Results
from penguin_pipes.local.contract.requests import DataInput
from penguin_pipes.local.digests import Digests
from penguin_pipes.local.records import now
from penguin_pipes.local.storage import Storage
from penguin_pipes.local.tuning.book import TrialBook

if TYPE_CHECKING:
    from penguin_pipes.local.jobs import JobResult
    from penguin_pipes.local.records import Trial

CLOCKS_DIFFER: Final = timedelta(minutes=5)
"""How far in the future a result may lie: clocks are set back by moments all the time.
Further, nobody knows how old it is."""

OFF: Final = "its caching is off"
NOT_ASKED: Final = "the run takes no earlier results"
FIRST: Final = "it has not succeeded here before"
PLAIN: Final = frozenset({OFF, NOT_ASKED, FIRST})
"""Reasons that nobody needs to be told of."""


class CacheMode(StrEnum):
    """What a run does with earlier results."""

    USE = "use"
    """Take those that hold."""

    REFRESH = "refresh"
    """Run everything again; what comes of it can be taken by later runs."""

    ONLY = "only"
    """Take them, and fail where none holds."""


@attrs.frozen(kw_only=True)
class Verdict:
    """What is to be done about a step.

    Attributes:
        result: The earlier result to take, or None if the step has to run.
        reasons: Why it has to run.
        key: What its result will have come of; None if it is not to be kept.
        inputs: What the step reads.
        files: The files that were read of them for the key.
        is_cached: Whether runs other than one that goes on from this may take it.
    """

    result: Result | None = None
    reasons: tuple[str, ...] = ()
    key: Key | None = None
    inputs: tuple[DataInput, ...] = ()
    files: tuple[Path, ...] = ()
    is_cached: bool = False


@attrs.frozen(kw_only=True)
class Policy:
    """A step's ``CacheConfig``.

    Attributes:
        enabled: Whether earlier results may be taken.
        expire_after: For how long, as written; None for ever.
    """

    enabled: bool
    expire_after: str | None

    @classmethod
    def of(cls, step: Step) -> Policy:
        """Return the policy of a step; without one it is not cached."""
        config = step.raw.get("CacheConfig")
        if not isinstance(config, Mapping):
            return cls(enabled=False, expire_after=None)
        expire_after = config.get("ExpireAfter")
        return cls(
            enabled=config.get("Enabled", True) is not False,
            expire_after=expire_after if isinstance(expire_after, str) else None,
        )

    def unfit(self, run: str, finished_at: datetime, at: datetime) -> str | None:
        """Return why what a *run* came to is too old, or None if it is not."""
        if finished_at - at > CLOCKS_DIFFER:
            return f"run {run} lies in the future: the clock was set back"
        if self.expire_after is None:
            return None
        end = after(finished_at, self.expire_after)
        return expired(end, at) if end < at else None


@attrs.frozen(kw_only=True)
class Cache:
    """Knows the results of earlier runs.

    Attributes:
        results: Where they are kept.
        digests: Reads what inputs and outputs hold.
        storage: Where they lie.
        surroundings: Tells what stands for the image of a step, or what it is.
        mode: What the run does with them.
        resumed: Of the run that is gone on from, which run holds the result of each
            step; those are taken whatever the step's policy is. None if none is.
        clock: Tells the time.
    """

    results: Results
    digests: Digests
    storage: Storage
    surroundings: Callable[[Step, Node], Mapping[str, str]]
    mode: CacheMode = CacheMode.USE
    resumed: Mapping[str, str] | None = None
    clock: Callable[[], datetime] = now

    def judge(
        self, pipeline: str, step: Step, request: Node, inputs: tuple[DataInput, ...]
    ) -> Verdict:
        """Return the earlier result to take, or why the step has to run.

        Args:
            pipeline: The pipeline's name.
            step: The step.
            request: Its arguments, resolved.
            inputs: What it reads.

        Raises:
            OSError: If an input cannot be read.
        """
        policy = Policy.of(step)
        if not has_key(step):
            return Verdict(reasons=(OFF,))
        files = files_of(inputs, self.storage)
        found = contents(inputs, self.storage, self.digests)
        parts = parts_of(step, request, found)
        key = Key(parts=parts, surroundings=self.surroundings(step, request))
        runs = Verdict(key=key, inputs=inputs, files=files, is_cached=policy.enabled)
        reasons: list[str] = []
        own = (self.resumed or {}).get(step.name)
        takes = policy.enabled and self.mode is not CacheMode.REFRESH
        for result in self._candidates(pipeline, step.name, key, own, takes=takes):
            why = None
            if result.run != own:
                why = policy.unfit(result.run, result.finished_at, self.clock())
            why = why or self._damage(result)
            if why is None:
                return Verdict(result=result, key=key)
            reasons.append(why)
        told = tuple(reasons[:1]) or self._why_none(pipeline, step.name, key, policy)
        return attrs.evolve(runs, reasons=told)

    def _candidates(
        self, pipeline: str, step: str, key: Key, own: str | None, *, takes: bool
    ) -> Iterator[Result]:
        """Yield the results of the same key that may be taken, the newest first.

        Args:
            pipeline: The pipeline's name.
            step: The step's.
            key: What its result would come of.
            own: The run that holds its result, if a run is gone on from.
            takes: Whether those of any run may be.
        """
        if takes:
            yield from self.results.of_key(pipeline, step, key)
        elif own is not None:
            found = self.results.of_step(own, step)
            same = (pipeline, key.digest)
            if found is not None and (found.pipeline, found.key.digest) == same:
                yield found

    def _why_none(
        self, pipeline: str, step: str, key: Key, policy: Policy
    ) -> tuple[str, ...]:
        """Return why no result could be taken when none of the same key was there."""
        if step in (self.resumed or {}):
            return self._differences(pipeline, step, key)
        if not policy.enabled:
            return (OFF,)
        if self.mode is CacheMode.REFRESH:
            return (NOT_ASKED,)
        return self._differences(pipeline, step, key)

    def result(
        self, key: Key, result: JobResult, *, run: str, pipeline: str, step: str
    ) -> Result:
        """Return what a step resulted in, to be kept with the record of the step.

        Raises:
            OSError: If an output cannot be read.
        """
        return Result(
            run=run,
            step=step,
            pipeline=pipeline,
            key=key,
            properties=result.properties,
            outputs={
                name: Output(path=path, sha256=self.digests.of(path))
                for name, path in result.everything.items()
            },
            finished_at=self.clock(),
        )

    def book(
        self, verdict: Verdict, *, run: str, pipeline: str, step: Step
    ) -> TrialBook:
        """Return where a tuning step keeps its trials, and finds those to take.

        Args:
            verdict: What was found about the step.
            run: The id of the run.
            pipeline: The pipeline's name.
            step: The step.
        """
        policy = Policy.of(step)

        def is_fit(earlier: str, trial: Trial) -> bool:
            at = trial.finished_at
            if at is None or self.resumed is not None:
                return at is not None
            return not policy.unfit(earlier, at, self.clock())

        return TrialBook(
            home=self.results.home,
            run=run,
            pipeline=pipeline,
            step=step.name,
            key=None if verdict.key is None else verdict.key.digest,
            takes=self.resumed is not None
            or (verdict.is_cached and self.mode is CacheMode.USE),
            is_fit=is_fit,
        )

    def still_holds(self, verdict: Verdict) -> bool:
        """Return whether the inputs still are what the verdict's key says."""
        same = files_of(verdict.inputs, self.storage) == verdict.files
        return same and self.digests.hold(verdict.files)

    def _damage(self, result: Result) -> str | None:
        """Return which output of *result* is not what it was, or None."""
        for name, output in result.outputs.items():
            try:
                if self.digests.of(output.path) != output.sha256:
                    return f"output {name} of run {result.run} was changed"
            except OSError:
                return f"output {name} of run {result.run} is gone"
        return None

    def _differences(self, pipeline: str, step: str, key: Key) -> tuple[str, ...]:
        """Return what differs from the step's newest result."""
        latest = self.results.latest(pipeline, step)
        return (FIRST,) if latest is None else differences(latest.key, key)
