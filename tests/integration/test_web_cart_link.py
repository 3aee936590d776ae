"""The page that rebuilds a cart: what it shows, what it says, and what only its button does."""

from collections.abc import AsyncIterator
from functools import partial

import httpx
import pytest
from fastapi import FastAPI

from plantly.db import Database, UnitOfWork
from plantly.db.tables import CheckoutRow
from plantly.domain.catalog import StockPolicy
from plantly.services.catalog_edit import archive
from plantly.services.gate import Gate
from plantly.services.limits import keep_limits_secret
from plantly.services.workflows.till import Till
from plantly.settings import load_settings
from plantly.web.cart_link import cart_link_router
from plantly.web.deps import WebDeps
from tests.support.cart_changes import change, lines
from tests.support.clock import MovableClock
from tests.support.pay_shop import ORIGIN, text_of
from tests.support.shop import dump
from tests.support.stock import stock

pytestmark = pytest.mark.anyio

TWO = "/cart/jade-9cm:2,monstera-17cm:1"
OURS = {"Origin": ORIGIN, "Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def shop_url(sqlite_shop_url: str) -> str:
    """Give a shop on SQLite: what this is about knows no engine."""
    return sqlite_shop_url


@pytest.fixture
async def browser(
    shop_url: str, db: Database, clock: MovableClock
) -> AsyncIterator[httpx.AsyncClient]:
    settings = load_settings({"PLANTLY_DATABASE_URL": shop_url})
    app = FastAPI(openapi_url=None)
    app.include_router(cart_link_router(WebDeps(db, settings, Till(db, settings, clock=clock))))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as client:
        yield client


async def sessions(db: Database) -> list[dict[str, int]]:
    """Give what each checkout session is for."""

    def work(uow: UnitOfWork) -> list[dict[str, int]]:
        found = []
        for row in uow.session.query(CheckoutRow).order_by(CheckoutRow.id):
            kept = uow.checkouts.by_public_id(row.public_id)
            assert kept is not None
            names = uow.shelf.by_id(line.variant_id for line in kept.lines)
            found.append({names[li.variant_id].handle: li.quantity for li in kept.lines})
        return found

    return await db.read(work)


async def test_a_link_shows_its_lines_at_todays_prices_and_stores_nothing(
    browser: httpx.AsyncClient, db: Database
) -> None:
    before = await dump(db)
    page = await browser.get(f"{TWO}?code=WELCOME10")
    assert page.status_code == 200
    said = text_of(page)
    for part in (
        "100%_Jade",
        "2 \N{MULTIPLICATION SIGN} $8.99",
        "$17.98",
        "Monstera",
        "$34.99",
        "-$5.30",
        "$47.67",
    ):
        assert part in said, part
    assert f'<form method="post" action="{TWO}?code=WELCOME10">' in page.text
    assert "<script" not in page.text
    assert 'content="noindex"' in page.text
    assert await dump(db) == before


async def test_the_page_can_be_kept_by_its_tag(browser: httpx.AsyncClient) -> None:
    page = await browser.get(TWO)
    again = await browser.get(TWO, headers={"If-None-Match": page.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert (await browser.head(TWO)).status_code == 200


async def test_the_button_starts_a_checkout_with_these_items(
    browser: httpx.AsyncClient, db: Database
) -> None:
    answer = await browser.post(f"{TWO}?code=WELCOME10", headers=OURS)
    assert answer.status_code == 303
    token = answer.headers["location"].removeprefix("/checkout/")
    assert await sessions(db) == [{"jade-9cm": 2, "monstera-17cm": 1}]
    session = await db.read(lambda uow: uow.checkouts.by_page_token(token))
    assert session is not None
    assert (session.discount_codes, session.cart_id) == (["WELCOME10"], None)


async def test_the_link_of_a_cart_rebuilds_the_cart(
    browser: httpx.AsyncClient, db: Database
) -> None:
    cart = await change(db, lines=lines(jade=2, aloe_vera=1))
    page = await browser.get("/cart/jade-9cm:2,aloe-vera-12cm:1")
    assert f"${cart.totals.total_minor / 100:.2f}" in text_of(page)


async def test_another_sites_form_starts_nothing(browser: httpx.AsyncClient, db: Database) -> None:
    for headers in (
        {"Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Origin": ORIGIN, "Sec-Fetch-Site": "same-site"},
    ):
        assert (await browser.post(TWO, headers=headers)).status_code == 403
    assert await sessions(db) == []


async def test_what_is_missing_is_named_and_the_rest_stays_buyable(
    browser: httpx.AsyncClient, db: Database
) -> None:
    await db.write(lambda uow: archive(uow, "test", ["aloe-vera"]))
    asked = "/cart/gone-12cm:1,jade-9cm:2,aloe-vera-12cm:1,peace-lily-14cm:1"
    said = text_of(await browser.get(asked))
    assert "gone-12cm is no longer sold here and was left out." in said
    assert "aloe-vera-12cm is no longer sold here and was left out." in said
    assert "Peace Lily (14 cm pot) is sold out and was left out." in said
    assert "$17.98" in said
    assert (await browser.post(asked, headers=OURS)).status_code == 303
    assert await sessions(db) == [{"jade-9cm": 2}]


async def test_a_name_that_is_none_is_counted_and_never_repeated(
    browser: httpx.AsyncClient,
) -> None:
    page = await browser.get("/cart/Call%20555%20now:1,jade-9cm:1?code=<b>&code=x%20y")
    said = text_of(page)
    assert "555" not in page.text
    assert "One product is no longer sold here and was left out." in said
    assert "A discount code in this link is not one of this shop." in said
    asked = ",".join(f"gone-{n}:1" for n in range(9))
    said = text_of(await browser.get(f"/cart/{asked}"))
    assert "gone-4 is no longer sold" in said
    assert "4 more products are no longer sold here and were left out." in said


async def test_fewer_are_left_than_the_link_asks_for(
    browser: httpx.AsyncClient, db: Database
) -> None:
    asked = "/cart/snake-plant-12cm:5,monstera-17cm:2"
    said = text_of(await browser.get(asked))
    assert "Only 3 of Snake Plant (12 cm pot) can be bought now: the cart holds 3." in said
    assert "3 \N{MULTIPLICATION SIGN} $19.99" in said
    await browser.post(asked, headers=OURS)
    assert await sessions(db) == [{"snake-plant-12cm": 3, "monstera-17cm": 2}]


async def test_what_comes_later_is_said(browser: httpx.AsyncClient, db: Database) -> None:
    await db.write(
        partial(
            stock,
            handle="peace-lily-14cm",
            policy=StockPolicy.PREORDER,
            backorder_limit=4,
        )
    )
    said = text_of(await browser.get("/cart/peace-lily-14cm:1"))
    assert "sold as a preorder" in said
    assert "Check out" in said


async def test_nothing_left_to_buy_has_no_button(browser: httpx.AsyncClient, db: Database) -> None:
    page = await browser.get("/cart/peace-lily-14cm:1")
    assert "This cart is empty now" in text_of(page)
    assert "<form" not in page.text
    answer = await browser.post("/cart/peace-lily-14cm:1", headers=OURS)
    assert (answer.status_code, await sessions(db)) == (409, [])


async def test_a_price_that_went_away_leaves_the_rest(
    browser: httpx.AsyncClient, db: Database
) -> None:
    def unprice(uow: UnitOfWork) -> None:
        row = uow.catalog.variants(["monstera-21cm"])["monstera-21cm"]
        row.title = ""
        uow.session.delete(row.prices[0])

    await db.write(unprice)
    said = text_of(await browser.get("/cart/monstera-21cm:1,jade-9cm:1"))
    assert "Monstera cannot be bought at the moment." in said
    assert "$8.99" in said


@pytest.mark.parametrize(
    "path",
    [
        "/cart/jade-9cm",
        "/cart/jade-9cm:0",
        "/cart/jade-9cm:100",
        "/cart/:1",
        "/cart/",
        "/cart/%00:1",
        "/cart/" + ",".join(["jade-9cm:1"] * 51),
        "/cart/jade-9cm:1?" + "&".join(["code=AB"] * 6),
    ],
    ids=lambda path: path[:30],
)
async def test_what_is_no_link_says_so(browser: httpx.AsyncClient, db: Database, path: str) -> None:
    page = await browser.get(path)
    assert page.status_code == 400
    assert "This link holds no cart" in text_of(page)
    assert (await browser.post(path, headers=OURS)).status_code == 400
    assert await sessions(db) == []


async def test_names_with_every_character_lead_where_they_should(
    browser: httpx.AsyncClient, db: Database
) -> None:
    def rename(uow: UnitOfWork) -> None:
        uow.catalog.variants(["jade-9cm"])["jade-9cm"].handle = "a/b:c,d é?"

    await db.write(rename)
    asked = "/cart/a%2Fb%3Ac%2Cd%20%C3%A9%3F:2"
    page = await browser.get(asked)
    assert "$17.98" in text_of(page)
    assert f'action="{asked}"' in page.text
    assert (await browser.post(asked, headers=OURS)).status_code == 303


async def test_too_many_codes_are_told_in_the_language_of_the_reader(
    shop_url: str, db: Database, clock: MovableClock
) -> None:
    limits = {"PLANTLY_DATABASE_URL": shop_url, "PLANTLY_LIMITS": "codes_address=1/hour"}
    settings = load_settings(limits)
    gate = Gate(settings.limits, settings.trusted_proxies, clock)
    gate.open(await db.write(keep_limits_secret))
    app = FastAPI(openapi_url=None)
    deps = WebDeps(db, settings, Till(db, settings, clock=clock), gate)
    app.include_router(cart_link_router(deps))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ORIGIN) as client:
        await client.get("/cart/jade-9cm:1?code=GUESS1")
        page = await client.get("/cart/jade-9cm:1?code=GUESS2&lang=de")
    assert "Rabattcode" in text_of(page)
    assert "discount codes" not in text_of(page)
