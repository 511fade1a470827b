"""The front door: what is public, and what it costs to open it."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

import penguin_pipes
import penguin_pipes.testing

if TYPE_CHECKING:
    from types import ModuleType

HEAVY = (
    "attrs",
    "boto3",
    "botocore",
    "jinja2",
    "keras",
    "matplotlib",
    "numpy",
    "pandas",
    "rich",
    "sagemaker",
    "sklearn",
    "tensorflow",
)


def loaded_after(statement: str) -> set[str]:
    """Return which heavy modules a bare interpreter has after *statement*."""
    probe = f"import sys; {statement}; print(*(m for m in {HEAVY} if m in sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", probe], env={}, capture_output=True, check=True
    )
    return set(done.stdout.decode().split())


DOORS = pytest.mark.parametrize(
    "door", [penguin_pipes, penguin_pipes.testing], ids=lambda door: door.__name__
)


@DOORS
def test_every_public_name_is_there_and_listed_once(door: ModuleType) -> None:
    """__all__ and dir() are the public names, and each can be had."""
    assert dir(door) == sorted(door.__all__)
    assert len(set(door.__all__)) == len(door.__all__)
    for name in door.__all__:
        value = getattr(door, name)
        assert value.__doc__ or not callable(value)


@DOORS
def test_an_unknown_name_is_an_attribute_error(door: ModuleType) -> None:
    """A typo is told as Python tells it."""
    match = f"'{door.__name__}' has no attribute 'buil'"
    with pytest.raises(AttributeError, match=match):
        _ = door.buil


@pytest.mark.parametrize(
    ("statement", "allowed"),
    [
        ("import penguin_pipes", set()),
        ("from penguin_pipes import PipelineConfig", {"attrs"}),
        ("from penguin_pipes import penguins_config; penguins_config()", {"attrs"}),
        ("from penguin_pipes import build_pipeline", {"attrs"}),
        ("from penguin_pipes.local import run_locally", {"attrs"}),
        ("import penguin_pipes.deploy", set()),
        ("import penguin_pipes.testing.plugin", set()),
        ("import penguin_pipes.report.command", {"attrs", "rich"}),
        ("import penguin_pipes.eda", set()),
        ("import penguin_pipes.eda.command", {"attrs"}),
    ],
)
def test_importing_is_cheap(statement: str, allowed: set[str]) -> None:
    """Neither the SDK nor TensorFlow is loaded before they are needed.

    The interpreter has no environment at all: no region, no credentials, no home.
    """
    assert loaded_after(statement) <= allowed
