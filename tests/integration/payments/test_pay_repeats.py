"""A press on Pay that is repeated gives the first result; another one under its name is refused."""

import asyncio
from dataclasses import replace
from functools import partial

import pytest

from plantly.db import Database, open_database
from plantly.domain.errors import IdempotencyConflict, InvalidInput, QuoteChanged
from plantly.services.pay_press import PayPress
from plantly.services.paying import PaymentIntent, begin_payment
from plantly.services.terms import terms_of
from tests.support.clock import MovableClock
from tests.support.pay_shop import PayShop, a_buyer
from tests.support.presses import Ready, quote, ready, set_up
from tests.support.shop import dump

pytestmark = pytest.mark.anyio

AT_ONCE = 60
TERMS = """
[[policies]]
topic = "terms"
title = "Terms of sale"
text = "{}"
"""


async def began(db: Database, press: PayPress) -> PaymentIntent:
    begun = await db.write(partial(begin_payment, press=press, provider="sandbox"))
    assert isinstance(begun, PaymentIntent), begun
    return begun


async def test_the_same_press_gives_the_first_result(shop: PayShop) -> None:
    checkout = await ready(shop.db)
    first = await shop.till.desk.pay(checkout.pressed("k1"))
    before = await dump(shop.db)
    assert await shop.till.desk.pay(checkout.pressed("k1")) == first
    assert await dump(shop.db) == before
    assert first is not None
    async with a_buyer(shop, checkout.token) as buyer:
        await buyer.choose("approve", first)
    await shop.till.worker.tick()
    assert await shop.till.desk.pay(checkout.pressed("k1")) is None
    assert await shop.status(checkout.token) == "completed"
    assert len(await shop.payments(checkout.token)) == 1


@pytest.mark.parametrize(
    "changes", [{"quote_hash": "other"}, {"option_id": "express"}, {"terms_version": "other"}]
)
async def test_the_same_key_with_another_body_is_refused_and_changes_nothing(
    shop: PayShop, changes: dict[str, str]
) -> None:
    checkout = await ready(shop.db)
    await shop.till.desk.pay(checkout.pressed("k1"))
    before = await dump(shop.db)
    with pytest.raises(IdempotencyConflict):
        await shop.till.desk.pay(checkout.pressed("k1", **changes))
    assert await dump(shop.db) == before


async def test_a_press_that_was_refused_may_be_repeated_with_its_key(shop: PayShop) -> None:
    checkout = await ready(shop.db)
    with pytest.raises(QuoteChanged):
        await shop.till.desk.pay(checkout.pressed("k1", quote_hash="stale"))
    assert await shop.till.desk.pay(checkout.pressed("k1"))


async def test_a_refused_press_keeps_the_delivery_that_was_chosen(shop: PayShop) -> None:
    checkout = await ready(shop.db)
    with pytest.raises(QuoteChanged):
        await shop.till.desk.pay(checkout.pressed("k1", option_id="express"))
    assert (await shop.page(checkout.token)).checkout.option_id == "express"
    with pytest.raises(InvalidInput):
        await shop.till.desk.pay(checkout.pressed("k2", option_id="by-balloon"))
    assert (await shop.page(checkout.token)).checkout.option_id == "express"


async def test_a_key_of_one_checkout_says_nothing_about_another(shop: PayShop) -> None:
    one, two = await ready(shop.db), await ready(shop.db, monstera=1)
    assert await shop.till.desk.pay(one.pressed("k1")) != await shop.till.desk.pay(
        two.pressed("k1")
    )


async def test_two_forms_of_one_page_lead_to_one_payment(shop: PayShop) -> None:
    checkout = await ready(shop.db)
    first = await shop.till.desk.pay(checkout.pressed("k1"))
    assert await shop.till.desk.pay(checkout.pressed("k2")) == first
    assert await shop.till.desk.pay(checkout.pressed()) == first
    with pytest.raises(IdempotencyConflict):
        await shop.till.desk.pay(checkout.pressed("k2", quote_hash="other"))


