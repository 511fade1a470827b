"""What keeps jobs apart, what the kernel allows of it, and what to say otherwise."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import attrs

from penguin_pipes.local.backends.forked import ServerLostError

if TYPE_CHECKING:
    from penguin_pipes.local.backends.forked import ForkServer

Isolation = Literal["auto", "namespace", "mapped"]
"""``namespace``: each job's tree stands at ``/opt/ml``, and only that job sees it.
``mapped``: paths under ``/opt/ml`` are rewritten. ``auto``: the first, where the
kernel allows it."""

ISOLATIONS: Final[tuple[Isolation, ...]] = ("auto", "namespace", "mapped")
OPT_ML: Final = Path("/opt/ml")

UNLOCK: Final = (
    "in Docker add --cap-add SYS_ADMIN --security-opt apparmor=unconfined, on Ubuntu "
    "sysctl kernel.apparmor_restrict_unprivileged_userns=0, elsewhere look at the "
    "sysctls user.max_user_namespaces and kernel.unprivileged_userns_clone"
)


@attrs.frozen(kw_only=True)
class Allowed:
    """What the kernel allows here; each a reason why not, or None.

    Attributes:
        forks: Starting jobs by a fork server.
        tree: A tree at ``/opt/ml``.
        network: A job without network.
    """

    forks: str | None = None
    tree: str | None = None
    network: str | None = None

    @classmethod
    def nothing(cls, reason: str) -> Allowed:
        """Return that nothing of it is allowed."""
        return cls(forks=reason, tree=reason, network=reason)


def probe(server: ForkServer) -> Allowed:
    """Return what the kernel allows, having had *server* really do it."""
    try:
        forks = _try(server, tree=None, network=True)
        if forks is not None:
            return Allowed.nothing(forks)
        return Allowed(
            tree=_try(server, tree=os.fspath(Path(__file__).parent), network=True),
            network=_try(server, tree=None, network=False),
        )
    except ServerLostError as error:
        return Allowed.nothing(f"the process that would start jobs is lost: {error}")


def _try(server: ForkServer, *, tree: str | None, network: bool) -> str | None:
    """Return why a process cannot be isolated so; None if it can."""
    request: dict[str, Any] = {
        "argv": [],
        "cwd": "/",
        "environment": {},
        "tree": tree,
        "network": network,
        "script": None,
        "probe": True,
    }
    null = os.open(os.devnull, os.O_WRONLY)
    try:
        job = server.start(request, null)
    except OSError as error:
        return _sentence(error)
    finally:
        os.close(null)
    return None if job.end() in {0, -9} else "the kernel kills a process that tries it"


def _sentence(error: OSError) -> str:
    """Say what the kernel refused, and what would help."""
    name = errno.errorcode.get(error.errno or 0, "error")
    what = f"{error.filename}: {error.strerror} ({name})"
    if error.filename == "/opt" and error.errno == errno.ENOENT:
        return f"{what}; the tree needs a folder /opt to stand in: make an empty one"
    if error.errno == errno.EBUSY:
        return f"{what}; use a Python that lives elsewhere"
    return f"{what}; {UNLOCK}"
