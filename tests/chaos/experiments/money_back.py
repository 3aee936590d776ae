"""Money that must not stay: it comes late, twice or wrong, or several people give it back."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final

from plantly.db import UnitOfWork
from plantly.services import sandbox_ledger
from plantly.services.carts import CartChange, update_cart
from plantly.services.order_mails import MAIL_TOPIC
from plantly.services.sandbox_ledger import Action
from plantly.services.shopper import Shopper
from plantly.services.wanted import ItemRef
from tests.chaos import refunding
from tests.chaos.lab import Experiment, Lab, Outcome
from tests.chaos.processes import together
from tests.chaos.shops_here import open_shop, prepared, quiet, wrong_in
from tests.support.checks.rows import rows
from tests.support.clock import MovableClock
from tests.support.pay_shop import PayShop
from tests.support.presses import Ready, ready

_PEOPLE: Final = 3
_SENDERS: Final = 2
_PATIENCE_SECONDS: Final = 240
_LATE: Final = ("1m", "50m", "5h", "20h")

_CHARGES: Final = """
    SELECT p.reference, p.checkout_id, s.captured_minor, o.id AS order_id, r.amount_minor,
           r.currency, r.status, r.reason, s.captured_currency
    FROM payments p JOIN sandbox_payments s ON s.reference = p.reference
    LEFT JOIN orders o ON o.payment_id = p.id
    LEFT JOIN refunds r ON r.payment_id = p.id
    WHERE s.captured_minor > 0
