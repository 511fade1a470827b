"""The contract of tuning jobs: the request, and the training jobs it asks for."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from typing import Any, Final, Self

import attrs

from penguin_pipes.definition import Node
from penguin_pipes.local.contract.requests import whole_or_unknown
from penguin_pipes.local.contract.script_mode import TUNING_METRIC
from penguin_pipes.local.contract.search import (
    STATIC,
    completion,
    hyperband_resources,
    max_jobs,
    parent_names,
)
from penguin_pipes.local.resolve import Unknown
from penguin_pipes.local.tuning.ranges import Choices, Range, read_ranges
from penguin_pipes.local.tuning.search import STRATEGIES, derived
from penguin_pipes.local.tuning.stopping import Completion

OWN: Final = frozenset(
    {
        "DefinitionName",
        "TuningObjective",
        "HyperParameterRanges",
        STATIC,
        "HyperParameterTuningResourceConfig",
    }
)
"""Members of a training job definition that are none of a training job."""

SUFFIX_BYTES: Final = 4
MOST_SUMMARIES: Final = 50
"""How many of the best training jobs a step's properties tell of."""


@attrs.frozen(kw_only=True)
class Algorithm:
    """One training job definition.

    Attributes:
        name: Its name, if it has one.
        metric: The objective metric.
        maximize: Whether more of it is better.
        ranges: Where its hyperparameters are searched.
        definition: What its training jobs are made of.
    """

    name: str
    metric: str
    maximize: bool
    ranges: tuple[Range, ...]
    definition: Node

    def training(self, values: Mapping[str, str], job_name: str) -> Node:
        """Return the request of one training job.

        Args:
            values: The hyperparameters that are searched for.
            job_name: The job's name.
        """
        given = self.definition.entries()
        request = {key: node.value for key, node in given.items() if key not in OWN}
        static = self.definition.get(STATIC)
        request["HyperParameters"] = {
            **({} if static is None else static.texts()),
            **values,
            TUNING_METRIC: self.metric,
        }
        if "ResourceConfig" not in request:
            request["ResourceConfig"] = _resources(self.definition)
        checkpoints = self.definition.get("CheckpointConfig")
        if checkpoints is not None:
            # Two trials must not go on from each other's checkpoints.
            own = f"{checkpoints.need('S3Uri').text().rstrip('/')}/{job_name}"
            if isinstance(checkpoints.need("S3Uri").value, Unknown):
                own = Unknown(own)
            request["CheckpointConfig"] = {**checkpoints.value, "S3Uri": own}
        return Node(request, self.definition.address)

    @property
    def example(self) -> dict[str, str]:
        """What the first of its training jobs could be told."""
        return {
            each.name: each.values[0]
            if isinstance(each, Choices)
            else each.text(1 - each.low if each.is_reversed else each.low)
            for each in self.ranges
        }


@attrs.frozen(kw_only=True)
class TuningRequest:
    """A tuning job, as far as it can run on this computer.

    Attributes:
        strategy: How it searches.
        algorithms: The training job definitions.
        max_jobs: How many training jobs it may start; None for as many as it takes.
        max_parallel_jobs: How many of them at once.
        stops_early: Whether training jobs without hope are stopped.
        completion: When it is over before.
        seed: Of what is drawn by lot.
        resources: For Hyperband, how many values of the objective a job gives.
        parents: The names of the tuning jobs that it learns from.
        raw: The request as it would be sent.
    """

    strategy: str
    algorithms: tuple[Algorithm, ...]
    max_jobs: int | None
    max_parallel_jobs: int
    stops_early: bool
    completion: Completion
    seed: int
    resources: tuple[int, int]
    parents: tuple[str, ...]
    raw: Mapping[str, Any]

    @classmethod
    def read(cls, request: Node) -> Self:
        """Return the tuning job that *request* asks for.

        Raises:
            DefinitionError: If it is malformed; an `UnsupportedError` if it is sound
                but cannot run on this computer.
        """
        config = request.need("HyperParameterTuningJobConfig")
        _refuse_autotune(request)
        strategy = config.need("Strategy")
        if strategy.text() not in STRATEGIES:
            strategy.expected(f"one of {', '.join(STRATEGIES)}")
        algorithms = _algorithms(request, config)
        _refuse_uncountable(strategy.text(), algorithms)
        stops_early = config.text_of("TrainingJobEarlyStoppingType", "Off") == "Auto"
        if stops_early and strategy.text() == "Hyperband":
            config.need("TrainingJobEarlyStoppingType").refuse(
                "Hyperband stops jobs by itself; set it to 'Off'"
            )
        if len(algorithms) > 1:
            _refuse_for_many(request, config)
        ending = completion(config, maximize=algorithms[0].maximize)
        limits = config.need("ResourceLimits")
        definitions = [each.definition for each in algorithms]
        return cls(
            strategy=strategy.text(),
            algorithms=algorithms,
            max_jobs=max_jobs(limits, strategy.text(), ending),
            max_parallel_jobs=whole_or_unknown(
                limits.need("MaxParallelTrainingJobs"), least=1
            ),
            stops_early=stops_early,
            completion=ending,
            seed=_seed(config, algorithms),
            resources=hyperband_resources(config, strategy.text(), definitions),
            parents=parent_names(request),
            raw=request.value,
        )

    @property
    def maximize(self) -> bool:
        """Whether more of the objective is better."""
        return self.algorithms[0].maximize


