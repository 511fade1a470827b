"""Test a pipeline with pytest: in seconds, in CI, without an AWS account.

The assertions are plain functions, and hold in any test framework. The fixtures come
with the pytest plugin, which is there wherever penguin_pipes is installed:

- ``penguin_pipes_run`` and ``penguin_pipes_run_step`` run a pipeline, or one step, on
  this computer, on small frames; what one test has trained, the others reuse;
- ``penguin_pipes_render`` and ``penguin_pipes_closed_network`` close the network;
- ``penguin_pipes_aws`` is a fake AWS that every AWS client of the test talks to;
- ``penguin_pipes_snapshot`` holds a definition against the one that is committed;
- ``penguin_pipes_home`` is where runs are kept.

Suites that are typed find the fixtures' types here: ``penguin_pipes_run`` is a
`RunPipeline`, and so on.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from penguin_pipes.testing.aws import FakeAws
    from penguin_pipes.testing.determinism import assert_deterministic
    from penguin_pipes.testing.network import NetworkClosedError, closed_network
    from penguin_pipes.testing.plans import assert_cache_hits, assert_reruns
    from penguin_pipes.testing.running import RunPipeline, RunStep
    from penguin_pipes.testing.snapshots import Snapshot, assert_snapshot
    from penguin_pipes.testing.sources import Render, assert_valid

__all__ = [
    "FakeAws",
    "NetworkClosedError",
    "Render",
    "RunPipeline",
    "RunStep",
    "Snapshot",
    "assert_cache_hits",
    "assert_deterministic",
    "assert_reruns",
    "assert_snapshot",
    "assert_valid",
    "closed_network",
]

_HOMES = {
    "FakeAws": "aws",
    "NetworkClosedError": "network",
    "Render": "sources",
    "RunPipeline": "running",
    "RunStep": "running",
    "Snapshot": "snapshots",
    "assert_cache_hits": "plans",
    "assert_deterministic": "determinism",
    "assert_reruns": "plans",
    "assert_snapshot": "snapshots",
    "assert_valid": "sources",
    "closed_network": "network",
}
"""The module of each public name: pytest imports this package in every run."""


def __getattr__(name: str) -> Any:
    """Load the module of a public name when the name is first used."""
    if name not in _HOMES:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Return the public names."""
    return __all__
