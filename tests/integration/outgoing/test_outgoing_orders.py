"""The life of an order, as the merchant's own systems are told of it."""

from collections.abc import Callable
from typing import Any

import pytest

from plantly.db import UnitOfWork
from plantly.db.tables import OrderRow
from plantly.domain.parcel import Parcel
from plantly.domain.refunds import RefundReason
from plantly.services.buyers import erase_buyer
from plantly.services.fulfillments import deliver, fulfill
from plantly.services.order_refunds import RefundAsk, refund_order
from plantly.services.returns import Receipt, receive_return, request_return
from tests.support.canaries import PERSON, SAID, found_in
from tests.support.pay_shop import Buyer
from tests.support.receiver import tell_of

pytestmark = pytest.mark.anyio

ALOE = "SKU-ALOE-VERA-12CM"
PARCEL = Parcel("UPS", "1Z999", "https://ups.example/1Z999")


def order_in(uow: UnitOfWork, number: str) -> OrderRow:
    order = uow.orders.by_number(number)
    assert order is not None
    return order


def life_of(number: str) -> list[Callable[[UnitOfWork], Any]]:
    """Give what people do about an order of two aloes, one after the other."""
    refund = RefundAsk(lines={ALOE: 1}, reason=RefundReason.GOODWILL)
    note = PERSON["gift_note"]
    return [
        lambda uow: fulfill(uow, number, {ALOE: 2}, PARCEL, "k"),
        lambda uow: deliver(uow, number),
        lambda uow: refund_order(uow, number, refund, "r"),
        lambda uow: request_return(uow, order_in(uow, number), {ALOE: 1}, "damaged", note),
        lambda uow: receive_return(uow, number, 1, Receipt(restock=True)),
        lambda uow: erase_buyer(uow, PERSON["email"]),
    ]


async def test_the_life_of_an_order_is_told_without_its_buyer(buyer: Buyer) -> None:
    told = await tell_of(buyer.shop, "order.*")
    await buyer.fill_in(**PERSON)
    answer = await buyer.press_pay()
    await buyer.choose("approve", answer.headers["location"])
    await buyer.shop.till.worker.tick()
    order = (await buyer.shop.page(buyer.token)).checkout.order
    assert order is not None
    for step in life_of(order.order_number):
        await buyer.shop.db.write(step)
        for _ in range(2):
            await buyer.shop.till.worker.tick()
        await told.deliver()
    said = {call.said["type"]: call.said["data"] for call in told.receiver.calls}
    assert list(said) == [
        "order.placed",
        "order.fulfilled",
        "order.delivered",
        "order.refund_decided",
        "order.refunded",
        "order.return_requested",
        "order.return_received",
        "order.buyer_erased",
    ]
    lines = [{"sku": ALOE, "quantity": 2}]
    assert said["order.fulfilled"]["change"] == {
        "fulfillment": 1,
        "carrier": "UPS",
        "tracking_number": "1Z999",
        "tracking_url": "https://ups.example/1Z999",
        "lines": lines,
    }
    assert said["order.fulfilled"]["order"]["fulfillment_status"] == "fulfilled"
    assert said["order.delivered"]["order"]["status"] == "delivered"
    refund = said["order.refunded"]["change"]
    assert refund["amount_minor"] == said["order.refunded"]["order"]["refunded_minor"] > 0
    assert (refund["reason"], refund["lines"][0]["quantity"]) == ("goodwill", 1)
    assert said["order.return_received"]["change"]["restocked"] is True
    assert said["order.buyer_erased"]["change"] == {}
    for call in told.receiver.calls:
        assert found_in(call.body.decode(), SAID) == []