async def test_after_a_decline_the_old_form_pays_nothing_and_a_new_one_does(shop: PayShop) -> None:
    checkout = await ready(shop.db)
    page = await shop.till.desk.pay(checkout.pressed("k1"))
    assert page is not None
    async with a_buyer(shop, checkout.token) as buyer:
        await buyer.choose("decline", page)
    await shop.till.worker.tick()
    assert await shop.till.desk.pay(checkout.pressed("k1")) is None
    assert len(await shop.payments(checkout.token)) == 1
    assert await shop.till.desk.pay(checkout.pressed("k2")) not in {None, page}
    assert len(await shop.payments(checkout.token)) == 2


async def test_many_repeats_at_once_begin_one_payment(
    shop_url: str, db: Database, clock: MovableClock
) -> None:
    checkout = await ready(db)
    databases = [open_database(shop_url, clock=clock, pool_size=6) for _ in range(2)]
    try:
        begun = await asyncio.gather(
            *(began(databases[n % 2], checkout.pressed("k1")) for n in range(AT_ONCE))
        )
    finally:
        for database in databases:
            await database.close()
    assert len({(intent.reference, intent.idempotency_key) for intent in begun}) == 1
    rows = await dump(db)
    assert [len(rows[name]) for name in ("payments", "stock_holds", "idempotency_records")] == [
        1,
        1,
        1,
    ]


async def test_rivals_under_one_key_are_one_winner_and_conflicts(
    shop_url: str, db: Database, clock: MovableClock
) -> None:
    checkout = await ready(db)
    express = await quote(db, checkout)
    presses = [express.pressed("k1"), express.pressed("k1", terms_version="other")] * 8
    database = open_database(shop_url, clock=clock, pool_size=6)
    try:
        results = await asyncio.gather(
            *(began(database, press) for press in presses), return_exceptions=True
        )
    finally:
        await database.close()
    won = [result for result in results if isinstance(result, PaymentIntent)]
    assert len(won) == len(presses) // 2
    assert len({intent.reference for intent in won}) == 1
    assert all(isinstance(r, IdempotencyConflict) for r in results if r not in won)


async def test_terms_have_to_be_accepted_as_they_are_now(shop: PayShop) -> None:
    await set_up(shop.db, TERMS.format("Plants are sold as they grow."))
    checkout = await ready(shop.db)
    version = await _version(shop)
    for wrong in (None, "", "0" * len(version)):
        with pytest.raises(InvalidInput, match="accept") as refused:
            await shop.till.desk.pay(checkout.pressed("k1", terms_version=wrong))
        assert refused.value.field == "terms"
    assert await shop.payments(checkout.token) == []
    await set_up(shop.db, TERMS.format("Plants are sold as they look."))
    with pytest.raises(InvalidInput, match="accept"):
        await shop.till.desk.pay(checkout.pressed("k1", terms_version=version))
    accepted = await _version(shop)
    page = await shop.till.desk.pay(checkout.pressed("k1", terms_version=accepted))
    await _approve(shop, checkout, page)
    rows = await dump(shop.db)
    assert [accepted in order for order in rows["orders"]] == [True]
    assert [accepted in session for session in rows["checkout_sessions"]] == [True]


async def test_an_order_keeps_how_its_total_was_made(shop: PayShop) -> None:
    checkout = await ready(shop.db, codes=("WELCOME10",))
    await _approve(shop, checkout, await shop.till.desk.pay(checkout.pressed()))
    session = await shop.db.read(lambda uow: uow.checkouts.by_page_token(checkout.token))
    assert session is not None
    order = await shop.db.read(lambda uow: uow.orders.of_checkout(session.id))
    assert order is not None
    assert order.breakdown == session.breakdown
    assert order.breakdown is not None
    assert order.breakdown["total_minor"] == order.total_minor


async def test_another_browser_learns_nothing_from_a_key(shop: PayShop) -> None:
    checkout = await ready(shop.db)
    await shop.till.desk.pay(checkout.pressed("k1"))
    stranger = replace(checkout.press, browser="another", key="k1")
    with pytest.raises(Exception, match="no such checkout"):
        await shop.till.desk.pay(stranger)


async def _version(shop: PayShop) -> str:
    terms = terms_of(await shop.db.read(lambda uow: uow.shop.current().config))
    assert terms is not None
    return terms.version


async def _approve(shop: PayShop, checkout: Ready, page: str | None) -> None:
    assert page is not None
    async with a_buyer(shop, checkout.token) as buyer:
        await buyer.choose("approve", page)
    await shop.till.worker.tick()
    assert await shop.status(checkout.token) == "completed"
