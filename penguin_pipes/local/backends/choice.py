"""Make the backend that a command line asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from penguin_pipes.errors import ConfigError
from penguin_pipes.flags import DOCKER
from penguin_pipes.local.backends.docker import DockerBackend, Limits, Login
from penguin_pipes.local.backends.process import ProcessBackend

if TYPE_CHECKING:
    from collections.abc import Callable

    from penguin_pipes.flags import LocalFlags
    from penguin_pipes.local.backends.isolation import Isolation

WITH_DOCKER: Final = "goes with --backend docker only; leave it out"


def chosen(
    flags: LocalFlags,
    *,
    isolation: Isolation | None,
    tell: Callable[[str], object],
    login: Login | None = None,
) -> ProcessBackend | DockerBackend:
    """Return the backend that *flags* ask for.

    Args:
        flags: The command line.
        isolation: How processes find their ``/opt/ml``; None if it is not said.
        tell: Told what takes long.
        login: As for `DockerBackend`.

    Raises:
        ConfigError: A flag would do nothing, or is malformed.
    """
    if flags.backend == DOCKER:
        _refuse(
            {
                "--isolation": isolation is not None,
                "--cold": flags.cold,
                "--python": bool(flags.python),
                "--parity": flags.parity,
            },
            why="is for processes and does nothing with --backend docker; leave it out",
        )
        return DockerBackend(
            substitutes=dict(map(_image, flags.image)),
            limits=Limits(memory=flags.memory, cpus=flags.cpus),
            login=login,
            tell=tell,
        )
    given = {
        "--image": bool(flags.image),
        "--memory": flags.memory is not None,
        "--cpus": flags.cpus is not None,
    }
    _refuse(given, why=WITH_DOCKER)
    return ProcessBackend(isolation=isolation or "auto", warm=not flags.cold)


def _refuse(given: dict[str, bool], *, why: str) -> None:
    """Raise if one of the flags was given."""
    for flag, is_given in given.items():
        if is_given:
            msg = f"{flag} {why}"
            raise ConfigError(msg)


def _image(text: str) -> tuple[str, str]:
    """Return an image's URI and the name of the image to take in its place."""
    uri, _, tag = text.partition("=")
    if not uri or not tag:
        msg = f"--image {text}: expected URI=LOCAL-TAG"
        raise ConfigError(msg)
    return uri, tag
