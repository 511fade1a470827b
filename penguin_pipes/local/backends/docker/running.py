"""One container while it runs, as `Watch` follows it."""

from __future__ import annotations

import os
import signal
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from penguin_pipes.local.backends.docker.daemon import known_errors, said

if TYPE_CHECKING:
    from collections.abc import Mapping

ATTACHED: Final = {"stdout": 1, "stderr": 1, "stream": 1}
NOT_FOUND: Final = 127
NOT_STARTED: Final = 126
MISSING: Final = ("executable file not found", "no such file or directory")
UNSEEN: Final = "bind source path does not exist"


class NotStartedError(Exception):
    """The daemon would not start a container.

    Attributes:
        exit_code: What a shell would say of such a command.
    """

    def __init__(self, reason: str) -> None:
        if UNSEEN in reason:
            reason += (
                "; the daemon does not see this computer's folders: it has to run on "
                "this computer, and may read the home"
            )
        super().__init__(reason)
        is_missing = any(each in reason for each in MISSING) and UNSEEN not in reason
        self.exit_code = NOT_FOUND if is_missing else NOT_STARTED


class RunningContainer:
    """A container that has been started; `penguin_pipes.local.backends.running`.

    Attributes:
        is_lost: Whether the daemon went away before it could tell how the job ended.
        ran_out_of_memory: Whether a process of it was killed for want of memory.
    """

    def __init__(
        self,
        client: Any,
        options: Mapping[str, Any],
        folders: Mapping[str, str],
        output: int,
    ) -> None:
        """Create a container and start it.

        Args:
            client: Of the daemon.
            options: What it is created with.
            folders: What is mounted, by where the container finds it.
            output: Where its output goes; a copy of it is kept until the end.

        Raises:
            NotStartedError: The daemon would not start it.
        """
        self.is_lost = False
        self.ran_out_of_memory = False
        self._container = _created(client, options, folders)
        stream = None
        try:
            # Before the start, so that no line is missed.
            stream = self._container.attach_socket(params=ATTACHED)
            self._container.start()
        except BaseException as error:
            if stream is not None:
                _close(stream)
            self._remove()
            if isinstance(error, known_errors()):
                raise NotStartedError(said(error)) from None
            raise
        self._ended, ended = os.pipe()
        thread = threading.Thread(
            target=self._follow, args=(stream, os.dup(output), ended), daemon=True
        )
        thread.start()

    def fileno(self) -> int:
        """Return a descriptor which can be read from once the container has ended."""
        return self._ended

    def has_ended(self) -> bool:
        """Return whether the container has ended: asked only when something happened.

        Nothing happens before the end.
        """
        return True

    def signal(self, number: int) -> None:
        """Send a signal to the container's main process."""
        with suppress(*known_errors()):
            self._container.kill(signal=signal.Signals(number).name)

    def end(self) -> int:
        """Kill what is left and remove it; return the exit code."""
        try:
            self.signal(signal.SIGKILL)
            code = int(self._container.wait()["StatusCode"])
            self._container.reload()
            self.ran_out_of_memory = bool(self._container.attrs["State"]["OOMKilled"])
        except known_errors():
            self.is_lost = True
            code = -signal.SIGKILL
        finally:
            self._remove()
            os.close(self._ended)
        return code

    def _follow(self, stream: Any, output: int, ended: int) -> None:
        """Copy the output until there is no more, then tell that the end has come."""
        from docker.utils.socket import frames_iter

        try:
            # Whoever read the output may be gone, and so may the daemon.
            with suppress(*known_errors()):
                for _, data in frames_iter(stream, tty=False):
                    _write(output, data)
            os.close(output)
            _close(stream)
            with suppress(*known_errors()):
                self._container.wait()
        finally:
            os.close(ended)

    def _remove(self) -> None:
        """Remove the container, with what it wrote outside of the mounts."""
        with suppress(*known_errors()):
            self._container.remove(force=True, v=True)


def _created(
    client: Any, options: Mapping[str, Any], folders: Mapping[str, str]
) -> Any:
    """Return a new container."""
    from docker.types import LogConfig, Mount

    mounts = [Mount(place, path, type="bind") for place, path in folders.items()]
    # What it prints is read as it comes; the daemon need not keep it besides.
    config = LogConfig(type="none")
    try:
        return client.containers.create(**options, mounts=mounts, log_config=config)
    except known_errors() as error:
        raise NotStartedError(said(error)) from None


def _close(stream: Any) -> None:
    """Close an attached socket: both ends that docker-py holds of it."""
    with suppress(*known_errors()):
        stream._response.close()  # noqa: SLF001  # it hands out nothing else
        stream.close()


def _write(output: int, data: bytes) -> None:
    """Write all of *data*."""
    view = memoryview(data)
    while view:
        view = view[os.write(output, view) :]
