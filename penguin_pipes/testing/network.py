"""Close the network to the code of a test: this process, all of its threads.

Programs that the test starts have a network of their own: a job that must have none
asks for it in its request (``EnableNetworkIsolation``).
"""

from __future__ import annotations

import contextlib
import ipaddress
import socket
from typing import TYPE_CHECKING, Any, Final
from unittest import mock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NAMES: Final = frozenset({"", "localhost", "localhost.localdomain"})
"""Names that lead nowhere else."""

CONNECTING: Final = ("connect", "connect_ex", "sendto", "sendmsg")
LOOKING_UP: Final = (
    "getaddrinfo",
    "gethostbyname",
    "gethostbyname_ex",
    "gethostbyaddr",
)


class NetworkClosedError(AssertionError):
    """Something reached for the network while it was closed."""


@contextlib.contextmanager
def closed_network() -> Iterator[list[str]]:
    """Refuse whatever leads out of this computer; yield what was tried.

    Unix sockets and loopback addresses stay open. Code that swallows the refusal and
    goes on is found at the end: whoever expects an attempt clears the list.

    Raises:
        NetworkClosedError: Where something reaches for the network, and at the end, if
            nobody has noticed it.
    """
    tried: list[str] = []
    with contextlib.ExitStack() as stack:
        for name in CONNECTING:
            guarded = _guarded_socket(name, getattr(socket.socket, name), tried)
            stack.enter_context(mock.patch.object(socket.socket, name, guarded))
        for name in LOOKING_UP:
            guarded = _guarded_lookup(name, getattr(socket, name), tried)
            stack.enter_context(mock.patch.object(socket, name, guarded))
        yield tried
    if tried:
        ways = "; ".join(dict.fromkeys(tried))
        msg = f"{ways}, while the network was closed, and somebody went on regardless"
        raise NetworkClosedError(msg)


def _guarded_socket(
    name: str, original: Callable[..., Any], tried: list[str]
) -> Callable[..., Any]:
    """Return a method of sockets that looks at the address first."""

    def method(self: socket.socket, *args: Any) -> Any:
        # sendto(data, address) and sendto(data, flags, address), sendmsg(…, address).
        address = args[-1] if name != "sendmsg" else (*args, None, None, None)[3]
        if address is not None and not _stays_here(self.family, address):
            _refuse(f"{name} to {_shown(address)}", tried)
        return original(self, *args)

    return method


def _guarded_lookup(
    name: str, original: Callable[..., Any], tried: list[str]
) -> Callable[..., Any]:
    """Return a function that asks for the address of this computer only."""

    def function(host: Any, *args: Any, **options: Any) -> Any:
        if not _is_here(host):
            _refuse(f"{name} of {_shown(host)}", tried)
        return original(host, *args, **options)

    return function


def _refuse(what: str, tried: list[str]) -> None:
    __tracebackhide__ = True
    tried.append(what)
    msg = (
        f"{what}, while the network is closed; pass the value in, or use the fixture "
        "penguin_pipes_aws where the test is about AWS"
    )
    raise NetworkClosedError(msg)


def _stays_here(family: int, address: Any) -> bool:
    """Return whether an address is one of this computer."""
    if family == socket.AF_UNIX:
        return True
    is_internet = family in {socket.AF_INET, socket.AF_INET6}
    return is_internet and isinstance(address, tuple) and _is_here(address[0])


def _is_here(host: Any) -> bool:
    """Return whether a name or number is that of this computer."""
    if host is None:
        return True
    name = host.decode(errors="replace") if isinstance(host, bytes) else str(host)
    if name.lower() in NAMES:
        return True
    try:
        number = ipaddress.ip_address(name)
    except ValueError:
        return False
    mapped = getattr(number, "ipv4_mapped", None) or number
    return bool(mapped.is_loopback or mapped.is_unspecified)


def _shown(address: Any) -> str:
    """Return an address as people write it."""
    if isinstance(address, tuple) and len(address) > 1:
        return f"{address[0]}:{address[1]}"
    return (
        address.decode(errors="replace") if isinstance(address, bytes) else f"{address}"
    )
