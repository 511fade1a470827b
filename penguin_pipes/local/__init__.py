"""Run any SageMaker pipeline definition on this computer.

`run_locally` takes the definition JSON and the files it names, and returns the record
of the run: a `Run` of `StepRun`s. A watcher is told each `Event` as it happens.
"""

from penguin_pipes.local.cache import CacheMode
from penguin_pipes.local.engine import run_locally
from penguin_pipes.local.events import (
    DefinitionWarned,
    Event,
    MetricSeen,
    RunFinished,
    RunStarted,
    StepFinished,
    StepLine,
    StepStarted,
    StepWarned,
    TrialFinished,
    TrialLine,
    TrialMetric,
    TrialStarted,
    Watcher,
)
from penguin_pipes.local.explain import Explanation, explain_locally
from penguin_pipes.local.failures import failure_message
from penguin_pipes.local.history import History
from penguin_pipes.local.jobs import StandIn
from penguin_pipes.local.pruning import Pruned, prune
from penguin_pipes.local.records import MetricPoint, Run, Status, StepRun, Trial
from penguin_pipes.local.registry import ModelPackage

__all__ = [
    "CacheMode",
    "DefinitionWarned",
    "Event",
    "Explanation",
    "History",
    "MetricPoint",
    "MetricSeen",
    "ModelPackage",
    "Pruned",
    "Run",
    "RunFinished",
    "RunStarted",
    "StandIn",
    "Status",
    "StepFinished",
    "StepLine",
    "StepRun",
    "StepStarted",
    "StepWarned",
    "Trial",
    "TrialFinished",
    "TrialLine",
    "TrialMetric",
    "TrialStarted",
    "Watcher",
    "explain_locally",
    "failure_message",
    "prune",
    "run_locally",
]
