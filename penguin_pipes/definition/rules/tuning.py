"""Tuning: a metric to rank by, ranges that can be searched, a strategy that fits."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from penguin_pipes.definition.document import member, text
from penguin_pipes.definition.problems import error, warning
from penguin_pipes.definition.rules.hints import nearest
from penguin_pipes.definition.rules.jobs import jobs, jobs_of, literal, ranges
from penguin_pipes.definition.rules.walk import follow

if TYPE_CHECKING:
    from collections.abc import Iterator

    from penguin_pipes.definition.document import Document, Site
    from penguin_pipes.definition.node import Node
    from penguin_pipes.definition.problems import Problem
    from penguin_pipes.definition.rules.base import Rule

EPOCHS: Final = ("epochs", "numepochs", "n-epochs", "n_epochs", "num_epochs")
"""Where Hyperband looks for the most resources of a job, if it is not told."""


def objectives(document: Document) -> Iterator[Problem]:
    """Tell of every objective that no metric definition reads from the log."""
    for job in jobs(document):
        wanted = literal(job.objective)
        if job.objective is None or wanted is None:
            continue
        known = [literal(member(node, "Name")) for node in job.metrics]
        # A built-in algorithm brings metrics of its own, a script does not.
        if (known or job.is_script) and None not in known and wanted not in known:
            problem = (
                f"the objective {wanted!r} has no metric definition, so that no job "
                "can be ranked"
            )
            hint = nearest(wanted, [name for name in known if name is not None])
            yield error(job.objective.address, problem, hint)


def bounds(document: Document) -> Iterator[Problem]:
    """Tell of every range whose bounds cannot be searched."""
    for job in jobs(document):
        for kind, node in ranges(job):
            if kind != "CategoricalParameterRanges":
                yield from _bounds(kind, node)


def _bounds(kind: str, node: Node) -> Iterator[Problem]:
    """Tell what is wrong with the bounds of one range."""
    name = text(member(node, "Name"))
    numbers: list[float] = []
    for key in ("MinValue", "MaxValue"):
        value = literal(member(node, key))
        if value is None:
            continue
        number = _number(value)
        problem = f"{key} of range {name!r} is {value!r}, which is no "
        if math.isnan(number) or math.isinf(number):
            hint = "write a number in quotes, such as '0.1'"
            yield error(f"{node.address}.{key}", f"{problem}number", hint)
        elif kind == "IntegerParameterRanges" and number % 1:
            hint = "round it, or make it a range of ContinuousParameterRanges"
            yield error(f"{node.address}.{key}", f"{problem}whole number", hint)
        else:
            numbers.append(number)
    if len(numbers) == len(("MinValue", "MaxValue")):
        yield from _order(node, name, numbers)


def _order(node: Node, name: str, numbers: list[float]) -> Iterator[Problem]:
    """Tell if a range is empty, or cannot be searched on its scale."""
    low, high = numbers
    scale = text(member(node, "ScalingType"))
    if low > high:
        problem = f"range {name!r} runs from {low:g} down to {high:g}"
        yield error(node.address, problem, "swap MinValue and MaxValue")
    elif scale == "Logarithmic" and low <= 0:
        problem = f"range {name!r} starts at {low:g}, where there is no logarithm"
        hint = "start above 0, or search it with ScalingType Linear"
        yield error(f"{node.address}.MinValue", problem, hint)
    elif scale == "ReverseLogarithmic" and not 0 <= low <= high < 1:
        problem = (
            f"range {name!r} runs from {low:g} to {high:g}; ReverseLogarithmic needs "
            "0 <= value < 1"
        )
        hint = "search it with another ScalingType"
        yield error(f"{node.address}.ScalingType", problem, hint)


def _number(value: str) -> float:
    """Return the number that *value* writes; NaN if it writes none."""
    try:
        return float(value)
    except ValueError:
        return math.nan


def repeated(document: Document) -> Iterator[Problem]:
    """Tell of every hyperparameter that is given in two ways."""
    for job in jobs(document):
        seen: set[str] = set()
        for _, node in ranges(job):
            name = literal(member(node, "Name"))
            if name is not None and name in seen:
                problem = f"{name!r} has two ranges"
                yield error(f"{node.address}.Name", problem, "take one of them out")
            if name is not None:
                seen.add(name)
        for name, node in job.hyperparameters.items():
            if name in seen:
                problem = f"{name!r} has a fixed value and a range"
                yield error(node.address, problem, "take one of the two out")


def limits(document: Document) -> Iterator[Problem]:
    """Tell of every tuning step that asks for more jobs at once than at all."""
    for _, config in _configs(document):
        most = follow(config, "ResourceLimits.MaxNumberOfTrainingJobs")
        parallel = follow(config, "ResourceLimits.MaxParallelTrainingJobs")
        if most is None or parallel is None:
            continue
        if _is_more(parallel.value, most.value):
            problem = (
                f"MaxParallelTrainingJobs is {parallel.value}, more than the "
                f"{most.value} jobs of the whole search"
            )
            hint = "lower it; the fewer at once, the more each learns from the others"
            yield warning(parallel.address, problem, hint)


def _is_more(one: object, other: object) -> bool:
    """Tell whether both are whole numbers, and *one* is more."""
    numbers = [each for each in (one, other) if type(each) is int]
    return len(numbers) == len((one, other)) and numbers[0] > numbers[1]


def _configs(document: Document) -> Iterator[tuple[Site, Node]]:
    """Yield the config of every tuning step."""
    for site in document.sites:
        config = member(site.request, "HyperParameterTuningJobConfig")
        if site.type == "Tuning" and config is not None:
            yield site, config


def grid(document: Document) -> Iterator[Problem]:
    """Tell of every grid over what has no steps to count."""
    for job in jobs(document):
        strategy = follow(job.site.request, "HyperParameterTuningJobConfig.Strategy")
        for kind, node in ranges(job) if text(strategy) == "Grid" else ():
            if kind != "CategoricalParameterRanges":
                name = text(member(node, "Name"))
                problem = f"Strategy Grid searches categories only; {name!r} is a range"
                hint = "list its values under CategoricalParameterRanges"
                yield error(node.address, problem, hint)


def hyperband(document: Document) -> Iterator[Problem]:
    """Tell of everything that does not go with Hyperband, and of its lonely config."""
    for site, config in _configs(document):
        own = follow(config, "StrategyConfig.HyperbandStrategyConfig")
        strategy = literal(member(config, "Strategy"))
        if strategy == "Hyperband":
            yield from _early_stopping(config)
            yield from _resources(site, config, own)
        elif own is not None and strategy is not None:
            problem = f"HyperbandStrategyConfig does not go with Strategy {strategy}"
            hint = "take it out, or set Strategy to Hyperband"
            yield error(own.address, problem, hint)


def _early_stopping(config: Node) -> Iterator[Problem]:
    """Tell if jobs would be stopped in two ways."""
    stopping = member(config, "TrainingJobEarlyStoppingType")
    if stopping is not None and stopping.value == "Auto":
        problem = "TrainingJobEarlyStoppingType Auto does not go with Hyperband"
        hint = "set it to Off: Hyperband stops jobs by itself"
        yield error(stopping.address, problem, hint)


def _resources(site: Site, config: Node, own: Node | None) -> Iterator[Problem]:
    """Tell if Hyperband does not know how far a job may go."""
    least, most = member(own, "MinResource"), member(own, "MaxResource")
    if least is not None and most is not None and _is_more(least.value, most.value):
        problem = f"MinResource {least.value} is more than MaxResource {most.value}"
        yield error(least.address, problem, "swap the two")
    if most is None:
        fixed = {
            name
            for job in jobs_of(site)
            for name in job.hyperparameters
            if name in EPOCHS
        }
        if not fixed:
            problem = "Hyperband has no MaxResource and no epochs to take it from"
            hint = (
                "add StrategyConfig.HyperbandStrategyConfig.MaxResource, or a static "
                "hyperparameter 'epochs'"
            )
            yield error(config.address, problem, hint)


RULES: tuple[Rule, ...] = (
    objectives,
    bounds,
    repeated,
    limits,
    grid,
    hyperband,
)
