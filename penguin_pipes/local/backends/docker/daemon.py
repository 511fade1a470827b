"""Find the Docker daemon, and say in a paragraph why there is none.

docker-py's exceptions are known in this package and in no other room.
"""

from __future__ import annotations

import os
from typing import Any, Final

from penguin_pipes.errors import ConfigError

NO_LIBRARY: Final = (
    "the docker backend needs docker-py, which this Python does not have; "
    "pip install 'penguin-pipes[docker]'"
)
FLAGS: Final = ("rootless", "userns", "selinux")
"""What a daemon says of itself that changes how a container has to be started."""


def connect() -> Any:
    """Return a client of the daemon that docker's own command would use.

    Raises:
        ConfigError: The library is not installed, or nobody answers.
    """
    try:
        import docker
    except ImportError:
        raise ConfigError(NO_LIBRARY) from None
    try:
        client = docker.from_env()
        client.ping()
    except known_errors() as error:
        place = os.environ.get("DOCKER_HOST", "its usual place")
        msg = (
            f"the docker backend: no Docker daemon answers at {place} ({_why(error)}). "
            "Start it (Docker Desktop, or 'sudo systemctl start docker'); if it "
            "listens elsewhere, name that in DOCKER_HOST; if you may not use it, join "
            "the group 'docker'. 'docker info' has to work first. Or leave the "
            "backend out: jobs then run as processes, without Docker"
        )
        raise ConfigError(msg) from error
    return client


def known_errors() -> tuple[type[Exception], ...]:
    """Return what docker-py raises when a daemon refuses or is gone."""
    from docker.errors import DockerException
    from requests.exceptions import RequestException
    from urllib3.exceptions import HTTPError

    return DockerException, RequestException, HTTPError, OSError


def said(error: Exception) -> str:
    """Return what the daemon said, in one line."""
    text = getattr(error, "explanation", None) or str(error)
    return " ".join(str(text).split()).rstrip(".")


def flags_of(info: dict[str, Any]) -> frozenset[str]:
    """Return which of `FLAGS` a daemon says of itself."""
    options = " ".join(info.get("SecurityOptions") or ())
    return frozenset(flag for flag in FLAGS if f"name={flag}" in options)


def _why(error: Exception) -> str:
    """Return the innermost reason: the layers around it only repeat it."""
    while error.__cause__ or error.__context__:
        inner = error.__cause__ or error.__context__
        if not isinstance(inner, Exception):
            break
        error = inner
    return said(error)
