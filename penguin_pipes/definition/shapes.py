"""The service model of SageMaker as botocore ships it, read as data."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any, TypeAlias

Shape: TypeAlias = Mapping[str, Any]
"""One shape: its type, members, enum, pattern, lengths and ranges."""


@cache
def service_model() -> Mapping[str, Any]:
    """Return the whole model; it is large, so that it is loaded once and late."""
    from botocore.loaders import Loader

    model: Mapping[str, Any] = Loader().load_service_model("sagemaker", "service-2")
    return model


def shape(name: str) -> Shape:
    """Return the shape called *name*."""
    found: Shape = service_model()["shapes"][name]
    return found


def input_of(operation: str) -> Shape:
    """Return the shape of what *operation* is called with."""
    return shape(service_model()["operations"][operation]["input"]["shape"])


def output_of(operation: str) -> Shape | None:
    """Return the shape of what *operation* answers, if this botocore knows it."""
    found = service_model()["operations"].get(operation)
    return None if found is None else shape(found["output"]["shape"])


@cache
def compiled(pattern: str) -> re.Pattern[str] | None:
    r"""Return a pattern of the model, or None if it is none that Python reads.

    The model's are Java's: classes such as ``\p{L}`` are unknown here, and what they
    say is left to the service.
    """
    try:
        return re.compile(pattern)
    except re.error:
        return None
