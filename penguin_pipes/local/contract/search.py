"""How far a tuning job goes: its limits, its end, its resources, its parents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from penguin_pipes.definition import Node
from penguin_pipes.definition.rules.tuning import EPOCHS
from penguin_pipes.local.contract.requests import whole_or_unknown
from penguin_pipes.local.resolve import Unknown
from penguin_pipes.local.tuning.stopping import Completion

if TYPE_CHECKING:
    from collections.abc import Iterable

STATIC: Final = "StaticHyperParameters"


def completion(config: Node, *, maximize: bool) -> Completion:
    """Return when the search is over before its last trial."""
    limits = config.need("ResourceLimits")
    criteria = config.get("TuningJobCompletionCriteria") or Node({}, config.address)
    converged = criteria.get("ConvergenceDetected")
    if converged is not None and converged.text_of("CompleteOnConvergence") not in {
        "",
        "Disabled",
    }:
        converged.cannot_run(
            "how the service tells that a search has converged is known to itself "
            "only; use BestObjectiveNotImproving"
        )
    target = criteria.get("TargetObjectiveMetricValue")
    stuck = criteria.get("BestObjectiveNotImproving")
    most = stuck.get("MaxNumberOfTrainingJobsNotImproving") if stuck else None
    runtime = limits.get("MaxRuntimeInSeconds")
    return Completion(
        maximize=maximize,
        target=None if target is None else _float(target),
        most_not_improving=None if most is None else whole_or_unknown(most, least=1),
        max_runtime_s=None if runtime is None else whole_or_unknown(runtime, least=1),
    )


def _float(node: Node) -> float:
    """Return a number; before the run, one that nobody knows is 0."""
    if isinstance(node.value, Unknown):
        return 0.0
    try:
        return float(node.text())
    except ValueError:
        node.expected("a number")


def max_jobs(limits: Node, strategy: str, ending: Completion) -> int | None:
    """Return how many training jobs there may be."""
    most = limits.get("MaxNumberOfTrainingJobs")
    if most is not None:
        return whole_or_unknown(most, least=1)
    if strategy != "Grid" and not ending.is_certain:
        limits.refuse(
            "nothing says when the search is over; add MaxNumberOfTrainingJobs"
        )
    return None


def hyperband_resources(
    config: Node, strategy: str, definitions: Iterable[Node]
) -> tuple[int, int]:
    """Return how many values of the objective a job gives, at least and at most.

    Args:
        config: The tuning job's.
        strategy: Its strategy; only Hyperband has resources.
        definitions: What its training jobs are made of.
    """
    general = config.get("StrategyConfig")
    own = general.get("HyperbandStrategyConfig") if general else None
    if strategy != "Hyperband":
        if own is not None:
            own.refuse(f"it does not go with Strategy {strategy}; take it out")
        return (1, 1)
    least = own.get("MinResource") if own else None
    most = own.get("MaxResource") if own else None
    low = 1 if least is None else whole_or_unknown(least, least=1)
    if most is None:
        high = max(_epochs(each) for each in definitions)
        if not high:
            config.refuse(
                "Hyperband has no MaxResource and no epochs to take it from; add "
                "StrategyConfig.HyperbandStrategyConfig.MaxResource"
            )
    else:
        high = whole_or_unknown(most, least=1)
    return low, max(low, high)


def _epochs(definition: Node) -> int:
    """Return the epochs that the static hyperparameters fix; 0 if they do not."""
    static = definition.get(STATIC)
    given = {} if static is None else static.entries()
    found = [given[name] for name in EPOCHS if name in given]
    return whole_or_unknown(found[0], least=1) if found else 0


def parent_names(request: Node) -> tuple[str, ...]:
    """Return the names of the tuning jobs that this one learns from."""
    warm = request.get("WarmStartConfig")
    if warm is None:
        return ()
    kind = warm.need("WarmStartType")
    if kind.text() not in {"IdenticalDataAndAlgorithm", "TransferLearning"}:
        kind.expected("'IdenticalDataAndAlgorithm' or 'TransferLearning'")
    return tuple(
        node.need("HyperParameterTuningJobName").text()
        for node in warm.all("ParentHyperParameterTuningJobs")
    )
