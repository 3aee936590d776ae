"""Limited discounts: uses are held, claimed and released with the payment, never too many."""

import asyncio
from functools import partial
from typing import Any
from unittest.mock import patch

import pytest
from sqlalchemy import select

from plantly.db import Database, UnitOfWork, open_database
from plantly.db.tables import DiscountUseRow
from plantly.domain.catalog import Supply
from plantly.domain.errors import OutOfStock, QuoteChanged
from plantly.domain.payment import FactKind
from plantly.services import checkout_view, items
from plantly.services.cart_view import Holding, view_of
from plantly.services.discount_uses import buyer_key
from plantly.services.paying import PaymentIntent, begin_payment
from plantly.services.payment_events import apply_facts
from tests.support.builders import fact
from tests.support.clock import MovableClock
from tests.support.pay_shop import PayShop, a_buyer
from tests.support.presses import Ready, quote, ready, set_up
from tests.support.shop import dump

pytestmark = pytest.mark.anyio

LIMITED = """
[[discount_codes]]
code = "FIRST2"
kind = "percentage"
percent = "50"
limit = 2

[[discount_codes]]
code = "ONCE"
kind = "fixed"
amount_minor = 300
limit_per_buyer = 1
"""


@pytest.fixture(autouse=True)
async def limited(db: Database) -> None:
    await set_up(db, LIMITED)


async def counts(db: Database) -> dict[tuple[str, bool], int]:
    """Give the uses that are counted, by discount and whether they are of one buyer."""
    rows = (await dump(db))["discount_counts"]
    return {(key, bool(buyer)): used for key, buyer, used in rows}


async def uses(db: Database) -> list[str]:
    """Give how far the uses have come, oldest first."""
    return [row[-1] for row in sorted((await dump(db))["discount_uses"])]


async def finish(shop: PayShop, checkout: Ready, page: str | None, action: str) -> None:
    assert page is not None
    async with a_buyer(shop, checkout.token) as buyer:
        await buyer.choose(action, page)
    await shop.till.worker.tick()


async def test_a_use_is_held_while_paying_and_claimed_with_the_order(shop: PayShop) -> None:
    checkout = await ready(shop.db, codes=("FIRST2", "ONCE"))
    page = await shop.till.desk.pay(checkout.pressed())
    assert await uses(shop.db) == ["active", "active"]
    await finish(shop, checkout, page, "approve")
    assert await uses(shop.db) == ["claimed", "claimed"]
    assert await counts(shop.db) == {
        ("code:first2", False): 1,
        ("code:once", False): 1,
        ("code:once", True): 1,
    }


async def test_a_use_is_released_once_when_the_payment_dies(shop: PayShop) -> None:
    checkout = await ready(shop.db, codes=("FIRST2", "ONCE"))
    await finish(shop, checkout, await shop.till.desk.pay(checkout.pressed("k1")), "decline")
    payment = await shop.payment(checkout.token)
    said = {"id": payment.session_ref, "reference": payment.reference, "currency": "USD"}
    for number, status in enumerate(("declined", "canceled", "expired")):
        event = {"id": f"evt_{number}", "type": f"payment.{status}"}
        await shop.webhook({**event, "payment": {**said, "status": status}})
    assert await uses(shop.db) == ["released", "released"]
    assert set((await counts(shop.db)).values()) == {0}
    await finish(shop, checkout, await shop.till.desk.pay(checkout.pressed("k2")), "approve")
    assert set((await counts(shop.db)).values()) == {1}


async def test_what_is_used_up_is_said_before_paying(shop: PayShop) -> None:
    for _ in range(2):
        checkout = await ready(shop.db, codes=("FIRST2",))
        assert await shop.till.desk.pay(checkout.pressed())
    late = await ready(shop.db, codes=("FIRST2",))
    seen = (await shop.page(late.token)).checkout
    assert seen.applied == ()
    assert ["used as often" in message.content for message in seen.messages] == [True]
    cart = await shop.db.read(partial(view_of, holding=Holding(codes=("FIRST2",))))
    assert ["used as often" in message.content for message in cart.messages] == [True]
    assert await shop.till.desk.pay(late.pressed())
    assert await counts(shop.db) == {("code:first2", False): 2}


async def test_who_loses_the_last_use_hears_the_new_total(shop: PayShop) -> None:
    checkouts = [await ready(shop.db, codes=("FIRST2",)) for _ in range(3)]
    for winner in checkouts[:2]:
        assert await shop.till.desk.pay(winner.pressed())
    loser = checkouts[2]
    with pytest.raises(QuoteChanged):
        await shop.till.desk.pay(loser.pressed("k1"))
    assert await shop.payments(loser.token) == []
    agreed = await quote(shop.db, loser)
    assert await shop.till.desk.pay(agreed.pressed("k2"))
    assert (await shop.payment(loser.token)).amount_minor > 2998


