"""What goes over the sockets: one JSON object a line, then signals, a byte each."""

from __future__ import annotations

import json
import socket
from typing import Any, Final

CHUNK: Final = 64 * 1024


def tell(sock: socket.socket, **message: object) -> None:
    """Send one object."""
    sock.sendall(json.dumps(message).encode() + b"\n")


def hear(sock: socket.socket) -> Any:
    """Return the next object and not a byte more; None if the other side has gone."""
    data = bytearray()
    while not data.endswith(b"\n"):
        # Files come with bytes, and are lost if those are read in passing.
        ahead = sock.recv(CHUNK, socket.MSG_PEEK)
        if not ahead:
            return None
        data += sock.recv(ahead.find(b"\n") + 1 or len(ahead))
    return json.loads(data)
