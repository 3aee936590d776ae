"""A refund that the provider refused is asked for again: as a new one, once, never too much."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import pytest
from sqlalchemy import select

from plantly.db import UnitOfWork
from plantly.db.tables import RefundRow
from plantly.domain.errors import IdempotencyConflict, InvalidInput, NotFound, ProviderRejected
from plantly.domain.payment import Fact, FactKind
from plantly.payments.gateway import RefundRequest, RefundResult
from plantly.payments.sandbox import SandboxGateway
from plantly.services.attention import ask_for_attention
from plantly.services.payment_care import resolve_payment, retry_payment, show_payment
from plantly.services.payment_events import apply_facts
from plantly.services.refunds import note_refund_refused
from tests.support.order_care import ALOE, OrderDesk, both_engines
from tests.support.orders import empty_checkout, payment_of
from tests.support.rivals import race

pytestmark = pytest.mark.anyio

ALOES, TOTAL = 4823, 4823 + 3753
STOCK = "aloe-vera-12cm"


@asynccontextmanager
async def refusing(desk: OrderDesk) -> AsyncIterator[None]:
    """Let the provider refuse every refund that is decided on meanwhile."""

    async def refuse(*_: object) -> None:
        raise ProviderRejected("no")

    yield
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(SandboxGateway, "refund", refuse)
        await desk.settle()


async def retry(desk: OrderDesk) -> int:
    return await desk.do(partial(retry_payment, reference=desk.reference))


async def attention(desk: OrderDesk) -> str | None:
    return (await desk.shop.payment(desk.token)).attention_reason


def rows_of(uow: UnitOfWork) -> list[RefundRow]:
    return list(uow.session.scalars(select(RefundRow).order_by(RefundRow.id)))


async def told(desk: OrderDesk, fact: Fact) -> None:
    await desk.do(lambda uow: apply_facts(uow, "sandbox", desk.reference, [fact], source="read"))


async def test_it_is_another_refund_of_the_same_units(
    desk: OrderDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = (await desk.shop.left(STOCK))[0]
    async with refusing(desk):
        await desk.refund(lines={ALOE: 2}, restock=True)
    history = await desk.do(partial(show_payment, reference=desk.reference))
    assert history.given_up == ("refund_payment",)
    asked = []
    refund = SandboxGateway.refund

    async def note(gateway: SandboxGateway, request: RefundRequest) -> RefundResult:
        asked.append(request.idempotency_key)
        return await refund(gateway, request)

    monkeypatch.setattr(SandboxGateway, "refund", note)
    assert await retry(desk) == 1
    assert await attention(desk) is None
    await desk.settle()
    worth = 2 * (ALOES // 3)
    assert await desk.refunds() == [(worth, "failed"), (worth, "succeeded")]
    first, second = await desk.shop.db.read(rows_of)
    assert asked == [second.idempotency_key] != [first.idempotency_key]
    assert await desk.kinds() == [
        "placed",
        "refund_decided",
        "refund_failed",
        "refund_decided",
        "refunded",
    ]
    with pytest.raises(InvalidInput, match="at most 1 can"):
        await desk.refund("k2", lines={ALOE: 2})
    # What the refused one has put on the shelf is there already.
    assert (await desk.shop.left(STOCK))[0] == before + 2
    with pytest.raises(NotFound, match="refused"):
        await retry(desk)


async def test_it_may_be_refused_again_and_asked_for_again(desk: OrderDesk) -> None:
    async with refusing(desk):
        await desk.refund(amount_minor=500)
    async with refusing(desk):
        await retry(desk)
    await retry(desk)
    await desk.settle()
    assert await desk.refunds() == [(500, "failed"), (500, "failed"), (500, "succeeded")]
    assert await attention(desk) is None


@both_engines
async def test_who_presses_twice_at_once_gives_back_once(desk: OrderDesk, shop_url: str) -> None:
    async with refusing(desk):
        await desk.refund(amount_minor=500)
    press = partial(retry_payment, reference=desk.reference)
    results = await asyncio.to_thread(race, shop_url, [press] * 3, clock=desk.shop.clock)
    assert results.count(1) == 1
    assert sum(isinstance(result, NotFound) for result in results) == 2
    assert await desk.refunds() == [(500, "failed"), (500, "pending")]


async def test_what_was_given_back_in_another_way_is_not_given_again(desk: OrderDesk) -> None:
    async with refusing(desk):
        await desk.refund("k1", lines={ALOE: 2})
    await desk.refund("k2", lines={ALOE: 2})
    with pytest.raises(InvalidInput, match="in another way"):
        await retry(desk)
    assert await attention(desk) == "refund_failed"


async def test_no_more_goes_back_than_a_dispute_has_left(desk: OrderDesk) -> None:
    async with refusing(desk):
        await desk.refund(amount_minor=500)
    worth = TOTAL - 499
    await told(desk, Fact("d", FactKind.DISPUTE_OPENED, worth, "USD", dispute_ref="dp_1"))
    with pytest.raises(InvalidInput, match="no money is left"):
        await retry(desk)
    await told(desk, Fact("w", FactKind.DISPUTE_WON, worth, "USD", dispute_ref="dp_1"))
    await desk.do(_ask_about_a_dispute)
    assert await retry(desk) == 1
    # The dispute is another matter.
    assert await attention(desk) == "disputed"


def _ask_about_a_dispute(uow: UnitOfWork) -> None:
    (refund,) = rows_of(uow)
    ask_for_attention(uow, uow.payments.by_row_id(refund.payment_id), "disputed")


async def test_of_several_the_newest_comes_first(desk: OrderDesk) -> None:
    """The second was decided on instead of the first: both do not fit."""
    async with refusing(desk):
        await desk.refund("k1", lines={ALOE: 2})
    async with refusing(desk):
        await desk.refund("k2", lines={ALOE: 3})
    assert await retry(desk) == 1
    assert await desk.refunds() == [
        (2 * (ALOES // 3), "failed"),
        (ALOES, "failed"),
        (ALOES, "pending"),
    ]
    assert await attention(desk) == "refund_failed"


async def test_lines_of_an_order_that_was_canceled_since_are_money_only(desk: OrderDesk) -> None:
    async with refusing(desk):
        await desk.refund("k1", lines={ALOE: 3}, restock=True)
    async with refusing(desk):
        await desk.cancel()
    await told(desk, Fact("p", FactKind.REFUND_SUCCEEDED, TOTAL - ALOES, "USD", "re_1"))
    before = (await desk.shop.left(STOCK))[0]
    assert await retry(desk) == 1
    await desk.settle()
    assert (await desk.shop.payment(desk.token)).refunded_minor == TOTAL
    assert (await desk.shop.left(STOCK))[0] == before


async def test_what_a_person_has_dealt_with_is_never_asked_for_again(desk: OrderDesk) -> None:
    async with refusing(desk):
        await desk.refund("k1", amount_minor=500)
    await desk.do(partial(resolve_payment, reference=desk.reference))
    with pytest.raises(NotFound):
        await retry(desk)
    async with refusing(desk):
        await desk.refund("k2", amount_minor=700)
    assert await retry(desk) == 1
    await desk.settle()
    assert await desk.refunds() == [(500, "failed"), (700, "failed"), (700, "succeeded")]


async def test_all_of_it_was_refused_and_is_the_same_wish(desk: OrderDesk) -> None:
    async with refusing(desk):
        await desk.refund("k1", amount_minor=100)
        await desk.refund("k2")
    with pytest.raises(IdempotencyConflict):
        await desk.refund("k1")
    await desk.refund("k3", amount_minor=100)
    assert (await desk.refund("k2")).status == "failed"


async def test_a_payment_without_an_order_is_given_back_after_all(desk: OrderDesk) -> None:
    """What comes of it later goes back as well: what was refused is counted once."""

    def capture(uow: UnitOfWork) -> str:
        payment = payment_of(uow, empty_checkout(uow), 1000)
        first = Fact("captured:a:400:USD", FactKind.CAPTURED, 400, "USD")
        apply_facts(uow, "sandbox", payment.reference, [first], source="read")
        (refund,) = uow.payments.refunds_of(payment.id)
        note_refund_refused(uow, "sandbox", refund.idempotency_key)
        return payment.reference

    def more(uow: UnitOfWork) -> list[tuple[int, str]]:
        second = Fact("captured:b:300:USD", FactKind.CAPTURED, 300, "USD")
        apply_facts(uow, "sandbox", reference, [second], source="read")
        return [(row.amount_minor, row.status) for row in rows_of(uow)]

    reference = await desk.do(capture)
    assert await desk.do(partial(retry_payment, reference=reference)) == 1
    assert await desk.do(more) == [(400, "failed"), (400, "pending"), (300, "pending")]
