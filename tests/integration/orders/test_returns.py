"""What comes back: the buyer asks, the merchant answers, and what was written stays private."""

import asyncio
import json
from functools import partial

import pytest

from plantly.db import UnitOfWork
from plantly.domain.errors import InvalidInput, NotFound
from plantly.services.order_desk import find_order
from plantly.services.returns import (
    ReturnView,
    approve_return,
    decline_return,
    request_return,
    returnable_lines,
)
from tests.support.order_care import ALOE, MONSTERA, OrderDesk, both_engines
from tests.support.rivals import race

pytestmark = pytest.mark.anyio

EACH = 4823 // 3
NOTE = "The leaf of Alex is broken"


async def left(desk: OrderDesk) -> dict[str, int]:
    return await desk.shop.db.read(lambda uow: returnable_lines(uow, find_order(uow, desk.number)))


async def answer(desk: OrderDesk, status: str, number: int = 1) -> ReturnView:
    act = approve_return if status == "approved" else decline_return
    return await desk.do(lambda uow: act(uow, desk.number, number))


@both_engines
async def test_a_return_is_asked_for_approved_received_and_paid_back(desk: OrderDesk) -> None:
    assert await left(desk) == {}
    await desk.send(aloe=2)
    assert await left(desk) == {ALOE: 2}
    asked = await desk.ask_back(note=NOTE, aloe=1)
    assert (asked.number, asked.status, asked.reason, asked.lines) == (
        1,
        "requested",
        "damaged",
        {ALOE: 1},
    )
    assert await left(desk) == {ALOE: 1}
    for _ in range(2):
        assert (await answer(desk, "approved")).status == "approved"
    on_shelf = (await desk.shop.left("aloe-vera-12cm"))[0]
    for _ in range(2):
        done = await desk.receive(refund=True, restock=True)
        assert (done.status, done.refund_minor) == ("received", EACH)
    assert (await desk.shop.left("aloe-vera-12cm"))[0] == on_shelf + 1
    await desk.settle()
    assert await desk.refunds() == [(EACH, "succeeded")]
    assert await desk.kinds() == [
        "placed",
        "fulfilled",
        "return_requested",
        "return_approved",
        "refund_decided",
        "return_received",
        "refunded",
    ]
    # What comes back was sent: what is left to be sent is not touched by it.
    assert (await desk.send("k2")).parcel.lines == {ALOE: 1, MONSTERA: 1}
    assert await left(desk) == {ALOE: 2, MONSTERA: 1}


async def test_what_the_buyer_wrote_stands_with_the_buyer_alone(desk: OrderDesk) -> None:
    await desk.send()
    await desk.ask_back(note=f"  {NOTE}\n ", aloe=1)
    await desk.ask_back("other", aloe=1)
    found = await desk.look()
    assert found.return_notes == {"1": NOTE}
    events = await desk.shop.db.read(
        lambda uow: [e.data for e in uow.orders.events_of(find_order(uow, desk.number).id)]
    )
    assert NOTE not in json.dumps(events)


async def test_an_erased_buyer_leaves_no_note(desk: OrderDesk) -> None:
    def forget(uow: UnitOfWork) -> None:
        checkout = uow.checkouts.by_page_token(desk.token)
        assert checkout is not None
        uow.checkouts.forget_buyer(checkout)

    await desk.send()
    await desk.do(forget)
    assert (await desk.ask_back(note=NOTE, aloe=1)).number == 1
    assert (await desk.look()).return_notes == {}


async def test_pressing_twice_asks_once(desk: OrderDesk) -> None:
    await desk.send()
    first = await desk.ask_back(aloe=1)
    assert await desk.ask_back(aloe=1) == first
    assert (await desk.ask_back("other", aloe=1)).number == 2
    await answer(desk, "declined")
    assert (await desk.ask_back(aloe=1)).number == 3


@both_engines
async def test_more_than_was_sent_never_comes_back(desk: OrderDesk, shop_url: str) -> None:
    await desk.send(aloe=2)

    def ask(uow: UnitOfWork, reason: str) -> ReturnView:
        return request_return(uow, find_order(uow, desk.number), {ALOE: 2}, reason)

    works = [partial(ask, reason=reason) for reason in ("damaged", "other", "changed_mind")]
    results = await asyncio.to_thread(race, shop_url, works, clock=desk.shop.clock)
    assert sum(isinstance(result, ReturnView) for result in results) == 1
    with pytest.raises(InvalidInput, match="2 cannot go back, at most 0 can"):
        await desk.ask_back("arrived_late", aloe=2)
    with pytest.raises(InvalidInput, match="1 cannot go back, at most 0 can"):
        await desk.ask_back(monstera=1)


async def test_what_cannot_be_asked_is_refused(desk: OrderDesk) -> None:
    await desk.send()
    for reason, note in (
        ("because", ""),
        ("other", "x" * 501),
        ("other", "\x1b[2J"),
        ("other", "my card is 4242 4242 4242 4242"),
    ):
        with pytest.raises(InvalidInput):
            await desk.ask_back(reason, note, aloe=1)
    with pytest.raises(InvalidInput, match="at least one unit"):
        await desk.ask_back()
    with pytest.raises(NotFound, match="no return 1"):
        await answer(desk, "approved")


async def test_a_return_that_is_over_stays_so(desk: OrderDesk) -> None:
    await desk.send()
    await desk.ask_back(aloe=1)
    assert (await answer(desk, "declined")).status == "declined"
    for act in (partial(answer, desk, "approved"), partial(desk.receive, 1)):
        with pytest.raises(InvalidInput, match="is declined already"):
            await act()
    await desk.ask_back(monstera=1)
    on_shelf = (await desk.shop.left("monstera-17cm"))[0]
    for _ in range(2):
        assert (await desk.receive(2, restock=True)).refund_minor is None
    assert (await desk.shop.left("monstera-17cm"))[0] == on_shelf + 1
    with pytest.raises(InvalidInput, match="is received already"):
        await answer(desk, "declined", 2)
    await desk.ask_back(aloe=2)
    assert (await desk.receive(3)).status == "received"


async def test_a_refund_after_a_return_puts_nothing_back_twice(desk: OrderDesk) -> None:
    await desk.send()
    await desk.ask_back(monstera=1)
    await desk.receive(restock=True)
    on_shelf = (await desk.shop.left("monstera-17cm"))[0]
    await desk.refund(lines={MONSTERA: 1})
    assert (await desk.shop.left("monstera-17cm"))[0] == on_shelf
