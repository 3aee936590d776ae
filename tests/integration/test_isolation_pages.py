"""Every page that has a token in its address, in every browser but the one that typed there."""

import re
from collections.abc import AsyncIterator
from dataclasses import asdict
from typing import Final

import httpx
import pytest
from starlette.routing import Route

from plantly.db import Database
from tests.support.builders import buyer as a_person
from tests.support.clock import MovableClock
from tests.support.foreign_ids import Ledger
from tests.support.pay_shop import Buyer, PayShop, a_buyer, open_pay_shop
from tests.support.shop import SHOP_TOML, stock_shop

pytestmark = pytest.mark.anyio

ALICE: Final = {
    **asdict(a_person()),
    "email": "alice.canary@person.example",
    "name": "Alice Canary",
    "line1": "77 Canary Lane",
    "line2": "Flat Canary 9",
    "phone": "+1 415 555 0166",
    "gift_note": "For Carla Canary, with love",
}
PERSON: Final = tuple(
    v for k, v in ALICE.items() if k not in {"country", "region", "district"} and v
)
STRANGERS: Final = ("without a cookie", "with the cookie of another page", "with a made-up cookie")
ERASES: Final = "start-over"
"""The one form that another browser may send: it deletes what was typed, and shows nothing."""

UNLOCKED: Final = {"/sandbox/pay/{token}", "/checkout/{token}/return", "/webhooks/{provider}"}
"""What whoever has the address may do: play the bank, and ask how a payment stands."""


@pytest.fixture
async def shop(shop_url: str, db: Database, clock: MovableClock) -> AsyncIterator[PayShop]:
    async with open_pay_shop(shop_url, db, clock, {"PLANTLY_LIMITS": "off"}) as opened:
        yield opened


@pytest.fixture
async def alice(shop: PayShop) -> AsyncIterator[Buyer]:
    async with a_buyer(shop) as somebody:
        await somebody.fill_in(**ALICE)
        yield somebody


async def cookie_of(buyer: Buyer) -> str:
    """Give the secret that a browser holds for its page."""
    return next(cookie.value or "" for cookie in buyer.browser.cookies.jar)


async def browser_of(shop: PayShop, kind: str) -> httpx.AsyncClient:
    """Open a browser of somebody else; what it holds was given to it for another page."""
    browser = shop.browser()
    if kind == "with the cookie of another page":
        async with a_buyer(shop) as other:
            await other.fill_in(name="Eve Elsewhere")
            browser.headers["cookie"] = f"plantly_checkout={await cookie_of(other)}"
    elif kind == "with a made-up cookie":
        browser.headers["cookie"] = f"plantly_checkout={'A' * 32}"
    return browser


def routes(shop: PayShop) -> list[tuple[str, str]]:
    """List every route that there is now for people: method and path."""
    return [
        (method, route.path)
        for route in shop.app.routes
        if isinstance(route, Route) and not route.path.startswith("/sandbox/v1")
        for method in sorted((route.methods or set()) - {"HEAD"})
    ]


async def nothing_more(alice: Buyer) -> str:
    return ""


async def pays(alice: Buyer) -> str:
    answer = await alice.press_pay()
    return answer.headers["location"].rpartition("/")[2]


async def has_paid(alice: Buyer) -> str:
    page = await pays(alice)
    await alice.choose("approve", f"/sandbox/pay/{page}")
    await alice.shop.till.worker.tick()
    return page


STAGES: Final = {"filled in": nothing_more, "being paid": pays, "paid": has_paid}
FORM: Final = {
    **ALICE,
    **dict.fromkeys(("name", "line1", "line2", "gift_note"), "Eve"),
    "email": "eve@person.example",
    "phone": "",
    "option": "express",
    "code": "WELCOME10",
    "currency": "USD",
    "action": "challenge",
}


@pytest.mark.parametrize("stage", STAGES)
async def test_a_stolen_address_shows_and_changes_nothing_of_a_person(
    shop: PayShop, alice: Buyer, stage: str
) -> None:
    pay_token = await STAGES[stage](alice)
    found = routes(shop)
    ledger = Ledger(shop.db)
    assert ("POST", "/checkout/{token}/details") in found
    for kind in STRANGERS:
        async with await browser_of(shop, kind) as eve:
            for method, route in found:
                token = pay_token if route.startswith("/sandbox") else alice.token
                path = route.replace("{token}", token or "A" * 32).replace("{provider}", "sandbox")
                if not (path.endswith(ERASES) and stage == "filled in"):
                    await try_out(ledger, eve, method, path, may_write=route in UNLOCKED)
    assert "Alice Canary" in await shown_to(alice) or stage != "filled in"


async def try_out(
    ledger: Ledger, eve: httpx.AsyncClient, method: str, path: str, *, may_write: bool
) -> None:
    """Send a request as somebody else; nothing of the person is shown, and no row changes."""
    await ledger.changes()
    data = FORM if method == "POST" else None
    answer = await eve.request(method, path, data=data, follow_redirects=True)
    shown = answer.text + str(answer.headers)
    assert [value for value in PERSON if value in shown] == [], (method, path)
    changes = await ledger.changes()
    assert changes == {} or may_write, (method, path, changes)
    assert "buyers" not in changes


