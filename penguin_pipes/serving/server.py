"""gunicorn over verified artifacts: each worker makes a model of its own of them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final

from gunicorn.app.base import BaseApplication

from penguin_pipes.errors import PenguinPipesError
from penguin_pipes.serving import create_app

if TYPE_CHECKING:
    from flask import Flask

    from penguin_pipes.serving.artifacts import Artifacts

PATIENCE_S: Final = 600
"""How long a worker may take to load its model on a computer that is busy."""


class Server(BaseApplication):  # type: ignore[misc] # gunicorn has no types
    """Serves the model of *artifacts*.

    Args:
        artifacts: As they were verified; workers do not read them again.
        host: The address to listen at.
        port: Its port; 0 is any free one.
        workers: How many processes.
        threads: How many requests at once in each of them.
    """

    def __init__(
        self, artifacts: Artifacts, *, host: str, port: int, workers: int, threads: int
    ) -> None:
        self._artifacts = artifacts
        address = f"[{host}]" if ":" in host else host
        self._options: dict[str, Any] = {
            "bind": f"{address}:{port}",
            "workers": workers,
            "threads": threads,
            "worker_class": "gthread",
            "timeout": PATIENCE_S,
            "proc_name": "penguin_pipes.serving",
            "post_worker_init": self._announce,
            # A second way to steer it, in the user's home, which nobody asked for.
            "control_socket_disable": True,
        }
        super().__init__()

    def load_config(self) -> None:
        """Set what is not as gunicorn has it; older ones do not know every setting."""
        for name, value in self._options.items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def load(self) -> Flask:
        """Return the app, in a worker: TensorFlow does not survive being forked."""
        from penguin_pipes.serving.model import load

        try:
            return create_app(load(self._artifacts))
        except PenguinPipesError as error:
            sys.stderr.write(f"error: {error}\n")
            # To gunicorn, the fault of the application, which no new worker mends.
            sys.exit(self._gives_up)

    @property
    def _gives_up(self) -> int:
        from gunicorn.arbiter import Arbiter

        return int(Arbiter.APP_LOAD_ERROR)

    def _announce(self, worker: Any) -> None:
        """Say where the page is, now that it would answer."""
        addresses = []
        for listener in worker.sockets:
            host, port = listener.getsockname()[:2]
            addresses.append(f"http://{f'[{host}]' if ':' in host else host}:{port}/")
        sys.stdout.write(f"{self._artifacts.name}: {' '.join(addresses)}\n")
        sys.stdout.flush()
