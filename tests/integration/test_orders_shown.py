"""An order is shown to who has its number, without the person who placed it."""

import dataclasses
import json
from functools import partial

import pytest

from plantly.db import Database, UnitOfWork
from plantly.domain.errors import InvalidInput, NotFound
from plantly.services.checkout import StartRequest, get_checkout, start_checkout
from plantly.services.checkout_view import CheckoutView
from plantly.services.orders import OrderView, get_order, list_orders, show_order
from plantly.services.shopper import Shopper, shopper_from_hint
from tests.support.cart_changes import NOBODY, lines
from tests.support.orders import BUYER, pay, refund
from tests.support.shop import HINT, OTHER_HINT

pytestmark = pytest.mark.anyio

ALICE = shopper_from_hint(HINT, trust=True)
BOB = shopper_from_hint(OTHER_HINT, trust=True)


async def begin(db: Database, shopper: Shopper = ALICE) -> CheckoutView:
    request = StartRequest(items=lines(jade=2, monstera=1))
    return await db.write(lambda uow: start_checkout(uow, shopper, request))


async def bought(db: Database) -> tuple[CheckoutView, str]:
    session = await begin(db)
    return session, await db.write(lambda uow: pay(uow, session.public_id))


async def get(
    db: Database, shopper: Shopper, number: str | None = None, session_id: str | None = None
) -> OrderView:
    return await db.read(lambda uow: get_order(uow, shopper, number, session_id))


async def test_an_order_is_found_by_its_number_from_anywhere(db: Database) -> None:
    session, number = await bought(db)
    order = await get(db, BOB, number)
    assert (order.order_number, order.status, order.currency) == (number, "confirmed", "USD")
    assert [(line.variant_handle, line.quantity) for line in order.lines] == [
        ("jade-9cm", 2),
        ("monstera-17cm", 1),
    ]
    assert order.total_minor == 2 * 899 + 3499 + 595 + round((2 * 899 + 3499) * 0.0725)
    assert order.totals[-1]["amount_minor"] == order.total_minor
    for typed in (number.lower(), f" {number} ", number.replace("-", " - ")):
        assert await get(db, NOBODY, typed) == order
    assert await get(db, ALICE, session_id=session.public_id) == order


async def test_a_checkout_session_leads_to_its_order_in_its_conversation_only(
    db: Database,
) -> None:
    session, _ = await bought(db)
    sentences = set()
    for shopper, name in (
        (BOB, session.public_id),
        (BOB, "cs_unknown"),
        (ALICE, session.public_id[:-1]),
        (ALICE, ""),
    ):
        with pytest.raises(NotFound) as refused:
            await get(db, shopper, session_id=name)
        sentences.add((refused.value.field, refused.value.message))
    assert len(sentences) == 1


async def test_a_session_that_was_not_paid_yet_says_so_to_its_owner(db: Database) -> None:
    session = await begin(db)
    with pytest.raises(NotFound, match="not become an order yet"):
        await get(db, ALICE, session_id=session.public_id)


async def test_one_name_of_an_order_is_asked_for(db: Database) -> None:
    for names in ((None, None), ("PL-0000", "cs_1")):
        with pytest.raises(InvalidInput, match="either order_number or checkout_session_id"):
            await get(db, ALICE, *names)
    for number in ("PL-0000-0000-0000-0000", "", "PL", "1"):
        with pytest.raises(NotFound, match="no order like that"):
            await get(db, ALICE, number)


async def test_refunds_are_shown(db: Database) -> None:
    _, number = await bought(db)
    await db.write(partial(refund, order_number=number, amount_minor=899))
    await db.write(partial(refund, order_number=number, amount_minor=1))
    order = await get(db, NOBODY, number)
    assert [(r.amount_minor, r.status) for r in order.refunds] == [
        (899, "succeeded"),
        (1, "succeeded"),
    ]


async def test_nothing_that_a_shopper_sees_names_the_buyer(db: Database) -> None:
    session, number = await bought(db)
    order = await get(db, NOBODY, number)
    view = await db.read(
        partial(get_checkout, shopper=ALICE, checkout_session_id=session.public_id)
    )
    assert view.order is not None
    assert view.order.order_number == number
    shown = json.dumps([dataclasses.asdict(order), dataclasses.asdict(view)], default=str)
    personal = [value for key, value in BUYER.items() if key not in {"region", "country"}]
    assert not [value for value in personal if value in shown]


async def test_the_merchant_sees_the_buyer(db: Database) -> None:
    session, number = await bought(db)
    order = await db.read(partial(show_order, order_number=number.lower()))
    assert order.view.order_number == number
    assert order.buyer == {**BUYER, "district": ""}

    def forget(uow: UnitOfWork) -> None:
        row = uow.checkouts.by_public_id(session.public_id)
        assert row is not None
        uow.checkouts.forget_buyer(row)

    await db.write(forget)
    order = await db.read(partial(show_order, order_number=number))
    assert (order.view.order_number, order.buyer, order.gift_note) == (number, {}, "")
    with pytest.raises(NotFound, match="There is no order"):
        await db.read(partial(show_order, order_number="PL-1"))


async def test_the_newest_orders_come_first(db: Database) -> None:
    assert await db.read(partial(list_orders, limit=5)) == ()
    numbers = [(await bought(db))[1] for _ in range(3)]
    orders = await db.read(partial(list_orders, limit=2))
    assert [order.order_number for order in orders] == [numbers[2], numbers[1]]
