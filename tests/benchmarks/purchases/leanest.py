"""The leanest program that does the same: the no-op server, with the statements and the pages.

Each request from outside is answered as the no-op server answers it. Before that it runs its share
of the recorded transactions, reads included, with the values that they had, through the driver
alone: they are run in the order in which they were recorded, evenly over all requests. Pages are
written by our templates from values that are ready. There is nothing else in it: no rule, no check,
no signature, no secret, no object made of a row, no worker that looks for work, no second thread.
So it is no shop, and a shop that does the same in the same way needs more.

Two things in it could cost less than they do here: the endpoint, which is the official SDK's as the
no-op server's is, and the statements of a worker that serves many buyers at once, which were
recorded while there was one.
"""

import asyncio
import gc
import multiprocessing
import os
import socket
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from itertools import cycle
from typing import Final

import asyncpg
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.benchmarks.baseline import application, serve
from tests.benchmarks.catalog.importing import Engine
from tests.benchmarks.client import WrongAnswerError
from tests.benchmarks.purchases.baseline import route
from tests.benchmarks.purchases.crowd import run_crowd
from tests.benchmarks.purchases.noop import NoopShopper
from tests.benchmarks.purchases.pages import Rendering
from tests.benchmarks.purchases.recording import Recording
from tests.benchmarks.purchases.replay import (
    postgres_driver,
    run_in_postgres,
    run_in_sqlite,
    sqlite_driver,
)
from tests.benchmarks.purchases.shopper import Exchange
from tests.benchmarks.purchases.shops import Source
from tests.benchmarks.purchases.statements import Transaction
from tests.benchmarks.purchases.wire import Wire
from tests.benchmarks.servers import Served
from tests.support.http import free_port, wait_until

WARMED_UP: Final = 32
"""So many of the recorded purchases come before the measured ones."""

_OF_ITS_OWN: Final = "/json"
"""What the server asks of itself."""

_HOW_FAR: Final = "/done"
"""What the benchmark asks: how many transactions were run."""

Run = Callable[[Transaction], Awaitable[None]]


class _Doing:
    """ASGI application: does a share of all transactions before each request of a purchase."""

    def __init__(
        self, app: ASGIApp, run: Run, transactions: Sequence[Transaction], requests: int
    ) -> None:
        self._done = 0
        self._app = app
        self._run = run
        self._transactions = transactions
        self._requests = requests
        self._asked = 0
        # What was recorded one after the other cannot be done otherwise.
        self._turn = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request or run the lifespan."""
        app = self._app
        if scope["type"] == "http" and scope["path"] == _HOW_FAR:
            app = PlainTextResponse(str(self._done))
        elif scope["type"] == "http" and scope["path"] != _OF_ITS_OWN:
            async with self._turn:
                await self._do_share()
        await app(scope, receive, send)

    async def _do_share(self) -> None:
        self._asked += 1
        due = self._asked * len(self._transactions) // self._requests
        while self._done < due:
            await self._run(self._transactions[self._done])
            self._done += 1


def least_cpu_ms(
    source: Source, recording: Recording, plan: Sequence[Exchange], crowd: int, beside: Served
) -> float:
    """Return what a purchase costs the leanest program, on the cores of the server `beside` it.

    So many buy at once; all that was recorded is done once.

    Raises:
        WrongAnswerError: Not everything was done.
    """
    url = source.copy()
    rest = recording.purchases - WARMED_UP
    with _running(source.engine, url, recording, len(plan)) as served:
        os.sched_setaffinity(served.pid, os.sched_getaffinity(beside.pid))
        shoppers = [NoopShopper(served.port, plan, page="/written") for _ in range(crowd)]
        _buy(shoppers, WARMED_UP)
        before = served.spent().cpu_ms
        _buy(shoppers, rest)
        spent = served.spent().cpu_ms - before
        with Wire(served.port) as wire:
            done = int(wire.get(_HOW_FAR).body)
    source.drop(url)
    if done != len(recording.transactions):
        raise WrongAnswerError(f"{done} of {len(recording.transactions)} transactions were done.")
    return spent / rest


def _buy(shoppers: Sequence[NoopShopper], purchases: int) -> None:
    times, rest = divmod(purchases, len(shoppers))
    if rest:
        raise ValueError(f"{len(shoppers)} shoppers cannot share {purchases} purchases.")
    run_crowd([partial(_buy_often, shopper, times) for shopper in shoppers], 0)


def _buy_often(shopper: NoopShopper, times: int) -> None:
    for _ in range(times):
        shopper.buy()


@contextmanager
def _running(engine: Engine, url: str, recording: Recording, requests: int) -> Iterator[Served]:
    port = free_port()
    # A child has all that was recorded; what a template was filled with cannot be sent elsewhere.
    process = multiprocessing.get_context("fork").Process(
        target=_serve, args=(port, engine, url, recording, requests)
    )
    process.start()
    try:
        wait_until(lambda: _answers(process, port), "the leanest program to listen")
        yield Served("leanest", port, process.pid or 0)
    finally:
        process.terminate()
        process.join()


def _answers(process: multiprocessing.process.BaseProcess, port: int) -> bool:
    if not process.is_alive():
        raise WrongAnswerError("The leanest program stopped at once.")
    try:
        socket.create_connection(("127.0.0.1", port), 1.0).close()
    except OSError:
        return False
    return True


def _serve(port: int, engine: Engine, url: str, recording: Recording, requests: int) -> None:
    # What its parent holds is no garbage of this program, and is copied when it is first touched:
    # now, not while it is timed.
    gc.freeze()
    repr(recording.transactions)
    for page in recording.pages:
        page.again()
    with ExitStack() as stack:
        run = _sqlite(stack, url) if engine == "sqlite" else _postgres(url)
        _route_pages(recording.pages)
        requests *= recording.purchases
        serve(_Doing(application(), run, recording.transactions, requests), port)


def _route_pages(pages: Sequence[Rendering]) -> None:
    following = cycle(pages)

    @route("/written", "GET")
    async def written(_: Request) -> Response:
        return HTMLResponse(next(following).again())


def _sqlite(stack: ExitStack, url: str) -> Run:
    driver = stack.enter_context(sqlite_driver(url))

    async def run(transaction: Transaction) -> None:
        run_in_sqlite(driver, transaction)

    return run


def _postgres(url: str) -> Run:
    opened: list[asyncpg.Connection] = []

    async def run(transaction: Transaction) -> None:
        if not opened:
            opened.append(await postgres_driver(url))
        await run_in_postgres(opened[0], transaction)

    return run
