"""Names that the service gives: variables of an execution, types of steps."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from penguin_pipes.service import CACHE_KEYS

if TYPE_CHECKING:
    from collections.abc import Mapping

EXECUTION_VARIABLES: Final[Mapping[str, bool]] = MappingProxyType(
    {
        "PipelineName": False,
        "PipelineArn": False,
        "PipelineExecutionId": True,
        "PipelineExecutionArn": True,
        "StartDateTime": True,
        "CurrentDateTime": True,
        "ProcessingJobName": True,
        "TrainingJobName": True,
    }
)
"""The variables of an execution, and whether each execution has its own value."""

STEP_TYPES: Final = frozenset(
    {
        *CACHE_KEYS,
        *("Condition", "Fail", "ForEach", "Callback", "Lambda", "EMRServerless"),
        *("Model", "RegisterModel", "EndpointConfig", "Endpoint"),
        *("InferenceComponent", "Lineage", "Job", "Cleanup"),
    }
)
"""The types of steps that SDK 3.27 writes. The service may know more."""
