"""What a container is created with; pure."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final

import attrs

from penguin_pipes.local.backends.docker.daemon import flags_of

if TYPE_CHECKING:
    from penguin_pipes.local.backends.base import Command

HOST_NAME: Final = "algo-1"
"""What the service calls the one computer of a job."""

LABEL: Final = "penguin_pipes.run"
ROOT: Final = "0:0"


@attrs.frozen(kw_only=True)
class Limits:
    """What a container may take of this computer.

    Attributes:
        memory: Bytes; None for all there is.
        cpus: How many processors; None for all there are.
        shm_size: Bytes for ``/dev/shm``; None for half of the memory, as on the
            instances of the service. Docker's own default of 64 MB kills jobs that
            load data with several processes.
    """

    memory: int | None = None
    cpus: float | None = None
    shm_size: int | None = None

    def options(self, total_memory: int) -> dict[str, Any]:
        """Return the limits as docker-py takes them."""
        memory = min(self.memory or total_memory, total_memory)
        found: dict[str, Any] = {"shm_size": self.shm_size or memory // 2}
        if self.memory is not None:
            # No swap: the service has none, and a job would crawl instead of failing.
            found |= {"mem_limit": self.memory, "memswap_limit": self.memory}
        if self.cpus is not None:
            found["nano_cpus"] = round(self.cpus * 1e9)
        return found


def container_options(
    command: Command,
    image: dict[str, Any],
    info: dict[str, Any],
    *,
    limits: Limits,
    user: str,
    run: str,
) -> dict[str, Any]:
    """Return how the container of a command is created.

    Args:
        command: What to run.
        image: The image, as the daemon describes it.
        info: The daemon, as it describes itself.
        limits: What it may take.
        user: Who is to own what it writes: ``uid:gid``.
        run: What all containers of one run are known by.
    """
    flags = flags_of(info)
    # Without root there is another user namespace: its root is the caller.
    user = ROOT if "rootless" in flags else user
    words = list(command.argv)
    return {
        "image": image["Id"],
        **(
            {"entrypoint": words}
            if command.replaces_entrypoint
            else {"command": words or None}
        ),
        "environment": {**_home(image, user), **command.environment},
        "user": user,
        "hostname": HOST_NAME,
        # Without a network nobody else tells, and AWS's toolkit waits until it knows.
        "extra_hosts": {HOST_NAME: "127.0.0.1"},
        "labels": {LABEL: run, "penguin_pipes.tree": os.fspath(command.tree or "")},
        **({} if command.network else {"network_mode": "none"}),
        **({"userns_mode": "host"} if "userns" in flags else {}),
        **({"security_opt": ["label=disable"]} if "selinux" in flags else {}),
        **limits.options(int(info.get("MemTotal") or 0)),
    }


def mounted(command: Command) -> dict[str, str]:
    """Return the folders of the tree, by where the container finds them.

    Each by itself, as the service does it: what the image holds besides, such as a
    script of its own in ``/opt/ml/code``, stays where it is.
    """
    if command.tree is None:
        return {}
    return {
        f"/opt/ml/{folder.name}": os.fspath(folder)
        for folder in sorted(command.tree.iterdir())
        if folder.is_dir()
    }


def _home(image: dict[str, Any], user: str) -> dict[str, str]:
    """Return where a user whom the image does not know keeps files, unless it says.

    Without, it would be ``/``, where only root writes, and Keras, matplotlib and pip
    fail at their first cache.
    """
    if user == ROOT:
        return {}
    told = {each.partition("=")[0] for each in image["Config"].get("Env") or ()}
    home = {"HOME": "/tmp", "USER": "penguin"}  # noqa: S108  # the container's own
    return {name: value for name, value in home.items() if name not in told}
