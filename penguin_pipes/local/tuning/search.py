"""Ask Optuna what to try next, and tell it what came of it.

Every trial has a random state of its own, made of the seed and its number. So what
`Random`, `Grid` and `Hyperband` try does not depend on which trial ends first; nor do
the first trials of `Bayesian`. Its later ones are drawn from the results that are known
by then: the same each time if the same trials have ended, which is certain with one at
a time only.
"""

from __future__ import annotations

import contextlib
import hashlib
import math
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from optuna import Study, Trial
    from optuna.pruners import BasePruner
    from optuna.samplers import BaseSampler

    from penguin_pipes.local.tuning.ranges import Range, Value

STRATEGIES: Final = ("Bayesian", "Random", "Grid", "Hyperband")
REDUCTION: Final = 3
"""Of how many trials Hyperband lets one go on (Li et al. 2018, section 2.6: 3 or 4)."""

SEEDS: Final = 2**32


class Proposal:
    """One trial as the search knows it.

    Attributes:
        values: What the job is told.
    """

    def __init__(self, values: Mapping[str, str], trial: Trial, study: Study) -> None:
        self.values = values
        self._trial = trial
        self._study = study
        self._count = 0

    def report(self, value: float) -> bool:
        """Take the next value of the objective; return whether there is no hope.

        Only Hyperband gives hope up.
        """
        self._count += 1
        self._trial.report(value, self._count)
        return self._trial.should_prune()

    def complete(self, objective: float) -> None:
        """Take what the trial came to."""
        self._study.tell(self._trial, objective)

    def stop(self) -> None:
        """Take note that the trial was stopped; what it reported stands."""
        from optuna.trial import TrialState

        self._study.tell(self._trial, state=TrialState.PRUNED)

    def fail(self) -> None:
        """Take note that the trial came to nothing."""
        from optuna.trial import TrialState

        self._study.tell(self._trial, state=TrialState.FAIL)


class Search:
    """The search in one set of ranges.

    Args:
        ranges: Where to look.
        strategy: One of the service's strategies.
        maximize: Whether more is better.
        seed: Of everything that is drawn by lot.
        startup: How many trials are drawn by lot before ``Bayesian`` learns.
        resources: For Hyperband, how many values of the objective a job gives at
            least and at most.
    """

    def __init__(
        self,
        ranges: Sequence[Range],
        *,
        strategy: str,
        maximize: bool,
        seed: int = 0,
        startup: int = 10,
        resources: tuple[int, int] = (1, 1),
    ) -> None:
        self._ranges = ranges
        self._strategy = strategy
        self._seed = seed
        self._startup = startup
        self._asked = 0
        self._distributions = {each.name: each.distribution() for each in ranges}
        self._study = _study(maximize=maximize, pruner=_pruner(strategy, resources))

    @property
    def size(self) -> int | None:
        """How many trials there are at all; None if there is no end of them."""
        if self._strategy != "Grid":
            return None
        return math.prod(len(_choices(each)) for each in self._ranges)

    def learn(self, values: Mapping[str, str], objective: float) -> bool:
        """Take what a trial of an earlier search came to.

        Returns:
            Whether it is of use: what it tried lies in the ranges.
        """
        from optuna.trial import create_trial

        found = self._values(values)
        if found is None or not math.isfinite(objective):
            return False
        self._study.add_trial(
            create_trial(
                value=objective, params=found, distributions=self._distributions
            )
        )
        return True

    def ask(self, values: Mapping[str, str] | None = None) -> Proposal:
        """Return what to try next.

        Args:
            values: What an earlier run has tried in its place, if it was interrupted.
        """
        index, self._asked = self._asked, self._asked + 1
        fixed = None if values is None else self._values(values)
        if fixed is None and self._strategy == "Grid":
            fixed = self._combination(index)
        if fixed is not None:
            self._study.enqueue_trial(fixed)
        self._study.sampler = self._sampler(index)
        trial = self._study.ask(self._distributions)
        if values is None or fixed is None:
            values = {
                each.name: each.text(trial.params[each.name]) for each in self._ranges
            }
        return Proposal(values, trial, self._study)

    def _values(self, texts: Mapping[str, str]) -> dict[str, Value] | None:
        """Return where Optuna stands if a job is told this; None if outside."""
        if texts.keys() != self._distributions.keys():
            return None
        found = {each.name: each.value(texts[each.name]) for each in self._ranges}
        known = {name: value for name, value in found.items() if value is not None}
        return known if len(known) == len(found) else None

    def _combination(self, index: int) -> dict[str, Value]:
        """Return the combination of this number; the last range changes fastest."""
        found: dict[str, Value] = {}
        for each in reversed(self._ranges):
            choices = _choices(each)
            index, place = divmod(index, len(choices))
            found[each.name] = choices[place]
        return found

    def _sampler(self, index: int) -> BaseSampler:
        """Return what draws the trial of this number."""
        from optuna.samplers import RandomSampler, TPESampler

        seed = derived(self._seed, index) % SEEDS
        if self._strategy == "Bayesian":
            return TPESampler(seed=seed, n_startup_trials=self._startup)
        return RandomSampler(seed=seed)


def derived(*parts: object) -> int:
    """Return a number that depends on all *parts*, and looks as if on nothing."""
    text = "\0".join(map(str, parts))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8])


def _choices(each: Range) -> tuple[str, ...]:
    """Return the words of a range of a grid, which has no others."""
    values: tuple[str, ...] = getattr(each, "values", ())
    return values


def _pruner(strategy: str, resources: tuple[int, int]) -> BasePruner:
    """Return what stops trials."""
    from optuna.pruners import HyperbandPruner, NopPruner

    if strategy != "Hyperband":
        return NopPruner()
    least, most = resources
    return HyperbandPruner(
        min_resource=least, max_resource=most, reduction_factor=REDUCTION
    )


def _study(*, maximize: bool, pruner: BasePruner) -> Study:
    """Return a study of Optuna's, in memory."""
    import optuna

    with _quiet():
        # Its name is part of how Hyperband deals trials out to its brackets.
        return optuna.create_study(
            direction="maximize" if maximize else "minimize",
            pruner=pruner,
            study_name="tuning",
        )


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep Optuna from telling that it has made a study."""
    import optuna

    before: Any = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        yield
    finally:
        optuna.logging.set_verbosity(before)
