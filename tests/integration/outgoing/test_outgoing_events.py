"""What the merchant's own systems are told: what happened, and nothing of the person."""

from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy import Connection

from plantly.db import Database, UnitOfWork, direct
from plantly.db.direct import Sql
from plantly.db.repositories import outgoing as repository
from plantly.db.tables import OrderEventRow
from plantly.domain.order import OrderStatus
from plantly.domain.order_history import OrderEventKind
from plantly.domain.outgoing import PaymentEvent
from plantly.services.announcements import announce
from plantly.services.attention import ask_for_attention
from plantly.services.order_events import record_order_event
from tests.support.canaries import PERSON, SAID, found_in
from tests.support.clock import MovableClock
from tests.support.orders import empty_checkout, payment_of
from tests.support.pay_shop import Buyer, PayShop, a_buyer, open_pay_shop
from tests.support.receiver import ToldShop, tell, tell_of

pytestmark = pytest.mark.anyio


async def number_of(buyer: Buyer) -> str:
    """Give the number of the order that a buyer has."""
    order = (await buyer.shop.page(buyer.token)).checkout.order
    assert order is not None
    return order.order_number


async def happens(shop: PayShop, number: str, kind: OrderEventKind, data: dict[str, Any]) -> None:
    """Let something happen to an order."""

    def record(uow: UnitOfWork) -> None:
        order = uow.orders.by_number(number)
        assert order is not None
        announce(uow, order, OrderEventRow(kind=kind.value, data=data, at=uow.now))

    await shop.db.write(record)


async def test_a_purchase_is_told_with_what_was_bought(buyer: Buyer) -> None:
    told = await tell_of(buyer.shop)
    await buyer.pay()
    await told.deliver()
    (call,) = told.receiver.calls
    said = call.said
    assert (said["type"], said["version"]) == ("order.placed", 1)
    assert said["timestamp"] == buyer.shop.clock().isoformat()
    order = said["data"]["order"]
    assert order.pop("order_number") == await number_of(buyer)
    assert order.pop("placed_at") == buyer.shop.clock().isoformat()
    (payment,) = await buyer.shop.payments(buyer.token)
    assert order.pop("total_minor") == payment.amount_minor
    assert order.pop("totals")[-1]["amount_minor"] == payment.amount_minor
    assert order == {
        "status": "confirmed",
        "fulfillment_status": "unfulfilled",
        "fulfillment_title": "Standard shipping",
        "currency": "USD",
        "refunded_minor": 0,
        "lines": [
            {
                "sku": "SKU-ALOE-VERA-12CM",
                "product": "aloe-vera",
                "variant": "aloe-vera-12cm",
                "title": "Aloe Vera",
                "variant_title": "12 cm pot",
                "quantity": 2,
                "unit_amount_minor": 1499,
            }
        ],
    }
    assert said["data"]["change"] == {}


async def test_nobody_learns_who_bought(buyer: Buyer) -> None:
    told = await tell_of(buyer.shop)
    await buyer.fill_in(**PERSON)
    answer = await buyer.press_pay()
    await buyer.choose("approve", answer.headers["location"])
    await buyer.shop.till.worker.tick()
    number = await number_of(buyer)
    gossip = {
        "carrier": "DHL",
        "lines": [{"sku": "SKU-ALOE-VERA-12CM", "quantity": 1, "name": PERSON["name"]}],
        "note": PERSON["gift_note"],
        "buyer": dict(PERSON),
    }
    for kind in OrderEventKind:
        await happens(buyer.shop, number, kind, gossip)
    await told.deliver()
    assert set(told.receiver.types) == {kind.value for kind in OrderEventKind}
    for call in told.receiver.calls:
        assert found_in(call.body.decode() + str(call.headers), SAID) == []
    last = told.receiver.calls[-1].said["data"]["change"]
    assert last == {"carrier": "DHL", "lines": [{"sku": "SKU-ALOE-VERA-12CM", "quantity": 1}]}


async def test_what_happens_to_an_order_is_told_as_it_stands_then(buyer: Buyer) -> None:
    await buyer.pay()
    told = await tell_of(buyer.shop, "order.canceled")
    number = await number_of(buyer)

    def cancel(uow: UnitOfWork) -> None:
        order = uow.orders.by_number(number)
        assert order is not None
        order.status = OrderStatus.CANCELED
        states = {"order_status": "canceled", "fulfillment_status": "unfulfilled"}
        data = {"reason": "requested", "restocked": [], **states}
        record_order_event(uow, order, OrderEventKind.CANCELED, data, "merchant")

    await buyer.shop.db.write(cancel)
    await told.deliver()
    (call,) = told.receiver.calls
    assert call.said["data"]["order"]["status"] == "canceled"
    assert call.said["data"]["change"] == {"reason": "requested", "restocked": []}
    assert [line["sku"] for line in call.said["data"]["order"]["lines"]] == ["SKU-ALOE-VERA-12CM"]


