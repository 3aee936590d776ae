"""The provider is away for ten minutes, and says nothing of what it did in the last moment."""

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, cast

import httpx
from fastapi import FastAPI
from fastapi.responses import JSONResponse
from sqlalchemy import Engine, delete, event

from plantly.db import UnitOfWork
from plantly.db.tables import SandboxEventRow
from plantly.domain.sandbox_chaos import Chaos
from plantly.services import sandbox_ledger
from tests.chaos.lab import Experiment, Lab, Outcome
from tests.chaos.shops_here import open_shop, prepared, quiet, wrong_in
from tests.support.checks.rows import rows
from tests.support.clock import MovableClock
from tests.support.pay_shop import Buyer, PayShop, a_buyer, text_of
from tests.support.presses import ready
from tests.support.shop import ToolShop, open_tools

_OUTAGE: Final = timedelta(minutes=10)
_SETTLED_WITHIN: Final = timedelta(minutes=2)
_MOST_PER_SECOND: Final = 25
_MOST_SLOWER: Final = 1.2
_PATIENCE: Final = timedelta(seconds=8)
_PORT: Final = 8000
_CALM: Final = Chaos()
_LOOKS: Final = 10
_UNAVAILABLE: Final = 503
_SEE_OTHER: Final = 303
_SORRY: Final = "please press Pay again in a moment"

_NOT_SETTLED: Final = """
    SELECT s.reference, s.status AS there, p.status AS here FROM sandbox_payments s
    JOIN payments p ON p.reference = s.reference
    WHERE (s.status = 'captured' AND (p.status <> 'captured'
           OR NOT EXISTS (SELECT 1 FROM orders o WHERE o.payment_id = p.id)))
       OR (s.status = 'declined' AND p.status <> 'declined')
"""


class _TimedCalls(list[str]):
    """The calls to the provider, each with the moment of test time at which it was made."""

    def __init__(self, clock: MovableClock) -> None:
        super().__init__()
        self._clock = clock
        self.moments: list[datetime] = []

    def append(self, call: str) -> None:
        """Note a call; webhooks go the other way."""
        super().append(call)
        if "/sandbox/v1" in call:
            self.moments.append(self._clock())

    def most_per_second(self) -> int:
        """Give how many calls any second has seen."""
        first = most = 0
        for last, moment in enumerate(self.moments):
            while moment - self.moments[first] >= timedelta(seconds=1):
                first += 1
            most = max(most, last - first + 1)
        return most


class _Trouble:
    """What is wrong with the provider: it is away, it is too busy, or its answers never end."""

    def __init__(self, shop: PayShop, way: str) -> None:
        self._shop, self._way = shop, way

    def begin(self) -> None:
        """Let it begin."""
        line = self._shop.line
        if self._way == "away":
            line.provider_down = line.webhooks_lost = True
        else:
            line.apps[_PORT] = cast("FastAPI", self)

    def end(self) -> None:
        """Let all be well again."""
        line = self._shop.line
        line.provider_down = line.webhooks_lost = False
        line.apps.clear()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if not scope["path"].startswith("/sandbox/v1"):
            await self._shop.app(scope, receive, send)
        elif self._way == "busy":
            answer = JSONResponse({"error": "too_many_requests"}, 429, {"retry-after": "1"})
            await answer(scope, receive, send)
        else:
            self._shop.clock.advance(_PATIENCE)
            raise httpx.ReadTimeout("it drips")


@dataclass
class _Report:
    counts: Counter[str] = field(default_factory=Counter)
    findings: list[str] = field(default_factory=list)


def _run(lab: Lab) -> Outcome:
    report = _Report()
    for way in ("away", "busy", "slow") if lab.full else ("away",):
        url = prepared(lab, f"outage_{way}")
        with quiet():
            asyncio.run(_endure(lab, url, way, report))
        lab.say(f"{way}: {dict(report.counts)}")
    return Outcome(dict(report.counts), report.findings)


async def _endure(lab: Lab, url: str, way: str, report: _Report) -> None:
    clock, dice = MovableClock(), lab.random(way)

    async def wait(seconds: float) -> None:
        clock.advance(timedelta(seconds=seconds))

    async with (
        open_shop(url, clock, pause=wait) as shop,
        open_tools(url, clock=clock, environment={"PLANTLY_LIMITS": "off"}) as tools,
    ):
        calls = shop.line.calls = _TimedCalls(clock)
        usual = await _browse(tools, report)
        references = await _begin(shop, lab.sized(30, 400))
        clock.advance(timedelta(seconds=30))
        trouble = _Trouble(shop, way)
        trouble.begin()
        calls.moments.clear()
        await shop.db.write(lambda uow: _act_unheard(uow, references, dice))
        async with AsyncExitStack() as browsers:
            buyers = await _during(shop, browsers, lab.sized(20, 100), report)
            now = await _browse(tools, report)
            if now > usual * _MOST_SLOWER:
                report.findings.append(f"{way}: a look takes {now} statements, not {usual}")
            report.counts["calls during it"] += len(calls.moments)
            trouble.end()
            await _try_again(shop, buyers, report)
        await _after(shop, report, way)
        report.counts["most calls a second"] = max(
            report.counts["most calls a second"], calls.most_per_second()
        )
        if calls.most_per_second() > _MOST_PER_SECOND:
            report.findings.append(f"{way}: {calls.most_per_second()} calls in one second")
        await _much_later(shop, report, way)
    report.counts["payments"] += len(references) + lab.sized(20, 100)


