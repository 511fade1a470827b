"""The searches of a tuning job, one for each training job definition."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Final

from penguin_pipes.local.tuning.search import Search

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from penguin_pipes.local.contract.tuning import Algorithm, TuningRequest
    from penguin_pipes.local.records import Trial

LEARNT: Final = (3, 10)
"""Between how many and how many trials ``Bayesian`` draws by lot: a quarter of all."""


def searches(asked: TuningRequest, parents: Sequence[Trial]) -> list[Search]:
    """Return a search for every training job definition, each with its own ranges."""
    found = [_search(asked, each, index) for index, each in enumerate(asked.algorithms)]
    for trial in parents:
        if trial.is_ranked and trial.objective is not None:
            found[0].learn(trial.hyperparameters, trial.objective)
    return found


def _search(asked: TuningRequest, algorithm: Algorithm, index: int) -> Search:
    """Return the search of one training job definition."""
    least, most = LEARNT
    share = most if asked.max_jobs is None else asked.max_jobs // 4
    return Search(
        algorithm.ranges,
        strategy=asked.strategy,
        maximize=algorithm.maximize,
        seed=asked.seed + index,
        startup=min(most, max(least, share)),
        resources=asked.resources,
    )


def turns(asked: TuningRequest, found: Sequence[Search]) -> Iterator[int]:
    """Yield whose turn it is: the definitions in turn, while they have trials."""
    return itertools.islice(take_turns([each.size for each in found]), asked.max_jobs)


def take_turns(sizes: Sequence[int | None]) -> Iterator[int]:
    """Yield indices in turn, each as often as its size says; None is for ever."""
    for turn in itertools.count():
        left = [i for i, size in enumerate(sizes) if size is None or turn < size]
        if not left:
            return
        yield from left
