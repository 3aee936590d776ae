"""Every state of the hosted pages, for one reader: what was answered, by the name of the state."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

import httpx

from plantly.domain.parcel import Parcel
from plantly.services.order_links import order_path
from tests.support.fakes.gr4vy_provider import FakeGr4vy
from tests.support.fakes.rig import open_rig
from tests.support.fakes.sides import FakeSide
from tests.support.order_care import paid_order
from tests.support.pay_shop import BUYER, ORIGIN, Buyer, PayShop, a_buyer

Scenes = dict[str, httpx.Response]
_NOWHERE: Final = "nobody-knows-this-page"
_GUESSER: Final = "203.0.113.9"
_PROVIDER: Final = "http://127.0.0.1:9101"
_SENT: Final = Parcel("DHL", "JD014600003", "https://track.example/JD014600003")


async def page_scenes(shop: PayShop, language: str) -> Scenes:
    """Walk through a purchase and what follows, in a browser that asks for a language."""
    wanted = {"accept-language": language}
    async with a_buyer(shop, await shop.start(aloe_vera=2, monstera=1)) as buyer:
        buyer.browser.headers.update(wanted)
        return {
            **await _details(buyer),
            **await _payment(buyer),
            **await _orders(shop, buyer.browser),
            **await _troubles(buyer),
            **await _too_many(buyer),
            **await _form(shop, language),
        }


async def _details(buyer: Buyer) -> Scenes:
    first = await buyer.browser.get(buyer.address)
    blank = dict.fromkeys(BUYER, "") | {"country": "US", "fields_of": "US"}
    wrong = {
        **BUYER,
        "email": "nobody",
        "postal_code": "1",
        "region": "Nowhere",
        "gift_note": "x" * 999,
    }
    abroad = {**BUYER, "country": "DE", "fields_of": "US", "region": ""}
    return {
        "details": first,
        "details-blank": await buyer.post("details", **blank),
        "details-wrong": await buyer.post("details", **wrong, fields_of="US"),
        "details-elsewhere": await buyer.post("details", **{**wrong, "postal_code": "10001"}),
        "details-abroad": await buyer.post("fields", **abroad),
        "details-undelivered": await buyer.post("details", **{**BUYER, "country": "JP"}),
    }


async def _payment(buyer: Buyer) -> Scenes:
    await buyer.fill_in(gift_note="Grow well!")
    codes = {
        f"code-{code.lower()}": await buyer.post("codes", code=code)
        for code in ("NOBODY", "SPRING", "4111 1111 1111 1111")
    }
    await buyer.post("codes", code="WELCOME10")
    scenes = {
        "payment": await buyer.browser.get(buyer.address),
        **codes,
        "payment-changed": await buyer.post("pay", quote="old", shown="100"),
    }
    to_provider = await buyer.press_pay()
    pay_page = to_provider.headers["location"].removeprefix(ORIGIN)
    scenes["sandbox"] = await buyer.browser.get(pay_page)
    scenes["sandbox-bank"] = await buyer.browser.get(f"{pay_page}?step=challenge")
    scenes["waiting"] = await buyer.browser.get(buyer.address)
    async with buyer.shop.browser() as other:
        other.headers.update(buyer.browser.headers)
        scenes["waiting-elsewhere"] = await other.get(buyer.address)
    await buyer.choose("decline", pay_page)
    await buyer.shop.till.worker.tick()
    scenes["declined"] = await buyer.browser.get(buyer.address)
    scenes["sandbox-over"] = await buyer.browser.get(pay_page)
    return scenes


async def _orders(shop: PayShop, browser: httpx.AsyncClient) -> Scenes:
    desk = await paid_order(shop)
    path = await shop.db.read(lambda uow: order_path(uow, desk.number))
    assert path is not None
    scenes = {"paid-elsewhere": await browser.get(f"/checkout/{desk.token}")}
    scenes["order"] = await browser.get(path)
    await desk.send("a", _SENT, aloe=2)
    scenes["order-partly"] = await browser.get(path)
    await desk.send("b")
    await desk.deliver(1)
    scenes["order-return-wrong"] = await browser.post(f"{path}/returns", data={"units-0": "1"})
    await desk.ask_back(aloe=1)
    await desk.refund(amount_minor=500)
    scenes["order-returned"] = await browser.get(path)
    return scenes


async def _troubles(buyer: Buyer) -> Scenes:
    browser = buyer.browser
    scenes: Scenes = {
        "no-checkout": await browser.get(f"/checkout/{_NOWHERE}"),
        "no-order": await browser.get(f"/order/{_NOWHERE}"),
        "no-payment": await browser.get(f"/sandbox/pay/{_NOWHERE}"),
    }
    async with a_buyer(buyer.shop) as somebody:
        somebody.browser.headers.update(browser.headers)
        await somebody.fill_in()
        scenes["begun-elsewhere"] = await browser.get(somebody.address)
        await _pay(somebody, scenes)
    return scenes


async def _too_many(buyer: Buyer) -> Scenes:
    """Guess addresses until nobody at this place is answered any more."""
    async with buyer.shop.browser() as guesser:
        guesser.headers.update(buyer.browser.headers)
        guesser.headers["X-Forwarded-For"] = _GUESSER
        refused = await guesser.get(f"/order/{_NOWHERE}")
        while refused.status_code == HTTPStatus.NOT_FOUND:
            refused = await guesser.get(f"/order/{_NOWHERE}")
        sent = await guesser.post(f"{buyer.address}/details", data=BUYER)
        return {"too-many": refused, "too-many-forms": sent}


async def _form(shop: PayShop, language: str) -> Scenes:
    """Open the page that holds the form of a provider: the same shop, with another one."""
    side = FakeSide(FakeGr4vy(shop.clock, _PROVIDER))
    url = shop.settings.database_url
    async with open_rig(side, url, shop.db, shop.clock) as rig:
        rig.buyer.browser.headers["accept-language"] = language
        await rig.go_to_pay()
        address = f"{rig.buyer.address}/pay"
        names = ("form", "form-away")
        return {name: await rig.buyer.browser.get(address) for name in names}


async def _pay(buyer: Buyer, scenes: Scenes) -> None:
    to_provider = await buyer.press_pay()
    await buyer.choose("approve", to_provider.headers["location"])
    await buyer.shop.till.worker.tick()
    scenes["paid"] = await buyer.browser.get(buyer.address)


STATUS: Final[Mapping[str, int]] = {
    "details-blank": 422,
    "details-wrong": 422,
    "details-elsewhere": 422,
    "details-undelivered": 422,
    "code-nobody": 422,
    "code-spring": 422,
    "code-4111 1111 1111 1111": 422,
    "payment-changed": 409,
    "order-return-wrong": 422,
    "no-checkout": 404,
    "no-order": 404,
    "no-payment": 404,
    "too-many": 429,
    "too-many-forms": 429,
}
"""How the states are answered that are no 200."""
