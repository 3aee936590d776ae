"""Orders are sent in parcels, and never more of anything than was bought."""

import asyncio
from functools import partial

import pytest

from plantly.db import UnitOfWork
from plantly.domain.errors import IdempotencyConflict, InvalidInput, NotFound
from plantly.domain.parcel import Parcel
from plantly.services.fulfillments import Sent, fulfill
from tests.support.order_care import ALOE, MONSTERA, OrderDesk, both_engines
from tests.support.rivals import race

pytestmark = pytest.mark.anyio

POST = Parcel("Parcel Post", "PP 4471", "https://track.example/PP4471")


@both_engines
async def test_an_order_goes_in_two_parcels_and_arrives(desk: OrderDesk) -> None:
    first = await desk.send("k1", POST, aloe=2)
    assert (first.parcel.number, first.parcel.lines, first.left) == (
        1,
        {ALOE: 2},
        {ALOE: 1, MONSTERA: 1},
    )
    assert await desk.states() == ("processing", "partially_fulfilled")
    assert await desk.deliver() == (1,)
    assert await desk.states() == ("processing", "partially_fulfilled")
    rest = await desk.send("k2")
    assert (rest.parcel.number, rest.parcel.lines, rest.left) == (2, {ALOE: 1, MONSTERA: 1}, {})
    assert await desk.states() == ("shipped", "fulfilled")
    assert await desk.deliver(2) == (2,)
    assert await desk.deliver() == ()
    assert await desk.states() == ("delivered", "delivered")
    assert await desk.kinds() == ["placed", "fulfilled", "delivered", "fulfilled", "delivered"]
    parcel, _ = (await desk.look()).parcels
    assert (parcel.carrier, parcel.tracking_number, parcel.tracking_url) == (
        "Parcel Post",
        "PP 4471",
        "https://track.example/PP4471",
    )


async def test_the_same_key_sends_one_parcel(desk: OrderDesk) -> None:
    first = await desk.send("k1", POST, aloe=2)
    assert await desk.send("k1", POST, aloe=2) == first
    assert await desk.send("k1", POST) == first
    for other in (partial(desk.send, "k1", POST, aloe=1), partial(desk.send, "k1", aloe=2)):
        with pytest.raises(IdempotencyConflict):
            await other()
    assert await desk.kinds() == ["placed", "fulfilled"]


async def test_more_than_is_left_is_never_sent(desk: OrderDesk) -> None:
    await desk.send("k1", aloe=2)
    with pytest.raises(InvalidInput, match="2 of 3 are sent: 1 left"):
        await desk.send("k2", aloe=2)
    await desk.refund(lines={ALOE: 1})
    with pytest.raises(InvalidInput, match="and 1 refunded: 0 left"):
        await desk.send("k3", aloe=1)
    await desk.send("k4")
    with pytest.raises(InvalidInput, match="Nothing of this order is left"):
        await desk.send("k5")
    assert await desk.states() == ("shipped", "fulfilled")


async def test_what_the_order_has_not_is_refused_by_name(desk: OrderDesk) -> None:
    for lines in ({"SKU-FERN": 1}, {ALOE: 0}):
        with pytest.raises(InvalidInput):
            await desk.do(partial(_fulfill, number=desk.number, lines=lines))
    with pytest.raises(InvalidInput, match="is named twice: name each SKU once"):
        await desk.do(partial(_fulfill, number=desk.number, lines={ALOE: 1, ALOE.lower(): 1}))
    with pytest.raises(NotFound):
        await desk.do(partial(_fulfill, number="PL-NONE", lines={ALOE: 1}))
    with pytest.raises(NotFound, match="no parcel 3"):
        await desk.deliver(3)
    with pytest.raises(InvalidInput, match="Nothing of this order was sent"):
        await desk.deliver()
    for key in ("", "k" * 65, "a\nb"):
        with pytest.raises(InvalidInput, match="key"):
            await desk.send(key)


def _fulfill(uow: UnitOfWork, number: str, lines: dict[str, int] | None, key: str = "k") -> Sent:
    return fulfill(uow, number, lines, Parcel(), key)


@both_engines
async def test_two_people_at_once_never_send_more_than_was_bought(
    desk: OrderDesk, shop_url: str
) -> None:
    presses = [
        partial(_fulfill, number=desk.number, lines={ALOE: 2}, key=f"k{number}")
        for number in range(4)
    ]
    results = await asyncio.to_thread(race, shop_url, presses, clock=desk.shop.clock)
    assert sum(isinstance(result, Sent) for result in results) == 1
    assert sum(isinstance(result, InvalidInput) for result in results) == 3


async def test_nothing_is_sent_of_an_order_that_is_over(desk: OrderDesk) -> None:
    await desk.refund()
    with pytest.raises(InvalidInput, match="Nothing of this order is left to send"):
        await desk.send("k1")
    await desk.settle()
    with pytest.raises(InvalidInput, match="is refunded: nothing is sent"):
        await desk.send("k2")


async def test_nothing_is_sent_while_all_the_money_goes_back(desk: OrderDesk) -> None:
    """Whoever gave it back named no units: they are still there to be sent."""
    total = (await desk.look()).view.total_minor
    await desk.refund("some", amount_minor=100)
    await desk.refund("rest", amount_minor=total - 100)
    assert await desk.states() == ("confirmed", "unfulfilled")
    with pytest.raises(InvalidInput, match="on its way back"):
        await desk.send()
