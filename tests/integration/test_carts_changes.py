"""What changing a cart does: to its lines, its version, and what is said about it."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from plantly.db import Database
from plantly.domain.cart import MAX_LINES
from plantly.domain.errors import InvalidInput, NotFound, ShopError, VersionConflict
from plantly.services import carts
from plantly.services.wanted import ItemRef
from tests.support.cart_changes import begin, change, content, lines, refused
from tests.support.clock import MovableClock
from tests.support.shop import catalog, dump, product, stock_shop, variant

pytestmark = pytest.mark.anyio


async def test_set_changes_the_lines_it_names_and_keeps_the_others(db: Database) -> None:
    cart = await begin(db, aloe_vera=2, monstera=1)
    assert (cart.version, cart.totals.total_minor) == (1, 2 * 1499 + 3499)
    cart = await change(db, cart.cart_id, lines=lines(aloe_vera=5, jade=1))
    assert cart.version == 2
    assert content(cart) == {"aloe-vera-12cm": 5, "monstera-17cm": 1, "jade-9cm": 1}
    assert [item.product_slug for item in cart.items] == ["aloe-vera", "monstera", "jade"]


async def test_add_adds_to_what_is_there(db: Database) -> None:
    cart = await begin(db, aloe_vera=2)
    cart = await change(
        db, cart.cart_id, lines=lines(aloe_vera=3, jade=1), mode="add", expected_version=1
    )
    assert (cart.version, content(cart)) == (2, {"aloe-vera-12cm": 5, "jade-9cm": 1})


async def test_a_product_means_its_default_variant_and_a_variant_itself(db: Database) -> None:
    cart = await change(
        db,
        lines=(
            ItemRef(1, product_id="monstera"),
            ItemRef(1, variant_id="monstera-21cm"),
            ItemRef(1, product_id="aloe-vera", variant_id="aloe-vera-17cm"),
        ),
    )
    assert content(cart) == {"monstera-17cm": 1, "monstera-21cm": 1, "aloe-vera-17cm": 1}


async def test_remove_takes_a_line_out(db: Database) -> None:
    cart = await begin(db, aloe_vera=2, monstera=1)
    cart = await change(db, cart.cart_id, remove=("aloe-vera-12cm", "aloe-vera-12cm"))
    assert (cart.version, content(cart)) == (2, {"monstera-17cm": 1})
    cart = await change(db, cart.cart_id, remove=("monstera-17cm",))
    assert (cart.version, content(cart), cart.totals.total_minor) == (3, {}, 0)


async def test_a_line_can_be_removed_and_set_anew_in_one_change(db: Database) -> None:
    cart = await begin(db, aloe_vera=2, monstera=1)
    cart = await change(
        db, cart.cart_id, remove=("aloe-vera-12cm",), lines=lines(aloe_vera=7), mode="set"
    )
    assert content(cart) == {"monstera-17cm": 1, "aloe-vera-12cm": 7}


async def test_a_change_that_changes_nothing_keeps_the_version(db: Database) -> None:
    cart = await begin(db, aloe_vera=2)
    before = await dump(db)
    again = await change(db, cart.cart_id, lines=lines(aloe_vera=2), discount_codes=())
    assert (again.version, content(again)) == (1, content(cart))
    assert await dump(db) == before


async def test_codes_are_replaced_and_never_repeated(db: Database) -> None:
    cart = await change(
        db, lines=lines(monstera=1), discount_codes=(" WELCOME10", "welcome10", "", "NOPE")
    )
    assert cart.discount_codes == ("welcome10", "NOPE")
    assert cart.totals.amount("discount") == -350
    assert [message.code for message in cart.messages] == ["discount_code_invalid"]
    cart = await change(db, cart.cart_id, lines=lines(monstera=2))
    assert cart.discount_codes == ("welcome10", "NOPE")
    cart = await change(db, cart.cart_id, discount_codes=())
    assert (cart.discount_codes, cart.totals.total_minor) == ((), 6998)


async def test_a_cart_keeps_its_place_for_a_code_alone(db: Database) -> None:
    cart = await change(db, discount_codes=("WELCOME10",))
    assert (cart.version, cart.items, cart.discount_codes) == (1, (), ("WELCOME10",))


REFUSED: list[tuple[Mapping[str, Any], type[ShopError], str]] = [
    ({}, InvalidInput, "lines"),
    ({"lines": lines(nope=1)}, NotFound, "lines[0].product_id"),
    ({"lines": (ItemRef(1, variant_id="nope"),)}, NotFound, "lines[0].variant_id"),
    ({"lines": (ItemRef(1),)}, InvalidInput, "lines[0]"),
    (
        {"lines": (ItemRef(1, product_id="jade", variant_id="monstera-17cm"),)},
        InvalidInput,
        "lines[0]",
    ),
    ({"lines": lines(jade=0)}, InvalidInput, "lines[0].quantity"),
    ({"lines": lines(jade=1, monstera=100)}, InvalidInput, "lines[1].quantity"),
    (
        {"lines": (*lines(jade=1), ItemRef(1, variant_id="jade-9cm"))},
        InvalidInput,
        "lines[1]",
    ),
    ({"lines": lines(jade=1) * (MAX_LINES + 1)}, InvalidInput, "lines"),
    ({"remove": ("jade-9cm",)}, NotFound, "remove"),
    ({"discount_codes": tuple("ABCDEF")}, InvalidInput, "discount_codes"),
    ({"lines": lines(jade=1), "expected_version": 1}, InvalidInput, "expected_version"),
]


async def test_what_is_wrong_is_named_and_no_cart_begins(db: Database) -> None:
    for what, kind, field in REFUSED:
        assert (await refused(db, kind, **what)).field == field, what


async def test_what_is_wrong_with_a_cart_leaves_it_as_it_is(db: Database) -> None:
    cart = await begin(db, jade=60)
    more = lines(jade=40)
    error = await refused(
        db, InvalidInput, cart.cart_id, lines=more, mode="add", expected_version=1
    )
    assert error.message == "lines[0].quantity is 100: send a whole number from 1 to 99."
    error = await refused(db, NotFound, cart.cart_id, remove=("jade-9cm", "monstera-17cm"))
    assert error.field == "remove[1]"
    error = await refused(
        db, InvalidInput, cart.cart_id, lines=lines(aloe_vera=1), discount_codes=tuple("ABCDEF")
    )
    assert error.field == "discount_codes"


async def test_a_stale_version_is_refused_whatever_the_mode(db: Database) -> None:
    cart = await begin(db, jade=1)
    for expected, mode in ((0, "set"), (2, "set"), (0, "add"), (None, "add")):
        error = await refused(
            db,
            VersionConflict,
            cart.cart_id,
            lines=lines(jade=2),
            mode=mode,
            expected_version=expected,
        )
        assert (error.cart_id, error.current) == (cart.cart_id, 1)


async def test_a_cart_holds_so_many_different_things_and_no_more(empty_db: Database) -> None:
    many = [product(f"p{n}") for n in range(MAX_LINES + 1)]
    await empty_db.write(lambda uow: stock_shop(uow, catalog(*many)))
    wanted = tuple(ItemRef(1, product_id=f"p{n}") for n in range(MAX_LINES))
    cart = await change(empty_db, lines=wanted)
    assert len(cart.items) == MAX_LINES
    error = await refused(
        empty_db, InvalidInput, cart.cart_id, lines=(ItemRef(1, product_id=f"p{MAX_LINES}"),)
    )
    assert "at most 50 different variants" in error.message


async def test_a_preview_prices_and_stores_nothing(db: Database) -> None:
    before = await dump(db)
    wanted = (*lines(jade=1, monstera=2), ItemRef(2, variant_id="jade-9cm"))
    shown = await db.read(lambda uow: carts.preview_cart(uow, wanted))
    assert (shown.cart_id, shown.version) == (None, None)
    assert content(shown) == {"jade-9cm": 3, "monstera-17cm": 2}
    assert shown.totals.total_minor == 3 * 899 + 2 * 3499
    assert await dump(db) == before
    with pytest.raises(InvalidInput, match=r"items\[1\].quantity is 100"):
        await db.read(
            lambda uow: carts.preview_cart(
                uow, (*lines(jade=99), ItemRef(1, variant_id="jade-9cm"))
            )
        )


async def test_a_free_thing_is_free(empty_db: Database) -> None:
    gift = product("gift", variant("gift", price_minor=0))
    await empty_db.write(lambda uow: stock_shop(uow, catalog(gift)))
    cart = await begin(empty_db, gift=1)
    assert (cart.totals.total_minor, cart.messages) == (0, ())


async def test_a_cart_remembers_when_it_changed(db: Database, clock: MovableClock) -> None:
    cart = await begin(db, jade=1)
    clock.advance(timedelta(hours=1))
    await change(db, cart.cart_id, lines=lines(jade=1))
    rows = (await dump(db))["carts"]
    assert [row[5:7] for row in rows] == [(clock() - timedelta(hours=1),) * 2]
    await change(db, cart.cart_id, lines=lines(jade=2))
    rows = (await dump(db))["carts"]
    assert [row[5:7] for row in rows] == [(clock() - timedelta(hours=1), clock())]