async def test_money_that_became_no_order_is_told_when_it_comes_and_when_it_went_back(
    sqlite_shop_url: str, sqlite_db: Database, clock: MovableClock
) -> None:
    chaos = {"PLANTLY_SANDBOX_CHAOS": "wrong_amount=1"}
    async with open_pay_shop(sqlite_shop_url, sqlite_db, clock, chaos) as shop:
        told = await tell_of(shop)
        async with a_buyer(shop) as buyer:
            await buyer.pay()
            for _ in range(3):
                await shop.till.worker.tick()
            await told.deliver()
            (payment,) = await shop.payments(buyer.token)
    assert 0 < payment.captured_minor == payment.refunded_minor
    assert sorted(told.receiver.types) == [
        "payment.captured",
        "payment.needs_attention",
        "payment.refunded",
    ]
    said = next(c.said for c in told.receiver.calls if c.said["type"] == "payment.refunded")
    assert said["data"]["payment"] == {
        "reference": payment.reference,
        "provider": "sandbox",
        "status": "captured",
        "currency": "USD",
        "amount_minor": payment.amount_minor,
        "captured_minor": payment.captured_minor,
        "refunded_minor": payment.refunded_minor,
        "attention_reason": payment.attention_reason,
        "order_number": None,
    }


async def test_a_payment_that_needs_a_person_is_told_once_for_each_reason(lone: ToldShop) -> None:
    def ask(uow: UnitOfWork) -> None:
        payment = payment_of(uow, empty_checkout(uow), 1000)
        for reason in ("unsettled", "unsettled", "given_up"):
            ask_for_attention(uow, payment, reason)

    await lone.db.write(ask)
    await lone.deliver()
    reasons = [c.said["data"]["payment"]["attention_reason"] for c in lone.receiver.calls]
    assert reasons == ["unsettled", "given_up"]


async def test_a_payment_of_an_order_names_it(buyer: Buyer) -> None:
    await buyer.pay()
    told = await tell_of(buyer.shop, PaymentEvent.NEEDS_ATTENTION)

    def ask(uow: UnitOfWork, reference: str) -> None:
        payment = uow.payments.by_reference(reference, lock=True)
        assert payment is not None
        ask_for_attention(uow, payment, "refund_failed")

    (payment,) = await buyer.shop.payments(buyer.token)
    await buyer.shop.db.write(lambda uow: ask(uow, payment.reference))
    await told.deliver()
    (call,) = told.receiver.calls
    assert call.said["data"]["payment"]["order_number"] == await number_of(buyer)


@pytest.mark.parametrize(
    ("chosen", "count"),
    [("*", 1), ("payment.*", 1), ("payment.needs_attention", 1), ("order.*, payment.captured", 0)],
)
async def test_each_is_told_what_it_chose(
    sqlite_db: Database, clock: MovableClock, chosen: str, count: int
) -> None:
    told = await tell(sqlite_db, clock, chosen)
    await told.happen()
    await told.deliver()
    assert len(told.receiver.calls) == count


async def test_several_are_told_the_same_under_the_same_name(
    sqlite_db: Database, clock: MovableClock
) -> None:
    one = await tell(sqlite_db, clock)
    two = await tell(sqlite_db, clock, url="https://crm.example/hooks")
    await one.happen()
    first, second = await one.deliveries()
    assert first.event_id == second.event_id
    assert {first.endpoint, second.endpoint} == {one.endpoint, two.endpoint}


async def test_a_change_that_is_taken_back_tells_nobody(lone: ToldShop) -> None:
    def change(uow: UnitOfWork) -> None:
        payment = payment_of(uow, empty_checkout(uow), 1000)
        ask_for_attention(uow, payment, "unsettled")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await lone.db.write(change)
    assert await lone.deliveries() == []


async def test_a_purchase_in_a_shop_that_tells_nobody_asks_for_it_once(
    buyer: Buyer, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def fetch(connection: Connection, statement: Sql, values: Mapping[str, Any]) -> Any:
        asked.append(statement.text)
        return direct.fetch(connection, statement, values)

    monkeypatch.setattr(repository, "fetch", fetch)
    await buyer.pay()
    assert await number_of(buyer)
    assert asked == ["SELECT 1 FROM webhook_endpoints WHERE disabled_at IS NULL LIMIT 1"]