"""


@dataclass
class _Report:
    counts: Counter[str] = field(default_factory=Counter)
    findings: list[str] = field(default_factory=list)


def _run(lab: Lab) -> Outcome:
    report = _Report()
    with quiet():
        for length in _LATE[:: 1 if lab.full else 2]:
            chaos = f"late_capture=1:{length},drop=1,seed={lab.seed}"
            _in_a_shop(lab, f"late_{length}", chaos, partial(_late, report=report))
        _in_a_shop(lab, "twice", "", partial(_twice, lab=lab, report=report))
        for wrong in ("wrong_amount", "wrong_currency"):
            chaos = f"{wrong}=1,seed={lab.seed}"
            _in_a_shop(lab, wrong, chaos, partial(_wrong, lab=lab, report=report))
        _by_several(lab, report)
    return Outcome(dict(report.counts), report.findings)


def _in_a_shop(lab: Lab, name: str, chaos: str, work: Callable[[PayShop], Awaitable[None]]) -> None:
    url = prepared(lab, name)

    async def run() -> None:
        async with open_shop(url, environment={"PLANTLY_SANDBOX_CHAOS": chaos}) as shop:
            await work(shop)

    asyncio.run(run())
    lab.say(name)


async def _late(shop: PayShop, report: _Report) -> None:
    """End payments in every way; later the provider takes the money, and says nothing of it."""
    stopped, left, again, waiting = [await _at_provider(shop) for _ in range(4)]
    # Whether the shop hears in time that a buyer left is a matter of luck; these it closes itself.
    closed = {(await shop.payment(one.token)).reference for one in (stopped, again, waiting)}
    for checkout in (stopped, again):
        await shop.till.desk.stop(checkout.token, checkout.press.browser)
    await _press(shop, left, "abandon")
    # This buyer pays at the second try, and is charged for the first one as well in the end.
    await shop.till.desk.pay(again.pressed())
    await _press(shop, again, "approve")
    await _let_pass(shop, 18, timedelta(minutes=5))
    await _let_pass(shop, 60, timedelta(minutes=30))
    report.findings += [
        f"{row} came late and became an order"
        for row in await _charges(shop)
        if row.order_id is not None and row.reference in closed
    ]
    if await shop.status(again.token) != "completed":
        report.findings.append("the second try that was paid in time is no order")
    await _went_back(shop, report, charged=5)
    report.counts["late"] += 4


async def _twice(shop: PayShop, lab: Lab, report: _Report) -> None:
    """Let two sessions of one cart be paid."""
    carts = lab.sized(5, 50)
    for number in range(carts):
        cart_id = await shop.db.write(partial(_fill, quantity=1, cart_id=None))
        one = await ready(shop.db, cart_id=cart_id)
        await shop.db.write(partial(_fill, quantity=2, cart_id=cart_id))
        two = await ready(shop.db, cart_id=cart_id)
        both = (one, two) if number % 2 else (two, one)
        for checkout in both:
            await shop.till.desk.pay(checkout.pressed())
        for checkout in both:
            await _press(shop, checkout, "approve")
    await _let_pass(shop, 10, timedelta(seconds=10))
    orders = sum(row.order_id is not None for row in await _charges(shop))
    if orders != carts:
        report.findings.append(f"{carts} carts were paid for twice: {orders} orders")
    await _went_back(shop, report, charged=2 * carts)
    report.counts["paid twice"] += carts


async def _wrong(shop: PayShop, lab: Lab, report: _Report) -> None:
    """Let the provider take another amount, or another currency."""
    payments = lab.sized(5, 50)
    for _ in range(payments):
        await _press(shop, await _at_provider(shop), "approve")
    await _let_pass(shop, 10 + payments // 4, timedelta(seconds=10))
    orders = [row for row in await _charges(shop) if row.order_id is not None]
    report.findings += [f"{row} was paid with wrong money" for row in orders]
    await _went_back(shop, report, charged=payments)
    report.counts["wrong"] += payments


async def _went_back(shop: PayShop, report: _Report, *, charged: int) -> None:
    """Check that whatever became no order went back, all of it and in its own currency."""
    charges = await _charges(shop)
    if len(charges) != charged:
        report.findings.append(f"{len(charges)} charges, not {charged}: {charges}")
    for row in charges:
        wanted = (row.captured_minor, row.captured_currency, "succeeded")
        if row.order_id is None and (row.amount_minor, row.currency, row.status) != wanted:
            report.findings.append(f"{row} did not go back exactly")
        report.counts["given back"] += row.order_id is None
    report.findings += await wrong_in(shop.db, settled=True)


def _by_several(lab: Lab, report: _Report) -> None:
    """Let people and outboxes in several processes give the same money back."""
    url = prepared(lab, "refunds")
    references = asyncio.run(_paid(url, lab.sized(20, 200)))
    jobs = [(refunding.decide, url, references, f"{lab.seed}/{n}") for n in range(_PEOPLE)]
    senders = [(refunding.send, url, _PATIENCE_SECONDS) for _ in range(_SENDERS)]
    for result in together(_call, [*jobs, *senders], _PATIENCE_SECONDS + 30):
        report.counts.update({f"refunds {name}": n for name, n in result.items()})
    report.findings += asyncio.run(_is_all_back(url))
    report.counts["refunded at once"] += len(references)


def _call(work: Callable[..., Any], *given: Any) -> Any:
    return work(*given)


async def _paid(url: str, count: int) -> list[str]:
    async with open_shop(url) as shop:
        for _ in range(count):
            await _press(shop, await _at_provider(shop), "approve")
        await _let_pass(shop, 2 + count // 50, timedelta(seconds=5))
        return [row.reference for row in await _charges(shop)]


async def _is_all_back(url: str) -> list[str]:
    # Those who gave money back only worked on refunds, by the time of the day.
    async with open_shop(url, MovableClock(datetime.now(UTC) + timedelta(hours=1))) as shop:
        while await shop.db.read(lambda uow: uow.outbox.due(uow.now, 1, only=MAIL_TOPIC)):
            await _let_pass(shop, 1, timedelta(seconds=5))
        found = await wrong_in(shop.db, settled=True)
        left = await shop.db.read(
            lambda uow: list(
                rows(
                    uow,
                    "SELECT reference, captured_minor, refunded_minor FROM payments "
                    "WHERE captured_minor <> refunded_minor",
                )
            )
        )
        return found + [f"{row} was asked for in full, by three people" for row in left]


async def _at_provider(shop: PayShop) -> Ready:
    """Let somebody press Pay."""
    checkout = await ready(shop.db, fern=1)
    await shop.till.desk.pay(checkout.pressed())
    return checkout


async def _press(shop: PayShop, checkout: Ready, action: Action) -> None:
    """Let the buyer press a button at the provider."""
    reference = (await shop.payment(checkout.token)).reference

    def work(uow: UnitOfWork) -> None:
        found = uow.sandbox.by_reference(reference)
        assert found is not None
        sandbox_ledger.press(uow, shop.settings.sandbox.chaos, found.page_token, action)

    await shop.db.write(work)


def _fill(uow: UnitOfWork, quantity: int, cart_id: str | None) -> str:
    line = ItemRef(quantity=quantity, product_id="fern")
    changed = update_cart(uow, Shopper(), cart_id, CartChange(lines=(line,)))
    assert changed.cart_id is not None
    return changed.cart_id


async def _let_pass(shop: PayShop, times: int, step: timedelta) -> None:
    """Let time pass, and the worker work."""
    for _ in range(times):
        shop.clock.advance(step)
        await shop.till.worker.tick()


async def _charges(shop: PayShop) -> list[Any]:
    return await shop.db.read(lambda uow: list(rows(uow, _CHARGES)))


MONEY_BACK = Experiment(
    "money back", "Money that is nobody's order goes back, all of it and once.", _run
)
