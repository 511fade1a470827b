"""Keep the servers that scripts start in, one for each kind of script."""

from __future__ import annotations

import os
import sys
import threading
from typing import TYPE_CHECKING, Any, Final

from penguin_pipes.local.backends.forked import (
    Forked,
    ForkServer,
    ServerLostError,
    UnfitError,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from penguin_pipes.local.backends.warm import Script, Start

MOST_SERVERS: Final = 4
"""How many servers may be there at once: each holds in memory what it imported."""


class WarmPool:
    """The servers for the scripts that were run, or will be."""

    def __init__(self, *, python: str = sys.executable) -> None:
        self._python = python
        self._lock = threading.Lock()
        self._servers: dict[Script, ForkServer] = {}
        self._broken: set[Script] = set()

    @property
    def pids(self) -> tuple[int, ...]:
        """The numbers of the servers' processes."""
        with self._lock:
            return tuple(server.pid for server in self._servers.values())

    def prepare(self, scripts: Iterable[Script]) -> None:
        """Start the servers for *scripts*, without waiting for any."""
        with self._lock:
            for script in scripts:
                self._server(script)

    def start(
        self, start: Start, request: Mapping[str, Any], output: int
    ) -> Forked | None:
        """Start a script; return None if it must start cold.

        Raises:
            ServerLostError: The server was lost before it had started the script.
            OSError: As `ForkServer.start`.
            ValueError: As `ForkServer.start`.
        """
        script = {"words": start.words, "folders": [*map(os.fspath, start.folders)]}
        with self._lock:
            if start.script in self._broken:
                return None
            server = self._server(start.script)
        try:
            return server.start({**request, "script": script}, output)
        except UnfitError:
            return None
        except ServerLostError:
            with self._lock:
                self._lose(start.script, server)
            raise

    def _server(self, script: Script) -> ForkServer:
        """Return the server for a script, now the one that was used last."""
        server = self._servers.pop(script, None)
        if server is None:
            server = ForkServer(
                self._python,
                environment=dict(script.environment),
                statements=script.statements,
            )
        self._servers[script] = server
        while len(self._servers) > MOST_SERVERS:
            # Its jobs, if it has any, go on without it.
            self._servers.pop(next(iter(self._servers))).close()
        return server

    def _lose(self, script: Script, server: ForkServer) -> None:
        """Forget a lost server; if it never was of any use, do not try again."""
        if self._servers.get(script) is server:
            del self._servers[script]
        if not server.has_started_any:
            self._broken.add(script)
        server.close()

    def close(self) -> None:
        """End the servers; jobs that run go on."""
        with self._lock:
            while self._servers:
                self._servers.popitem()[1].close()