async def test_each_buyer_has_a_limit_of_their_own_however_the_address_is_written(
    shop: PayShop,
) -> None:
    first = await ready(shop.db, codes=("ONCE",), email="Alex@Example.com")
    assert (await shop.page(first.token)).checkout.applied != ()
    await finish(shop, first, await shop.till.desk.pay(first.pressed()), "approve")
    again = await ready(shop.db, codes=("ONCE",), email="alex@example.COM")
    assert (await shop.page(again.token)).checkout.applied == ()
    other = await ready(shop.db, codes=("ONCE",), email="sam@example.com")
    assert await shop.till.desk.pay(other.pressed())
    assert await uses(shop.db) == ["claimed", "active"]
    assert buyer_key("secret", " A@b.c ") == buyer_key("secret", "a@B.C")
    assert buyer_key("secret", "a@b.c") != buyer_key("other", "a@b.c")


async def test_the_address_of_a_buyer_is_not_kept_with_the_uses(shop: PayShop) -> None:
    checkout = await ready(shop.db, codes=("ONCE",))
    await shop.till.desk.pay(checkout.pressed())
    rows = await dump(shop.db)
    assert "alex" not in repr([rows["discount_uses"], rows["discount_counts"]])


@pytest.mark.parametrize("code", ["FIRST2", "ONCE"])
async def test_a_race_for_the_last_uses_gives_away_no_more_than_there_are(
    shop_url: str, db: Database, clock: MovableClock, code: str
) -> None:
    checkouts = [await ready(db, codes=(code,), jade=1) for _ in range(8)]
    database = open_database(shop_url, clock=clock, pool_size=6)

    async def press(checkout: Ready) -> Any:
        work = partial(begin_payment, press=checkout.pressed(), provider="sandbox")
        return await database.write(work)

    try:
        results = await asyncio.gather(*map(press, checkouts), return_exceptions=True)
    finally:
        await database.close()
    won = [result for result in results if isinstance(result, PaymentIntent)]
    assert len(won) == {"FIRST2": 2, "ONCE": 1}[code]
    lost = [getattr(result, "error", result) for result in results if result not in won]
    assert all(isinstance(error, QuoteChanged) for error in lost), lost
    assert set((await counts(db)).values()) == {len(won)}
    assert len((await dump(db))["stock_holds"]) == len(won)


async def test_a_use_that_is_lost_at_the_last_moment_leaves_nothing_held(shop: PayShop) -> None:
    """The buyer's transaction has seen the discount before a rival took it."""
    first = await ready(shop.db, codes=("ONCE",))
    loser = await ready(shop.db, codes=("ONCE",))
    await shop.till.desk.pay(first.pressed())
    with (
        patch.object(checkout_view, "exhausted", return_value=frozenset()),
        pytest.raises(QuoteChanged, match="ONCE has just been used up"),
    ):
        await shop.till.desk.pay(loser.pressed())
    assert await shop.payments(loser.token) == []
    assert await shop.left("aloe-vera-12cm") == (24, 2)


async def test_units_that_are_lost_at_the_last_moment_leave_nothing_held(shop: PayShop) -> None:
    """The buyer's transaction has seen the units before a rival took them."""
    first, loser = [await ready(shop.db, snake_plant=2, jade=1) for _ in range(2)]
    await shop.till.desk.pay(first.pressed())
    seen_before = patch.object(items, "supply", return_value=Supply(3))
    with seen_before, pytest.raises(OutOfStock) as lost:
        await shop.till.desk.pay(loser.pressed())
    assert (lost.value.requested, lost.value.available) == (2, 1)
    assert await shop.left("jade-9cm") == (50, 1)


async def test_a_use_that_somebody_else_ended_is_not_counted_down_twice(shop: PayShop) -> None:
    checkout = await ready(shop.db, codes=("FIRST2",))
    await shop.till.desk.pay(checkout.pressed())
    payment = await shop.payment(checkout.token)

    def twice(uow: UnitOfWork) -> None:
        uses = uow.session.scalars(select(DiscountUseRow)).all()
        with patch.object(uow.session, "scalars") as stale:
            stale.return_value.all.return_value = [*uses, *uses]
            uow.discounts.release(payment.id)
        uow.stock.release(payment.id)
        apply_facts(uow, "sandbox", payment.reference, [fact(FactKind.CANCELED)], source="webhook")

    await shop.db.write(twice)
    assert set((await counts(shop.db)).values()) == {0}
