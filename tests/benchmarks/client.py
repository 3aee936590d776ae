"""A closed loop of raw sockets: as fast as Python gets, and it reads every answer.

Sixteen connections send, wait, and send again, from one thread around one poll. It needs about ten
microseconds for a request, so it keeps a server on another core busy down to answers that cost the
server less than that; and unlike a load generator in C it is there wherever Python is, and it can
tell a right answer from a quick one.
"""

import math
import select
import socket
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import cycle, repeat

_READ = 1 << 18
_SECONDS_TO_ANSWER = 30.0


class WrongAnswerError(RuntimeError):
    """The server answered something else than it did at the start."""


@dataclass(frozen=True)
class Load:
    """What one run of the loop saw; latencies are in seconds, sorted."""

    seconds: float
    latencies: list[float] = field(repr=False)

    @property
    def count(self) -> int:
        """Count the answers."""
        return len(self.latencies)

    def percentile(self, share: float) -> float:
        """Give the latency that this share of the requests stayed under."""
        return self.latencies[min(int(self.count * share), self.count - 1)]


class _Connection:
    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), _SECONDS_TO_ANSWER)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.asked_at = 0.0
        self.heard = b""
        self.expected = 0

    def ask(self, request: bytes, expected: int = 0) -> None:
        self.expected = expected
        self.asked_at = time.perf_counter()
        self.socket.sendall(request)


def ask_once(port: int, request: bytes) -> bytes:
    """Send one request on a connection of its own and give the whole response."""
    connection = _Connection(port)
    with connection.socket:
        connection.ask(request)
        heard = b""
        while (length := response_length(heard)) is None or len(heard) < length:
            part = connection.socket.recv(_READ)
            if not part:
                raise WrongAnswerError(f"The server hung up after {heard!r:.200}.")
            heard += part
    return heard


def response_length(heard: bytes) -> int | None:
    """Give the length of the response that begins here, once its head is complete."""
    head, separator, _ = heard.partition(b"\r\n\r\n")
    if not separator:
        return None
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return len(head) + len(separator) + int(value)
    raise WrongAnswerError(f"A response without a length: {head!r:.300}")


def run_load(port: int, request: bytes, *, seconds: float, connections: int = 16) -> Load:
    """Ask the same thing over and over; every answer must be as long as the first.

    Raises:
        WrongAnswerError: an answer was no 200, or not the one that was given at the start.

    """
    asked = repeat((request, len(ask_once(port, request))))
    return _loop(port, asked, seconds, connections)


def run_plan(
    port: int, requests: Iterable[bytes], *, seconds: float, connections: int = 16
) -> Load:
    """Ask many things in turn, over and over; answers may differ from one time to the next.

    Raises:
        WrongAnswerError: an answer was no 200.

    """
    return _loop(port, cycle((request, 0) for request in requests), seconds, connections)


def run_through(port: int, requests: Iterable[bytes], *, connections: int = 16) -> Load:
    """Ask each of many things once.

    Raises:
        WrongAnswerError: an answer was no 200.

    """
    return _loop(port, ((request, 0) for request in requests), math.inf, connections)


def _loop(port: int, plan: Iterator[tuple[bytes, int]], seconds: float, connections: int) -> Load:
    """Ask in turn until time or plan end; each answer has the length that is given, if one is."""
    opened = [_Connection(port) for _ in range(connections)]
    by_descriptor = {connection.socket.fileno(): connection for connection in opened}
    poll = select.epoll()
    latencies: list[float] = []
    try:
        for descriptor in by_descriptor:
            poll.register(descriptor, select.EPOLLIN)
        started = time.perf_counter()
        waiting = 0
        for connection, following in zip(opened, plan, strict=False):
            connection.ask(*following)
            waiting += 1
        while (now := time.perf_counter()) - started < seconds and waiting:
            for descriptor, _ in poll.poll(_SECONDS_TO_ANSWER):
                connection = by_descriptor[descriptor]
                if _take_answer(connection):
                    latencies.append(time.perf_counter() - connection.asked_at)
                    more = next(plan, None)
                    if more is None:
                        waiting -= 1
                    else:
                        connection.ask(*more)
    finally:
        poll.close()
        for connection in opened:
            connection.socket.close()
    return Load(now - started, sorted(latencies))


def _take_answer(connection: _Connection) -> bool:
    heard = connection.heard + connection.socket.recv(_READ)
    expected = connection.expected or response_length(heard) or len(heard) + 1
    if len(heard) < expected and heard:
        connection.heard = heard
        return False
    if len(heard) != expected or not heard.startswith(b"HTTP/1.1 200"):
        raise WrongAnswerError(f"Expected {expected} bytes, got {len(heard)}: {heard!r:.300}")
    connection.heard = b""
    return True