async def _begin(shop: PayShop, count: int) -> list[str]:
    """Let people go to the provider while all is well."""
    references = []
    for number in range(count):
        checkout = await ready(shop.db, email=f"buyer{number}@example.com", fern=1)
        await shop.till.desk.pay(checkout.pressed())
        references.append((await shop.payment(checkout.token)).reference)
    return references


def _act_unheard(uow: UnitOfWork, references: Sequence[str], dice: random.Random) -> None:
    """Let the provider take or decline money, and lose every word about it."""
    for reference in references:
        found = uow.sandbox.by_reference(reference)
        assert found is not None
        action: sandbox_ledger.Action = dice.choice(("approve", "approve", "decline"))
        sandbox_ledger.press(uow, _CALM, found.page_token, action)
    uow.session.execute(delete(SandboxEventRow))


async def _during(
    shop: PayShop, browsers: AsyncExitStack, people: int, report: _Report
) -> list[Buyer]:
    """Ten minutes: people try to pay and are told so, and the worker works."""
    ends, buyers = shop.clock() + _OUTAGE, list[Buyer]()
    while shop.clock() < ends:
        until = min(ends, shop.clock() + _OUTAGE / people)
        if len(buyers) < people:
            buyer = await browsers.enter_async_context(a_buyer(shop, await shop.start(fern=1)))
            buyers.append(buyer)
            await _is_told(buyer, report)
        while shop.clock() < until:
            await shop.till.worker.tick()
            shop.clock.advance(timedelta(seconds=5))
    return buyers


async def _is_told(buyer: Buyer, report: _Report) -> None:
    """Press Pay while nobody answers: it is refused with a sentence, and nothing is lost."""
    await buyer.fill_in()
    answer = await buyer.press_pay()
    if answer.status_code != _UNAVAILABLE or _SORRY not in text_of(answer):
        report.findings.append(f"Pay is answered with {answer.status_code}")
    status = await buyer.shop.status(buyer.token)
    if status != "complete_in_progress":
        report.findings.append(f"a checkout without an answer is {status}")
    report.counts["refused with a sentence"] += 1


async def _try_again(shop: PayShop, buyers: Sequence[Buyer], report: _Report) -> None:
    """Let every second one press Pay once more, now that the provider is back, and pay."""
    for buyer in buyers[::2]:
        answer = await buyer.post("pay")
        if answer.status_code != _SEE_OTHER:
            report.findings.append(f"pressing Pay again is answered with {answer.status_code}")
            continue
        await buyer.choose("approve", answer.headers["location"])
        shop.clock.advance(timedelta(milliseconds=100))
        report.counts["paid at the second press"] += 1


async def _after(shop: PayShop, report: _Report, way: str) -> None:
    """Work until all that the provider knows is settled: that may take two minutes."""
    back = shop.clock()
    while shop.clock() - back < _SETTLED_WITHIN:
        await shop.till.worker.tick()
        if not await shop.db.read(lambda uow: len(rows(uow, _NOT_SETTLED))):
            break
        shop.clock.advance(timedelta(seconds=1))
    seconds = int((shop.clock() - back).total_seconds())
    report.counts["settled after s"] = max(report.counts["settled after s"], seconds)
    left = await shop.db.read(lambda uow: list(rows(uow, _NOT_SETTLED)))
    report.findings += [f"{way}: {row} after {seconds} s" for row in left]
    report.findings += [f"{way}: {said}" for said in await wrong_in(shop.db)]


async def _much_later(shop: PayShop, report: _Report, way: str) -> None:
    """Let the time of those who never came back run out: nothing is held or waits any more."""
    for _ in range(5):
        shop.clock.advance(timedelta(minutes=15))
        for _ in range(12):
            await shop.till.worker.tick()
            shop.clock.advance(timedelta(seconds=5))
    report.findings += [
        f"{way}, much later: {said}" for said in await wrong_in(shop.db, settled=True)
    ]
    orders = await shop.db.read(lambda uow: rows(uow, "SELECT COUNT(*) FROM orders")[0][0])
    report.counts["orders"] += orders


async def _browse(tools: ToolShop, report: _Report) -> float:
    """Look around, and give how many statements a look takes."""
    counted = Counter[str]()

    def count(*_: Any) -> None:
        counted["statements"] += 1

    event.listen(Engine, "before_cursor_execute", count)
    try:
        for _ in range(_LOOKS):
            await tools.done("list_products", {})
            await tools.done("get_product", {"product_id": "fern"})
    finally:
        event.remove(Engine, "before_cursor_execute", count)
    report.counts["looks"] += 2 * _LOOKS
    report.counts["statements"] += counted["statements"]
    return counted["statements"] / (2 * _LOOKS)


OUTAGE = Experiment(
    "outage", "A provider that is away for ten minutes costs nobody anything but time.", _run
)
