"""Start programs by a bare fork server, which is replaced if it is lost."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING, Any

from penguin_pipes.local.backends.forked import Forked, ForkServer, ServerLostError
from penguin_pipes.local.backends.isolation import Allowed, probe

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class Launcher:
    """Starts each program as a job that nothing outlives."""

    def __init__(self, *, python: str = sys.executable) -> None:
        self._python = python
        self._lock = threading.Lock()
        self._server: ForkServer | None = None
        self._allowed: Allowed | None = None

    @property
    def allowed(self) -> Allowed:
        """What the kernel allows; tried once."""
        with self._lock:
            if self._allowed is None:
                if sys.platform == "linux":
                    self._allowed = probe(self._alive())
                else:
                    self._allowed = Allowed.nothing("only Linux has namespaces")
            return self._allowed

    def start(
        self, request: Mapping[str, Any], output: int, warn: Callable[[str], None]
    ) -> Forked:
        """Start a job; if the server was lost meanwhile, with a new one.

        Raises:
            OSError: As `ForkServer.start`.
            ValueError: As `ForkServer.start`.
        """
        with self._lock:
            server = self._alive()
        try:
            return server.start(request, output)
        except ServerLostError as error:
            warn(f"the process that starts jobs was lost: {error}; a new one starts it")
        with self._lock:
            if self._server is server:
                self._end()
            server = self._alive()
        try:
            return server.start(request, output)
        except ServerLostError as error:
            msg = f"the process that starts jobs is lost again: {error}"
            raise ValueError(msg) from error

    def _alive(self) -> ForkServer:
        """Return the server, started if there is none."""
        if self._server is None:
            self._server = ForkServer(self._python)
        return self._server

    def _end(self) -> None:
        if self._server is not None:
            self._server.close()
        self._server = None

    def close(self) -> None:
        """End the server, if there is one."""
        with self._lock:
            self._end()
