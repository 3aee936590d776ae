"""Money goes back for lines, amounts or all of it: exactly, once, and never more than came."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from plantly.db import UnitOfWork
from plantly.db.tables import OrderRow
from plantly.domain.errors import IdempotencyConflict, InvalidInput, NotFound, ProviderRejected
from plantly.domain.payment import Fact, FactKind
from plantly.payments.sandbox import SandboxGateway
from plantly.services.order_refunds import RefundAsk, RefundGiven, amount_in, refund_order
from plantly.services.payment_care import retry_payment
from plantly.services.payment_events import apply_facts
from tests.support.order_care import ALOE, MONSTERA, OrderDesk, both_engines
from tests.support.rivals import race

pytestmark = pytest.mark.anyio

# Three aloes at 14.99 and a monstera at 34.99, with 7.25 % tax; the delivery is free.
ALOES, MONSTERAS = 4497 + 326, 3499 + 254
TOTAL = ALOES + MONSTERAS
EACH = ALOES // 3
STOCK = {"aloe": "aloe-vera-12cm", "monstera": "monstera-17cm"}


async def told(desk: OrderDesk, *facts: Fact) -> None:
    """Let the provider say something by a webhook, twice."""
    for _ in range(2):
        await desk.do(
            lambda uow: apply_facts(uow, "sandbox", desk.reference, facts, source="webhook")
        )


@both_engines
async def test_the_units_of_a_line_are_worth_its_total_to_the_last_cent(desk: OrderDesk) -> None:
    amounts = [(await desk.refund(f"k{n}", lines={ALOE: 1})).amount_minor for n in range(3)]
    assert amounts == [EACH, EACH, ALOES - 2 * EACH]
    assert sum(amounts) == ALOES
    with pytest.raises(InvalidInput, match="at most 0 can"):
        await desk.refund("k4", lines={ALOE: 1})
    assert await desk.states() == ("confirmed", "unfulfilled")
    await desk.send()
    assert await desk.states() == ("shipped", "fulfilled")
    rest = await desk.refund("k5")
    assert (rest.amount_minor, rest.lines, rest.left_minor) == (
        MONSTERAS,
        {MONSTERA: 1},
        0,
    )
    await desk.settle()
    assert await desk.states() == ("refunded", "fulfilled")
    assert [status for _, status in await desk.refunds()] == ["succeeded"] * 4


async def test_units_of_several_lines_go_back_on_the_shelf(desk: OrderDesk) -> None:
    before = {name: await desk.shop.left(handle) for name, handle in STOCK.items()}
    given = await desk.refund(lines={ALOE: 2, MONSTERA: 1}, restock=True)
    assert given.amount_minor == 2 * EACH + MONSTERAS
    assert given.lines == {ALOE: 2, MONSTERA: 1}
    assert await desk.shop.left(STOCK["aloe"]) == (before["aloe"][0] + 2, 0)
    assert await desk.shop.left(STOCK["monstera"]) == (before["monstera"][0] + 1, 0)


async def test_an_amount_goes_back_without_touching_the_goods(desk: OrderDesk) -> None:
    given = await desk.refund(amount_minor=1250)
    assert (given.amount_minor, given.status, given.lines) == (1250, "pending", {})
    assert given.left_minor == TOTAL - 1250
    with pytest.raises(InvalidInput, match="Only units go back"):
        await desk.refund("k2", amount_minor=1, restock=True)
    with pytest.raises(InvalidInput, match="not both"):
        await desk.refund("k2", amount_minor=1, lines={ALOE: 1})
    for amount in (0, -1, TOTAL):
        with pytest.raises(InvalidInput):
            await desk.refund("k2", amount_minor=amount)
    assert (await desk.send()).left == {}
    await desk.settle()
    assert await desk.kinds() == ["placed", "refund_decided", "fulfilled", "refunded"]


async def test_the_same_key_gives_money_back_once(desk: OrderDesk) -> None:
    asks: list[dict[str, Any]] = [{"lines": {ALOE: 1}}, {"amount_minor": 100}, {}]
    for number, ask in enumerate(asks):
        first = await desk.refund(f"k{number}", **ask)
        again = await desk.refund(f"k{number}", **ask)
        assert (again.amount_minor, again.lines) == (first.amount_minor, first.lines)
    others: list[tuple[str, dict[str, Any]]] = [
        ("k0", {"lines": {ALOE: 2}}),
        ("k0", {"lines": {ALOE: 1}, "restock": True}),
        ("k0", {"amount_minor": EACH}),
        ("k1", {"amount_minor": 101}),
        ("k1", {"lines": {ALOE: 1}}),
    ]
    for key, ask in others:
        with pytest.raises(IdempotencyConflict):
            await desk.refund(key, **ask)
    assert len(await desk.refunds()) == 3
    with pytest.raises(InvalidInput, match="Nothing is left"):
        await desk.refund("k9")
    await desk.settle()
    assert sum(amount for amount, _ in await desk.refunds()) == TOTAL


async def test_all_of_it_is_another_wish_than_an_amount(desk: OrderDesk) -> None:
    await desk.refund("k", amount_minor=100)
    with pytest.raises(IdempotencyConflict):
        await desk.refund("k")


async def test_the_key_of_an_amount_is_never_one_of_all_of_it(desk: OrderDesk) -> None:
    await desk.refund("k1", amount_minor=100)
    await desk.refund("k2")
    with pytest.raises(IdempotencyConflict):
        await desk.refund("k1")
    assert (await desk.refund("k2")).amount_minor == TOTAL - 100
    assert len(await desk.refunds()) == 2


async def test_an_amount_is_not_all_of_it_because_the_rest_went_back_at_the_provider(
    desk: OrderDesk,
) -> None:
    await desk.refund("k1", amount_minor=100)
    await desk.settle()
    await told(desk, Fact("s", FactKind.REFUND_SUCCEEDED, TOTAL - 100, "USD", "re_1"))
    with pytest.raises(IdempotencyConflict):
        await desk.refund("k1")


@both_engines
async def test_two_people_at_once_refund_no_unit_twice(desk: OrderDesk, shop_url: str) -> None:
    def press(uow: UnitOfWork, key: str) -> RefundGiven:
        return refund_order(uow, desk.number, RefundAsk({ALOE: 2}, restock=True), key)

    before = await desk.shop.left(STOCK["aloe"])
    presses = [partial(press, key=f"k{n}") for n in range(4)]
    results = await asyncio.to_thread(race, shop_url, presses, clock=desk.shop.clock)
    assert sum(isinstance(result, RefundGiven) for result in results) == 1
    assert sum(isinstance(result, InvalidInput) for result in results) == 3
    await desk.settle()
    assert await desk.refunds() == [(2 * EACH, "succeeded")]
    assert await desk.shop.left(STOCK["aloe"]) == (before[0] + 2, 0)


@both_engines
async def test_a_refund_during_a_webhook_never_gives_back_too_much(
    desk: OrderDesk, shop_url: str
) -> None:
    """A refund that somebody made at the provider is told while a person presses Refund."""

    def press(uow: UnitOfWork, key: str) -> object:
        return refund_order(uow, desk.number, RefundAsk(amount_minor=TOTAL - 1000), key)

    def webhook(uow: UnitOfWork) -> object:
        fact = Fact("refund:re_1:succeeded", FactKind.REFUND_SUCCEEDED, 2000, "USD", "re_1")
        return apply_facts(uow, "sandbox", desk.reference, [fact], source="webhook")

    works: list[Callable[[UnitOfWork], object]] = [
        webhook,
        partial(press, key="k1"),
        webhook,
        partial(press, key="k2"),
    ]
    results = await asyncio.to_thread(race, shop_url, works, clock=desk.shop.clock)
    assert {type(result) for result in results} <= {bool, RefundGiven, InvalidInput}
    refunds = await desk.refunds()
    assert (2000, "succeeded") in refunds
    assert len(refunds) <= 2


@both_engines
async def test_a_refund_made_at_the_provider_is_the_orders_too(desk: OrderDesk) -> None:
    await told(desk, Fact("p", FactKind.REFUND_PENDING, 2000, "USD", "re_1"))
    assert await desk.refunds() == [(2000, "pending")]
    await told(desk, Fact("s", FactKind.REFUND_SUCCEEDED, 2000, "USD", "re_1"))
    assert await desk.refunds() == [(2000, "succeeded")]
    await told(desk, Fact("o", FactKind.REFUND_SUCCEEDED, TOTAL - 2000, "USD", "re_2"))
    assert await desk.states() == ("refunded", "unfulfilled")
    await told(desk, Fact("f", FactKind.REFUND_FAILED, 2000, "USD", "re_1"))
    assert (await desk.refunds())[0] == (2000, "failed")
    assert (await desk.shop.payment(desk.token)).attention_reason == "refund_failed"
    assert await desk.kinds() == [
        "placed",
        "refund_decided",
        "refunded",
        "refunded",
        "refund_failed",
    ]


async def test_what_may_be_our_own_refund_is_told_once_it_has_a_name(desk: OrderDesk) -> None:
    """The answer to ours is still missing when the provider tells of one of the same amount."""
    await desk.refund(amount_minor=TOTAL)
    await told(desk, Fact("s", FactKind.REFUND_SUCCEEDED, TOTAL, "USD", "re_1"))
    assert await desk.refunds() == [(TOTAL, "pending")]
    assert await desk.states() == ("confirmed", "unfulfilled")


async def test_a_refund_that_fails_frees_its_units(
    desk: OrderDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = await desk.shop.left(STOCK["aloe"])

    async def refuse(*_: object) -> None:
        raise ProviderRejected("no")

    await desk.refund("k1", lines={ALOE: 2}, restock=True)
    with monkeypatch.context() as patched:
        patched.setattr(SandboxGateway, "refund", refuse)
        await desk.settle()
    assert await desk.refunds() == [(2 * EACH, "failed")]
    assert await desk.kinds() == ["placed", "refund_decided", "refund_failed"]
    again = await desk.refund("k1", lines={ALOE: 2}, restock=True)
    assert again.status == "failed"
    assert (await desk.refund("k2", lines={ALOE: 3}, restock=True)).amount_minor == ALOES
    # Two of the three were put back by the refund that failed.
    assert await desk.shop.left(STOCK["aloe"]) == (before[0] + 3, 0)
    await desk.settle()
    assert await desk.refunds() == [(2 * EACH, "failed"), (ALOES, "succeeded")]


async def test_a_failed_refund_of_all_lets_the_goods_go_after_all(
    desk: OrderDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_: object) -> None:
        raise ProviderRejected("no")

    await desk.send("k1", aloe=3)
    await desk.refund("r1", lines={MONSTERA: 1})
    assert await desk.states() == ("shipped", "fulfilled")
    with monkeypatch.context() as patched:
        patched.setattr(SandboxGateway, "refund", refuse)
        await desk.settle()
    assert await desk.states() == ("shipped", "partially_fulfilled")
    await desk.send("k2")
    assert await desk.states() == ("shipped", "fulfilled")
    assert (await desk.refund("r1", lines={MONSTERA: 1})).status == "failed"


async def test_units_that_were_refunded_meanwhile_are_not_asked_for_again(
    desk: OrderDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> None:
        raise RuntimeError

    await desk.refund("k1", lines={ALOE: 3})
    with monkeypatch.context() as patched:
        patched.setattr(SandboxGateway, "refund", fail)
        await desk.shop.db.write(_age_outbox)
        await desk.settle()
    assert await desk.refunds() == [(ALOES, "failed")]
    await desk.refund("k2", lines={ALOE: 1})
    with pytest.raises(InvalidInput, match="refunded in another way"):
        await desk.do(lambda uow: retry_payment(uow, desk.reference))
    assert await desk.refunds() == [(ALOES, "failed"), (EACH, "pending")]


def _age_outbox(uow: UnitOfWork) -> None:
    """Let every message have been tried often already."""
    for row_id in uow.outbox.due(uow.now, 10):
        row = uow.outbox.claim(row_id, uow.now, uow.now)
        assert row is not None
        row.attempts = 19


async def test_a_refund_that_was_given_up_on_is_asked_for_again(
    desk: OrderDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> None:
        raise RuntimeError

    await desk.refund("k1", lines={ALOE: 3})
    with monkeypatch.context() as patched:
        patched.setattr(SandboxGateway, "refund", fail)
        await desk.shop.db.write(_age_outbox)
        await desk.settle()
    await desk.do(lambda uow: retry_payment(uow, desk.reference))
    await desk.settle()
    assert await desk.refunds() == [(ALOES, "succeeded")]
    assert await desk.kinds() == [
        "placed",
        "refund_decided",
        "refund_failed",
        "refund_decided",
        "refunded",
    ]


async def test_an_order_of_an_earlier_edition_is_refunded_by_amount_or_whole(
    desk: OrderDesk,
) -> None:
    def forget(uow: UnitOfWork) -> None:
        order = uow.orders.by_number(desk.number)
        assert order is not None
        order.breakdown = None
        uow.session.flush()
        with pytest.raises(InvalidInput, match="is not known"):
            refund_order(uow, desk.number, RefundAsk({ALOE: 1}), "k1")
        given = refund_order(uow, desk.number, RefundAsk(), "k2")
        assert (given.amount_minor, given.lines) == (TOTAL, {ALOE: 3, MONSTERA: 1})
        raise _UndoneError

    with pytest.raises(_UndoneError):
        await desk.do(forget)


class _UndoneError(Exception):
    """The change is taken back."""


async def test_lines_that_cost_nothing_are_not_refunded(desk: OrderDesk) -> None:
    def give_away(uow: UnitOfWork) -> None:
        order = uow.orders.by_number(desk.number)
        assert order is not None
        assert order.breakdown is not None
        lines = [{**line, "total_minor": 0} for line in order.breakdown["lines"]]
        uow.session.get_one(OrderRow, order.id).breakdown = {"lines": lines}
        uow.session.flush()
        with pytest.raises(InvalidInput, match="Nothing was paid for these"):
            refund_order(uow, desk.number, RefundAsk({ALOE: 1}), "k1")
        raise _UndoneError

    with pytest.raises(_UndoneError):
        await desk.do(give_away)


def test_an_amount_is_read_in_the_currency_of_the_order() -> None:
    assert [amount_in("USD", text) for text in ("12.50", "3", "7.1usd")] == [1250, 300, 710]
    assert amount_in("JPY", "500") == 500
    for code, text in (
        ("USD", "twelve"),
        ("USD", "12 EUR"),
        ("USD", "1.999"),
        ("JPY", "1.5"),
        ("USD", "9" * 20),
    ):
        with pytest.raises(InvalidInput):
            amount_in(code, text)


async def test_an_order_that_does_not_exist_is_not_refunded(desk: OrderDesk) -> None:
    with pytest.raises(NotFound):
        await desk.do(lambda uow: refund_order(uow, "PL-NONE", RefundAsk(), "k"))
