"""A person learns what is kept of them, and is forgotten when they ask for it."""

import json
from functools import partial

import pytest
from sqlalchemy import select

from plantly.db import Database, UnitOfWork
from plantly.db.tables import BuyerRow, CheckoutRow, PaymentOriginRow
from plantly.domain.errors import InvalidInput
from plantly.services.buyers import Erased, erase_buyer, export_buyer
from tests.support.order_care import OrderDesk, both_engines
from tests.support.pay_shop import a_buyer
from tests.support.presses import ready, set_up
from tests.support.shop import rows_of_every_table

pytestmark = pytest.mark.anyio

EMAIL = "alex@example.com"
CODE = """
[[discount_codes]]
code = "ONCE"
kind = "fixed"
amount_minor = 300
limit_per_buyer = 1
"""


async def erase(db: Database, email: str = EMAIL) -> Erased:
    return await db.write(partial(erase_buyer, email=email))


async def kept(db: Database) -> str:
    """Give every row of every table as text."""
    return json.dumps(await db.read(rows_of_every_table), default=str)


async def test_a_person_learns_everything_that_is_kept(desk: OrderDesk) -> None:
    await desk.send()
    await desk.ask_back(note="A note of mine", aloe=1)
    found = await desk.shop.db.read(partial(export_buyer, email=f" {EMAIL.upper()} "))
    (purchase,) = found["checkouts"]
    assert purchase["buyer"]["name"] == "Alex Green"
    assert purchase["buyer"]["return_notes"] == {"1": "A note of mine"}
    assert purchase["order"]["order_number"] == desk.number
    assert purchase["order"]["lines"][0]["quantity"] == 3
    assert purchase["remembers_a_browser"] is True
    assert found["limited_discounts"] == []
    json.dumps(found)
    nobody = await desk.shop.db.read(partial(export_buyer, email="nobody@example.com"))
    assert nobody["checkouts"] == []


async def test_a_person_is_forgotten_and_the_order_stays(desk: OrderDesk) -> None:
    await desk.send()
    await desk.ask_back(note="A note of mine", aloe=1)
    db = desk.shop.db
    assert await erase(db, EMAIL.title()) == Erased(1, 0, (desk.number,), 0)
    text = await kept(db)
    for personal in (EMAIL, "Alex Green", "Garden Street", "A note of mine"):
        assert personal not in text
    found = await desk.look()
    assert (found.buyer, found.return_notes, found.view.total_minor) == ({}, {}, 8576)
    assert (await desk.kinds())[-1] == "buyer_erased"

    def traces(uow: UnitOfWork) -> tuple[object, int]:
        return (
            uow.session.query(CheckoutRow.browser_hash).scalar(),
            uow.session.query(PaymentOriginRow).count(),
        )

    assert await db.read(traces) == (None, 0)
    again = await erase(db)
    assert again == Erased(0, 0, (), 0)
    assert again.is_nothing


async def test_nobody_is_forgotten_while_paying(desk: OrderDesk) -> None:
    async with a_buyer(desk.shop) as buyer:
        await buyer.fill_in()
        await buyer.press_pay()
        before = await kept(desk.shop.db)
        with pytest.raises(InvalidInput, match="under way") as refused:
            await erase(desk.shop.db)
        assert EMAIL not in str(refused.value)
        assert await kept(desk.shop.db) == before


async def test_what_was_begun_is_canceled(desk: OrderDesk) -> None:
    db = desk.shop.db
    begun = await ready(db)
    done = await erase(db)
    assert (done.checkouts, done.canceled, done.orders) == (2, 1, (desk.number,))
    assert await desk.shop.status(begun.token) == "canceled"


@both_engines
@pytest.mark.parametrize(
    ("kept_as", "asked_as"),
    [
        ("Änne_1@example.com", " äNNE_1@EXAMPLE.com "),
        ("A\u0308nne_1@example.com", "\u00e4nne_1@example.com"),
        ("anne@ümlaut.example", "ANNE@ÜMLAUT.example"),
    ],
    ids=["case", "accents", "domain"],
)
async def test_letters_beyond_ascii_have_a_case_as_well(
    desk: OrderDesk, kept_as: str, asked_as: str
) -> None:
    db = desk.shop.db
    await ready(db, email=kept_as)
    await ready(db, email="ånneX1@example.com")
    assert (await erase(db, asked_as)).checkouts == 1
    assert kept_as not in await db.read(addresses)
    assert (await erase(db, "anne%@example.com")).is_nothing


def addresses(uow: UnitOfWork) -> list[str]:
    return list(uow.session.scalars(select(BuyerRow.email)))


async def test_nobody_knows_any_more_who_used_a_discount(desk: OrderDesk) -> None:
    db = desk.shop.db
    await set_up(db, CODE)
    async with a_buyer(desk.shop) as buyer:
        await buyer.fill_in()
        await buyer.post("codes", code="ONCE")
        assert "Thank you" in await buyer.pay()
    found = await db.read(partial(export_buyer, email=EMAIL))
    assert [use["used"] for use in found["limited_discounts"]] == [1]
    assert (await erase(db)).discounts == 1
    assert (await db.read(partial(export_buyer, email=EMAIL)))["limited_discounts"] == []
    assert (await erase(db)).is_nothing
