"""Run a job's command in a container of the image that its request names."""

from penguin_pipes.local.backends.docker.backend import DockerBackend
from penguin_pipes.local.backends.docker.images import LocalImages, Login

__all__ = ["DockerBackend", "LocalImages", "Login"]
