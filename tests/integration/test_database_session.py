"""The short way of the session, beside the ORM's own: the same rows, however they were written."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from plantly.db import Database, UnitOfWork
from plantly.db.rows import Reading
from plantly.db.session import DirectSession
from plantly.db.tables import BuyerRow, CartLineRow, CartRow, CheckoutLineRow, CheckoutRow
from plantly.domain.checkout import CheckoutStatus
from tests.support.checks.rows import rows
from tests.support.shop import catalog, product, stock_shop, variant

pytestmark = pytest.mark.anyio

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
CART = Reading("SELECT {c} FROM carts c WHERE c.public_id = ?", c=CartRow)
NARROW = Reading("SELECT {c} FROM carts c", c=CartRow, only={"c": ("id", "public_id")})


def stocked(uow: UnitOfWork) -> None:
    handles = ("aloe-12cm", "fern-12cm")
    stock_shop(uow, catalog(*(product(h[:4], variant(h, stock=9)) for h in handles)))


def a_cart(**changed: Any) -> CartRow:
    values: dict[str, Any] = {
        "public_id": "cart_1",
        "version": 0,
        "discount_codes": ["TEN"],
        "created_at": NOON,
        "updated_at": NOON,
        "lines": [a_line(1), a_line(2)],
        "saved": [],
    }
    return CartRow(**{**values, **changed})


def a_line(variant_id: int) -> CartLineRow:
    return CartLineRow(
        variant_id=variant_id,
        quantity=1,
        seen_amount_minor=1999,
        seen_currency="USD",
        position=variant_id,
    )


CHECKOUT: dict[str, Any] = {
    "public_id": "cs_1",
    "page_token": "t" * 20,
    "status": CheckoutStatus.INCOMPLETE,
    "currency": "USD",
    "discount_codes": [],
    "created_at": NOON,
    "updated_at": NOON,
    "expires_at": NOON,
}


def a_checkout(cart: CartRow) -> CheckoutRow:
    return CheckoutRow(
        **CHECKOUT,
        cart_id=cart.id,
        buyer=None,
        lines=[CheckoutLineRow(variant_id=1, position=0, quantity=2)],
    )


def story(uow: UnitOfWork) -> None:
    """Write new rows, changed ones, children of both, and take some away."""
    session = uow.session
    cart = a_cart()
    session.add(cart)
    session.flush()
    checkout = a_checkout(cart)
    session.add(checkout)
    session.flush()
    cart.version, cart.discount_codes = 2, []
    cart.lines[0].quantity = 7
    fields = dict.fromkeys(
        ("email", "name", "line1", "line2", "city", "region", "postal_code", "country", "phone"), ""
    )
    checkout.buyer = BuyerRow(**fields)
    checkout.status = CheckoutStatus.READY_FOR_PAYMENT
    session.flush()
    cart.lines = cart.lines[:1]
    session.flush()
    cart.lines.append(a_line(2))
    cart.closed_at = NOON
    session.flush()


def everything(uow: UnitOfWork) -> list[Any]:
    tables = ("carts", "cart_lines", "checkout_sessions", "checkout_lines", "buyers")
    return [
        sorted(str(without_ids(row)) for row in rows(uow, f"SELECT * FROM {table}"))  # noqa: S608 - names of ours
        for table in tables
    ]


def without_ids(row: Any) -> dict[str, Any]:
    """Leave out what is given out once only, even if it is taken back."""
    ids = ("id", "cart_id", "checkout_id")
    return {name: value for name, value in row._mapping.items() if name not in ids}


async def written(db: Database, work: Callable[[UnitOfWork], None]) -> list[Any]:
    """Do it, look, and take it back."""

    class EnoughError(Exception):
        pass

    seen: list[Any] = []

    def tried(uow: UnitOfWork) -> None:
        work(uow)
        uow.session.flush()
        seen.extend(everything(uow))
        raise EnoughError

    with pytest.raises(EnoughError):
        await db.write(tried)
    return seen


async def test_what_is_written_the_short_way_is_what_the_orm_writes(
    empty_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await empty_db.write(stocked)
    direct = await written(empty_db, story)
    monkeypatch.setattr(DirectSession, "_simple_work", lambda _: None)
    by_the_orm = await written(empty_db, story)
    assert [len(table) for table in direct] == [1, 2, 1, 1, 1]
    assert direct == by_the_orm


def stored(uow: UnitOfWork) -> None:
    """Write a cart and a session of it without the constructors of their rows."""
    cart = uow.carts.add(
        public_id="cart_1", version=0, discount_codes=["TEN"], created_at=NOON, updated_at=NOON
    )
    line = {"variant_id": 1, "position": 0, "quantity": 2}
    checkout = uow.checkouts.add(**CHECKOUT, cart_id=cart.id, lines=[line])
    cart.version = 3
    uow.session.flush()
    assert uow.carts.by_public_id("cart_1") is cart
    assert uow.checkouts.by_public_id("cs_1") is checkout
    assert (checkout.totals, checkout.buyer, cart.closed_at, cart.lines) == (None, None, None, [])


def stored_by_the_orm(uow: UnitOfWork) -> None:
    cart = a_cart(lines=[], version=3)
    uow.session.add(cart)
    uow.session.flush()
    uow.session.add(a_checkout(cart))


async def test_a_row_that_is_stored_at_once_is_the_one_that_the_orm_writes(
    empty_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await empty_db.write(stocked)
    at_once = await written(empty_db, stored)
    monkeypatch.setattr(DirectSession, "_simple_work", lambda _: None)
    assert at_once == await written(empty_db, stored_by_the_orm)


async def test_a_row_with_a_column_that_there_is_not_is_refused(empty_db: Database) -> None:
    with pytest.raises(TypeError, match="carts has no color"):
        await empty_db.write(lambda uow: uow.carts.add(color="green"))
    with pytest.raises(TypeError, match="webhook_inbox has no color"):
        await empty_db.write(lambda uow: uow.inbox.add(color="green"))


async def test_a_row_that_is_gone_is_not_taken_for_changed(empty_db: Database) -> None:
    def work(uow: UnitOfWork) -> None:
        cart = a_cart(lines=[])
        uow.session.add(cart)
        uow.session.flush()
        rows(uow, "DELETE FROM carts WHERE id > 0 RETURNING id")
        cart.version = 3
        uow.session.flush()

    with pytest.raises(StaleDataError):
        await empty_db.write(work)


async def test_a_row_is_one_object_however_it_is_read(empty_db: Database) -> None:
    def work(uow: UnitOfWork) -> None:
        session = uow.session
        session.add(a_cart(lines=[]))
        session.flush()
        session.expunge_all()
        ((narrow,),) = session.read_rows(NARROW)
        assert "version" not in narrow.__dict__
        narrow.public_id = "cart_2"
        ((whole,),) = session.read_rows(CART, "cart_2")
        assert whole is narrow
        assert "version" in whole.__dict__
        assert whole.version == 0
        rows(uow, "UPDATE carts SET version = 5 RETURNING id")
        session.read_rows(CART, "cart_2")
        assert whole.version == 0
        session.read_rows(CART, "cart_2", anew=True)
        assert whole.version == 5
        assert session.get(CartRow, whole.id) is whole
        assert session.read_rows(CART, "nobody") == []

    await empty_db.write(work)


async def test_what_was_not_read_of_a_row_is_read_when_it_is_asked_for(empty_db: Database) -> None:
    def work(uow: UnitOfWork) -> None:
        session = uow.session
        session.add(a_cart(lines=[]))
        session.flush()
        session.expunge_all()
        ((narrow,),) = session.read_rows(NARROW)
        assert narrow.discount_codes == ["TEN"]
        assert (narrow.created_at, narrow.hint_hash) == (NOON, None)

    await empty_db.write(work)


async def test_a_default_stands_for_what_is_nothing_as_it_does_for_the_orm(
    empty_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def work(uow: UnitOfWork) -> None:
        cart = a_cart(lines=[])
        uow.session.add(cart)
        uow.session.flush()
        fields = dict.fromkeys(
            ("email", "name", "line1", "line2", "city", "region", "postal_code", "phone"), ""
        )
        checkout = a_checkout(cart)
        checkout.lines = []
        checkout.buyer = BuyerRow(**fields, country="US", district=None, gift_note="For you")
        uow.session.add(checkout)
        uow.session.flush()
        assert (checkout.buyer.district, checkout.buyer.gift_note) == ("", "For you")

    direct = await written(empty_db, work)
    monkeypatch.setattr(DirectSession, "_simple_work", lambda _: None)
    assert direct == await written(empty_db, work)


async def test_whoever_listens_hears_what_goes_straight_to_the_driver(empty_db: Database) -> None:
    heard: list[str] = []

    def hear(_c: object, _cursor: object, statement: str, *_: object) -> None:
        heard.append(statement.split(maxsplit=1)[0])

    def work(uow: UnitOfWork) -> None:
        event.listen(uow.connection, "before_cursor_execute", hear)
        uow.session.add(a_cart(lines=[]))
        uow.session.flush()
        uow.session.read_rows(CART, "cart_1")

    await empty_db.write(work)
    assert heard == ["INSERT", "SELECT"]


async def test_the_session_of_a_unit_of_work_is_the_orms(empty_db: Database) -> None:
    assert await empty_db.read(lambda uow: isinstance(uow.session, Session))
