"""The served model under 1, 8 and 32 clients: how many answers, how late, what memory.

Clients are threads of this process, each with a connection that it keeps and a row of
its own; so what the clients themselves take of the processors is in the figures.
"""

from __future__ import annotations

import hashlib
import http.client
import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import attrs
import psutil

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

TITLE: Final = "The served model, under gunicorn with one worker of eight threads"
CLIENTS: Final = (1, 8, 32)
REQUESTS: Final = 2_000
GROWTH: Final = 1.05
"""What the memory after the last round is to stay below, by that after the first."""
PACK: Final = Path(__file__).parents[1] / "tools" / "pack_penguins.py"
ADDRESS: Final = re.compile(r"http://127\.0\.0\.1:(\d+)/$")


@attrs.frozen(kw_only=True)
class Load:
    """What so many clients got.

    Attributes:
        clients: How many asked at once.
        rates: Answers per second, a figure per round.
        waits_ms: How long each answer took, of all rounds.
        memory_mb: Resident memory of the server's processes, after each round.
    """

    clients: int
    rates: tuple[float, ...]
    waits_ms: tuple[float, ...]
    memory_mb: tuple[float, ...]

    @property
    def growth(self) -> float:
        """The memory after the last round by that after the first."""
        return self.memory_mb[-1] / self.memory_mb[0]

    @property
    def is_within(self) -> bool:
        """Whether the memory is steady."""
        return self.growth <= GROWTH

    def wait_ms(self, percent: int) -> float:
        """Return what so many percent of the answers did not take longer than."""
        return statistics.quantiles(self.waits_ms, n=100)[percent - 1]


def table(loads: Sequence[Load]) -> Iterator[str]:
    """Yield the lines of a table."""
    yield (
        "| clients | answers per second: median (least to most) | p50, ms | p99, ms "
        f"| memory, MB: first and last round | growth, to stay below {GROWTH} |"
    )
    yield "| ---: | ---: | ---: | ---: | ---: | ---: |"
    for each in loads:
        mark = "" if each.is_within else " **missed**"
        yield (
            f"| {each.clients} | {statistics.median(each.rates):.0f} "
            f"({min(each.rates):.0f} to {max(each.rates):.0f}) "
            f"| {each.wait_ms(50):.1f} | {each.wait_ms(99):.1f} "
            f"| {each.memory_mb[0]:.0f}, {each.memory_mb[-1]:.0f} "
            f"| {each.growth:.3f}{mark} |"
        )


def loads(*, rounds: int, requests: int = REQUESTS) -> list[Load]:
    """Serve a model and ask it, after a round that is not counted."""
    with tempfile.TemporaryDirectory(prefix="penguin-bench-") as name:
        folder = Path(name)
        subprocess.run(
            [sys.executable, PACK, folder], check=True, stdout=subprocess.DEVNULL
        )
        digest = hashlib.sha256((folder / "model.tar.gz").read_bytes()).hexdigest()
        (folder / "SHA256SUMS").write_text(f"{digest}  model.tar.gz\n")
        with _served(folder) as (process, port):
            return measure(
                lambda clients: ask(port, clients, requests),
                lambda: _memory_mb(process),
                rounds=rounds,
            )


def measure(
    put: Callable[[int], tuple[float, list[float]]],
    memory_mb: Callable[[], float],
    *,
    rounds: int,
) -> list[Load]:
    """Put every number of clients to the server once a round.

    Args:
        put: Asks with so many clients; returns seconds, and those of each answer.
        memory_mb: Tells what the server holds.
        rounds: How many count.
    """
    found: dict[int, list[tuple[float, list[float], float]]] = {n: [] for n in CLIENTS}
    for number in range(rounds + 1):
        for clients in CLIENTS:
            seconds, waits = put(clients)
            rate = len(waits) / seconds
            print(f"  round {number}: {clients} clients {rate:.0f}/s", flush=True)
            if number:
                found[clients].append((rate, waits, memory_mb()))
    return [
        Load(
            clients=clients,
            rates=tuple(rate for rate, _, _ in taken),
            waits_ms=tuple(1000 * wait for _, waits, _ in taken for wait in waits),
            memory_mb=tuple(memory for _, _, memory in taken),
        )
        for clients, taken in found.items()
    ]


def ask(port: int, clients: int, requests: int) -> tuple[float, list[float]]:
    """Return the seconds that all *requests* took, and those of each."""
    share = requests // clients

    def one(number: int) -> list[float]:
        body = json.dumps({"flipper_length_mm": 170 + number, "island": "Biscoe"})
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        waits = []
        for _ in range(share):
            began = time.perf_counter()
            connection.request(
                "POST", "/invocations", body, {"Content-Type": "application/json"}
            )
            response = connection.getresponse()
            response.read()
            waits.append(time.perf_counter() - began)
            if response.status != http.HTTPStatus.OK:
                msg = f"the server answered {response.status}"
                raise RuntimeError(msg)
        connection.close()
        return waits

    began = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        waits = [wait for each in pool.map(one, range(clients)) for wait in each]
    return time.perf_counter() - began, waits


@contextmanager
def _served(folder: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """Serve a folder, and end that."""
    words = ("-m", "penguin_pipes.serving", "--port", "0", "--run", str(folder))
    with subprocess.Popen(
        [sys.executable, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None  # noqa: S101
        try:
            address = ADDRESS.search(process.stdout.readline().strip())
            if address is None:
                msg = "the server ended before it served"
                raise RuntimeError(msg)
            yield process, int(address[1])
        finally:
            process.terminate()


def _memory_mb(process: subprocess.Popen[str]) -> float:
    """Return the resident memory of a process and its children."""
    parent = psutil.Process(process.pid)
    family = [parent, *parent.children(recursive=True)]
    return float(sum(each.memory_info().rss for each in family)) / 1e6
