"""Run a job's command in a container of the image that its request names."""

from penguin_pipes.local.backends.docker.backend import DockerBackend
from penguin_pipes.local.backends.docker.images import LocalImages, Login
from penguin_pipes.local.backends.docker.options import Limits

__all__ = ["DockerBackend", "Limits", "LocalImages", "Login"]
