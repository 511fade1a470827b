"""The closed network: what is refused, what stays open, what is noticed."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
import urllib.request
from functools import partial
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import HTTPClientError

from penguin_pipes.testing import NetworkClosedError, closed_network

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ELSEWHERE = ("192.0.2.7", 443)


def on(kind: int, family: int, use: Callable[[socket.socket], Any]) -> Any:
    """Return what makes a socket, uses it and closes it."""

    def reach() -> None:
        with socket.socket(family, kind) as made:
            use(made)

    return reach


TCP = partial(on, socket.SOCK_STREAM, socket.AF_INET)
UDP = partial(on, socket.SOCK_DGRAM, socket.AF_INET)
TCP6 = partial(on, socket.SOCK_STREAM, socket.AF_INET6)


@pytest.mark.parametrize(
    ("reach", "address"),
    [
        (lambda: socket.create_connection(ELSEWHERE), "192.0.2.7"),
        (TCP(lambda s: s.connect(ELSEWHERE)), "connect to 192.0.2.7:443"),
        (TCP(lambda s: s.connect_ex(ELSEWHERE)), "connect_ex to 192.0.2.7:443"),
        (UDP(lambda s: s.sendto(b"x", ELSEWHERE)), "sendto to 192.0.2.7:443"),
        (UDP(lambda s: s.sendto(b"x", 0, ELSEWHERE)), "sendto to 192.0.2.7:443"),
        (
            UDP(lambda s: s.sendmsg([b"x"], [], 0, ELSEWHERE)),
            "sendmsg to 192.0.2.7:443",
        ),
        (TCP6(lambda s: s.connect(("2001:db8::1", 80))), "connect to 2001:db8::1:80"),
        (TCP6(lambda s: s.connect(("::ffff:192.0.2.7", 80))), "192.0.2.7:80"),
        (lambda: socket.getaddrinfo("acme.example", 80), "getaddrinfo of acme.example"),
        (lambda: socket.gethostbyname("acme.example"), "gethostbyname of acme.example"),
    ],
)
def test_what_leads_out_is_refused_by_its_address(
    reach: Callable[[], Any], address: str
) -> None:
    """Connections, datagrams and look-ups alike, each named."""
    with closed_network() as tried:
        with pytest.raises(NetworkClosedError, match=re.escape(address)):
            reach()
        assert len(tried) == 1
        tried.clear()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.8.8.8", "0.0.0.0"])
def test_this_computer_stays_open(host: str) -> None:
    """A server of the test can be talked to."""
    with closed_network() as tried, socket.create_server(("", 0)) as server:
        port = server.getsockname()[1]
        with socket.create_connection((host, port), timeout=30) as client:
            assert client.getpeername()[1] == port

    assert tried == []


def test_unix_sockets_stay_open(tmp_path: Path) -> None:
    """They lead nowhere else."""
    path = str(tmp_path / "s")
    with closed_network(), socket.socket(socket.AF_UNIX) as server:
        server.bind(path)
        server.listen()
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(path)


def test_an_aws_call_says_where_it_wanted_to_go() -> None:
    """At once: nothing waits or tries again, though botocore wraps the refusal."""
    keys = {"aws_access_key_id": "a", "aws_secret_access_key": "b"}
    client = boto3.client("sagemaker", region_name="eu-west-1", **keys)

    with closed_network() as tried:
        with pytest.raises(HTTPClientError, match=r"of api\.sagemaker\.eu-west-1\.ama"):
            client.list_pipelines()
        assert tried == ["getaddrinfo of api.sagemaker.eu-west-1.amazonaws.com"]
        tried.clear()


def test_an_attempt_that_is_swallowed_is_found_at_the_end() -> None:
    """Elsewhere it would have cost its time-out."""
    match = re.escape("getaddrinfo of acme.example, while the network was closed")
    with pytest.raises(NetworkClosedError, match=match), closed_network():  # noqa: PT012
        with contextlib.suppress(Exception):
            urllib.request.urlopen("http://acme.example/")
        done = "still goes on"

    assert done


def test_other_threads_are_closed_in_as_well() -> None:
    """The network is that of the process."""
    with closed_network() as tried:

        def reach() -> None:
            with contextlib.suppress(NetworkClosedError):
                socket.gethostbyname("acme.example")

        thread = threading.Thread(target=reach)
        thread.start()
        thread.join()
        assert tried == ["gethostbyname of acme.example"]
        tried.clear()


def test_afterwards_everything_is_as_it_was() -> None:
    """Also where the test failed."""
    before = {**vars(socket.socket)}, socket.getaddrinfo, socket.gethostbyname

    with contextlib.suppress(ZeroDivisionError), closed_network():
        raise ZeroDivisionError

    assert ({**vars(socket.socket)}, socket.getaddrinfo, socket.gethostbyname) == before
