"""Keep the SDK's code from looking at AWS settings, at the network, at roles."""

from __future__ import annotations

import logging
import os
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@contextmanager
def _environment(**values: str | None) -> Iterator[None]:
    """Set (or, with None, unset) environment variables while the block runs."""
    before = {name: os.environ.get(name) for name in values}
    _set(values)
    try:
        yield
    finally:
        _set(before)


def _set(values: Mapping[str, str | None]) -> None:
    for name, value in values.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


@contextmanager
def offline() -> Iterator[None]:
    """Let SDK code make clients without a region, a profile or a trace.

    A profile that is named but missing, or a broken ~/.aws/config, would fail it as
    well; none of them matters to rendering. The clients are never called.
    """
    import boto3

    default_session = boto3.DEFAULT_SESSION
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    boto3.DEFAULT_SESSION = None
    with (
        _environment(
            AWS_DEFAULT_REGION="us-east-1",
            AWS_CONFIG_FILE=os.devnull,
            AWS_SHARED_CREDENTIALS_FILE=os.devnull,
            # Without credentials the clients would look for some over the network.
            AWS_ACCESS_KEY_ID="offline",
            AWS_SECRET_ACCESS_KEY="offline",  # noqa: S106  # no secret
            AWS_SESSION_TOKEN=None,
            AWS_PROFILE=None,
            AWS_DEFAULT_PROFILE=None,
        ),
        warnings.catch_warnings(),
    ):
        # 3.27 warns of its own imports (sagemaker.train.configs has been moved).
        warnings.simplefilter("ignore")
        try:
            yield
        finally:
            boto3.DEFAULT_SESSION = default_session
            root.handlers[:] = handlers
            root.setLevel(level)


@contextmanager
def without_role_check() -> Iterator[None]:
    """Keep the SDK from simulating the role's policies, unless it was asked to.

    It calls SimulatePrincipalPolicy, which few deployers may do (and moto 5.2
    answers with NotImplementedError).
    """
    wanted = os.environ.get("SAGEMAKER_VALIDATE_ROLE", "false")
    with _environment(SAGEMAKER_VALIDATE_ROLE=wanted):
        yield
