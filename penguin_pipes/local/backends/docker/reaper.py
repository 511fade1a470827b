"""Remove containers whose run was killed; a program of its own.

``reaper.py LABEL`` reads its input, which ends when the run does, however it does,
and then removes what bears the label. In a session of its own: what is sent to the
run's terminal or group does not reach it.
"""

from __future__ import annotations

import sys
import time
from contextlib import suppress

LOOKS = 3
"""A container may have been asked for a moment before the run was killed."""


def main() -> None:
    """Wait for the end of the run, then look for what it left."""
    if sys.stdin.read():
        return  # It said that there is nothing.
    import docker

    client = docker.from_env()
    for look in range(LOOKS):
        if look:
            time.sleep(1)
        found = client.containers.list(all=True, filters={"label": sys.argv[1]})
        for container in found:
            with suppress(docker.errors.APIError):
                container.remove(force=True, v=True)


if __name__ == "__main__":
    main()
