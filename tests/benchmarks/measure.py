"""Measure in rounds that alternate between the servers: the machine's moods then hit them alike."""

import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass

from tests.benchmarks.calls import Call, calls_of, result_of
from tests.benchmarks.client import run_load
from tests.benchmarks.servers import Served, Spent
from tests.support.mcp_wire import ERAS, Era

_WARM_UP_SECONDS = 0.3
_MS = 1000.0


@dataclass(frozen=True)
class Cost:
    """What a call cost: milliseconds of server CPU and of waiting, and calls answered a second.

    `disturbed` is the share of the time in which the server or the client was ready to work while
    somebody else had its core: the waiting times of such a run say little.
    """

    cpu_ms: float
    p50_ms: float
    p99_ms: float
    per_second: float
    disturbed: float


@dataclass(frozen=True)
class Row:
    """The least cost of one call, over all rounds."""

    server: str
    call: str
    era: Era
    cost: Cost


def measure(servers: tuple[Served, ...], *, rounds: int, seconds: float) -> list[Row]:
    """Measure every call that the servers answer, in both eras."""
    planned = [
        (served, call, era) for served in servers for call in calls_of(served.port) for era in ERAS
    ]
    # Era by era and call by call, not server by server: neighbours in time are then compared.
    planned.sort(key=lambda plan: (plan[2], plan[1].name != "no-op tool", plan[1].name))
    seen: dict[tuple[str, str, Era], list[Cost]] = {}
    for served, call, era in planned:
        result_of(served.port, call, era)
        run_load(served.port, call.encode(era, served.port), seconds=_WARM_UP_SECONDS)
    for _ in range(rounds):
        for served, call, era in planned:
            cost = _cost(served, call, era, seconds)
            seen.setdefault((served.name, call.name, era), []).append(cost)
    return [Row(*key, _least(costs)) for key, costs in seen.items()]


def _cost(served: Served, call: Call, era: Era, seconds: float) -> Cost:
    server, client = served.spent(), Spent.of(os.getpid())
    load = run_load(served.port, call.encode(era, served.port), seconds=seconds)
    server_now, client_now = served.spent(), Spent.of(os.getpid())
    queued = server_now.queued_ms - server.queued_ms + client_now.queued_ms - client.queued_ms
    return Cost(
        cpu_ms=(server_now.cpu_ms - server.cpu_ms) / load.count,
        p50_ms=load.percentile(0.5) * _MS,
        p99_ms=load.percentile(0.99) * _MS,
        per_second=load.count / load.seconds,
        disturbed=queued / _MS / load.seconds,
    )


def _least(costs: list[Cost]) -> Cost:
    # The waiting times come from one round, the calmest, so that p99 is compared with its own p50.
    calmest = min(costs, key=lambda cost: cost.p99_ms)
    return Cost(
        cpu_ms=min(cost.cpu_ms for cost in costs),
        p50_ms=calmest.p50_ms,
        p99_ms=calmest.p99_ms,
        per_second=max(cost.per_second for cost in costs),
        disturbed=calmest.disturbed,
    )


@dataclass(frozen=True)
class Kept:
    """Memory that stayed after clients that left, in bytes for each of them."""

    server: str
    era: Era
    how: str
    bytes_per_client: float


def kept_memory(served: Served, clients: int) -> Iterator[Kept]:
    """Let that many clients leave in each of two ways, and see what stays of them."""
    listing = next(call for call in calls_of(served.port) if call.name == "tools/list")
    for era in ERAS:
        request = listing.encode(era, served.port)
        ways = {"in the middle of the request": request[:-20], "before the answer": request}
        for how, sent in ways.items():
            # The first ones fill the allocator's pools, which any later client uses again.
            _leave(served.port, sent, clients // 2)
            before = served.resident_kb()
            _leave(served.port, sent, clients)
            result_of(served.port, listing, era)
            kept = (served.resident_kb() - before) * 1024 / clients
            yield Kept(served.name, era, how, max(kept, 0.0))


def _leave(port: int, sent: bytes, clients: int) -> None:
    for _ in range(clients):
        with socket.create_connection(("127.0.0.1", port), 10.0) as connection:
            connection.sendall(sent)