def trial_name(tuning: str, number: int) -> str:
    """Return a name for a training job, as the service makes them."""
    return f"{tuning}-{number:03d}-{secrets.token_hex(SUFFIX_BYTES)}"


def _algorithms(request: Node, config: Node) -> tuple[Algorithm, ...]:
    """Return the training job definitions, one or many."""
    single, many = request.get("TrainingJobDefinition"), "TrainingJobDefinitions"
    found = request.all(many)
    if single is not None and found:
        request.need(many).refuse("there is a TrainingJobDefinition, too; take one out")
    if single is not None:
        return (_algorithm(single, config),)
    if not found:
        request.need("TrainingJobDefinition")
    algorithms = tuple(_algorithm(node, None) for node in found)
    if len({each.maximize for each in algorithms}) > 1:
        request.need(many).refuse(
            "some objectives are to be maximized and some minimized, so that no job "
            "can be ranked; give all the same Type"
        )
    return algorithms


def _algorithm(node: Node, config: Node | None) -> Algorithm:
    """Return one training job definition; some members may stand in the *config*."""
    objective = config.get("HyperParameterTuningJobObjective") if config else None
    ranges = config.get("ParameterRanges") if config else None
    objective = objective or node.need("TuningObjective")
    kind = objective.need("Type")
    if kind.text() not in {"Maximize", "Minimize"}:
        kind.expected("'Maximize' or 'Minimize'")
    found = read_ranges(ranges or node.get("HyperParameterRanges"))
    static = node.get(STATIC)
    for each in found:
        if static is not None and each.name in static.entries():
            static.entries()[each.name].refuse(
                f"{each.name!r} has a fixed value and a range; take one of the two out"
            )
    return Algorithm(
        name=node.text_of("DefinitionName"),
        metric=objective.need("MetricName").text(),
        maximize=kind.text() == "Maximize",
        ranges=found,
        definition=node,
    )


def _refuse_autotune(request: Node) -> None:
    """Raise if the service is to choose what the request leaves open."""
    autotune = request.get("Autotune")
    if autotune is not None:
        autotune.cannot_run(
            "what AWS's autotune would choose is known to the service only; take it "
            "out, and write the ranges down"
        )


def _refuse_uncountable(strategy: str, algorithms: tuple[Algorithm, ...]) -> None:
    """Raise if a grid has ranges that cannot be counted."""
    for algorithm in algorithms if strategy == "Grid" else ():
        for each in algorithm.ranges:
            if not isinstance(each, Choices):
                algorithm.definition.refuse(
                    f"Strategy Grid searches categories only, and {each.name!r} is a "
                    "range; list its values under CategoricalParameterRanges"
                )


def _refuse_for_many(request: Node, config: Node) -> None:
    """Raise if more is asked for than the service gives to several algorithms."""
    only = "is for a single training job definition, at the service as here"
    if config.text_of("TrainingJobEarlyStoppingType", "Off") == "Auto":
        config.need("TrainingJobEarlyStoppingType").refuse(f"early stopping {only}")
    if request.get("WarmStartConfig") is not None:
        request.need("WarmStartConfig").refuse(f"a warm start {only}")


def _seed(config: Node, algorithms: tuple[Algorithm, ...]) -> int:
    """Return the seed of the request; without one, that of what is searched."""
    given = config.get("RandomSeed")
    if given is not None:
        return whole_or_unknown(given, least=0)
    searched = [
        [each.metric, each.maximize, [attrs.asdict(r) for r in each.ranges]]
        for each in algorithms
    ]
    return derived(json.dumps(searched))


def _resources(definition: Node) -> dict[str, Any]:
    """Return what a training job runs on, of all that the tuning job would take."""
    config = definition.get("HyperParameterTuningResourceConfig")
    if config is None:
        return {}
    several = config.all("InstanceConfigs")
    chosen = several[0] if several else config
    keys = ("InstanceType", "InstanceCount", "VolumeSizeInGB", "VolumeKmsKeyId")
    return {key: chosen.value[key] for key in keys if key in chosen.value}