async def shown_to(buyer: Buyer) -> set[str]:
    """Give what of the person the page shows to its own browser."""
    text = await buyer.look()
    return {value for value in PERSON if value in text}


async def test_starting_over_erases_and_shows_nothing(shop: PayShop, alice: Buyer) -> None:
    async with await browser_of(shop, "without a cookie") as eve:
        answer = await eve.post(f"{alice.address}/{ERASES}", follow_redirects=True)
        assert [value for value in PERSON if value in answer.text] == []
    assert await shown_to(alice) == set()
    async with shop.browser() as anybody:
        page = await anybody.get(alice.address)
        assert [value for value in PERSON if value in page.text] == []


async def test_a_cookie_opens_its_own_page_only(shop: PayShop, alice: Buyer) -> None:
    """What a browser holds for Alice's page opens nobody else's, and no name of hers opens it."""
    secret = await cookie_of(alice)
    row = await shop.db.read(lambda uow: uow.checkouts.by_page_token(alice.token))
    assert row is not None
    async with a_buyer(shop) as bob, shop.browser() as eve:
        await bob.fill_in(name="Bob Builder")
        for cookie in (row.browser_hash, row.public_id, alice.token, str(row.id), secret[:-1]):
            eve.headers["cookie"] = f"plantly_checkout={cookie}"
            assert "Alice Canary" not in (await eve.get(alice.address)).text
        eve.headers["cookie"] = f"plantly_checkout={secret}"
        assert "Bob Builder" not in (await eve.get(bob.address)).text
        # With it, the page is Alice's: it is the one key that there is.
        assert "Alice Canary" in (await eve.get(alice.address)).text
        del eve.headers["cookie"]
        for path in (f"/checkout/{secret}", f"{alice.address}?plantly_checkout={secret}"):
            answer = await eve.get(path, headers={"x-plantly-checkout": secret})
            assert "Alice Canary" not in answer.text


async def test_addresses_that_nobody_was_given_are_all_alike(shop: PayShop, alice: Buyer) -> None:
    row = await shop.db.read(lambda uow: uow.checkouts.by_page_token(alice.token))
    assert row is not None
    token = alice.token
    ledger = Ledger(shop.db)
    await ledger.changes()
    pages = set()
    names = (
        "A" * 32,
        token[:-1],
        token + "A",
        token[:20],
        token.swapcase(),
        token[:-2] + "__",
        row.public_id,
        row.public_id.removeprefix("cs_"),
        "1",
        str(row.id),
        "%25",
        "checkout_sessions",
    )
    for name in names:
        # Even to the browser that typed: its cookie is tied to the whole address.
        for method in ("GET", "POST"):
            path = f"/checkout/{name}" + ("/details" if method == "POST" else "")
            answer = await alice.browser.request(
                method, path, data=ALICE if method == "POST" else None, follow_redirects=True
            )
            assert answer.status_code == 404
            pages.add(re.sub(r'nonce-?=?"?[A-Za-z0-9_-]+"?', "", answer.text))
    assert len(pages) == 1
    assert await ledger.changes() == {}


async def test_a_cart_link_is_about_goods_whoever_opens_it(shop: PayShop, alice: Buyer) -> None:
    """The page of an expired checkout links to its lines: neither address nor page tell who."""
    row = await shop.db.read(lambda uow: uow.checkouts.by_page_token(alice.token))
    assert row is not None
    async with shop.browser() as eve:
        for name in (alice.token, row.public_id, "1", str(row.id)):
            answer = await eve.get(f"/cart/{name}:1")
            assert [value for value in PERSON if value in answer.text] == []


async def test_the_banks_page_knows_an_amount_and_no_person(shop: PayShop, alice: Buyer) -> None:
    token = await pays(alice)
    async with shop.browser() as eve:
        for name in (token, token[:-1], token + "A", alice.token, "1"):
            page = await eve.get(f"/sandbox/pay/{name}")
            assert page.status_code == (200 if name == token else 404)
            shown = page.text + str(page.headers)
            assert [value for value in PERSON if value in shown] == []
            # Where the shop's page is, the bank knows; it is told to who has paid.
            assert alice.token not in shown


async def test_the_shop_that_these_pages_belong_to_has_terms(shop: PayShop) -> None:
    """With terms, a stranger who presses Pay hears nothing about whose checkout it is, either."""
    terms = '[[policies]]\ntopic = "terms"\ntitle = "Terms"\ntext = "Be kind."\n'
    await shop.db.write(lambda uow: stock_shop(uow, shop_toml=SHOP_TOML + terms))
    async with a_buyer(shop) as alice, shop.browser() as eve:
        await alice.fill_in(**ALICE)
        answer = await eve.post(f"{alice.address}/pay", data={"terms": "x"}, follow_redirects=True)
        assert [value for value in PERSON if value in answer.text] == []
        assert await shop.payments(alice.token) == []
